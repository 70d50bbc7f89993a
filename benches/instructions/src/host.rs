//! A minimal host, which makes every call succeed or every call fail.

use std::sync::atomic::{AtomicBool, Ordering};
use wpu::ffi::*;

/// Whether calls fail.
pub static REFUSES: AtomicBool = AtomicBool::new(false);

/// The error code of failing calls.
const CODE: i32 = 10022;

/// Returns `good`, or writes the code and returns `bad`.
///
/// # Safety
///
/// `errno` is writable.
unsafe fn answer<T>(errno: *mut i32, good: T, bad: T) -> T {
    if REFUSES.load(Ordering::Relaxed) {
        // SAFETY: the contract of this function.
        unsafe { errno.write(CODE) };
        return bad;
    }
    good
}

/// Defines the host's functions: the errno parameter comes last, and `$set` is written in every call.
macro_rules! functions {
    ($(fn $name:ident($($param:ident: $ty:ty),*; $errno:ident) -> $returns:ty { $good:expr, $bad:expr $(, $out:ident = $set:expr)* })*) => {
        $(
            // SAFETY: nothing else in this program has such a name.
            #[unsafe(no_mangle)]
            unsafe extern "system" fn $name($($param: $ty,)* $errno: *mut i32) -> $returns {
                $(let _ = $param;)*
                // SAFETY: the callers in this program pass pointers to their own variables.
                $(unsafe { $out.write($set) };)*
                // SAFETY: as above.
                unsafe { answer($errno, $good, $bad) }
            }
        )*
    };
}

functions! {
    fn host_close_event(event: WSAEVENT; errno) -> BOOL { TRUE, FALSE }
    fn host_close_socket_handle(socket: SOCKET; errno) -> i32 { NO_ERROR, SOCKET_ERROR }
    fn host_create_event(; errno) -> WSAEVENT { std::ptr::without_provenance_mut(8), WSA_INVALID_EVENT }
    fn host_create_socket_handle(entry: DWORD, context: DWORD_PTR; errno) -> SOCKET { 8, INVALID_SOCKET }
    fn host_get_provider_path(id: *const GUID, path: *mut WCHAR, length: *mut i32; errno) -> i32 { NO_ERROR, SOCKET_ERROR, path = 65 }
    fn host_modify_ifs_handle(entry: DWORD, proposed: SOCKET; errno) -> SOCKET { proposed, INVALID_SOCKET }
    fn host_query_blocking_callback(entry: DWORD, hook: *mut LPBLOCKINGCALLBACK, context: *mut DWORD_PTR; errno) -> i32 { NO_ERROR, SOCKET_ERROR }
    fn host_query_socket_handle_context(socket: SOCKET, context: *mut DWORD_PTR; errno) -> i32 { NO_ERROR, SOCKET_ERROR, context = 8 }
    fn host_queue_apc(thread: *const WSATHREADID, routine: LPWSAUSERAPC, context: DWORD_PTR; errno) -> i32 { NO_ERROR, SOCKET_ERROR }
    fn host_reset_event(event: WSAEVENT; errno) -> BOOL { TRUE, FALSE }
    fn host_set_event(event: WSAEVENT; errno) -> BOOL { TRUE, FALSE }
    fn host_open_current_thread(thread: *mut WSATHREADID; errno) -> i32 { NO_ERROR, SOCKET_ERROR, thread = THREAD }
    fn host_close_thread(thread: *const WSATHREADID; errno) -> i32 { NO_ERROR, SOCKET_ERROR }
    fn host_complete_overlapped_request(socket: SOCKET, overlapped: *mut WSAOVERLAPPED, status: DWORD, transferred: DWORD; errno) -> i32 { NO_ERROR, SOCKET_ERROR }
}

/// The id of a thread that does not exist.
pub const THREAD: WSATHREADID =
    WSATHREADID { ThreadHandle: std::ptr::without_provenance_mut(8), Reserved: 8 };

// SAFETY: nothing else in this program has such a name.
#[unsafe(no_mangle)]
unsafe extern "system" fn host_fd_is_set(_socket: SOCKET, _set: *const fd_set) -> i32 {
    i32::from(!REFUSES.load(Ordering::Relaxed))
}

// SAFETY: nothing else in this program has such a name.
#[unsafe(no_mangle)]
unsafe extern "system" fn host_post_message(
    _window: HWND,
    _message: UINT,
    _wparam: WPARAM,
    _lparam: LPARAM,
) -> BOOL {
    BOOL::from(!REFUSES.load(Ordering::Relaxed))
}

/// The table through which both sides call.
pub const TABLE: WSPUPCALLTABLEEX = WSPUPCALLTABLEEX {
    lpWPUCloseEvent: Some(host_close_event),
    lpWPUCloseSocketHandle: Some(host_close_socket_handle),
    lpWPUCreateEvent: Some(host_create_event),
    lpWPUCreateSocketHandle: Some(host_create_socket_handle),
    lpWPUFDIsSet: Some(host_fd_is_set),
    lpWPUGetProviderPath: Some(host_get_provider_path),
    lpWPUModifyIFSHandle: Some(host_modify_ifs_handle),
    lpWPUPostMessage: Some(host_post_message),
    lpWPUQueryBlockingCallback: Some(host_query_blocking_callback),
    lpWPUQuerySocketHandleContext: Some(host_query_socket_handle_context),
    lpWPUQueueApc: Some(host_queue_apc),
    lpWPUResetEvent: Some(host_reset_event),
    lpWPUSetEvent: Some(host_set_event),
    lpWPUOpenCurrentThread: Some(host_open_current_thread),
    lpWPUCloseThread: Some(host_close_thread),
    lpWPUCompleteOverlappedRequest: Some(host_complete_overlapped_request),
};
