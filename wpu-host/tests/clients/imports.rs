//! The system functions that providers import by name: the catalog and waits.

use crate::common::host;
use crate::pipes::{self, fault, install};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use wpu_host::{Entry, Host, Module, WSCEnumProtocols, WaitForMultipleObjectsEx};
use wpu_sys::ffi::*;

#[allow(clippy::cast_possible_truncation)] // A few hundred bytes.
const SIZE: u32 = size_of::<WSAPROTOCOL_INFOW>() as u32;
const FAILED: u32 = u32::MAX;
const TIMEOUT: u32 = 258;
const APC: u32 = 0xC0;

/// Returns the result, the error and the length after the call, and the ids of the listed entries.
fn list(protocols: Option<&[i32]>, room: usize, length: u32) -> (i32, i32, u32, Vec<u32>) {
    let mut buffer = vec![WSAPROTOCOL_INFOW::ZERO; room];
    let (mut length, mut errno) = (length, 0);
    let pointer = if room == 0 { std::ptr::null_mut() } else { buffer.as_mut_ptr() };
    let wanted = protocols.map_or(std::ptr::null(), <[i32]>::as_ptr);
    // SAFETY: the buffer has the length that the tests pass, and the list ends with 0.
    let answer = unsafe { WSCEnumProtocols(wanted, pointer, &raw mut length, &raw mut errno) };
    let ids = buffer.iter().map(|info| info.dwCatalogEntryId).filter(|id| *id != 0).collect();
    (answer, errno, length, ids)
}

#[test]
fn the_whole_catalog_is_listed() {
    let _shows = wpu_evidence::tested([
        "WSCEnumProtocols.WSAEFAULT",
        "WSCEnumProtocols.WSAENOBUFS",
        "protocol-enumeration.count-is-the-result",
        "protocol-enumeration.filter-by-protocol",
        "protocol-enumeration.hidden-entries-included",
        "protocol-enumeration.needed-size-comes-back",
        "protocol-enumeration.never-in-parts",
    ]);
    let (host, provider, base) = host();
    let tcp = host.add_entry(Entry::new(GUID::ZERO, "tcp.dll").sockets(2, 1, 6));
    let layer = host.add_entry(Entry::layer(GUID::ZERO, "layer.dll"));
    let chain = host.add_entry(Entry::chain(GUID::ZERO, "layer.dll", &[&layer, &tcp]));
    // After an upcall to it, this host is the one for which the thread runs.
    provider.fd_is_set(1, &mut { fd_set::ZERO });
    let all = vec![base, tcp.id(), layer.id(), chain.id()];
    assert_eq!(list(None, 4, 4 * SIZE), (4, 0, 4 * SIZE, all));
    assert_eq!(list(Some(&[6, 17, 0]), 4, 4 * SIZE).3, [tcp.id(), chain.id()]);
    assert_eq!(list(Some(&[0]), 0, 0), (0, 0, 0, vec![]));
    assert_eq!(list(None, 0, 0), (-1, 10055, 4 * SIZE, vec![]));
    assert_eq!(list(None, 4, 4 * SIZE - 1), (-1, 10055, 4 * SIZE, vec![]));
    assert_eq!(list(None, 0, 4 * SIZE), (-1, 10014, 4 * SIZE, vec![]));
    let mut errno = 0;
    let null = std::ptr::null_mut();
    // SAFETY: nulls are allowed.
    let answer = unsafe { WSCEnumProtocols(std::ptr::null(), null, std::ptr::null_mut(), &raw mut errno) };
    assert_eq!((answer, errno), (-1, 10014));
}

#[test]
fn a_thread_that_works_for_no_host_has_no_catalog() {
    let answer = thread::spawn(|| list(None, 0, 0)).join().expect("the thread ran");
    assert_eq!(answer, (-1, 10093, 0, vec![]));
}

/// The ids that the start-up below listed.
static LISTED: Mutex<Vec<u32>> = Mutex::new(Vec::new());

unsafe extern "system" fn listing(
    _: u16,
    _: *mut WSPDATA,
    _: *const WSAPROTOCOL_INFOW,
    _: WSPUPCALLTABLE,
    _: *mut WSPPROC_TABLE,
) -> i32 {
    *LISTED.lock().unwrap() = list(None, 9, 9 * SIZE).3;
    10067
}

#[test]
fn a_provider_sees_the_catalog_of_the_host_that_calls_it() {
    let (one, two) = (Host::new().expect("a free slot"), Host::new().expect("a place is free"));
    install(&one, fault::NONE);
    // SAFETY: the function keeps the contract of a `WSPStartup`.
    let module = unsafe { Module::from_startup(listing) };
    install(&two, fault::NONE);
    let second = two.install(Entry::new(pipes::fresh_id(), "second.dll"), &module);
    assert!(two.client().socket_in(second.id()).is_err());
    assert_eq!(*LISTED.lock().unwrap(), [1001, second.id()]);
}

