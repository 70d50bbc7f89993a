//! `WSPStartup` as a host calls it: versions, pointers, panics, and what the provider is given.

mod common;

use common::host::{self, Scripted};
use common::provider::{ENTRY, VERSION, clean_up, only, provider, slots, start, start_for, upcall};
use std::cell::RefCell;
use std::panic::resume_unwind;
use std::ptr::{null, null_mut, without_provenance_mut};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use wpu::__private::start_up;
use wpu::{Event, Provider, Start, WsaError};
use wpu_sys::ffi::{FARPROC, WSAPROTOCOL_INFOW, WSPDATA, WSPPROC_TABLE, WSPUPCALLTABLE};

const FULL: WSPUPCALLTABLE = WSPUPCALLTABLE::of::<Scripted>();

const SET_EVENT: usize = upcall("WPUSetEvent");
const CREATE_EVENT: usize = upcall("WPUCreateEvent");

/// Every version word, or under Miri some of them.
const STEP: usize = if cfg!(miri) { 257 * 3 + 1 } else { 1 };

provider!(Versioned, uses: &[]);

#[test]
fn every_version_from_2_2_on_is_accepted() {
    for version in (0..=u16::MAX).step_by(STEP).chain([0x0202, 0x0102, 0x0201, 0x0301, 0x0103]) {
        let [major, minor] = version.to_le_bytes();
        let started = start_for::<Versioned>(version, &FULL);
        if (major, minor) < (2, 2) {
            assert_eq!(started.err(), Some(WsaError::WSAVERNOTSUPPORTED), "{major}.{minor}");
        } else {
            clean_up(&started.expect("2.2 is what it gets")).expect("started");
        }
        assert_eq!(Versioned::__run().starts(), 0);
    }
}

provider!(Guarded, uses: &[], start: |_| unreachable!("a pointer is bad"));

#[test]
fn a_bad_pointer_is_refused_before_the_provider_runs() {
    let bad = |answer: i32| assert_eq!(answer, WsaError::WSAEFAULT.code());
    let (mut data, mut functions) = (WSPDATA::ZERO, WSPPROC_TABLE::ZERO);
    let (data, functions) = (&raw mut data, &raw mut functions);
    for data in [null_mut(), data.wrapping_byte_add(1)] {
        bad(start_with(data, &raw const ENTRY, functions));
    }
    for entry in [null(), (&raw const ENTRY).wrapping_byte_add(1)] {
        bad(start_with(data, entry, functions));
    }
    for functions in [null_mut(), functions.wrapping_byte_add(1)] {
        bad(start_with(data, &raw const ENTRY, functions));
    }
    bad(start_with(null_mut(), null(), null_mut()));
    assert_eq!(Guarded::__run().starts(), 0);
}

fn start_with(data: *mut WSPDATA, entry: *const WSAPROTOCOL_INFOW, functions: *mut WSPPROC_TABLE) -> i32 {
    // SAFETY: each pointer is null, misaligned or good.
    unsafe { start_up::<Guarded>(VERSION, data, entry, &FULL, functions) }
}

/// What a provider was given.
struct Given {
    entry: WSAPROTOCOL_INFOW,
    table: [usize; 15],
    functions: WSPPROC_TABLE,
}

thread_local! {
    static GIVEN: RefCell<Option<Given>> = const { RefCell::new(None) };
}

provider!(Layer, uses: &[SET_EVENT], start: |start: &mut Start<'_>| {
    let (entry, table) = (*start.entry, slots(start.table).map(<*const ()>::addr));
    // SAFETY: what is stored is a function that nobody calls.
    let functions = unsafe { start.functions() };
    GIVEN.set(Some(Given { entry, table, functions: *functions }));
    functions.lpWSPSocket = socket_function();
    Ok(())
});

fn socket_function() -> FARPROC {
    without_provenance_mut(0x50c7)
}

#[test]
fn a_provider_gets_the_entry_and_the_table_as_they_came() {
    // Holes and all: a layer hands it on as it is.
    let table = only(&FULL, |slot| slot == SET_EVENT || slot % 2 == 0);
    let functions = start::<Layer>(&table).expect("started");
    let given = GIVEN.take().expect("it ran");
    assert_eq!(given.entry, ENTRY);
    assert_eq!(given.table, slots(&table).map(<*const ()>::addr));
    let expected = WSPPROC_TABLE { lpWSPCleanup: functions.lpWSPCleanup, ..WSPPROC_TABLE::ZERO };
    assert_eq!(given.functions, WSPPROC_TABLE::ZERO);
    assert_eq!(functions, WSPPROC_TABLE { lpWSPSocket: socket_function(), ..expected });
    clean_up(&functions).expect("started");
}

