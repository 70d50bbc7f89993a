//! Both sides of the border in one process: a scripted host, providers, and the calls between them.
//!
//! All tests run under Miri, except those that state otherwise: `cargo +nightly miri test -p wpu`. A context
//! is passed as an integer, so that Miri warns of pointers made from integers;
//! `MIRIFLAGS=-Zmiri-permissive-provenance` permits them.

#![allow(dead_code, unused_imports, unused_macros, reason = "each test uses the part it needs")]

pub(crate) mod calls;
pub(crate) mod host;
pub(crate) mod provider;
pub(crate) mod report;
pub(crate) mod stubs;

/// The standard error output of a test of this program, which runs once more in a process of its own.
#[cfg(not(miri))]
pub(crate) fn said_in(test: &str) -> String {
    let program = std::env::current_exe().expect("a path");
    let ran = std::process::Command::new(program).args(["--exact", test]).output().expect("it runs");
    let (out, said) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success() && out.contains("1 passed"), "{out}{said}");
    said.into_owned()
}
