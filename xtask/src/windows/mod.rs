//! `cargo xtask windows`: everything about Windows that can be tested on another system.
//!
//! C checks against the headers, the Rust tests for both gnu targets, the host in C over each example,
//! exports and imports of each library, the command `wpu`, and layouts for the targets that can only be
//! checked.

mod libraries;
mod setup;
mod shared;
mod tests;

use crate::project::root;
use anyhow::{Result, bail};
use shared::{TARGETS, Target, run_cargo, sorted, succeed};
use std::process::Command;

pub use setup::set_up;

/// Targets that are checked, layouts included, but not built or run.
const CHECKED: [&str; 3] = ["x86_64-pc-windows-msvc", "i686-pc-windows-msvc", "aarch64-pc-windows-gnullvm"];

/// Runs everything. With `set_up`, installs what is missing first.
pub fn run(set_up: bool) -> Result<()> {
    let missing = self::set_up(set_up)?;
    if !missing.is_empty() {
        bail!("these are missing: {}\n{}", missing.join(", "), setup::ADVICE);
    }
    let mut report = Vec::new();
    for target in &TARGETS {
        let pages = compare(target)?;
        report.push(format!("{}: {pages} C files agree with the headers", target.triple));
    }
    let here = tests::of_this_machine()?;
    for target in &TARGETS {
        let runner = setup::Runner::new(target.short)?;
        report.extend(tests::run(target, runner.script(), &here)?);
        report.extend(libraries::run(target, runner.script())?);
    }
    report.push(libraries::read()?);
    for triple in CHECKED {
        let packages = ["wpu", "wpu-host", "wpu-install", "tour", "tour-ifs", "san"];
        let packages = packages.iter().flat_map(|package| ["--package", package]);
        run_cargo(
            Command::new("cargo").args(["check", "--quiet", "--lib", "--target", triple]).args(packages),
        )?;
        report.push(format!("{triple}: checked, layouts included; nothing was run"));
    }
    println!("\n── Windows ──");
    for line in report.iter().chain(&tests::elsewhere(&here)) {
        println!("{line}");
    }
    println!("Nothing of this ran on a real Windows: programs ran under Wine.");
    Ok(())
}

/// Makes a compiler compare the spec with its headers. Returns the number of files.
fn compare(target: &Target) -> Result<usize> {
    let pages = sorted(&root().join("generated/c/check"))?;
    for page in &pages {
        let mut command = Command::new(target.compiler);
        command.args(["-std=c11", "-Wall", "-Wextra", "-Werror"]).arg(page);
        // What is in an object, a compiler says when it optimizes.
        command.args(["-O1", "-S", "-o", if cfg!(windows) { "NUL" } else { "/dev/null" }]);
        // What the newest Windows declares.
        command.args(["-D_WIN32_WINNT=0x0A00", "-DNTDDI_VERSION=0x0A00000C"]);
        succeed(&mut command)?;
    }
    Ok(pages.len())
}
