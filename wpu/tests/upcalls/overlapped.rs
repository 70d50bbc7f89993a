//! Overlapped structures that belong to a provider.

use crate::common::calls::SOCKET;
use crate::common::host;
use std::ptr::{NonNull, without_provenance_mut};
use wpu::{EventRef, Operation, Overlapped, WsaError};
use wpu_sys::ffi::{WSAOVERLAPPED, WSS_OPERATION_IN_PROGRESS};

/// Completes the operation of a structure as the documentation says that a host does.
fn finish(structure: NonNull<WSAOVERLAPPED>, transferred: usize) {
    let structure = structure.as_ptr();
    // SAFETY: the structure is never freed, and the operation is pending.
    unsafe { (*structure).InternalHigh = transferred };
    // SAFETY: as above.
    unsafe { (*structure).Internal = 0 };
}

#[test]
fn one_operation_at_a_time() {
    static REQUEST: Overlapped = Overlapped::new();
    let _shows = wpu_evidence::tested(["overlapped.separate-structures"]);
    assert!(!REQUEST.in_progress());
    for transferred in [5, 0, usize::MAX] {
        let operation = REQUEST.begin().expect("not in use");
        assert!(REQUEST.in_progress() && REQUEST.begin().is_none());
        assert_eq!(REQUEST.transferred(), None);
        finish(operation.into_raw(), transferred);
        assert!(!REQUEST.in_progress());
        assert_eq!(REQUEST.transferred(), Some(transferred));
    }
}

#[test]
fn a_host_sees_an_operation_in_progress_that_names_the_event() {
    static BARE: Overlapped = Overlapped::new();
    let event = EventRef::from_raw(without_provenance_mut(0x121)).expect("not null");
    let named: &Overlapped = Box::leak(Box::new(Overlapped::with_event(event)));
    for (request, event) in [(&BARE, 0), (named, 0x120)] {
        let structure = request.begin().expect("not in use").into_raw();
        // SAFETY: the structure is never freed, and no code writes to it now.
        let seen = unsafe { structure.read() };
        assert_eq!((seen.Internal, seen.hEvent.addr()), (WSS_OPERATION_IN_PROGRESS, event));
    }
    // SAFETY: the pointer came from a box, and no other code uses it any more.
    drop(unsafe { Box::from_raw(std::ptr::from_ref(named).cast_mut()) });
}

#[test]
fn a_refused_completion_leaves_the_operation_pending() {
    static REQUEST: Overlapped = Overlapped::new();
    let operation = REQUEST.begin().expect("not in use");
    host::answer(Err(WsaError::WSAEINVAL));
    let refused = host::upcalls().complete_overlapped_request(SOCKET, operation, 0, 0).expect_err("refused");
    assert!(REQUEST.in_progress());
    let operation: Operation = refused.rest;
    host::upcalls().complete_overlapped_request(SOCKET, operation, 0, 0).expect("completed");
}

#[test]
fn only_one_of_many_threads_begins() {
    static REQUEST: Overlapped = Overlapped::new();
    let _shows = wpu_evidence::tested(["overlapped.separate-structures"]);
    let rivals: Vec<_> = (0..8).map(|_| std::thread::spawn(|| REQUEST.begin().is_some())).collect();
    let winners = rivals.into_iter().map(|rival| rival.join().expect("no panic"));
    assert_eq!(winners.filter(|won| *won).count(), 1);
}
