//! Every upcall through wpu, with the result passed on as on the C side.
//!
//! Acquired values are returned as raw handles, since releasing them would be a second upcall.

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicUsize, Ordering};
use wpu::__private::Cell;
use wpu::ffi::{GUID, SOCKET, WSAEVENT, WSATHREADID};
use wpu::{Apc, BlockingHook, EventRef, FdSet, Operation, ThreadId, Upcalls, WideString, Window, WsaError};

pub static CELL: Cell = Cell::new();
const UPCALLS: Upcalls = Upcalls::new(&CELL);

/// Returns zero, or the error code.
fn code(answer: Result<(), WsaError>) -> i32 {
    answer.map_or_else(WsaError::code, |()| 0)
}

/// Stores the value and returns zero, or returns the error code.
fn put<T>(answer: Result<T, WsaError>, out: &mut T) -> i32 {
    code(answer.map(|value| *out = value))
}

/// Defines functions that appear in a profile as `rust_…`, the counterparts of `c_…`.
macro_rules! calls {
    ($(fn $name:ident($($param:ident: $ty:ty),*) -> $returns:ty $body:block)*) => {
        $(
            // SAFETY: nothing else in this program has such a name.
            #[unsafe(no_mangle)]
            #[inline(never)]
            pub fn $name($($param: $ty),*) -> $returns $body
        )*
    };
}

calls! {
    fn rust_close_event(event: EventRef<'_>) -> i32 { code(UPCALLS.close_event(event)) }
    fn rust_close_socket_handle(socket: SOCKET) -> i32 { code(UPCALLS.close_socket_handle(socket)) }
    fn rust_create_event(out: &mut WSAEVENT) -> i32 {
        put(UPCALLS.create_event().map(|event| event.into_raw()), out)
    }
    fn rust_create_socket_handle(entry: u32, context: usize, out: &mut SOCKET) -> i32 {
        put(UPCALLS.create_socket_handle(entry, context).map(|socket| socket.into_raw()), out)
    }
    fn rust_fd_is_set(socket: SOCKET, set: FdSet<'_>) -> bool { UPCALLS.fd_is_set(socket, set) }
    fn rust_get_provider_path(id: &GUID, out: &mut Option<WideString>) -> i32 {
        put(UPCALLS.get_provider_path(id).map(Some), out)
    }
    fn rust_modify_ifs_handle(entry: u32, proposed: SOCKET, out: &mut SOCKET) -> i32 {
        put(UPCALLS.modify_ifs_handle(entry, proposed), out)
    }
    fn rust_post_message(window: Window, message: u32, wparam: usize, lparam: isize) -> bool {
        UPCALLS.post_message(window, message, wparam, lparam).is_ok()
    }
    fn rust_query_blocking_callback(entry: u32, out: &mut MaybeUninit<Option<BlockingHook<'static>>>) -> i32 {
        // Like the C side, this stores the function and its context, which are never called.
        code(UPCALLS.query_blocking_callback(entry, |hook| {
            // SAFETY: only the lifetime differs, and the stored function is never called.
            out.write(unsafe { std::mem::transmute::<Option<BlockingHook<'_>>, Option<BlockingHook<'static>>>(hook) });
        }))
    }
    fn rust_query_socket_handle_context(socket: SOCKET, out: &mut usize) -> i32 {
        put(UPCALLS.query_socket_handle_context(socket), out)
    }
    fn rust_queue_apc(thread: &ThreadId<'_>, routine: unsafe extern "system" fn(usize), context: usize) -> i32 {
        // SAFETY: the routine ignores its argument, so it can be called with any context.
        let apc = unsafe { Apc::from_raw(routine, context) };
        code(UPCALLS.queue_apc(*thread, apc).map_err(|refused| refused.error))
    }
    fn rust_queue_closure(thread: &ThreadId<'_>, counter: &'static AtomicUsize) -> i32 {
        let apc = wpu::apc(move || {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        code(UPCALLS.queue_apc(*thread, apc).map_err(|refused| refused.error))
    }
    fn rust_reset_event(event: EventRef<'_>) -> i32 { code(UPCALLS.reset_event(event)) }
    fn rust_set_event(event: EventRef<'_>) -> i32 { code(UPCALLS.set_event(event)) }
    fn rust_open_current_thread(out: &mut WSATHREADID) -> i32 {
        put(UPCALLS.open_current_thread().map(|thread| thread.into_raw()), out)
    }
    fn rust_close_thread(thread: &ThreadId<'_>) -> i32 { code(UPCALLS.close_thread(*thread)) }
    fn rust_complete_overlapped_request(socket: SOCKET, operation: Operation, error: u32, transferred: u32) -> i32 {
        let answer = UPCALLS.complete_overlapped_request(socket, operation, error, transferred);
        code(answer.map_err(|refused| refused.error))
    }
}
