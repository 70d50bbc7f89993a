//! Builds of whole providers: two in one program, and one that could not contain a panic.

use crate::common::project;
use std::path::Path;
use std::process::Command;

#[test]
fn a_program_links_two_providers_whose_exports_are_switched_off() {
    let bundle = project().join("tests/bundle");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bundle");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["test", "--quiet", "--offline"]);
    let run = cargo.arg("--target-dir").arg(target).current_dir(bundle).output().expect("cargo runs");
    let said = [String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr)].concat();
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
}

/// Panics must be contained, so a build that cannot contain them is refused with a message about the profile.
#[test]
fn a_provider_with_aborting_panics_does_not_build() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("abort");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--offline", "--package", "tour", "--release"]);
    cargo.env("CARGO_PROFILE_RELEASE_PANIC", "abort").arg("--target-dir").arg(target).current_dir(project());
    let run = cargo.output().expect("cargo runs");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(!run.status.success(), "it was built");
    assert!(said.contains("must not be built with `panic = \"abort\"`"), "{said}");
    assert!(said.contains("write `panic = \"unwind\"` in the profile"), "{said}");
    let errors = said.lines().filter(|line| line.starts_with("error")).count();
    assert_eq!(errors, 2, "one error, and cargo's word that there was one: {said}");
}
