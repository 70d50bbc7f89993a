//! From the first start-up to the last clean-up: the current table, and the start-up count.

use crate::common::calls::CALLS;
use crate::common::host::{self, Scripted, seen};
use crate::common::provider::{clean_up, clean_up_into, provider, start, upcall};
use std::cell::Cell;
use std::ptr::{null_mut, without_provenance_mut};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use wpu::{Event, EventRef, Provider, Upcalls, WsaError};
use wpu_sys::ffi::{BOOL, LPWSPCLEANUP, SOCKET_ERROR, TRUE, WSAEVENT, WSPPROC_TABLE, WSPUPCALLTABLE};

const FIRST: WSPUPCALLTABLE = WSPUPCALLTABLE::of::<Scripted<1>>();
const SECOND: WSPUPCALLTABLE = WSPUPCALLTABLE::of::<Scripted<2>>();
const THIRD: WSPUPCALLTABLE = WSPUPCALLTABLE::of::<Scripted<3>>();

const SET_EVENT: usize = upcall("WPUSetEvent");
const CREATE_EVENT: usize = upcall("WPUCreateEvent");

/// The host that an upcall of this provider reaches, if any.
fn reached<P: Provider<Upcalls = Upcalls>>() -> Option<usize> {
    let event = EventRef::from_raw(without_provenance_mut(4)).expect("not null");
    let answer = P::upcalls().set_event(event);
    let host = seen().pop().map(|seen| seen.host);
    let expected = if host.is_some() { Ok(()) } else { Err(WsaError::WSANOTINITIALISED) };
    assert_eq!(answer, expected);
    host
}

provider!(Newest, uses: &[SET_EVENT]);

#[test]
fn the_newest_table_is_used() {
    let _shows = wpu_evidence::tested(["start-up.newest-table-used"]);
    let functions = start::<Newest>(&FIRST).expect("started");
    assert_eq!(reached::<Newest>(), Some(1));
    start::<Newest>(&SECOND).expect("started");
    assert_eq!(reached::<Newest>(), Some(2));
    clean_up(&functions).expect("twice");
    assert_eq!(reached::<Newest>(), Some(2));
    clean_up(&functions).expect("once");
    assert_eq!(reached::<Newest>(), None);
}

/// The results of nested start-ups on the same thread.
static INNER: Mutex<Vec<Option<WsaError>>> = Mutex::new(Vec::new());

provider!(
    Nesting,
    uses: &[SET_EVENT],
    start: |_| {
        note_inner();
        Ok(())
    },
    again: |_| {
        note_inner();
        Ok(())
    },
    clean_up: || {
        note_inner();
        Ok(())
    },
    dropped: note_inner
);

fn note_inner() {
    let functions = WSPPROC_TABLE { lpWSPCleanup: FUNCTIONS.get(), ..WSPPROC_TABLE::ZERO };
    let mut inner = INNER.lock().expect("no panic");
    inner.push(start::<Nesting>(&THIRD).err());
    inner.extend(functions.lpWSPCleanup.map(|_| clean_up(&functions).err()));
}

thread_local! {
    /// `WSPCleanup` of the provider, once it is known.
    static FUNCTIONS: Cell<LPWSPCLEANUP> = const { Cell::new(None) };
}

#[test]
fn start_ups_and_clean_ups_inside_each_other_are_refused() {
    let functions = start::<Nesting>(&FIRST).expect("started");
    FUNCTIONS.set(functions.lpWSPCleanup);
    start::<Nesting>(&SECOND).expect("started");
    assert_eq!((Nesting::__RUN.starts(), reached::<Nesting>()), (2, Some(2)));
    clean_up(&functions).expect("twice");
    clean_up(&functions).expect("once");
    assert_eq!(reached::<Nesting>(), None);
    let inner = INNER.lock().expect("no panic");
    assert_eq!(*inner, [Some(WsaError::WSAEINPROGRESS); 7]);
}

thread_local! {
    /// The event that a failed start-up has acquired.
    static LEFT_OVER: Cell<Option<Event>> = const { Cell::new(None) };
}

provider!(
    Careless,
    uses: &[CREATE_EVENT],
    start: |_| match LEFT_OVER.take() {
        None => {
            LEFT_OVER.set(Careless::upcalls().create_event().ok());
            Err(WsaError::WSAEPROCLIM)
        }
        kept => {
            LEFT_OVER.set(kept);
            Ok(())
        }
    }
);

