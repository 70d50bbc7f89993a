//! Exports the functions of this package's tests to the libraries that they load, and names the target for
//! which such a library is compiled.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for name in ["RUSTC", "TARGET"] {
        let value = std::env::var(name).unwrap_or_default();
        println!("cargo::rustc-env=WPU_HOST_{name}={value}");
    }
    if std::env::var_os("CARGO_CFG_WINDOWS").is_none() {
        println!("cargo::rustc-link-arg-tests=-rdynamic");
        println!("cargo::rustc-link-arg-examples=-rdynamic");
    }
}
