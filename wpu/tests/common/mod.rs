//! Both sides of the border in one process: a host that follows a script, providers, and the calls between them.
//!
//! All tests run under Miri, apart from those that say so: `cargo +nightly miri test -p wpu`. A
//! context travels as a bare number, so that Miri warns of pointers made from numbers;
//! `MIRIFLAGS=-Zmiri-permissive-provenance` says that this is meant.

#![allow(dead_code, unused_imports, unused_macros, reason = "each test uses the part it needs")]

pub(crate) mod calls;
pub(crate) mod host;
pub(crate) mod provider;
pub(crate) mod stubs;

/// What a test of this file says on the standard error stream: it runs once more, in a process of its own.
#[cfg(not(miri))]
pub(crate) fn said_in(test: &str) -> String {
    let program = std::env::current_exe().expect("a path");
    let ran = std::process::Command::new(program).args(["--exact", test]).output().expect("it runs");
    let (out, said) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success() && out.contains("1 passed"), "{out}{said}");
    said.into_owned()
}
