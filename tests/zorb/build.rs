//! Writes the bindings of the invented spec, as a crate and as a module of another.

use std::fs;
use std::path::Path;
use wpu_gen::source::Sources;

const SPEC: &str = "../fixtures/nonsense/zorb";

fn main() {
    println!("cargo::rerun-if-changed={SPEC}");
    let out = std::env::var_os("OUT_DIR").expect("Cargo sets it");
    let written = Path::new(&out).join("written");
    let spec = Sources::read(Path::new(SPEC)).and_then(wpu_gen::compile);
    let spec = spec.unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
    fs::create_dir_all(&written).expect("the output folder can be written to");
    spec.emit().write(&written).expect("the output folder can be written to");
    copy(&written.join("src"), &Path::new(&out).join("crate"), "crate::");
    copy(&written.join("src"), &Path::new(&out).join("module"), "crate::bindings::");
}

/// Copies a folder of source files for `include!`, which takes no attributes of a whole file. Paths from the root begin
/// with `root` there.
fn copy(from: &Path, to: &Path, root: &str) {
    fs::create_dir_all(to).expect("the output folder can be written to");
    for entry in fs::read_dir(from).expect("it was written") {
        let path = entry.expect("it was written").path();
        let text = fs::read_to_string(&path).expect("it was written");
        let lines = text.lines().filter(|line| !line.starts_with("#![") && !line.starts_with("//!"));
        let lines = lines.map(|line| line.replace("crate ::", "crate::").replace("crate::", root) + "\n");
        fs::write(to.join(path.file_name().expect("a file")), lines.collect::<String>()).expect("a new file");
    }
}
