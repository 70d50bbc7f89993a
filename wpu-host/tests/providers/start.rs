//! Starts a provider that is part of the program, and cleans it up.

use crate::common::{Provider, functions};
use std::sync::Mutex;
use wpu_host::{Entry, Host, Leftovers, StartFailure, Started};
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

/// What the provider below received at its start-up. Its tests run one at a time.
static SEEN: Mutex<Option<Seen>> = Mutex::new(None);
static ALONE: Mutex<()> = Mutex::new(());

#[derive(Clone, Copy)]
struct Seen {
    version: u16,
    entry: u32,
    table: WSPUPCALLTABLEEX,
    cleanups: u32,
}

/// The provider refuses to start for entries with this flag.
const REFUSE: u32 = 1;
/// The provider has no clean-up for entries with this flag.
const NO_CLEANUP: u32 = 2;
/// The clean-up fails for entries with this flag.
const BAD_CLEANUP: u32 = 4;

fn begin(
    version: u16,
    data: *mut WSPDATA,
    info: *const WSAPROTOCOL_INFOW,
    table: WSPUPCALLTABLEEX,
    procs: *mut WSPPROC_TABLE,
) -> i32 {
    assert!(!info.is_null() && info.is_aligned() && !data.is_null() && data.is_aligned());
    assert!(!procs.is_null() && procs.is_aligned());
    // SAFETY: the caller passes a valid pointer.
    let info = unsafe { &*info };
    // SAFETY: as above.
    let data = unsafe { &mut *data };
    // SAFETY: as above.
    let procs = unsafe { &mut *procs };
    if info.dwServiceFlags1 & REFUSE != 0 {
        return WsaError::WSAEPROCLIM.code();
    }
    let entry = info.dwCatalogEntryId;
    *SEEN.lock().unwrap() = Some(Seen { version, entry, table, cleanups: 0 });
    (data.wVersion, data.wHighVersion) = (0x0202, 0x0202);
    procs.lpWSPCleanup = match info.dwServiceFlags1 {
        NO_CLEANUP => None,
        BAD_CLEANUP => Some(fail_to_clean_up),
        _ => Some(clean_up),
    };
    Provider(table).create_socket_handle(entry, 1).expect("a socket");
    0
}

unsafe extern "system" fn startup(
    version: u16,
    data: *mut WSPDATA,
    info: *const WSAPROTOCOL_INFOW,
    table: WSPUPCALLTABLE,
    procs: *mut WSPPROC_TABLE,
) -> i32 {
    let mut extended = WSPUPCALLTABLEEX::ZERO;
    // SAFETY: the larger table starts with the fields of the smaller one.
    unsafe { (&raw mut extended).cast::<WSPUPCALLTABLE>().write(table) };
    begin(version, data, info, extended, procs)
}

unsafe extern "system" fn startup_ex(
    version: u16,
    data: *mut WSPDATA,
    info: *const WSAPROTOCOL_INFOW,
    table: *const WSPUPCALLTABLEEX,
    procs: *mut WSPPROC_TABLE,
) -> i32 {
    // SAFETY: the caller passes a valid table.
    begin(version, data, info, unsafe { *table }, procs)
}

unsafe extern "system" fn clean_up(_: *mut i32) -> i32 {
    SEEN.lock().unwrap().as_mut().expect("a start").cleanups += 1;
    0
}

unsafe extern "system" fn fail_to_clean_up(errno: *mut i32) -> i32 {
    // SAFETY: the caller passes a writable error location.
    unsafe { errno.write(WsaError::WSAENETDOWN.code()) };
    SOCKET_ERROR
}

fn entry(host: &Host, flags: u32) -> Entry {
    host.add_entry(Entry::new(GUID::ZERO, "provider.dll").flags(flags))
}

fn seen() -> Seen {
    SEEN.lock().unwrap().expect("a start")
}

fn start(host: &Host, entry: &Entry) -> Result<Started, StartFailure> {
    // SAFETY: `startup` and `cleanup` keep the contracts of a `WSPStartup` and a `WSPCleanup`.
    unsafe { host.start_with(startup, entry) }
}

fn start_ex(host: &Host, entry: &Entry) -> Result<Started, StartFailure> {
    // SAFETY: `startup_ex` and `cleanup` keep the contracts of a `WSPStartupEx` and a `WSPCleanup`.
    unsafe { host.start_ex_with(startup_ex, entry) }
}

#[test]
fn a_provider_gets_what_ws2_32_gives() {
    let _shows = wpu_evidence::tested(["start-up.only-version-2-2"]);
    let _alone = ALONE.lock();
    let host = Host::new().expect("a free slot");
    let entry = entry(&host, 0);
    let started = start(&host, &entry).expect("a start");
    assert_eq!((seen().version, seen().entry), (0x0202, entry.id()));
    let expected = WSPUPCALLTABLEEX { lpWPUCompleteOverlappedRequest: None, ..host.table_ex() };
    assert_eq!(functions(seen().table), functions(expected));
    assert_eq!((started.data().wVersion, started.procs().lpWSPCleanup.is_none()), (0x0202, false));
    let left_open = started.clean_up().expect("a clean-up");
    assert_eq!(left_open, Leftovers { socket_handles: 1, events: 0, threads: 0 });
    assert_eq!((left_open, left_open.is_empty()), (host.left_open(), false));
    assert_eq!(seen().cleanups, 1);
}

