//! `WPUCompleteOverlappedRequest` as a function of the whole process, for providers that reach it by name.

use crate::handles::place_of;
use crate::place::{occupant, table_ex};
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
    let complete = issuer(socket).and_then(|place| table_ex(place).lpWPUCompleteOverlappedRequest);
    let Some(complete) = complete else {
        return refuse(errno);
    };
    // SAFETY: it is the same function, and the caller keeps to its contract.
    unsafe { complete(socket, operation, error, transferred, errno) }
}

/// Offers the functions to providers that are part of this program, which need no linker flag then.
#[cfg(not(windows))]
pub(crate) fn provide() {
    use wpu_sys::import;

    // SAFETY: it is what its name says, for as long as the program runs.
    unsafe { import::provide_complete_overlapped_request(WPUCompleteOverlappedRequest) };
    // SAFETY: as above.
    unsafe { import::provide_wsc_enum_protocols(crate::WSCEnumProtocols) };
    // SAFETY: as above.
    unsafe { import::provide_wait_for_multiple_objects_ex(crate::WaitForMultipleObjectsEx) };
}

/// There they take the place of the system's functions in this program.
#[cfg(windows)]
pub(crate) fn provide() {
    crate::redirect::in_program();
}

/// The place of the living host that gave `socket` out.
fn issuer(socket: SOCKET) -> Option<usize> {
    let place = place_of(socket);
    occupant(place)?.lock().handles.issued(socket).then_some(place)
}

/// The answer for a socket that no host made.
fn refuse(errno: LPINT) -> i32 {
    if !errno.is_null() && errno.is_aligned() {
        // SAFETY: it is neither null nor misaligned, and by the contract it can be written.
        unsafe { errno.write(WsaError::WSAEINVAL.code()) };
    }
    SOCKET_ERROR
}
