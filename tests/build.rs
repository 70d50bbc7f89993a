//! Writes the bindings that cases of `foreign` name.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use wpu_gen::source::Sources;

fn main() {
    const SPEC: &str = "fixtures/nonsense/zorb";
    println!("cargo::rerun-if-changed={SPEC}");
    let folder = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo sets it")).join("zorb");
    let spec = Sources::read(Path::new(SPEC)).and_then(wpu_gen::compile);
    let spec = spec.unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
    fs::create_dir_all(&folder).expect("the output folder can be written to");
    spec.emit().write(&folder).expect("the output folder can be written to");
}