#[test]
fn a_san_provider_gets_sixteen_upcalls() {
    // Its start would panic at a bad pointer.
    let _shows = wpu_evidence::tested([
        "WSPStartupEx.entry-of-tcp-ip",
        "WSPStartupEx.lpProcTable.not-null",
        "WSPStartupEx.lpProtocolInfo.not-null",
        "WSPStartupEx.lpWSPData.not-null",
    ]);
    let _alone = ALONE.lock();
    let host = Host::new().expect("a free slot");
    let started = start_ex(&host, &entry(&host, 0)).expect("a start");
    assert_eq!(functions(seen().table), functions(host.table_ex()));
    drop(started);
    assert_eq!(seen().cleanups, 0);
    let tcp_ip = Entry::new(GUID { Data1: 9, ..GUID::ZERO }, "tcpip.dll");
    let tcp_ip = host.add_entry(tcp_ip.sockets(AF_INET, SOCK_STREAM, IPPROTO_TCP));
    let san = entry(&host, 0);
    let started = start_ex(&host, &san).expect("a start");
    assert_eq!(seen().entry, tcp_ip.id());
    started.clean_up().expect("a clean-up");
    let started = start(&host, &san).expect("a start");
    assert_eq!(seen().entry, san.id());
    started.clean_up().expect("a clean-up");
}

#[test]
fn a_start_can_fail() {
    let _alone = ALONE.lock();
    let host = Host::new().expect("a free slot");
    let refused = start(&host, &entry(&host, REFUSE)).expect_err("a refusal");
    assert_eq!(refused, StartFailure::Refused(WsaError::WSAEPROCLIM));
    assert!(refused.to_string().starts_with("the provider refused to start: "));
    let unknown = start(&host, &Entry::new(GUID::ZERO, "")).expect_err("a refusal");
    assert_eq!(unknown, StartFailure::UnknownEntry(0));
    assert_eq!(unknown.to_string(), "the host's catalog has no entry 0");
    assert!(host.trace().is_empty());
}

#[test]
fn a_clean_up_can_fail_or_be_missing() {
    let _alone = ALONE.lock();
    let host = Host::new().expect("a free slot");
    let started = start(&host, &entry(&host, NO_CLEANUP)).expect("a start");
    assert_eq!(started.clean_up().map(|left| left.socket_handles), Ok(1));
    let started = start(&host, &entry(&host, BAD_CLEANUP)).expect("a start");
    assert_eq!(started.clean_up(), Err(WsaError::WSAENETDOWN));
}

#[test]
fn a_provider_gets_its_entry_as_the_catalog_has_it() {
    let _shows = wpu_evidence::tested(["WSPStartup.entry-of-the-chain"]);
    let _alone = ALONE.lock();
    let host = Host::new().expect("a free slot");
    let mut changed = entry(&host, NO_CLEANUP);
    (changed.info.dwServiceFlags1, changed.info.ProtocolChain.ChainLen) = (REFUSE, 1000);
    let started = start(&host, &changed).expect("a start");
    assert!(started.procs().lpWSPCleanup.is_none());
    assert!(start_ex(&host, &changed).is_ok());
}

#[test]
fn a_malformed_entry_is_not_added() {
    let host = Host::new().expect("a free slot");
    let mut nameless = Entry::new(GUID::ZERO, "provider.dll");
    nameless.info.szProtocol = [1; 256];
    let chain = |length| {
        let mut entry = Entry::new(GUID::ZERO, "provider.dll");
        entry.info.ProtocolChain.ChainLen = length;
        entry
    };
    for entry in [nameless, chain(-1), chain(8)] {
        let added = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| host.add_entry(entry)));
        assert!(added.is_err());
    }
    assert_eq!(host.add_entry(chain(7)).id(), 1001);
}

/// Makes upcalls on this thread and on another one, each of which succeeds.
fn make_upcalls(provider: Provider) {
    let make = move || {
        let event = provider.create_event().expect("an event");
        assert_eq!((provider.set_event(event), provider.close_event(event)), (Ok(()), Ok(())));
        let id = provider.open_current_thread().expect("a thread id");
        assert_eq!(provider.close_thread(&id), Ok(()));
    };
    make();
    std::thread::spawn(make).join().expect("no panic");
}

/// A provider that makes upcalls within its start, in a call and within its clean-up, and has one function.
unsafe extern "system" fn talking(
    _: u16,
    data: *mut WSPDATA,
    _: *const WSAPROTOCOL_INFOW,
    table: WSPUPCALLTABLE,
    procs: *mut WSPPROC_TABLE,
) -> i32 {
    let mut extended = WSPUPCALLTABLEEX::ZERO;
    // SAFETY: the larger table starts with the fields of the smaller one.
    unsafe { (&raw mut extended).cast::<WSPUPCALLTABLE>().write(table) };
    *SEEN.lock().unwrap() = Some(Seen { version: 0, entry: 0, table: extended, cleanups: 0 });
    make_upcalls(Provider(extended));
    // SAFETY: the caller passes valid pointers.
    unsafe { (*data).wVersion = 0x0202 };
    // SAFETY: as above.
    unsafe { (*procs).lpWSPCleanup = Some(talk_and_clean_up) };
    0
}

unsafe extern "system" fn talk_and_clean_up(_: *mut i32) -> i32 {
    make_upcalls(Provider(seen().table));
    0
}

#[test]
fn upcalls_succeed_from_within_the_start_until_the_clean_up_has_returned() {
    let _shows = wpu_evidence::tested(["start-up.upcalls-at-any-time"]);
    let _alone = ALONE.lock();
    let host = Host::new().expect("a free slot");
    // SAFETY: both functions keep the contracts of a `WSPStartup` and a `WSPCleanup`.
    let started = unsafe { host.start_with(talking, &entry(&host, 0)) }.expect("a start");
    make_upcalls(Provider(seen().table));
    assert_eq!(started.clean_up(), Ok(Leftovers::default()));
    assert_eq!(host.faults(), []);
}
