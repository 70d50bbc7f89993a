//! Null slots: a provider starts with every upcall that it declares, or not at all.

use crate::common;
use crate::common::calls::CALLS;
use crate::common::host::{self, Scripted};
use crate::common::provider::{only, only_ex, start};
use std::sync::atomic::{AtomicU32, Ordering};
use wpu::__private::{Exported, Fixed, Import, Instance, RawTable, Requirement, Run};
use wpu::facts::ENTRIES;
use wpu::raw::{self, StartError};
use wpu::{
    Class, Declaration, Kit, Lifecycle, Platform, Provider, ServiceProvider, Start, UPCALLS, UpcallSet,
    Upcalls, WsaError,
};
use wpu_sys::ffi::{WSPPROC_TABLE, WSPUPCALLTABLE, WSPUPCALLTABLEEX};

const FULL: WSPUPCALLTABLE = WSPUPCALLTABLE::of::<Scripted>();
const FULL_EX: WSPUPCALLTABLEEX = WSPUPCALLTABLEEX::of::<Scripted>();

/// The only upcall without a slot in the shorter table.
const BY_NAME: usize = 15;

/// A provider that declares one upcall.
struct Declares<const UPCALL: usize>;

/// How often the code of such a provider ran.
static RAN: [AtomicU32; 16] = [const { AtomicU32::new(0) }; 16];

static RUNS: [Run; 16] = [const { Run::new() }; 16];

impl<const UPCALL: usize> Provider for Declares<UPCALL> {
    type Upcalls = Upcalls;
    const DECLARATION: Declaration = Declaration {
        facts: &wpu::facts::FACTS,
        provider: "Declares",
        class: Class::NonIfs.id(),
        platform: Platform::DEFAULT.id(),
        kit: None,
        uses: &[UPCALL],
        waives: &[],
    };
    fn upcalls() -> Upcalls {
        Upcalls::new(RUNS[UPCALL].cell())
    }
    const __RUN: Fixed<Run> = Fixed::new(&RUNS[UPCALL]);
    const __IMPORTS: &'static [Import] = &[];
}

impl<const UPCALL: usize> ServiceProvider for Declares<UPCALL> {}

impl<const UPCALL: usize> Lifecycle for Declares<UPCALL> {
    fn start(_: &Start<'_>) -> Result<Self, WsaError> {
        RAN[UPCALL].fetch_add(1, Ordering::AcqRel);
        Ok(Self)
    }
}

/// A provider with its functions for these tests.
struct Case {
    start: fn(&WSPUPCALLTABLE) -> Result<WSPPROC_TABLE, WsaError>,
    start_ex: fn(&WSPUPCALLTABLEEX) -> Result<(), StartError>,
    upcalls: fn() -> Upcalls,
    run: fn() -> Fixed<Run>,
}

/// The export of an upcall's provider: statics cannot have a generic type.
struct Export<const UPCALL: usize>;

macro_rules! exports {
    ($($upcall:literal),+) => {$(
        impl Exported for Export<$upcall> {
            type Provider = Declares<$upcall>;
            const INSTANCE: Fixed<Instance<Self::Provider>> = {
                static INSTANCE: Instance<Declares<$upcall>> = Instance::new();
                Fixed::new(&INSTANCE)
            };
        }
    )+};
}

exports!(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);

const fn case<const UPCALL: usize>() -> Case
where
    Export<UPCALL>: Exported,
{
    Case {
        start: start::<Export<UPCALL>>,
        start_ex: |table| {
            // SAFETY: the functions of these tables can be called for the lifetime of the process.
            unsafe { raw::start::<Declares<UPCALL>>(table) }
        },
        upcalls: Declares::<UPCALL>::upcalls,
        run: || Declares::<UPCALL>::__RUN,
    }
}

/// For each upcall the provider that declares it, in table order.
#[rustfmt::skip]
static CASES: [Case; UPCALLS.len()] = [
    case::<0>(), case::<1>(), case::<2>(), case::<3>(), case::<4>(), case::<5>(), case::<6>(), case::<7>(),
    case::<8>(), case::<9>(), case::<10>(), case::<11>(), case::<12>(), case::<13>(), case::<14>(), case::<15>(),
];

