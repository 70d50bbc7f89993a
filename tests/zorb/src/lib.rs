//! Bindings of an invented spec.
#![no_std]
#![allow(
    dead_code,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    unused_imports
)]
#![allow(clippy::all, clippy::pedantic, reason = "the names are those of the spec")]

include!(concat!(env!("OUT_DIR"), "/crate/lib.rs"));
