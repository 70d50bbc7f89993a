//! `WPUCompleteOverlappedRequest` as an exported function of the process, for providers that import it by
//! name.

use crate::handles::slot_of;
use crate::host_slots::{occupant, table_ex};
use wpu_sys::WsaError;
use wpu_sys::ffi::{DWORD, LPINT, LPWSAOVERLAPPED, SOCKET, SOCKET_ERROR};
use wpu_sys::rt::checks;

/// Completes an overlapped request. Handle values are unique in the process, so the socket identifies the
/// host.
///
/// In a program that is linked with `-rdynamic`, libraries of providers that are loaded later resolve this
/// symbol, as they resolve the function of Ws2_32 on Windows. On Windows it is not exported, so that it does
/// not replace the function of Ws2_32 in the whole program.
///
/// # Safety
///
/// As for `WPUCompleteOverlappedRequest`: `operation` is null, misaligned, or a pending operation, whose structure
/// lives until this function shows it as complete. Until then other code reads `Internal` and `InternalHigh` only
/// through atomics, and writes neither these nor `hEvent`. `errno` is null, misaligned, or writable.
#[cfg_attr(not(windows), unsafe(no_mangle))]
#[allow(non_snake_case)] // The name is Winsock's.
pub unsafe extern "system" fn WPUCompleteOverlappedRequest(
    socket: SOCKET,
    operation: LPWSAOVERLAPPED,
    error: DWORD,
    transferred: DWORD,
    errno: LPINT,
) -> i32 {
    let complete = issuer(socket).and_then(|slot| table_ex(slot).lpWPUCompleteOverlappedRequest);
    let Some(complete) = complete else {
        // SAFETY: the caller guarantees that the pointer is null, misaligned, or writable.
        unsafe { checks::report(errno, WsaError::WSAEINVAL.code()) };
        return SOCKET_ERROR;
    };
    // SAFETY: the function in the table has the same contract, which the caller guarantees.
    unsafe { complete(socket, operation, error, transferred, errno) }
}

/// The slot of the living host that issued `socket`.
fn issuer(socket: SOCKET) -> Option<usize> {
    let slot = slot_of(socket);
    occupant(slot)?.lock().handles.issued(socket).then_some(slot)
}
