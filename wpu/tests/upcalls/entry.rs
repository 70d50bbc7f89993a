//! `WSPStartup` as a host calls it: versions, pointers, panics, and the data for the provider.

use crate::common;
use crate::common::host::{self, Scripted};
use crate::common::provider::{
    ENTRY, IFS_ENTRY, VERSION, call, clean_up, only, provider, slots, start, start_any, start_for, upcall,
};
use std::cell::{Cell, RefCell};
use std::panic::resume_unwind;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicU32, Ordering};
use wpu::__private::{Exported, Fixed, Import, Run, Starter, TablePointer, start_up};
use wpu::{Declaration, Lifecycle, Provider, ServiceProvider, Start, Upcalls, WsaError};
use wpu_sys::ffi::{WSAPROTOCOL_INFOW, WSPDATA, WSPPROC_TABLE, WSPUPCALLTABLE, WSPUPCALLTABLEEX};

const FULL: WSPUPCALLTABLE = WSPUPCALLTABLE::of::<Scripted>();
static FULL_PLAIN: WSPUPCALLTABLE = FULL;
static FULL_EX: WSPUPCALLTABLEEX = WSPUPCALLTABLEEX::of::<Scripted>();

const SET_EVENT: usize = upcall("WPUSetEvent");
const CREATE_EVENT: usize = upcall("WPUCreateEvent");

/// Every version word, or some of them under Miri.
const STEP: usize = if cfg!(miri) { 257 * 3 + 1 } else { 1 };

provider!(Versioned, uses: &[]);

/// The documented rule: the lowest version is 2.2, and the result is the lower of the requested version and
/// the provider's, which is also 2.2. The low byte is the major number, and is compared first.
#[test]
fn every_version_word_is_answered_by_the_documented_rule() {
    let _shows = wpu_evidence::tested([
        "start-up.higher-version-accepted",
        "start-up.highest-version-told",
        "start-up.lower-of-both-versions",
        "start-up.major-number-first",
        "WSPStartup.WSAVERNOTSUPPORTED",
        "WSPStartup.all-thirty-functions",
        "WSPStartup.code-is-the-result",
        "WSPStartup.lpProcTable.written-on-success",
        "WSPStartup.lpWSPData.written-on-success",
    ]);
    let (mut refused, mut accepted) = (0, 0);
    for version in (0..=u16::MAX).step_by(STEP).chain([0x0202, 0x0102, 0x0201, 0x0301, 0x0103]) {
        let [major, minor] = version.to_le_bytes();
        let started = start_for::<Versioned>(version, &FULL);
        if (major, minor) < (2, 2) {
            assert_eq!(started.err(), Some(WsaError::WSAVERNOTSUPPORTED), "{major}.{minor}");
            refused += 1;
        } else {
            clean_up(&started.expect("2.2 is what it gets")).expect("started");
            accepted += 1;
        }
        assert_eq!(Versioned::__RUN.starts(), 0);
    }
    if STEP == 1 {
        assert_eq!((refused, accepted), (2 * 256 + 2 + 3, 253 * 256 + 254 + 2));
    }
}

provider!(Again, uses: &[]);

#[test]
fn each_start_has_a_version_of_its_own() {
    let _shows = wpu_evidence::tested(["WSPStartupEx.WSAVERNOTSUPPORTED", "start-up.negotiated-each-time"]);
    let san = |version| start_any(version, &ENTRY, &raw const FULL_EX, &[Starter::of::<Again>()]);
    for version in [0x0001, 0x0101, 0x0102] {
        assert_eq!(san(version).err(), Some(WsaError::WSAVERNOTSUPPORTED));
    }
    let (_, functions) = san(VERSION).expect("2.2 is the lowest");
    // While it is started.
    assert_eq!(start_for::<Again>(0x0102, &FULL).err(), Some(WsaError::WSAVERNOTSUPPORTED));
    assert_eq!(san(0x0102).err(), Some(WsaError::WSAVERNOTSUPPORTED));
    assert!(start_for::<Again>(0x0303, &FULL).is_ok() && start_for::<Again>(VERSION, &FULL).is_ok());
    assert_eq!(Again::__RUN.starts(), 3);
    for _ in 0..3 {
        clean_up(&functions).expect("started");
    }
}

thread_local! {
    static CODE: Cell<WsaError> = const { Cell::new(WsaError::WSAEPROCLIM) };
}

