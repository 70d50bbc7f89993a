//! Makes every upcall many times, from C and through wpu, for callgrind to count.

mod c;
mod host;
mod rust;

use std::hint::black_box;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use wpu::__private::RawTable;
use std::mem::MaybeUninit;
use wpu::ffi::{GUID, SOCKET, WSAEVENT, WSAOVERLAPPED, WSATHREADID, fd_set};
use wpu::{EventRef, FdSet, Operation, ThreadId, Window};

/// The number of calls of each upcall.
const CALLS: usize = 1_000;

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let says = |word: &str| arguments.iter().any(|argument| argument == word);
    host::REFUSES.store(says("refused"), Ordering::Relaxed);
    // SAFETY: the C side copies the table, which has the type that C declares.
    unsafe { c::c_start(&host::TABLE) };
    // SAFETY: the host's functions can be called for the lifetime of the process, from any thread.
    unsafe { rust::CELL.open(Box::leak(Box::new(host::TABLE.ready()))) };
    for _ in 0..CALLS {
        if says("closure") {
            with_closure();
        } else {
            from_c();
            through_wpu();
        }
    }
}

fn from_c() {
    let (mut event, mut socket, mut context, mut hook) = (event(), 0, 0, None);
    let (mut thread, mut path, mut overlapped) = (host::THREAD, [0; 260], WSAOVERLAPPED::ZERO);
    // SAFETY: every pointer points to a variable of this function, of the type that C declares.
    unsafe {
        black_box(c::c_close_event(black_box(event)));
        black_box(c::c_close_socket_handle(black_box(8)));
        black_box(c::c_create_event(black_box(&mut event)));
        black_box(c::c_create_socket_handle(black_box(1), black_box(2), black_box(&mut socket)));
        black_box(c::c_fd_is_set(black_box(8), black_box(&fd_set::ZERO)));
        black_box(c::c_get_provider_path(black_box(&GUID::ZERO), path.as_mut_ptr(), black_box(260)));
        black_box(c::c_modify_ifs_handle(black_box(1), black_box(8), black_box(&mut socket)));
        black_box(c::c_post_message(black_box(event), black_box(1), black_box(2), black_box(3)));
        black_box(c::c_query_blocking_callback(black_box(1), black_box(&mut hook), black_box(&mut context)));
        black_box(c::c_query_socket_handle_context(black_box(8), black_box(&mut context)));
        black_box(c::c_queue_apc(black_box(&thread), black_box(nothing), black_box(2)));
        black_box(c::c_reset_event(black_box(event)));
        black_box(c::c_set_event(black_box(event)));
        black_box(c::c_open_current_thread(black_box(&mut thread)));
        black_box(c::c_close_thread(black_box(&thread)));
        black_box(c::c_complete_overlapped_request(
            black_box(8),
            black_box(&mut overlapped),
            black_box(0),
            black_box(1),
        ));
    }
}

fn through_wpu() {
    let event_ref = EventRef::from_raw(event()).expect("an event");
    // SAFETY: the host does not read the id.
    let thread = unsafe { ThreadId::from_raw(host::THREAD) }.expect("a thread");
    let set = fd_set::ZERO;
    let set = FdSet::new(&set).expect("a set");
    let (mut event, mut socket, mut context): (WSAEVENT, SOCKET, _) = (event(), 0, 0);
    let mut hook = MaybeUninit::uninit();
    let (mut opened, mut path) = (WSATHREADID::ZERO, None);
    let mut overlapped = WSAOVERLAPPED::ZERO;
    // SAFETY: the structure outlives the call, and the host does not complete it later.
    let operation = unsafe { Operation::from_raw(NonNull::from(&mut overlapped)) };
    black_box(rust::rust_close_event(black_box(event_ref)));
    black_box(rust::rust_close_socket_handle(black_box(8)));
    black_box(rust::rust_create_event(black_box(&mut event)));
    black_box(rust::rust_create_socket_handle(black_box(1), black_box(2), black_box(&mut socket)));
    black_box(rust::rust_fd_is_set(black_box(8), black_box(set)));
    black_box(rust::rust_get_provider_path(black_box(&GUID::ZERO), black_box(&mut path)));
    black_box(rust::rust_modify_ifs_handle(black_box(1), black_box(8), black_box(&mut socket)));
    black_box(rust::rust_post_message(Window::from_raw(black_box(event)), black_box(1), black_box(2), black_box(3)));
    black_box(rust::rust_query_blocking_callback(black_box(1), black_box(&mut hook)));
    black_box(rust::rust_query_socket_handle_context(black_box(8), black_box(&mut context)));
    black_box(rust::rust_queue_apc(black_box(&thread), black_box(nothing), black_box(2)));
    black_box(rust::rust_reset_event(black_box(event_ref)));
    black_box(rust::rust_set_event(black_box(event_ref)));
    black_box(rust::rust_open_current_thread(black_box(&mut opened)));
    black_box(rust::rust_close_thread(black_box(&thread)));
    black_box(rust::rust_complete_overlapped_request(
        black_box(8),
        black_box(operation),
        black_box(0),
        black_box(1),
    ));
}

/// In a function of its own: a profile would count the code that frees a closure as a part of the other
/// calls.
fn with_closure() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    // SAFETY: the host does not read the id.
    let thread = unsafe { ThreadId::from_raw(host::THREAD) }.expect("a thread");
    black_box(rust::rust_queue_closure(black_box(&thread), black_box(&RUNS)));
}

/// An event that does not exist.
fn event() -> WSAEVENT {
    std::ptr::without_provenance_mut(8)
}

/// An APC that never runs.
unsafe extern "system" fn nothing(_context: usize) {}