/// The slots that a provider of this one upcall needs.
fn needed(upcall: usize) -> Vec<usize> {
    [Some(upcall), UPCALLS[upcall].release].into_iter().flatten().collect()
}

/// A single test, since all of its parts use the same providers.
#[test]
fn a_provider_starts_only_with_all_declared_upcalls() {
    let _shows = wpu_evidence::tested([
        "start-up.upcalls-through-the-table",
        "start-up.failed-start-leaves-nothing",
        "WSPStartup.lpProcTable.written-on-success",
        "WSPStartup.lpWSPData.written-on-success",
    ]);
    for (upcall, case) in CASES.iter().enumerate() {
        for hole in needed(upcall) {
            refuses(upcall, case, hole);
        }
        if upcall != BY_NAME {
            starts_with_just_enough(upcall, case);
        }
        starts_with_just_enough_ex(upcall, case);
        what_is_not_there_is_closed(upcall, case);
        (case.run)().clean_up(|| {}).expect("started");
    }
}

fn refuses(upcall: usize, case: &Case, hole: usize) {
    let before = RAN[upcall].load(Ordering::Acquire);
    let answer = (case.start)(&only(&FULL, |slot| slot != hole));
    assert_eq!(answer.err(), Some(WsaError::WSASYSNOTREADY), "{}", UPCALLS[hole].name);
    let error = (case.start_ex)(&only_ex(&FULL_EX, |slot| slot != hole)).expect_err("a hole");
    assert_eq!(error, StartError::Missing(UpcallSet::of(&[hole])));
    assert!(error.to_string().contains(UPCALLS[hole].name), "{error}");
    assert_eq!(RAN[upcall].load(Ordering::Acquire), before, "the provider's code ran");
    assert!(!(case.run)().is_open() && (case.run)().starts() == 0);
}

fn starts_with_just_enough(upcall: usize, case: &Case) {
    let enough = only(&FULL, |slot| needed(upcall).contains(&slot));
    let functions = (case.start)(&enough).expect("nothing that it needs is missing");
    assert_eq!(RAN[upcall].load(Ordering::Acquire), 1);
    serves(upcall, case);
    common::provider::clean_up(&functions).expect("started");
}

fn starts_with_just_enough_ex(upcall: usize, case: &Case) {
    let enough = only_ex(&FULL_EX, |slot| needed(upcall).contains(&slot));
    (case.start_ex)(&enough).expect("nothing that it needs is missing");
    serves(upcall, case);
}

/// Checks that the upcall goes through its own slot.
fn serves(upcall: usize, case: &Case) {
    host::answer(Ok(CALLS[upcall].answer.to_vec()));
    assert_eq!((CALLS[upcall].make)((case.upcalls)()), Ok(CALLS[upcall].answer.to_vec()));
    assert_eq!(host::seen_names(), [UPCALLS[upcall].name]);
}

fn what_is_not_there_is_closed(upcall: usize, case: &Case) {
    for (other, call) in CALLS.iter().enumerate() {
        if !needed(upcall).contains(&other) {
            assert_eq!((call.make)((case.upcalls)()), (call.failed)(WsaError::WSANOTINITIALISED));
        }
    }
    assert_eq!(host::seen(), []);
}

#[test]
fn the_error_for_a_null_slot_is_documented() {
    for entry in &ENTRIES {
        assert!(entry.errors.iter().any(|error| error.code == entry.hole), "{}", entry.name);
    }
}

common::provider::provider!(Greedy, uses: &[0, 5, 9, 12], start: |_| unreachable!("not with such a table"));

#[test]
fn all_missing_upcalls_are_named() {
    let table = only(&FULL, |slot| slot != 5 && slot != 12 && slot != 3);
    // SAFETY: the functions of these tables can be called for the lifetime of the process.
    let error = unsafe { raw::start::<Greedy>(&table) }.expect_err("holes");
    assert_eq!(error, StartError::Missing(UpcallSet::of(&[5, 12])));
    let names = "`WPUGetProviderPath`, `WPUSetEvent`";
    assert!(error.to_string().contains(names), "{error}");
    assert_eq!(raw::start_error(&error), WsaError::WSASYSNOTREADY);
    assert_eq!(start::<Greedy>(&WSPUPCALLTABLE::ZERO).err(), Some(WsaError::WSASYSNOTREADY));
}

