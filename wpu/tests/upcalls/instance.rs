//! Concurrent calls, start-ups and clean-ups: one instance per run, and no call remains inside.

use crate::common::host::Scripted;
use crate::common::provider::{call, clean_up, provider, start, upcall};
use std::cell::Cell;
use std::ptr::without_provenance_mut;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, OnceLock, mpsc};
use std::thread::scope;
use std::time::Duration;
use wpu::{EventRef, Provider, WsaError};
use wpu_sys::ffi::{BOOL, TRUE, WSAEVENT, WSPPROC_TABLE, WSPUPCALLTABLE};

const TABLE: WSPUPCALLTABLE = WSPUPCALLTABLE::of::<Scripted>();
const SET_EVENT: usize = upcall("WPUSetEvent");

/// The number of rounds of each thread.
const ROUNDS: usize = if cfg!(miri) { 20 } else { 2000 };

/// A flag for which other threads wait.
struct Flag(Mutex<bool>, Condvar);

impl Flag {
    const fn new() -> Self {
        Self(Mutex::new(false), Condvar::new())
    }

    fn raise(&self) {
        *self.0.lock().expect("no panic") = true;
        self.1.notify_all();
    }

    fn wait(&self) {
        let guard = self.0.lock().expect("no panic");
        drop(self.1.wait_while(guard, |raised| !*raised).expect("no panic"));
    }
}

static MADE: AtomicUsize = AtomicUsize::new(0);
static GONE: AtomicUsize = AtomicUsize::new(0);
static CALLED: AtomicUsize = AtomicUsize::new(0);
static ASKED: AtomicUsize = AtomicUsize::new(0);
/// The outstanding start-ups as this host counts them: increased before a start-up, decreased after a
/// clean-up.
static HOLDERS: AtomicUsize = AtomicUsize::new(0);
static LATE: AtomicUsize = AtomicUsize::new(0);

unsafe extern "system" fn set(_: WSAEVENT, _: *mut i32) -> BOOL {
    ASKED.fetch_add(1, Ordering::AcqRel);
    LATE.fetch_add(usize::from(HOLDERS.load(Ordering::Acquire) == 0), Ordering::AcqRel);
    TRUE
}

provider!(
    Crowd,
    uses: &[SET_EVENT],
    start: |_| {
        let before = MADE.fetch_add(1, Ordering::AcqRel);
        assert_eq!(before, GONE.load(Ordering::Acquire), "one instance at a time");
        Ok(())
    },
    called: |_| {
        assert_eq!(MADE.load(Ordering::Acquire), 1 + GONE.load(Ordering::Acquire), "the instance lives");
        CALLED.fetch_add(1, Ordering::AcqRel);
        Crowd::upcalls().set_event(EventRef::from_raw(without_provenance_mut(4)).expect("not null"))
    },
    dropped: || {
        GONE.fetch_add(1, Ordering::AcqRel);
    }
);

/// The calls of a thread with an outstanding start-up succeed, whatever other threads do meanwhile.
fn hold(functions: &OnceLock<WSPPROC_TABLE>) -> usize {
    let table = WSPUPCALLTABLE { lpWPUSetEvent: Some(set), ..TABLE };
    for round in 0..ROUNDS {
        HOLDERS.fetch_add(1, Ordering::AcqRel);
        let given = start::<Crowd>(&table).expect("started");
        functions.get_or_init(|| given);
        call(&given, round).expect("this thread holds a start-up");
        clean_up(&given).expect("started");
        HOLDERS.fetch_sub(1, Ordering::AcqRel);
    }
    ROUNDS
}

/// The calls of a thread without an outstanding start-up succeed, or fail because the provider is not
/// started.
fn look_on(functions: &OnceLock<WSPPROC_TABLE>) -> usize {
    let functions = loop {
        match functions.get() {
            Some(functions) => break functions,
            None => std::thread::yield_now(),
        }
    };
    let answers: Vec<_> = (0..ROUNDS).map(|round| call(functions, round)).collect();
    let through: Vec<_> =
        answers.into_iter().filter(|answer| *answer != Err(WsaError::WSANOTINITIALISED)).collect();
    assert!(through.iter().all(Result::is_ok), "{through:?}");
    through.len()
}

#[test]
fn concurrent_start_ups_clean_ups_and_calls_succeed() {
    let functions = OnceLock::new();
    let through = scope(|scope| {
        let holders = [(); 5].map(|()| scope.spawn(|| hold(&functions)));
        let watchers = [(); 3].map(|()| scope.spawn(|| look_on(&functions)));
        let threads = holders.into_iter().chain(watchers);
        threads.map(|thread| thread.join().expect("no panic")).sum::<usize>()
    });
    let count = |count: &AtomicUsize| count.load(Ordering::Acquire);
    assert_eq!((count(&CALLED), count(&ASKED)), (through, through), "each call once, and its upcall");
    assert_eq!(count(&LATE), 0, "no upcall after the last clean-up");
    assert_eq!(count(&MADE), count(&GONE), "each instance is dropped once");
    assert_eq!(call(functions.get().expect("started"), 1), Err(WsaError::WSANOTINITIALISED));
    assert_eq!((Crowd::__RUN.starts(), Crowd::__RUN.is_open()), (0, false));
}