fn wait(events: &[usize], all: bool, milliseconds: u32, alertable: bool) -> u32 {
    let count = u32::try_from(events.len()).expect("a few");
    let events: Vec<WSAEVENT> = events.iter().map(|event| std::ptr::without_provenance_mut(*event)).collect();
    // SAFETY: `count` is the number of events.
    unsafe { WaitForMultipleObjectsEx(count, events.as_ptr(), all.into(), milliseconds, alertable.into()) }
}

static RAN: AtomicU32 = AtomicU32::new(0);

extern "system" fn count(_: usize) {
    RAN.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn a_wait_is_for_any_or_for_all() {
    let (host, provider, _) = host();
    let created = provider.create_event().expect("an event");
    let handles = [host.client_event(), created, host.client_event()];
    let events = handles.map(<*mut _>::addr);
    assert_eq!(wait(&events, false, 0, false), TIMEOUT);
    assert_eq!(provider.set_event(handles[1]), Ok(()));
    assert_eq!(wait(&events, false, u32::MAX, false), 1);
    assert_eq!(wait(&events, true, 1, true), TIMEOUT);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let events = [1, 0, 2].map(|at| events[at]);
            wait(&events, true, u32::MAX, false)
        });
        assert_eq!(provider.set_event(handles[2]), Ok(()));
        assert_eq!(provider.set_event(handles[0]), Ok(()));
        assert_eq!(waiting.join().expect("the thread ran"), 0);
    });
    assert_eq!(provider.queue_apc(&host.current_thread(), count, 0), Ok(()));
    assert_eq!(wait(&events, true, 0, false), 0);
    assert_eq!(RAN.load(Ordering::Relaxed), 0);
    assert_eq!(wait(&events, true, 0, true), APC);
    assert_eq!(RAN.load(Ordering::Relaxed), 1);
}

#[test]
fn a_wait_for_an_invalid_handle_fails() {
    let (one, provider, _) = host();
    let (two, _, _) = host();
    let (event, other) = (one.client_event().addr(), two.client_event().addr());
    let closed = provider.create_event().expect("an event");
    assert_eq!(provider.close_event(closed), Ok(()));
    assert_eq!(wait(&[], false, 0, false), FAILED);
    assert_eq!(wait(&[event; 65], false, 0, false), FAILED);
    assert_eq!(wait(&[event, other], false, 0, false), FAILED);
    assert_eq!(wait(&[event, closed.addr()], false, 0, false), FAILED);
    assert_eq!(wait(&[0], false, 0, false), FAILED);
    // SAFETY: a null pointer is refused.
    assert_eq!(unsafe { WaitForMultipleObjectsEx(1, std::ptr::null(), 0, 0, 0) }, FAILED);
    let mine = provider.create_event().expect("an event");
    thread::scope(|scope| {
        let both = [event, mine.addr()];
        let waiting = scope.spawn(move || wait(&both, false, u32::MAX, false));
        assert_eq!(provider.close_event(mine), Ok(()));
        assert_eq!(waiting.join().expect("the thread ran"), FAILED);
    });
}

#[test]
fn providers_in_this_program_find_both() {
    let _host = Host::new().expect("a free slot");
    assert!(wpu_sys::import::find_wsc_enum_protocols().is_some());
    assert!(wpu_sys::import::find_wait_for_multiple_objects_ex().is_some());
}

/// Tests are linked with their functions exported, so that libraries that are loaded later resolve them.
#[cfg(all(unix, not(miri)))]
#[test]
fn libraries_find_both_by_name() {
    let program = libloading::os::unix::Library::this();
    // SAFETY: the function is compared and not called.
    let list = unsafe { program.get::<WSCEnumProtocolsFn>(b"WSCEnumProtocols\0") }.expect("an export");
    assert!(std::ptr::fn_addr_eq(*list, WSCEnumProtocols as WSCEnumProtocolsFn));
    // SAFETY: as above.
    let wait = unsafe { program.get::<WaitForMultipleObjectsExFn>(b"WaitForMultipleObjectsEx\0") };
    let own = WaitForMultipleObjectsEx as WaitForMultipleObjectsExFn;
    assert!(std::ptr::fn_addr_eq(*wait.expect("an export"), own));
}

/// On Windows the host also replaces this program's own import, and must forward handles of the system.
#[cfg(windows)]
#[test]
fn handles_of_the_system_are_passed_to_the_systems_wait() {
    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn CreateEventW(security: *const u8, manual: i32, set: i32, name: *const u16) -> HANDLE;
        fn CloseHandle(handle: HANDLE) -> i32;
    }
    let _host = host();
    let wait = wpu_sys::import::find_wait_for_multiple_objects_ex().expect("kernel32 exports it");
    for (set, answer) in [(1, WAIT_OBJECT_0), (0, TIMEOUT)] {
        // SAFETY: null stands for default security and no name.
        let event = unsafe { CreateEventW(std::ptr::null(), 1, set, std::ptr::null()) };
        // SAFETY: the pointer points to one handle.
        assert_eq!(unsafe { wait(1, &raw const event, 0, 10, 0) }, answer);
        // SAFETY: the handle was created above.
        assert_ne!(unsafe { CloseHandle(event) }, 0);
    }
}
