//! Loading a library that shares no code with this project, and running it.

// Miri loads no libraries.
#![cfg(not(miri))]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wpu_host::{Entry, Host, Leftovers, Library, LoadError, Module, StartFailure};
use wpu_sys::WsaError;
use wpu_sys::ffi::GUID;

/// The compiled `fixtures/provider.rs`.
static PROVIDER: LazyLock<PathBuf> = LazyLock::new(|| compile("provider", "cdylib"));
/// What it does on request: see there.
const COMPLETE: u32 = 1;
const QUEUE: u32 = 2;
const KEEP_EVENT: u32 = 4;

/// Where there is no compiler, a folder holds what it would make.
fn compile(name: &str, kind: &str) -> PathBuf {
    if let Some(folder) = std::env::var_os("WPU_HOST_FIXTURES") {
        return Path::new(&folder).join(format!("{name}.{kind}"));
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.{kind}"));
    let compiled = Command::new(env!("WPU_HOST_RUSTC"))
        .args(["--edition=2024", "--crate-type", kind, "--target", env!("WPU_HOST_TARGET"), "-o"])
        .arg(&output)
        .arg(source.with_extension("rs"))
        .status()
        .expect("a Rust compiler");
    assert!(compiled.success());
    output
}

/// The provider keeps its state in statics, so one test at a time uses it.
static ALONE: Mutex<()> = Mutex::new(());

/// To be let go of after the library and its host.
fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn load() -> Library {
    // SAFETY: the fixture keeps to the documentation of WSPStartup.
    unsafe { Library::load(&*PROVIDER) }.expect("a library")
}

fn start(host: &Host, library: &Library, flags: u32) -> Result<wpu_host::Started, StartFailure> {
    host.start(library, &host.add_entry(Entry::new(GUID::ZERO, "provider.dll").flags(flags)))
}

fn calls(host: &Host) -> Vec<&'static str> {
    host.trace().iter().map(|line| line.upcall.name).collect()
}

#[test]
fn a_loaded_provider_makes_upcalls() {
    let _alone = alone();
    let (host, library) = (Host::new().expect("a place is free"), load());
    let started = start(&host, &library, COMPLETE).expect("a start");
    assert_eq!(started.data().wVersion, 0x0202);
    assert!(started.procs().lpWSPCleanup.is_some() && started.procs().lpWSPSocket.is_none());
    assert_eq!(host.left_open(), Leftovers { socket_handles: 1, events: 1, threads: 0 });
    assert_eq!(started.clean_up(), Ok(Leftovers::default()));
    let by_slot = ["WPUCreateSocketHandle", "WPUCreateEvent"];
    let expected = [&by_slot[..], &["WPUCompleteOverlappedRequest", "WPUCloseSocketHandle", "WPUCloseEvent"]];
    assert_eq!(calls(&host), expected.concat());
}

#[test]
fn what_is_left_open_is_counted() {
    let _alone = alone();
    let (host, library) = (Host::new().expect("a place is free"), load());
    let started = start(&host, &library, KEEP_EVENT).expect("a start");
    let left_open = started.clean_up().expect("a clean-up");
    assert_eq!(left_open, Leftovers { socket_handles: 0, events: 1, threads: 0 });
}

#[test]
fn a_function_of_an_unused_library_can_still_run() {
    let _alone = alone();
    let (host, library) = (Host::new().expect("a place is free"), load());
    let started = start(&host, &library, QUEUE).expect("a start");
    drop(library);
    assert_eq!(started.clean_up(), Ok(Leftovers::default()));
    assert_eq!(host.sleep_alertable(Duration::ZERO), 1);
}

/// Starts a freshly loaded provider, and says which start since it was loaded this is.
// Elsewhere the system may keep a library that nobody needs any more.
#[cfg(any(windows, target_os = "linux"))]
fn one_run(clean_up: bool) -> u16 {
    let (host, library) = (Host::new().expect("a place is free"), load());
    let started = start(&host, &library, 0).expect("a start");
    let starts = started.data().wHighVersion;
    if clean_up {
        assert_eq!(started.clean_up(), Ok(Leftovers::default()));
    }
    starts
}

#[cfg(any(windows, target_os = "linux"))]
#[test]
fn a_provider_is_unloaded_only_if_it_was_cleaned_up() {
    let _alone = alone();
    assert_eq!((one_run(true), one_run(true)), (1, 1));
    assert_eq!((one_run(false), one_run(true)), (1, 2));
}

#[test]
fn a_library_without_the_second_entry_has_no_second_start() {
    let _alone = alone();
    let (host, library) = (Host::new().expect("a place is free"), load());
    let entry = host.add_entry(Entry::new(GUID::ZERO, "provider.dll"));
    assert_eq!(host.start_ex(&library, &entry).err(), Some(StartFailure::NoStartupEx));
}

#[test]
fn a_clients_provider_can_be_a_library() {
    let _alone = alone();
    let host = Host::new().expect("a place is free");
    let entry = {
        let library = load();
        assert!(Module::extended(&library).is_none());
        host.install(Entry::new(GUID::ZERO, "provider.dll"), &Module::from(&library))
    };
    // It hands out one function of thirty, which is called to take the start back.
    assert_eq!(host.client().socket_in(entry.id()), Err(WsaError::WSAEINVALIDPROCTABLE));
    assert!(host.left_open().is_empty());
}

#[test]
fn what_is_no_provider_is_not_loaded() {
    // SAFETY: there is no such file.
    let missing = unsafe { Library::load("no such library") };
    assert!(matches!(missing, Err(LoadError::Library(_))), "{missing:?}");
    let empty = compile("empty", "cdylib");
    // SAFETY: the library has nothing to run.
    let empty = unsafe { Library::load(empty) };
    let error = empty.expect_err("no entry point");
    assert!(error.to_string().starts_with("the library has no `WSPStartup`: "), "{error}");
    assert!(std::error::Error::source(&error).is_some());
}
