//! The declarations of the C side.

use wpu::ffi::{
    GUID, HWND, LPBLOCKINGCALLBACK, SOCKET, WSAEVENT, WSAOVERLAPPED, WSATHREADID, WSPUPCALLTABLEEX, fd_set,
};

unsafe extern "C" {
    pub fn c_start(table: *const WSPUPCALLTABLEEX);
    pub fn c_close_event(event: WSAEVENT) -> i32;
    pub fn c_close_socket_handle(socket: SOCKET) -> i32;
    pub fn c_create_event(out: *mut WSAEVENT) -> i32;
    pub fn c_create_socket_handle(entry: u32, context: usize, out: *mut SOCKET) -> i32;
    pub fn c_fd_is_set(socket: SOCKET, set: *const fd_set) -> bool;
    pub fn c_get_provider_path(id: *const GUID, path: *mut u16, length: i32) -> i32;
    pub fn c_modify_ifs_handle(entry: u32, proposed: SOCKET, out: *mut SOCKET) -> i32;
    pub fn c_post_message(window: HWND, message: u32, wparam: usize, lparam: isize) -> bool;
    pub fn c_query_blocking_callback(entry: u32, hook: *mut LPBLOCKINGCALLBACK, context: *mut usize) -> i32;
    pub fn c_query_socket_handle_context(socket: SOCKET, out: *mut usize) -> i32;
    pub fn c_queue_apc(
        thread: *const WSATHREADID,
        routine: unsafe extern "system" fn(usize),
        context: usize,
    ) -> i32;
    pub fn c_reset_event(event: WSAEVENT) -> i32;
    pub fn c_set_event(event: WSAEVENT) -> i32;
    pub fn c_open_current_thread(out: *mut WSATHREADID) -> i32;
    pub fn c_close_thread(thread: *const WSATHREADID) -> i32;
    pub fn c_complete_overlapped_request(
        socket: SOCKET,
        overlapped: *mut WSAOVERLAPPED,
        status: u32,
        transferred: u32,
    ) -> i32;
}
