//! Libraries that tests load find functions of the test's program by name.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_CFG_WINDOWS").is_none() {
        println!("cargo::rustc-link-arg-tests=-rdynamic");
    }
}
