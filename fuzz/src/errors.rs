//! The errors that a client may see of a function.

use wpu::WsaError;
use wpu::facts::DOWNCALLS;

/// Whether a client may see this error of this function: the documentation has it, or the library answers it
/// for a provider: bad pointer, panic or broken contract, not started, and in the middle of it.
pub(crate) fn is_documented(name: &str, code: i32) -> bool {
    const OWN: [WsaError; 4] = [
        WsaError::WSAEFAULT,
        WsaError::WSASYSCALLFAILURE,
        WsaError::WSANOTINITIALISED,
        WsaError::WSA_OPERATION_ABORTED,
    ];
    let downcall = DOWNCALLS.iter().find(|downcall| downcall.name == name);
    OWN.iter().any(|own| own.code() == code)
        || (name == "WSPCleanup" && code == WsaError::WSAEINPROGRESS.code())
        || downcall.is_some_and(|downcall| downcall.errors.iter().any(|error| error.code.value == code))
}