/// The same value may denote another object in the next run, which has another host.
#[test]
fn handles_of_a_failed_start_up_are_not_released_in_the_next_run() {
    host::answer(Ok(vec![0x120]));
    assert_eq!(start::<Careless>(&FIRST).err(), Some(WsaError::WSAEPROCLIM));
    assert_eq!(seen().len(), 1, "an event was made");
    let functions = start::<Careless>(&SECOND).expect("it has what it wants");
    drop(LEFT_OVER.take().expect("it was kept"));
    assert_eq!(seen(), [], "that was an event of another run");
    clean_up(&functions).expect("started");
}

provider!(Restarted, uses: &[SET_EVENT]);

#[test]
fn after_the_last_clean_up_it_can_be_started_again() {
    let _shows = wpu_evidence::tested(["WSPCleanup.can-start-again"]);
    for (table, number) in [(FIRST, 1), (SECOND, 2), (FIRST, 1)] {
        assert_eq!(reached::<Restarted>(), None);
        let functions = start::<Restarted>(&table).expect("started");
        assert_eq!(reached::<Restarted>(), Some(number));
        clean_up(&functions).expect("started");
    }
    assert_eq!(reached::<Restarted>(), None);
}

provider!(
    Nested,
    uses: &[SET_EVENT],
    start: |_| {
        count(0);
        Ok(())
    },
    again: |_| {
        count(1);
        Ok(())
    },
    clean_up: || {
        count(2);
        Ok(())
    },
    dropped: || count(3)
);

/// The numbers of first start-ups, further start-ups, last clean-ups, and dropped instances.
static TURNS: [AtomicU32; 4] = [const { AtomicU32::new(0) }; 4];

fn count(turn: usize) {
    TURNS[turn].fetch_add(1, Ordering::AcqRel);
}

#[test]
fn each_start_up_needs_a_clean_up_and_only_the_last_one_counts() {
    let _shows = wpu_evidence::tested(["start-up.starts-counted"]);
    let counts = || TURNS.each_ref().map(|turn| turn.load(Ordering::Acquire));
    for round in 0..2 {
        let functions = [(); 3].map(|()| start::<Nested>(&FIRST).expect("started"));
        for (functions, left) in functions.iter().zip([3, 2, 1]) {
            let expected = [round + 1, 2 * (round + 1), round, round];
            assert_eq!((Nested::__RUN.starts(), counts()), (left, expected));
            assert_eq!(reached::<Nested>(), Some(1));
            clean_up(functions).expect("started");
        }
        let expected = [round + 1, 2 * (round + 1), round + 1, round + 1];
        assert_eq!((Nested::__RUN.starts(), counts()), (0, expected));
        assert_eq!(reached::<Nested>(), None);
    }
}

provider!(TooOften, uses: &[SET_EVENT], clean_up: || {
    TOO_OFTEN.fetch_add(1, Ordering::AcqRel);
    Ok(())
});
static TOO_OFTEN: AtomicU32 = AtomicU32::new(0);

#[test]
fn a_clean_up_too_many_fails_and_changes_nothing() {
    let _shows = wpu_evidence::tested(["WSPCleanup.WSANOTINITIALISED"]);
    let functions = start::<TooOften>(&FIRST).expect("started");
    clean_up(&functions).expect("started");
    for _ in 0..3 {
        assert_eq!(clean_up(&functions), Err(WsaError::WSANOTINITIALISED));
    }
    assert_eq!(TOO_OFTEN.load(Ordering::Acquire), 1);
    start::<TooOften>(&FIRST).expect("started");
    assert_eq!((TooOften::__RUN.starts(), reached::<TooOften>()), (1, Some(1)));
    clean_up(&functions).expect("started");
}

provider!(BadErrno, uses: &[]);

#[test]
fn a_clean_up_with_a_null_error_location_still_fails() {
    let functions = start::<BadErrno>(&FIRST).expect("started");
    let room = [0_i32; 2];
    let misaligned = room.as_ptr().cast_mut().wrapping_byte_add(1);
    for (errno, answer) in [(null_mut(), 0), (null_mut(), SOCKET_ERROR), (misaligned, SOCKET_ERROR)] {
        assert_eq!(clean_up_into(&functions, errno), answer);
    }
    assert_eq!(room, [0; 2]);
}

provider!(Closed, uses: &[SET_EVENT]);

#[test]
fn before_start_up_and_after_clean_up_every_upcall_is_answered_without_a_host() {
    assert_closed();
    let functions = start::<Closed>(&FIRST).expect("started");
    assert_eq!(reached::<Closed>(), Some(1));
    clean_up(&functions).expect("started");
    assert_closed();
}

