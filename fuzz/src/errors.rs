//! The errors that a client may receive from a function.

use wpu::WsaError;
use wpu::facts::DOWNCALLS;

/// Whether a client may receive this error from this function: the documentation lists it, or the library
/// returns it for a provider, for a bad pointer, a panic, a broken contract, or a provider that is not
/// started or is starting.
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
