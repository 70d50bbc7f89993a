//! `WPUCompleteOverlappedRequest` as a function of the whole process, for providers that reach it by name.

use crate::handles::slot_of;
use crate::host_slots::{occupant, table_ex};
use wpu_sys::WsaError;
use wpu_sys::ffi::{DWORD, LPINT, LPWSAOVERLAPPED, SOCKET, SOCKET_ERROR};

/// Completes an overlapped request of whichever host made the socket: handle values are unique in
/// the process.
///
/// In a program that is linked with `-rdynamic`, providers that are loaded later find it by its
/// name, as they find the one of Ws2_32 on Windows. There it is not exported, so that it does not
/// take the place of Ws2_32's own in the whole program.
///
/// # Safety
///
/// As for `WPUCompleteOverlappedRequest`: `operation` is a pending operation on `socket`, and
/// `errno` can be written.
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
    // SAFETY: it is the same function, and the caller keeps to its contract.
    unsafe { complete(socket, operation, error, transferred, errno) }
}

/// The slot of the living host that gave `socket` out.
fn issuer(socket: SOCKET) -> Option<usize> {
    let slot = slot_of(socket);
    occupant(slot)?.lock().handles.issued(socket).then_some(slot)
}

/// The answer for a socket that no host made.
fn refuse(errno: LPINT) -> i32 {
    if !errno.is_null() && errno.is_aligned() {
        // SAFETY: it is neither null nor misaligned, and by the contract it can be written.
        unsafe { errno.write(WsaError::WSAEINVAL.code()) };
    }
    SOCKET_ERROR
}
