//! Declared by a macro of another crate that also writes the struct's name, and never called: no lint
//! applies.
#![deny(warnings)]

wpu_tests::whole_provider!();

pub(crate) fn main() {}
