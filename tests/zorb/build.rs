//! Lays out the bindings of the invented spec, as a crate and as a module of another.
//!
//! The tests of messages build this package in a project of their own, where building the generator would take most of their
//! time: they write the bindings before, and name the folder in `ZORB_BINDINGS`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-env-changed=ZORB_BINDINGS");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo sets it"));
    let Some(written) = bindings(&out) else {
        for form in ["crate", "module"] {
            fs::create_dir_all(out.join(form)).expect("the output folder can be written to");
            fs::write(out.join(form).join("lib.rs"), "").expect("the output folder can be written to");
        }
        return;
    };
    println!("cargo::rerun-if-changed={}", written.display());
    copy(&written.join("src"), &out.join("crate"), "crate::");
    copy(&written.join("src"), &out.join("module"), "crate::bindings::");
}

/// The folder with the bindings: the given one, or that to which the generator writes them.
fn bindings(out: &Path) -> Option<PathBuf> {
    let given = env::var_os("ZORB_BINDINGS").map(PathBuf::from);
    #[cfg(feature = "generate")]
    let given = Some(given.unwrap_or_else(|| generate(&out.join("written"))));
    #[cfg(not(feature = "generate"))]
    let _ = out;
    given
}

#[cfg(feature = "generate")]
fn generate(written: &Path) -> PathBuf {
    const SPEC: &str = "../fixtures/nonsense/zorb";
    println!("cargo::rerun-if-changed={SPEC}");
    let spec = wpu_gen::source::Sources::read(Path::new(SPEC)).and_then(wpu_gen::compile);
    let spec = spec.unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
    fs::create_dir_all(written).expect("the output folder can be written to");
    spec.emit().write(written).expect("the output folder can be written to");
    written.to_owned()
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
