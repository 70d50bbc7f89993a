//! `cargo xtask coverage`: the page of obligations, from the tests that ran.

use crate::project::root;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// The variable by which tests learn where to leave records.
pub const VARIABLE: &str = "WPU_EVIDENCE";

/// Where they leave them.
const RECORDS: &str = "target/evidence";

/// An empty folder for records.
pub fn folder() -> Result<PathBuf> {
    let folder = root().join(RECORDS);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder)
}

/// Writes the page, or checks that it is fresh. With `read`, uses the records of the last run of all tests.
pub fn run(check: bool, read: bool) -> Result<()> {
    if !read {
        let records = folder()?;
        let status = Command::new("cargo").arg("test").env(VARIABLE, records).current_dir(root()).status();
        if !status.context("cannot run `cargo test`")?.success() {
            bail!("the tests failed: only tests that pass are evidence");
        }
    }
    if !root().join(RECORDS).exists() {
        bail!("there are no records of tests; run `cargo xtask coverage` without `--read`");
    }
    let mut command = Command::new("cargo");
    command.args(["run", "--quiet", "--package", "wpu-evidence", "--"]).args(check.then_some("--check"));
    command.args([RECORDS, "docs/obligations.md"]).current_dir(root());
    if !command.status().context("cannot run `wpu-evidence`")?.success() {
        bail!("the page of obligations was not {}", if check { "fresh" } else { "written" });
    }
    Ok(())
}
