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