static KEPT: Mutex<Option<Event>> = Mutex::new(None);
static CLEAN_UPS: AtomicU32 = AtomicU32::new(0);

provider!(
    Refusing,
    uses: &[CREATE_EVENT],
    start: |_| {
        *KEPT.lock().expect("no panic") = Some(Refusing::upcalls().create_event()?);
        Err(WsaError::WSAEPROCLIM)
    },
    clean_up: || {
        CLEAN_UPS.fetch_add(1, Ordering::AcqRel);
        drop(KEPT.lock().expect("no panic").take());
    }
);

#[test]
fn a_start_up_that_fails_is_taken_back() {
    host::answer(Ok(vec![4]));
    assert_eq!(start::<Refusing>(&FULL).err(), Some(WsaError::WSAEPROCLIM));
    assert_eq!(host::seen_names(), ["WPUCreateEvent", "WPUCloseEvent"]);
    assert_eq!(CLEAN_UPS.load(Ordering::Acquire), 1);
    assert_eq!((Refusing::__run().starts(), Refusing::__run().cell().is_open()), (0, false));
}

provider!(Mute, uses: &[], start: |_| Err(WsaError::new(0)));

#[test]
fn a_failure_with_code_zero_does_not_pass_for_success() {
    assert_eq!(start::<Mute>(&FULL).err(), Some(WsaError::WSASYSCALLFAILURE));
}

static MOODY: AtomicU32 = AtomicU32::new(0);

provider!(Moody, uses: &[SET_EVENT], start: |_| match MOODY.fetch_add(1, Ordering::AcqRel) {
    1 => Err(WsaError::WSAEPROCLIM),
    2 => resume_unwind(Box::new(())),
    _ => Ok(()),
});

#[test]
fn a_start_up_that_fails_takes_nothing_from_the_earlier_ones() {
    let functions = start::<Moody>(&FULL).expect("the first");
    assert_eq!(start::<Moody>(&FULL).err(), Some(WsaError::WSAEPROCLIM));
    assert_eq!(start::<Moody>(&FULL).err(), Some(WsaError::WSASYSCALLFAILURE));
    assert_eq!((Moody::__run().starts(), Moody::__run().cell().is_open()), (1, true));
    start::<Moody>(&FULL).expect("the last");
    clean_up(&functions).expect("twice");
    clean_up(&functions).expect("once");
    assert_eq!(clean_up(&functions), Err(WsaError::WSANOTINITIALISED));
}

/// A payload that would panic again if anyone dropped it.
struct Payload;

impl Drop for Payload {
    fn drop(&mut self) {
        resume_unwind(Box::new(()));
    }
}

provider!(PanicsAtStart, uses: &[SET_EVENT], start: |_| resume_unwind(Box::new(Payload)));

#[test]
fn a_panic_of_start_is_a_failure() {
    for _ in 0..2 {
        assert_eq!(start::<PanicsAtStart>(&FULL).err(), Some(WsaError::WSASYSCALLFAILURE));
        let run = PanicsAtStart::__run();
        assert_eq!((run.starts(), run.cell().is_open()), (0, false));
    }
}

provider!(PanicsAtEnd, uses: &[SET_EVENT], clean_up: || resume_unwind(Box::new(Payload)));

#[test]
fn a_panic_of_clean_up_stays_inside_and_the_run_ends() {
    for _ in 0..2 {
        let functions = start::<PanicsAtEnd>(&FULL).expect("started");
        clean_up(&functions).expect("the clean-up counts");
        let run = PanicsAtEnd::__run();
        assert_eq!((run.starts(), run.cell().is_open()), (0, false));
        assert_eq!(clean_up(&functions), Err(WsaError::WSANOTINITIALISED));
    }
}

provider!(
    PanicsTwice,
    uses: &[],
    start: |_| resume_unwind(Box::new(())),
    clean_up: || resume_unwind(Box::new(()))
);

#[test]
fn panics_of_start_and_of_the_clean_up_after_it_both_stay_inside() {
    assert_eq!(start::<PanicsTwice>(&FULL).err(), Some(WsaError::WSASYSCALLFAILURE));
    assert_eq!(PanicsTwice::__run().starts(), 0);
}
