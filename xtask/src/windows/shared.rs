//! The targets, folders and commands that the legs share.

use crate::project::root;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A target whose programs can run on this machine.
pub struct Target {
    pub triple: &'static str,
    pub compiler: &'static str,
    pub short: &'static str,
}

pub const TARGETS: [Target; 2] = [
    Target { triple: "x86_64-pc-windows-gnu", compiler: "x86_64-w64-mingw32-gcc", short: "x86_64" },
    Target { triple: "i686-pc-windows-gnu", compiler: "i686-w64-mingw32-gcc", short: "i686" },
];

/// The folder for everything that the legs create.
pub fn bench() -> PathBuf {
    target_folder().join("windows")
}

pub fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |folder| root().join(folder))
}

pub fn sorted(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// A cargo that is free to choose its toolchain, in the root of the project.
pub fn cargo(command: &mut Command) -> &mut Command {
    command.current_dir(root()).env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO")
}

pub fn run_cargo(command: &mut Command) -> Result<()> {
    succeed(cargo(command))
}

pub fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {command:?}"))?;
    if status.success() { Ok(()) } else { bail!("this failed with the error above: {command:?}") }
}