provider!(Failing, uses: &[], start: |_| Err(CODE.get()));

#[test]
fn the_code_of_a_failed_start_is_the_result() {
    let _shows = wpu_evidence::tested([
        "WSPStartup.WSAEPROCLIM",
        "WSPStartup.WSASYSNOTREADY",
        "WSPStartupEx.WSAEPROCLIM",
        "WSPStartupEx.WSASYSNOTREADY",
    ]);
    let failing = [Starter::of::<Failing>()];
    for code in [WsaError::WSAEINPROGRESS, WsaError::WSAEPROCLIM, WsaError::WSASYSNOTREADY] {
        CODE.set(code);
        assert_eq!(start::<Failing>(&FULL).err(), Some(code));
        assert_eq!(start_any(VERSION, &ENTRY, &raw const FULL_EX, &failing).err(), Some(code));
    }
}

provider!(Copied, uses: &[SET_EVENT]);

#[test]
fn the_hosts_table_is_not_read_after_the_start() {
    let _shows = wpu_evidence::tested(["start-up.table-copied"]);
    let mut table = FULL_EX;
    let pointer = &raw mut table;
    let started = start_any(VERSION, &ENTRY, pointer.cast_const(), &[Starter::of::<Copied>()]);
    let (_, functions) = started.expect("started");
    // SAFETY: it points to a local, which nobody else uses any more.
    unsafe { pointer.write(WSPUPCALLTABLEEX::ZERO) };
    host::answer(Ok(vec![]));
    let event = wpu::EventRef::from_raw(std::ptr::without_provenance_mut(4)).expect("not null");
    assert_eq!(Copied::upcalls().set_event(event), Ok(()));
    assert_eq!(host::seen_names(), ["WPUSetEvent"]);
    clean_up(&functions).expect("started");
}

provider!(Guarded, uses: &[], start: |_| unreachable!("a pointer is bad"));

#[test]
fn a_bad_pointer_is_refused_before_the_provider_runs() {
    let _shows = wpu_evidence::tested(["WSPStartup.WSAEFAULT", "WSPStartupEx.WSAEFAULT"]);
    let _checks = wpu_evidence::checked([
        "WSPStartup.lpProcTable.not-null",
        "WSPStartup.lpProtocolInfo.not-null",
        "WSPStartup.lpWSPData.not-null",
        "WSPStartupEx.lpUpcallTable.not-null",
    ]);
    let bad = |answer: i32| assert_eq!(answer, WsaError::WSAEFAULT.code());
    let (mut data, mut functions) = (WSPDATA::ZERO, WSPPROC_TABLE::ZERO);
    let (data, functions) = (&raw mut data, &raw mut functions);
    for data in [null_mut(), data.wrapping_byte_add(1)] {
        bad(start_with(data, &raw const ENTRY, &FULL, functions));
        bad(start_with(data, &raw const ENTRY, &raw const FULL_EX, functions));
    }
    for entry in [null(), (&raw const ENTRY).wrapping_byte_add(1)] {
        bad(start_with(data, entry, &FULL, functions));
    }
    for table in [null(), (&raw const FULL_EX).wrapping_byte_add(1)] {
        bad(start_with(data, &raw const ENTRY, table, functions));
    }
    for table in [null(), (&raw const FULL_PLAIN).wrapping_byte_add(1)] {
        bad(start_with(data, &raw const ENTRY, table, functions));
    }
    for functions in [null_mut(), functions.wrapping_byte_add(1)] {
        bad(start_with(data, &raw const ENTRY, &FULL, functions));
        bad(start_with(data, &raw const ENTRY, &raw const FULL_EX, functions));
    }
    bad(start_with(null_mut(), null(), null::<WSPUPCALLTABLEEX>(), null_mut()));
    assert_eq!(Guarded::__RUN.starts(), 0);
}

fn start_with(
    data: *mut WSPDATA,
    entry: *const WSAPROTOCOL_INFOW,
    table: impl TablePointer,
    functions: *mut WSPPROC_TABLE,
) -> i32 {
    // SAFETY: each pointer is null, misaligned or valid.
    unsafe { start_up(VERSION, data, entry, table, functions, &[Starter::of::<Guarded>()]) }
}

/// The data that a provider received.
struct Given {
    entry: WSAPROTOCOL_INFOW,
    table: [usize; 15],
}

thread_local! {
    static GIVEN: RefCell<Option<Given>> = const { RefCell::new(None) };
}

