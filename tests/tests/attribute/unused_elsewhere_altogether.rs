//! Declared by a macro of another crate that writes the struct's name too, and never called: no lint looks at it.
#![deny(warnings)]

wpu_tests::whole_provider!();

pub(crate) fn main() {}