fn assert_closed() {
    assert!(!Closed::__RUN.is_open());
    for call in &CALLS {
        let expected = (call.failed)(WsaError::WSANOTINITIALISED);
        assert_eq!((call.make)(Closed::upcalls()), expected, "{}", call.upcall);
    }
    assert_eq!(seen(), []);
}

static KEPT: Mutex<Vec<Event>> = Mutex::new(Vec::new());

provider!(
    Owner,
    uses: &[CREATE_EVENT],
    start: |_| {
        let (in_clean_up, in_drop) = (Owner::upcalls().create_event()?, Owner::upcalls().create_event()?);
        KEPT.lock().expect("no panic").extend([in_drop, in_clean_up]);
        Ok(())
    },
    clean_up: || {
        drop(KEPT.lock().expect("no panic").pop());
        Ok(())
    },
    dropped: || drop(KEPT.lock().expect("no panic").pop())
);

#[test]
fn upcalls_work_from_the_start_to_the_end_of_the_last_clean_up() {
    host::answer(Ok(vec![4]));
    host::answer(Ok(vec![8]));
    let functions = start::<Owner>(&FIRST).expect("started");
    assert_eq!(host::seen_names(), ["WPUCreateEvent"; 2]);
    clean_up(&functions).expect("started");
    let closed: Vec<_> = seen().into_iter().map(|seen| (seen.upcall, seen.arguments)).collect();
    assert_eq!(closed, [("WPUCloseEvent", vec![4]), ("WPUCloseEvent", vec![8])]);
    assert_eq!(KEPT.lock().expect("no panic").len(), 0);
}

/// The number of rounds of each thread.
const ROUNDS: usize = if cfg!(miri) { 20 } else { 2000 };

static MADE: AtomicUsize = AtomicUsize::new(0);
static GIVEN_BACK: AtomicUsize = AtomicUsize::new(0);
static SET: AtomicUsize = AtomicUsize::new(0);

unsafe extern "system" fn make(_: *mut i32) -> WSAEVENT {
    without_provenance_mut(4 * (1 + MADE.fetch_add(1, Ordering::AcqRel)))
}

unsafe extern "system" fn take_back(_: WSAEVENT, _: *mut i32) -> BOOL {
    GIVEN_BACK.fetch_add(1, Ordering::AcqRel);
    TRUE
}

unsafe extern "system" fn set(_: WSAEVENT, _: *mut i32) -> BOOL {
    SET.fetch_add(1, Ordering::AcqRel);
    TRUE
}

provider!(Crowd, uses: &[CREATE_EVENT, SET_EVENT]);

/// A thread with an outstanding start-up reaches the host, whatever other threads do meanwhile.
fn hold(functions_of: impl Fn() -> wpu_sys::ffi::WSPPROC_TABLE) {
    for _ in 0..ROUNDS {
        let functions = functions_of();
        let event = Crowd::upcalls().create_event().expect("this thread holds a start-up");
        Crowd::upcalls().set_event(event.borrowed()).expect("as above");
        drop(event);
        clean_up(&functions).expect("started");
    }
}

/// A thread without an outstanding start-up reaches the host, or gets an error that there is none.
fn look_on() -> usize {
    let event = EventRef::from_raw(without_provenance_mut(4)).expect("not null");
    let answers = (0..ROUNDS).map(|_| Crowd::upcalls().set_event(event));
    let answers: Vec<_> = answers.filter(|answer| *answer != Err(WsaError::WSANOTINITIALISED)).collect();
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    answers.len()
}

#[test]
fn concurrent_start_ups_clean_ups_and_upcalls_succeed() {
    let table = |empty| WSPUPCALLTABLE {
        lpWPUCreateEvent: Some(make),
        lpWPUCloseEvent: Some(take_back),
        lpWPUSetEvent: Some(set),
        ..if empty { WSPUPCALLTABLE::ZERO } else { FIRST }
    };
    let seen = std::thread::scope(|scope| {
        // The two tables alternate.
        for thread in 0..6 {
            scope.spawn(move || hold(|| start::<Crowd>(&table(thread % 2 == 0)).expect("started")));
        }
        let watchers = [(); 2].map(|()| scope.spawn(look_on));
        watchers.map(|watcher| watcher.join().expect("no panic")).iter().sum::<usize>()
    });
    let count = |count: &AtomicUsize| count.load(Ordering::Acquire);
    assert_eq!((count(&MADE), count(&GIVEN_BACK)), (6 * ROUNDS, 6 * ROUNDS));
    assert_eq!(count(&SET), 6 * ROUNDS + seen);
    assert_eq!((Crowd::__RUN.starts(), Crowd::__RUN.is_open()), (0, false));
}