fn note(start: &Start<'_>) {
    let table = slots(start.table()).map(<*const ()>::addr);
    GIVEN.set(Some(Given { entry: *start.entry(), table }));
}

provider!(
    Layer,
    uses: &[SET_EVENT],
    start: |start| {
        note(start);
        Ok(())
    },
    again: |start| {
        note(start);
        Ok(())
    }
);

#[test]
fn a_provider_receives_the_entry_and_the_table_unmodified() {
    // Including null slots: a layer passes the table on unmodified.
    let table = only(&FULL, |slot| slot == SET_EVENT || slot % 2 == 0);
    let other = WSAPROTOCOL_INFOW { dwCatalogEntryId: 77, ..ENTRY };
    let providers = [Starter::of::<Layer>()];
    for entry in [&ENTRY, &other] {
        let started = start_any(VERSION, entry, &table, &providers);
        let (_, functions) = started.expect("started");
        let given = GIVEN.take().expect("it ran");
        assert_eq!(given.entry, *entry);
        assert_eq!(given.table, slots(&table).map(<*const ()>::addr));
        assert_eq!(call(&functions, 3), Ok(()));
    }
    let started = start_any(VERSION, &other, &raw const FULL_EX, &providers);
    let (_, functions) = started.expect("WSPStartupEx");
    assert_eq!(GIVEN.take().expect("it ran").table, slots(&FULL).map(<*const ()>::addr));
    for _ in 0..3 {
        clean_up(&functions).expect("started");
    }
}

provider!(Ifs, class: Ifs, uses: &[]);
provider!(NonIfs, uses: &[], serves: |entry| entry.dwCatalogEntryId != 13);
provider!(Thirteenth, uses: &[]);

#[test]
fn the_catalog_entry_chooses_among_the_providers_of_a_library() {
    let _shows = wpu_evidence::checked(["socket-handles.flag-tells-the-class"]);
    let both = [Starter::of::<Ifs>(), Starter::of::<NonIfs>(), Starter::of::<Thirteenth>()];
    let thirteenth = WSAPROTOCOL_INFOW { dwCatalogEntryId: 13, ..ENTRY };
    let starts = || [Ifs::__RUN.starts(), NonIfs::__RUN.starts(), Thirteenth::__RUN.starts()];
    let entries = [
        (&ENTRY, [0, 1, 0], "NonIfs"),
        (&IFS_ENTRY, [1, 0, 0], "Ifs"),
        (&thirteenth, [0, 0, 1], "Thirteenth"),
    ];
    for (entry, expected, name) in entries {
        let (data, functions) = start_any(VERSION, entry, &FULL, &both).expect("one of them serves it");
        assert_eq!((starts(), description(&data)), (expected, name.to_owned()));
        clean_up(&functions).expect("started");
        assert_eq!(starts(), [0; 3]);
    }
}

#[test]
fn an_entry_that_contradicts_the_class_is_refused() {
    let _shows = wpu_evidence::checked(["socket-handles.flag-tells-the-class"]);
    for (entry, provider) in [(&ENTRY, Starter::of::<Ifs>()), (&IFS_ENTRY, Starter::of::<NonIfs>())] {
        let refused = start_any(VERSION, entry, &FULL, &[provider]);
        assert_eq!(refused.err(), Some(WsaError::WSASYSNOTREADY));
    }
    let unserved = WSAPROTOCOL_INFOW { dwCatalogEntryId: 13, ..ENTRY };
    let refused = start_any(VERSION, &unserved, &FULL, &[Starter::of::<NonIfs>()]);
    assert_eq!(refused.err(), Some(WsaError::WSASYSNOTREADY));
}

provider!(OfTheSystem, class: Ifs, uses: &[]);
provider!(San, uses: &[]);

/// The switch passes the entry of the TCP/IP provider, whose sockets are file handles.
#[test]
fn the_switch_starts_the_non_ifs_provider() {
    let _shows = wpu_evidence::tested([
        "WSPStartupEx.foreign-entry-accepted",
        "WSPStartupEx.lpProcTable.written-on-success",
        "WSPStartupEx.lpWSPData.written-on-success",
        "WSPStartupEx.seventeen-functions",
    ]);
    let both = [Starter::of::<OfTheSystem>(), Starter::of::<San>()];
    for entry in [&IFS_ENTRY, &ENTRY] {
        let (data, functions) = start_any(VERSION, entry, &raw const FULL_EX, &both).expect("one is such");
        assert_eq!(description(&data), "San");
        clean_up(&functions).expect("started");
        let refused = start_any(VERSION, entry, &raw const FULL_EX, &both[..1]);
        assert_eq!(refused.err(), Some(WsaError::WSASYSNOTREADY));
    }
}

