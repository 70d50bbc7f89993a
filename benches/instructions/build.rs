//! Compiles the C side, always with -O2.

fn main() {
    println!("cargo::rerun-if-changed=src/calls.c");
    cc::Build::new().file("src/calls.c").opt_level(2).warnings_into_errors(true).compile("calls");
}
