//! Small crates that are created for one measurement.

use crate::measure;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Writes a crate: its dependencies as TOML lines, and its files under `src/`.
pub fn make(folder: &Path, lib: &str, dependencies: &str, files: &[(&str, &str)]) -> Result<PathBuf> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let manifest = format!(
        "[workspace]\n\n[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n{lib}\n[dependencies]\n{dependencies}\n"
    );
    write(&folder.join("Cargo.toml"), &manifest)?;
    for (file, text) in files {
        write(&folder.join("src").join(file), text)?;
    }
    Ok(folder.to_owned())
}

/// Downloads the dependencies of a crate, so that no measurement waits for the network.
pub fn fetch(folder: &Path) -> Result<()> {
    measure::once(cargo("fetch", folder).arg("--quiet")).context("cannot fetch dependencies")?;
    Ok(())
}

/// `cargo <command>` in a crate, without the environment of this program's build.
pub fn cargo(command: &str, folder: &Path) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.arg(command).current_dir(folder).env_remove("CARGO_TARGET_DIR");
    cargo
}

/// The folder in which this program was built, for what may be kept between two runs.
pub fn kept() -> Result<PathBuf> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let target = program.parent().and_then(Path::parent).context("cannot find the target folder")?;
    Ok(target.join("scratch"))
}

/// A path as a TOML string.
pub fn shown(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}

/// Writes a file unless it is unchanged, so that cargo does not build it again.
fn write(path: &Path, text: &str) -> Result<()> {
    if fs::read(path).is_ok_and(|found| found == text.as_bytes()) {
        return Ok(());
    }
    let what = || format!("cannot write {}", path.display());
    fs::create_dir_all(path.parent().unwrap_or(path)).with_context(what)?;
    fs::write(path, text).with_context(what)
}
