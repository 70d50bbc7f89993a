//! Closures as APCs: each runs once, is returned, or is dropped, and never two of these.

use crate::common::calls::THREAD_ID;
use crate::common::host::{queued, upcalls, wait_alertably};
use crate::common::{host, host::seen};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use wpu::{Apc, Refused, ThreadId, WsaError, apc};

/// The events of a closure's life.
#[derive(Debug, Default)]
struct Fate {
    ran: AtomicU32,
    dropped: AtomicU32,
}

impl Fate {
    fn ran_and_dropped(&self) -> (u32, u32) {
        (self.ran.load(Ordering::Acquire), self.dropped.load(Ordering::Acquire))
    }
}

/// A value that a closure owns.
struct Guard(Arc<Fate>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, Ordering::AcqRel);
    }
}

/// An APC that records its life.
fn watched() -> (Apc, Arc<Fate>) {
    let fate = Arc::new(Fate::default());
    let guard = Guard(Arc::clone(&fate));
    let apc = apc(move || {
        guard.0.ran.fetch_add(1, Ordering::AcqRel);
    });
    (apc, fate)
}

fn queue(apc: Apc) -> Result<(), Refused<Apc, WsaError>> {
    // SAFETY: the hosts of these tests do not dereference a pointer in it.
    let thread = unsafe { ThreadId::from_raw(THREAD_ID) };
    upcalls().queue_apc(thread.expect("not zero"), apc)
}

#[test]
fn a_queued_closure_runs_once_and_is_dropped_then() {
    let (apc, fate) = watched();
    queue(apc).expect("queued");
    assert_eq!(fate.ran_and_dropped(), (0, 0));
    wait_alertably();
    assert_eq!(fate.ran_and_dropped(), (1, 1));
    wait_alertably();
    assert_eq!(fate.ran_and_dropped(), (1, 1));
}

#[test]
fn a_refused_closure_is_returned_and_can_be_queued_again() {
    let (mut apc, fate) = watched();
    for error in [WsaError::WSAEFAULT, WsaError::new(0), WsaError::new(12345)] {
        host::answer(Err(error));
        let refused = queue(apc).expect_err("refused");
        assert_eq!(refused.error, if error.code() == 0 { WsaError::WSASYSCALLFAILURE } else { error });
        apc = refused.rest;
    }
    assert_eq!(fate.ran_and_dropped(), (0, 0));
    queue(apc).expect("queued");
    wait_alertably();
    assert_eq!((fate.ran_and_dropped(), seen().len()), ((1, 1), 4));
}

#[test]
fn a_closure_that_stays_refused_is_dropped_with_the_refusal() {
    let _shows = wpu_evidence::tested(["WPUQueueApc.refusal-loses-nothing"]);
    let (apc, fate) = watched();
    host::answer(Err(WsaError::WSAEFAULT));
    let refused = queue(apc).expect_err("refused");
    assert_eq!(fate.ran_and_dropped(), (0, 0));
    drop(refused);
    wait_alertably();
    assert_eq!(fate.ran_and_dropped(), (0, 1));
}

#[test]
fn a_closure_that_is_never_queued_is_dropped() {
    let (apc, fate) = watched();
    drop(apc);
    assert_eq!(fate.ran_and_dropped(), (0, 1));
    assert_eq!(seen(), []);
}

#[test]
fn before_start_up_a_closure_is_returned() {
    static CLOSED: wpu_sys::Cell = wpu_sys::Cell::new();
    let (apc, fate) = watched();
    // SAFETY: the hosts of these tests do not dereference a pointer in it.
    let thread = unsafe { ThreadId::from_raw(THREAD_ID) }.expect("not zero");
    let refused = wpu::Upcalls::new(&CLOSED).queue_apc(thread, apc).expect_err("closed");
    assert_eq!((refused.error, fate.ran_and_dropped()), (WsaError::WSANOTINITIALISED, (0, 0)));
}

#[test]
fn a_panic_ends_at_the_border() {
    /// A payload that panics again when it is dropped.
    struct Payload;
    impl Drop for Payload {
        fn drop(&mut self) {
            resume_unwind(Box::new(()));
        }
    }
    let fate = Arc::new(Fate::default());
    let guard = Guard(Arc::clone(&fate));
    queue(apc(move || {
        guard.0.ran.fetch_add(1, Ordering::AcqRel);
        resume_unwind(Box::new(Payload));
    }))
    .expect("queued");
    wait_alertably();
    assert_eq!(fate.ran_and_dropped(), (1, 1));
}

#[test]
fn a_closure_runs_on_the_thread_that_it_was_queued_to() {
    let (apc, fate) = watched();
    queue(apc).expect("queued");
    let mut queued = queued();
    let client = std::thread::spawn(move || {
        let (routine, context) = queued.remove(0);
        // SAFETY: the routine was queued once and is called once.
        unsafe { routine(context) };
    });
    client.join().expect("nothing panics");
    assert_eq!(fate.ran_and_dropped(), (1, 1));
}

#[test]
fn a_closure_that_holds_nothing_needs_no_memory_and_still_runs() {
    static RAN: AtomicU32 = AtomicU32::new(0);
    queue(apc(|| {
        RAN.fetch_add(1, Ordering::AcqRel);
    }))
    .expect("queued");
    wait_alertably();
    assert_eq!(RAN.load(Ordering::Acquire), 1);
}

#[test]
fn closures_run_in_the_order_in_which_they_were_queued() {
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    for turn in 0..3 {
        let order = Arc::clone(&order);
        queue(apc(move || order.lock().expect("no panic").push(turn))).expect("queued");
    }
    wait_alertably();
    assert_eq!(*order.lock().expect("no panic"), [0, 1, 2]);
}

#[test]
fn a_closure_can_queue_another() {
    let (inner, fate) = watched();
    queue(apc(move || queue(inner).expect("queued"))).expect("queued");
    wait_alertably();
    assert_eq!(fate.ran_and_dropped(), (0, 0));
    wait_alertably();
    assert_eq!(fate.ran_and_dropped(), (1, 1));
}

#[test]
fn the_raw_parts_of_an_apc_can_be_called() {
    let (apc, fate) = watched();
    let (routine, context) = apc.into_raw();
    assert_eq!(fate.ran_and_dropped(), (0, 0));
    // SAFETY: no other code calls the routine.
    unsafe { routine(context) };
    assert_eq!(fate.ran_and_dropped(), (1, 1));
}
