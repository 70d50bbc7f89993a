//! `WPUCompleteOverlappedRequest` of a library that the program has loaded, found by its name.
//!
//! It needs a compiler and a dynamic linker, so that it does not run under Miri. It is a program of its own, since
//! the library is loaded for the whole program.

#![cfg(all(feature = "macros", target_os = "linux", not(miri)))]

mod common;

use common::calls::SOCKET;
use common::host::Scripted;
use common::provider::{clean_up, start};
use std::ffi::{CString, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use wpu::prelude::*;
use wpu_sys::ffi::WSPUPCALLTABLE;

const TABLE: WSPUPCALLTABLE = WSPUPCALLTABLE::of::<Scripted>();

/// A library that exports the function, which refuses every call with an error code of its own.
const LIBRARY: &str = "
    #[unsafe(no_mangle)]
    pub unsafe extern \"system\" fn WPUCompleteOverlappedRequest(
        _: usize, _: *mut u8, _: u32, _: u32, errno: *mut i32,
    ) -> i32 {
        unsafe { errno.write(4711) };
        -1
    }
";

/// Completes its clients' requests, and does nothing else.
#[wpu_provider(
    class = non_ifs,
    uses(WPUCompleteOverlappedRequest),
    waives(
        WPUCloseSocketHandle, WPUCreateSocketHandle, WPUGetProviderPath, WPUPostMessage,
        WPUQueryBlockingCallback, WPUQuerySocketHandleContext = "a test",
    ),
)]
struct Completes;

impl ServiceProvider for Completes {}

impl Lifecycle for Completes {
    fn start(_: &Start<'_>) -> Result<Self, WsaError> {
        Ok(Self)
    }
}

common::provider::exported!(Completes);

#[test]
fn a_library_that_is_loaded_globally_is_found() {
    static REQUEST: Overlapped = Overlapped::new();
    let _shows = wpu_evidence::tested(["start-up.upcalls-through-the-table"]);
    assert_eq!(start::<Completes>(&TABLE).err(), Some(WsaError::WSASYSNOTREADY));
    load(&compile());
    let functions = start::<Completes>(&TABLE).expect("it is there now");
    let operation = REQUEST.begin().expect("not in use");
    let refused = Completes::upcalls().complete_overlapped_request(SOCKET, operation, 0, 0);
    assert_eq!(refused.expect_err("the library refuses").error, WsaError::new(4711));
    clean_up(&functions).expect("started");
}

fn compile() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (source, library) = (folder.join("exports.rs"), folder.join("libexports.so"));
    std::fs::write(&source, LIBRARY).expect("the folder can be written");
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into()));
    rustc.args(["--edition=2024", "--crate-type=cdylib", "-o"]).args([&library, &source]);
    assert!(rustc.status().expect("a compiler").success());
    library
}

/// Loads a library so that its symbols are globally visible.
fn load(library: &Path) {
    unsafe extern "C" {
        fn dlopen(name: *const c_char, flags: c_int) -> *mut c_void;
    }
    const RTLD_NOW: c_int = 2;
    const RTLD_GLOBAL: c_int = 0x100;
    let name = CString::new(library.as_os_str().as_bytes()).expect("no zero in it");
    // SAFETY: the name is zero-terminated, and the library has no initialisers.
    let handle = unsafe { dlopen(name.as_ptr(), RTLD_NOW | RTLD_GLOBAL) };
    assert!(!handle.is_null());
}