/// The host receives only an error code.
#[cfg(not(miri))]
#[test]
fn the_reason_for_choosing_no_provider_is_logged() {
    let by_class = common::said_in("entry::an_entry_that_contradicts_the_class_is_refused");
    let lines = [
        "wpu: catalog entry 1001 is of class `non_ifs`, and no provider of this library serves it",
        "wpu: catalog entry 1002 is of class `ifs`, and no provider of this library serves it",
        "wpu: catalog entry 13 is of class `non_ifs`, and no provider of this library serves it",
    ];
    assert_eq!(by_class.lines().collect::<Vec<_>>(), lines);
    let by_switch = common::said_in("entry::the_switch_starts_the_non_ifs_provider");
    let line = |entry| {
        format!(
            "wpu: no provider of class `non_ifs` of this library serves catalog entry {entry}, which the switch passed"
        )
    };
    assert_eq!(by_switch.lines().collect::<Vec<_>>(), [line(1002), line(1001)]);
}

/// The provider itself knows why it refuses.
#[cfg(not(miri))]
#[test]
fn a_refusal_of_the_provider_is_not_logged() {
    assert_eq!(common::said_in("entry::a_failed_start_up_leaves_no_instance"), "");
}

provider!(Surprised, uses: &[], serves: |_| resume_unwind(Box::new(Payload)));

#[test]
fn a_panic_while_choosing_is_a_failure() {
    assert_eq!(start::<Surprised>(&FULL).err(), Some(WsaError::WSASYSCALLFAILURE));
}

/// The description in `WSPDATA`, up to the zero.
fn description(data: &WSPDATA) -> String {
    let end = data.szDescription.iter().position(|unit| *unit == 0).expect("a zero ends it");
    String::from_utf16(&data.szDescription[..end]).expect("UTF-16")
}

/// A provider whose description is too long.
struct Talkative;

static RUN: Run = Run::new();

impl Provider for Talkative {
    type Upcalls = Upcalls;
    const DECLARATION: Declaration = Declaration { provider: "Talkative", ..Versioned::DECLARATION };
    fn upcalls() -> Upcalls {
        Upcalls::new(RUN.cell())
    }
    const __RUN: Fixed<Run> = Fixed::new(&RUN);
    const __IMPORTS: &'static [Import] = &[];
}

impl ServiceProvider for Talkative {}

common::provider::exported!(Talkative);

impl Lifecycle for Talkative {
    /// 254 units, then one character of two units, then more.
    const DESCRIPTION: &'static str = concat!(
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
        "012345678901234567890123456789012345678901234567890123🦀and more"
    );
    fn start(_: &Start<'_>) -> Result<Self, WsaError> {
        Ok(Self)
    }
}

#[test]
fn a_description_that_is_too_long_is_cut_between_characters_and_ends_with_a_zero() {
    let started = start_any(VERSION, &ENTRY, &FULL, &[Starter::of::<Talkative>()]);
    let (data, functions) = started.expect("started");
    assert_eq!(description(&data), Talkative::DESCRIPTION[..254]);
    clean_up(&functions).expect("started");
}

static CLEAN_UPS: AtomicU32 = AtomicU32::new(0);

provider!(
    Refusing,
    uses: &[CREATE_EVENT],
    start: |_| {
        let _kept = Refusing::upcalls().create_event()?;
        Err(WsaError::WSAEPROCLIM)
    },
    clean_up: || {
        CLEAN_UPS.fetch_add(1, Ordering::AcqRel);
        Ok(())
    },
    dropped: || {
        CLEAN_UPS.fetch_add(1, Ordering::AcqRel);
    }
);

#[test]
fn a_failed_start_up_leaves_no_instance() {
    let _shows =
        wpu_evidence::tested(["start-up.failed-start-leaves-nothing", "WSPStartup.code-is-the-result"]);
    host::answer(Ok(vec![4]));
    assert_eq!(start::<Refusing>(&FULL).err(), Some(WsaError::WSAEPROCLIM));
    assert_eq!(host::seen_names(), ["WPUCreateEvent", "WPUCloseEvent"]);
    assert_eq!(CLEAN_UPS.load(Ordering::Acquire), 0, "there was nothing to clean up");
    assert_eq!((Refusing::__RUN.starts(), Refusing::__RUN.is_open()), (0, false));
}

