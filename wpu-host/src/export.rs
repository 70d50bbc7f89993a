//! `WPUCompleteOverlappedRequest` as an exported function of the process, for providers that import it by
//! name.

use crate::handles::slot_of;
use crate::host_slots::{occupant, table_ex};
use wpu_sys::WsaError;
use wpu_sys::ffi::{DWORD, LPINT, LPWSAOVERLAPPED, SOCKET, SOCKET_ERROR};

/// Completes an overlapped request. Handle values are unique in the process, so the socket identifies the
/// host.
///
/// In a program that is linked with `-rdynamic`, libraries of providers that are loaded later resolve this
/// symbol, as they resolve the function of Ws2_32 on Windows. On Windows it is not exported, so that it does
/// not replace the function of Ws2_32 in the whole program.
///
/// # Safety
///
/// As for `WPUCompleteOverlappedRequest`: `operation` is a pending operation on `socket`, and `errno` is
/// writable.
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
        return refuse(errno);
    };
    // SAFETY: the function in the table has the same contract, which the caller guarantees.
    unsafe { complete(socket, operation, error, transferred, errno) }
}

/// The slot of the living host that issued `socket`.
fn issuer(socket: SOCKET) -> Option<usize> {
    let slot = slot_of(socket);
    occupant(slot)?.lock().handles.issued(socket).then_some(slot)
}

/// Fails with the error for a socket that no host issued.
fn refuse(errno: LPINT) -> i32 {
    if !errno.is_null() && errno.is_aligned() {
        // SAFETY: the pointer is neither null nor misaligned, and by the contract it is writable.
        unsafe { errno.write(WsaError::WSAEINVAL.code()) };
    }
    SOCKET_ERROR
}