/// A kit that calls the release of an acquired value, an upcall of the other class only, and one that its
/// provider calls too.
static KIT: Kit = Kit {
    name: "trial",
    marker: "Trial",
    uses: &[Some(&[3, 6, 9, 12]), Some(&[3, 6, 9, 12])],
    completes: false,
};

common::provider::provider!(Equipped, uses: &[9], kit: &KIT);

#[test]
fn the_upcalls_of_a_kit_are_required_too() {
    let names = [1, 3, 9, 12].map(|upcall| UPCALLS[upcall].name);
    let expected =
        ["WPUCloseSocketHandle", "WPUCreateSocketHandle", "WPUQuerySocketHandleContext", "WPUSetEvent"];
    assert_eq!(names, expected);
    assert_eq!(UPCALLS[6].requirement(Class::NonIfs, Platform::DEFAULT), Requirement::NotApplicable);
    for hole in [1, 3, 9, 12] {
        // SAFETY: the functions of these tables can be called for the lifetime of the process.
        let started = unsafe { raw::start::<Equipped>(&only(&FULL, |slot| slot != hole)) };
        assert_eq!(started, Err(StartError::Missing(UpcallSet::of(&[hole]))));
    }
    let enough = only(&FULL, |slot| [1, 3, 9, 12].contains(&slot));
    let functions = start::<Equipped>(&enough).expect("nothing that it or its kit needs is missing");
    common::provider::clean_up(&functions).expect("started");
}

common::provider::provider!(Modest, uses: &[]);

#[test]
fn a_provider_that_declares_nothing_starts_with_an_empty_table() {
    let functions = start::<Modest>(&WSPUPCALLTABLE::ZERO).expect("nothing is missing");
    common::provider::clean_up(&functions).expect("started");
}

common::provider::provider!(Running, uses: &[12]);

#[test]
fn a_table_with_a_null_slot_does_not_replace_a_complete_one() {
    let _shows = wpu_evidence::tested(["start-up.failed-start-leaves-nothing"]);
    let functions = start::<Running>(&FULL).expect("complete");
    assert_eq!(start::<Running>(&only(&FULL, |slot| slot != 12)).err(), Some(WsaError::WSASYSNOTREADY));
    assert_eq!(Running::__RUN.starts(), 1);
    assert_eq!((CALLS[12].make)(Running::upcalls()), Ok(vec![]));
    common::provider::clean_up(&functions).expect("started once");
}

#[test]
fn tables_are_the_same_only_if_they_agree_in_every_slot() {
    let full = FULL_EX.ready();
    assert!(full.same(&FULL_EX.ready()));
    for (slot, upcall) in UPCALLS.iter().enumerate() {
        let other = only_ex(&FULL_EX, |kept| kept != slot).ready();
        assert!(!full.same(&other) && !other.same(&full), "{}", upcall.name);
    }
}

#[test]
fn holes_are_the_null_slots_of_a_table() {
    for slot in 0..UPCALLS.len() {
        assert_eq!(only_ex(&FULL_EX, |kept| kept != slot).holes(), UpcallSet::of(&[slot]));
        assert_eq!(only(&FULL, |kept| kept != slot).holes(), UpcallSet::of(&[slot, BY_NAME]));
    }
    assert_eq!((FULL_EX.holes(), FULL.holes()), (UpcallSet::default(), UpcallSet::of(&[BY_NAME])));
}

#[test]
fn a_call_with_an_invalid_error_location_does_not_reach_the_host() {
    let set_event = FULL.lpWPUSetEvent.expect("a full table");
    let room = [77_i32; 2];
    let misaligned = room.as_ptr().cast_mut().wrapping_byte_add(1);
    for bad in [std::ptr::null_mut(), misaligned] {
        // SAFETY: the pointer is null or misaligned.
        let answer = unsafe { set_event(std::ptr::without_provenance_mut(4), bad) };
        assert_eq!((answer, host::seen()), (0, vec![]));
    }
    assert_eq!(room, [77; 2]);
}
