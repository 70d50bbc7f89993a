//! `cargo xtask windows`: everything that can be shown of Windows on a machine that is none.
//!
//! C checks against the headers, the Rust tests for both gnu targets, the host in C over each example, exports and
//! imports of each library, the command `wpu`, and layouts for the targets that can only be checked.

mod libraries;
mod setup;
mod tests;

use crate::root;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub use setup::set_up;

/// A target whose programs can be run here.
struct Target {
    triple: &'static str,
    compiler: &'static str,
    short: &'static str,
}

const TARGETS: [Target; 2] = [
    Target { triple: "x86_64-pc-windows-gnu", compiler: "x86_64-w64-mingw32-gcc", short: "x86_64" },
    Target { triple: "i686-pc-windows-gnu", compiler: "i686-w64-mingw32-gcc", short: "i686" },
];

/// What is built for a target needs no more than to say where something went wrong; the rest takes gigabytes.
const LEAN: [(&str, &str); 1] = [("CARGO_PROFILE_DEV_DEBUG", "line-tables-only")];

/// Targets that are checked, layouts included, but not built or run.
const CHECKED: [&str; 3] = ["x86_64-pc-windows-msvc", "i686-pc-windows-msvc", "aarch64-pc-windows-gnullvm"];

/// Runs everything. With `set_up`, installs first what is missing.
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
        let runner = setup::runner(target.short)?;
        report.extend(tests::run(target, &runner, &here)?);
        report.extend(libraries::run(target, &runner)?);
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

/// Has a compiler compare the spec with its headers; answers how many files it took for that.
fn compare(target: &Target) -> Result<usize> {
    let pages = sorted(&root().join("generated/c/check"))?;
    for page in &pages {
        let mut command = Command::new(target.compiler);
        command.args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]).arg(page);
        succeed(&mut command)?;
    }
    Ok(pages.len())
}

/// Where what is made here goes.
fn bench() -> PathBuf {
    target_folder().join("windows")
}

fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |folder| root().join(folder))
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// A cargo that is free to choose its toolchain, in the root of the project.
fn cargo(command: &mut Command) -> &mut Command {
    command.current_dir(root()).env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO")
}

fn run_cargo(command: &mut Command) -> Result<()> {
    succeed(cargo(command))
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {command:?}"))?;
    if status.success() { Ok(()) } else { bail!("this failed, and said why above: {command:?}") }
}
