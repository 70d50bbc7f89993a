//! Every test is part of a program that Cargo builds.
//!
//! Cargo does not look for programs in this folder, since each file would be a program of its own, which takes
//! a second to link; and it builds none for the libraries of examples.

use crate::common::{project, read};
use std::fs;
use std::path::{Path, PathBuf};

/// The programs: files that contain the others as modules, or are alone.
const PROGRAMS: [&str; 3] = ["local", "portable", "ui"];

/// What is here for Cargo.
const CARGO: [&str; 3] = ["Cargo", "build", "lib"];

#[test]
fn every_file_of_tests_is_part_of_a_program() {
    let folder = project().join("tests/tests");
    let programs = PROGRAMS.map(|name| read(&folder.join(name).with_extension("rs")));
    let is_part = |name: &str| programs.iter().any(|program| program.contains(&format!("\nmod {name};\n")));
    for path in entries(&folder) {
        let name = path.file_stem().expect("it has a name").to_string_lossy();
        let found = PROGRAMS.contains(&&*name) || CARGO.contains(&&*name) || is_part(&name);
        assert!(found, "no program has {}", path.display());
    }
}

#[test]
fn the_libraries_of_examples_have_no_tests() {
    let mut packages = entries(&project().join("examples"));
    packages.push(project().join("tests/windows/san"));
    for package in packages {
        assert!(read(&package.join("Cargo.toml")).contains("[lib]\ntest = false\n"), "{}", package.display());
        for file in entries(&package.join("src")) {
            let text = read(&file);
            assert!(!text.contains("#[test]") && !text.contains("cfg(test)"), "{}", file.display());
        }
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.expect("the folder can be read").path()).collect()
}
