//! Declared by a macro of another crate, and never called.

wpu_tests::provider!(pub Files);

fn main() {}
