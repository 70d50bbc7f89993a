//! A provider that has queued a closure is unloaded by its host, as Ws2_32 does after the last clean-up.

#![cfg(not(miri))]

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};
use std::time::Duration;
use wpu_host::{Entry, Host};
use wpu_sys::ffi::{GUID, WSAPROTOCOL_INFOW, WSPDATA, WSPPROC_TABLE, WSPStartupFn};

/// The library that cargo has built, under a name of its own: other tests keep theirs loaded.
fn copy(example: &str, name: &str) -> PathBuf {
    let program = std::env::current_exe().expect("a path");
    let built = program.parent().expect("a folder").join(format!("{DLL_PREFIX}{example}{DLL_SUFFIX}"));
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{DLL_PREFIX}{name}{DLL_SUFFIX}"));
    std::fs::copy(&built, &copy).expect("the library was built along");
    copy
}

/// Loads a provider, starts it, cleans it up, and unloads it.
fn run(host: &Host, entry: &Entry, path: &Path) {
    // SAFETY: it is a provider of this project, and it has no initialisers.
    let library = unsafe { libloading::Library::new(path) }.expect("a library");
    // On Windows this replaces its imports by the host's functions.
    // SAFETY: as above.
    let led = unsafe { wpu_host::Library::load(path) }.expect("a provider");
    // SAFETY: the function that a provider exports under this name has this type.
    let startup = *unsafe { library.get::<WSPStartupFn>(b"WSPStartup\0") }.expect("a provider");
    let info = WSAPROTOCOL_INFOW { dwCatalogEntryId: entry.id(), ..WSAPROTOCOL_INFOW::ZERO };
    let (mut data, mut functions) = (WSPDATA::ZERO, WSPPROC_TABLE::ZERO);
    // SAFETY: Ws2_32 starts a provider in this way, and the table is callable as long as the host lives.
    let code = unsafe { startup(0x0202, &raw mut data, &raw const info, host.table(), &raw mut functions) };
    assert_eq!(code, 0);
    let mut errno = 0;
    // SAFETY: the provider was started, and this is called once for its start-up.
    assert_eq!(unsafe { functions.lpWSPCleanup.expect("a full table")(&raw mut errno) }, 0);
    drop(led);
    library.close().expect("the host gives it back");
}

#[test]
fn d_12_queued_functions_run_after_the_library_was_unloaded() {
    let _shows = wpu_evidence::tested(["WPUQueueApc.context-in-full-width", "WSPCleanup.can-start-again"]);
    let host = Host::new().expect("a free slot");
    let entry = host.add_entry(Entry::new(GUID { Data1: 1, ..GUID::ZERO }, "tour.dll"));
    let path = copy("tour", "tour-unloaded");
    run(&host, &entry, &path);
    assert_eq!(host.sleep_alertable(Duration::from_secs(10)), 1, "its code is there");
    // It was not loaded again, but is still the same instance.
    run(&host, &entry, &path);
    assert_eq!(host.sleep_alertable(Duration::from_secs(10)), 1);
}
