//! Exports the functions of the test programs to the libraries that tests load.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_CFG_WINDOWS").is_none() {
        println!("cargo::rustc-link-arg-tests=-rdynamic");
    }
}