provider!(Mute, uses: &[], start: |_| Err(WsaError::new(0)));

#[test]
fn a_failure_with_code_zero_is_not_reported_as_success() {
    assert_eq!(start::<Mute>(&FULL).err(), Some(WsaError::WSASYSCALLFAILURE));
}

static MOODY: AtomicU32 = AtomicU32::new(0);

provider!(Moody, uses: &[SET_EVENT], again: |_| match MOODY.fetch_add(1, Ordering::AcqRel) {
    0 => Err(WsaError::WSAEPROCLIM),
    1 => resume_unwind(Box::new(())),
    _ => Ok(()),
});

#[test]
fn a_failed_start_up_does_not_affect_earlier_ones() {
    let _shows =
        wpu_evidence::tested(["start-up.failed-start-leaves-nothing", "WSPCleanup.WSANOTINITIALISED"]);
    let functions = start::<Moody>(&FULL).expect("the first");
    assert_eq!(start::<Moody>(&FULL).err(), Some(WsaError::WSAEPROCLIM));
    assert_eq!(start::<Moody>(&FULL).err(), Some(WsaError::WSASYSCALLFAILURE));
    assert_eq!((Moody::__RUN.starts(), Moody::__RUN.is_open()), (1, true));
    start::<Moody>(&FULL).expect("the last");
    clean_up(&functions).expect("twice");
    clean_up(&functions).expect("once");
    assert_eq!(clean_up(&functions), Err(WsaError::WSANOTINITIALISED));
}

/// A payload that panics again when it is dropped.
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
        let run = PanicsAtStart::__RUN;
        assert_eq!((run.starts(), run.is_open()), (0, false));
    }
}

provider!(PanicsAtEnd, uses: &[SET_EVENT], clean_up: || resume_unwind(Box::new(Payload)));

provider!(PanicsWhenDropped, uses: &[SET_EVENT], dropped: || resume_unwind(Box::new(Payload)));

provider!(FailsAtEnd, uses: &[SET_EVENT], clean_up: || Err(WsaError::WSAENETDOWN));

provider!(CodelessAtEnd, uses: &[SET_EVENT], clean_up: || Err(WsaError::new(0)));

#[test]
fn the_run_ends_even_if_the_clean_up_fails() {
    let _shows = wpu_evidence::tested(["WSPCleanup.can-start-again", "WSPCleanup.WSAENETDOWN"]);
    ends::<PanicsAtEnd>(Err(WsaError::WSASYSCALLFAILURE));
    ends::<PanicsWhenDropped>(Ok(()));
    ends::<FailsAtEnd>(Err(WsaError::WSAENETDOWN));
    ends::<CodelessAtEnd>(Err(WsaError::WSASYSCALLFAILURE));
}

fn ends<P: Exported>(answer: Result<(), WsaError>) {
    for _ in 0..2 {
        let functions = start::<P>(&FULL).expect("started");
        assert_eq!(call(&functions, 3), Ok(()));
        assert_eq!(clean_up(&functions), answer);
        let run = <P::Provider as wpu::EntryPoint>::__Itself::__RUN;
        assert_eq!((run.starts(), run.is_open()), (0, false));
        assert_eq!(clean_up(&functions), Err(WsaError::WSANOTINITIALISED));
        assert_eq!(call(&functions, 3), Err(WsaError::WSANOTINITIALISED));
    }
}

provider!(Panicky, uses: &[], called: |socket| match socket {
    0 => resume_unwind(Box::new(Payload)),
    1 => Err(WsaError::new(0)),
    _ => Ok(()),
});

#[test]
fn a_panic_in_a_call_is_contained_and_the_next_call_works() {
    let functions = start::<Panicky>(&FULL).expect("started");
    for _ in 0..2 {
        assert_eq!(call(&functions, 0), Err(WsaError::WSASYSCALLFAILURE));
        assert_eq!(call(&functions, 1), Err(WsaError::WSASYSCALLFAILURE), "0 would be no error");
        assert_eq!(call(&functions, 2), Ok(()));
    }
    clean_up(&functions).expect("nobody is inside any more");
}
