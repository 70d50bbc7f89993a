//! Every file of tests is part of a program. Cargo does not look for them, since each would be a program of
//! its own, which takes a second to link.

use crate::common::{project, read};
use std::fs;

/// The programs of `tests/Cargo.toml`.
const PROGRAMS: [&str; 3] = ["local", "portable", "ui"];

#[test]
fn every_file_of_tests_is_part_of_a_program() {
    let folder = project().join("tests/tests");
    let programs = PROGRAMS.map(|name| read(&folder.join(name).with_extension("rs")));
    let is_part = |name: &str| programs.iter().any(|program| program.contains(&format!("\nmod {name};\n")));
    let mut lost = Vec::new();
    for entry in fs::read_dir(&folder).expect("the folder can be read") {
        let name = entry.expect("the folder can be read").path();
        let name = name.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        if !PROGRAMS.contains(&&*name) && !is_part(&name) {
            lost.push(name);
        }
    }
    assert!(lost.is_empty(), "no program has these files: {lost:?}");
}