static INSIDE: Flag = Flag::new();
static LET_GO: Flag = Flag::new();
static RETURNED: AtomicBool = AtomicBool::new(false);
static DROPPED: AtomicU32 = AtomicU32::new(0);

provider!(
    Blocking,
    uses: &[SET_EVENT],
    called: |_| {
        INSIDE.raise();
        LET_GO.wait();
        let event = EventRef::from_raw(without_provenance_mut(4)).expect("not null");
        Blocking::upcalls().set_event(event).expect("upcalls work as long as anybody is inside");
        RETURNED.store(true, Ordering::Release);
        Ok(())
    },
    clean_up: || {
        assert!(!RETURNED.load(Ordering::Acquire), "it runs while calls are inside, to end what blocks them");
        LET_GO.raise();
        Ok(())
    },
    dropped: || {
        assert!(RETURNED.load(Ordering::Acquire), "no call is inside");
        DROPPED.fetch_add(1, Ordering::AcqRel);
    }
);

#[test]
fn the_last_clean_up_unblocks_and_waits_for_calls_of_other_threads() {
    let functions = start::<Blocking>(&TABLE).expect("started");
    scope(|scope| {
        let inside = scope.spawn(|| call(&functions, 1));
        INSIDE.wait();
        clean_up(&functions).expect("started");
        assert!(RETURNED.load(Ordering::Acquire));
        assert_eq!(DROPPED.load(Ordering::Acquire), 1);
        assert_eq!(inside.join().expect("no panic"), Ok(()));
    });
    assert_eq!(call(&functions, 1), Err(WsaError::WSANOTINITIALISED));
}

thread_local! {
    static FUNCTIONS: Cell<Option<WSPPROC_TABLE>> = const { Cell::new(None) };
}

static LEFT: AtomicU32 = AtomicU32::new(0);

provider!(
    Recursive,
    uses: &[SET_EVENT],
    called: |depth| {
        let functions = FUNCTIONS.get().expect("set by the test");
        if depth > 0 {
            call(&functions, depth - 1).expect("the inner call");
        } else {
            assert_eq!(clean_up(&functions), Err(WsaError::WSAEINPROGRESS), "the clean-up would wait for itself");
            start::<Recursive>(&TABLE).expect("a start-up is allowed");
            clean_up(&functions).expect("a clean-up that is not the last is allowed");
        }
        Ok(())
    },
    dropped: || {
        LEFT.fetch_add(1, Ordering::AcqRel);
    }
);

#[test]
fn the_last_clean_up_is_refused_within_a_call() {
    let functions = start::<Recursive>(&TABLE).expect("started");
    FUNCTIONS.set(Some(functions));
    for depth in 0..3 {
        assert_eq!(call(&functions, depth), Ok(()));
        assert_eq!((LEFT.load(Ordering::Acquire), Recursive::__RUN.starts()), (0, 1));
    }
    clean_up(&functions).expect("no call is inside");
    assert_eq!((LEFT.load(Ordering::Acquire), Recursive::__RUN.starts()), (1, 0));
}

static ENTERED: Flag = Flag::new();
static CLOSING: Flag = Flag::new();
static ANSWERS: Mutex<Vec<Option<WsaError>>> = Mutex::new(Vec::new());

provider!(
    Crossed,
    uses: &[SET_EVENT],
    called: |_| {
        ENTERED.raise();
        CLOSING.wait();
        let functions = FUNCTIONS.get().expect("set by the test");
        let answers = [clean_up(&functions).err(), start::<Crossed>(&TABLE).err()];
        ANSWERS.lock().expect("no panic").extend(answers);
        Ok(())
    },
    clean_up: || {
        CLOSING.raise();
        Ok(())
    }
);

#[test]
fn a_call_for_which_the_last_clean_up_waits_does_not_wait_for_it() {
    let functions = start::<Crossed>(&TABLE).expect("started");
    let (done, finished) = mpsc::channel();
    std::thread::spawn(move || {
        FUNCTIONS.set(Some(functions));
        let answer = call(&functions, 1);
        done.send(answer).expect("the test waits");
    });
    let (cleaned, answer) = mpsc::channel();
    std::thread::spawn(move || {
        ENTERED.wait();
        cleaned.send(clean_up(&functions)).expect("the test waits");
    });
    let patience = Duration::from_secs(if cfg!(miri) { 600 } else { 20 });
    assert_eq!(finished.recv_timeout(patience), Ok(Ok(())), "the two wait for each other");
    assert_eq!(answer.recv_timeout(patience), Ok(Ok(())));
    assert_eq!(*ANSWERS.lock().expect("no panic"), [Some(WsaError::WSAEINPROGRESS); 2]);
}
