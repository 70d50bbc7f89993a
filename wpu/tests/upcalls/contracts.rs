//! Unusual behaviour that the contract allows one side, and the other must tolerate.

use crate::common::host::{self, Scripted, open_raw};
use crate::common::provider::{clean_up, provider, start};
use std::cell::Cell as Mark;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wpu::raw::Cell;
use wpu::{ThreadId, WsaError, apc};
use wpu_sys::ffi::{
    BOOL, DWORD, DWORD_PTR, LPBLOCKINGCALLBACK, NO_ERROR, TRUE, WSATHREADID, WSPUPCALLTABLE, WSPUPCALLTABLEEX,
};

#[test]
fn a_host_may_write_to_the_thread_id_that_it_is_passed() {
    unsafe extern "system" fn zero(thread: *const WSATHREADID, _: *mut i32) -> i32 {
        // SAFETY: in C the parameter is a pointer to writable memory, and some hosts write to it.
        unsafe { thread.cast_mut().write(WSATHREADID::ZERO) };
        NO_ERROR
    }
    static CELL: Cell = Cell::new();
    let upcalls =
        open_raw(&CELL, WSPUPCALLTABLEEX { lpWPUCloseThread: Some(zero), ..WSPUPCALLTABLEEX::ZERO });
    // SAFETY: the hosts of these tests do not dereference a pointer in it.
    let thread =
        unsafe { ThreadId::from_raw(WSATHREADID { Reserved: 5, ..WSATHREADID::ZERO }) }.expect("not zero");
    assert_eq!(upcalls.close_thread(thread), Ok(()));
    assert_eq!(thread.raw().Reserved, 5, "the caller's copy is its own");
}

thread_local! {
    static HOOKED: Mark<u32> = const { Mark::new(0) };
}

unsafe extern "system" fn hook(_: DWORD_PTR) -> BOOL {
    HOOKED.set(HOOKED.get() + 1);
    TRUE
}

#[test]
fn a_hook_calls_nothing_after_the_last_clean_up() {
    unsafe extern "system" fn give(
        _: DWORD,
        callback: *mut LPBLOCKINGCALLBACK,
        _: *mut DWORD_PTR,
        _: *mut i32,
    ) -> i32 {
        // SAFETY: the wrapper passes a valid pointer.
        unsafe { callback.write(Some(hook)) };
        NO_ERROR
    }
    static CELL: Cell = Cell::new();
    let table = WSPUPCALLTABLEEX { lpWPUQueryBlockingCallback: Some(give), ..WSPUPCALLTABLEEX::ZERO };
    let asked = open_raw(&CELL, table).query_blocking_callback(1, |hook| {
        let hook = hook.expect("a hook");
        assert!(hook.call());
        CELL.close();
        assert!(!hook.call(), "the operation is over");
        open_raw(&CELL, table);
        assert!(!hook.call(), "another run has hooks of its own");
    });
    assert_eq!(asked, Ok(()));
    assert_eq!(HOOKED.get(), 1);
}

#[test]
fn a_host_that_panics_in_its_trace_has_answered_nevertheless() {
    let ran = Arc::new(AtomicBool::new(false));
    let inside = Arc::clone(&ran);
    // SAFETY: the hosts of these tests do not dereference a pointer in it.
    let thread =
        unsafe { ThreadId::from_raw(WSATHREADID { Reserved: 5, ..WSATHREADID::ZERO }) }.expect("not zero");
    host::trip_when_told(true);
    let queued = host::upcalls().queue_apc(thread, apc(move || inside.store(true, Ordering::Relaxed)));
    host::trip_when_told(false);
    assert!(queued.is_ok(), "the host has it, so it must not be returned");
    host::wait_alertably();
    assert!(ran.load(Ordering::Relaxed));
}

thread_local! {
    static REFUSES: Mark<bool> = const { Mark::new(false) };
}

provider!(Choosy, uses: &[], again: |_| if REFUSES.get() { Err(WsaError::WSAEPROCLIM) } else { Ok(()) });

#[test]
fn a_refused_start_keeps_the_current_table() {
    let _shows = wpu_evidence::tested(["start-up.failed-start-leaves-nothing"]);
    let functions = start::<Choosy>(&WSPUPCALLTABLE::of::<Scripted<0>>()).expect("started");
    REFUSES.set(true);
    let refused = start::<Choosy>(&WSPUPCALLTABLE::of::<Scripted<1>>());
    assert_eq!(refused.err(), Some(WsaError::WSAEPROCLIM));
    host::seen();
    let _ = <Choosy as wpu::Provider>::upcalls().post_message(wpu::Window::NULL, 1, 2, 3);
    let asked: Vec<_> = host::seen().into_iter().map(|seen| seen.host).collect();
    assert_eq!(asked, [0], "the host whose start succeeded");
    clean_up(&functions).expect("started");
    assert!(!<Choosy as wpu::Provider>::__RUN.is_open());
}
