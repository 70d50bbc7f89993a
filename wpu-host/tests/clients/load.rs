//! Loads and runs a library that shares no code with this project.

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
/// The flags of `fixtures/provider.rs`.
const COMPLETE: u32 = 1;
const QUEUE: u32 = 2;
const KEEP_EVENT: u32 = 4;

/// Compiles a fixture. Where there is no compiler, the folder of an environment variable contains the
/// compiled libraries.
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

/// Serializes the tests, since the provider keeps its state in statics.
static ALONE: Mutex<()> = Mutex::new(());

/// The guard must be dropped after the library and its host.
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
    // The library exports nothing else.
    let _shows = wpu_evidence::tested(["WSPStartup.others-through-the-table"]);
    let _alone = alone();
    let (host, library) = (Host::new().expect("a free slot"), load());
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
fn open_handles_are_counted_at_the_clean_up() {
    let _alone = alone();
    let (host, library) = (Host::new().expect("a free slot"), load());
    let started = start(&host, &library, KEEP_EVENT).expect("a start");
    let left_open = started.clean_up().expect("a clean-up");
    assert_eq!(left_open, Leftovers { socket_handles: 0, events: 1, threads: 0 });
}

#[test]
fn a_function_of_an_unused_library_can_still_run() {
    let _alone = alone();
    let (host, library) = (Host::new().expect("a free slot"), load());
    let started = start(&host, &library, QUEUE).expect("a start");
    drop(library);
    assert_eq!(started.clean_up(), Ok(Leftovers::default()));
    assert_eq!(host.sleep_alertable(Duration::ZERO), 1);
}

/// Starts a freshly loaded provider, and returns the number of start-ups since it was loaded.
// Other systems may keep an unused library loaded.
#[cfg(any(windows, target_os = "linux"))]
fn one_run(clean_up: bool) -> u16 {
    let (host, library) = (Host::new().expect("a free slot"), load());
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
    let _shows = wpu_evidence::tested(["start-up.unloaded-after-last-clean-up"]);
    let _alone = alone();
    assert_eq!((one_run(true), one_run(true)), (1, 1));
    assert_eq!((one_run(false), one_run(true)), (1, 2));
}

#[test]
fn a_library_without_the_second_entry_has_no_second_start() {
    let _alone = alone();
    let (host, library) = (Host::new().expect("a free slot"), load());
    let entry = host.add_entry(Entry::new(GUID::ZERO, "provider.dll"));
    assert_eq!(host.start_ex(&library, &entry).err(), Some(StartFailure::NoStartupEx));
}

#[test]
fn a_clients_provider_can_be_a_library() {
    let _shows = wpu_evidence::tested(["start-up.incomplete-table-refused"]);
    let _alone = alone();
    let host = Host::new().expect("a free slot");
    let entry = {
        let library = load();
        assert!(Module::extended(&library).is_none());
        host.install(Entry::new(GUID::ZERO, "provider.dll"), &Module::from(&library))
    };
    // The provider returns one function of thirty, which is called for the clean-up.
    assert_eq!(host.client().socket_in(entry.id()), Err(WsaError::WSAEINVALIDPROCTABLE));
    assert!(host.left_open().is_empty());
}

#[test]
fn a_file_that_is_not_a_provider_is_not_loaded() {
    // SAFETY: the file does not exist, so no code runs.
    let missing = unsafe { Library::load("no such library") };
    assert!(matches!(missing, Err(LoadError::Library(_))), "{missing:?}");
    let empty = compile("empty", "cdylib");
    // SAFETY: the library has no initialisers.
    let empty = unsafe { Library::load(empty) };
    let error = empty.expect_err("no entry point");
    assert!(error.to_string().starts_with("the library has no `WSPStartup`: "), "{error}");
    assert!(std::error::Error::source(&error).is_some());
}
