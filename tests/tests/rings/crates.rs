//! Finds the root files of the project's crates through Cargo.

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The root file of each crate of a workspace: libraries, programs, tests, examples, benchmarks, build scripts.
pub fn roots(manifest: &Path) -> BTreeSet<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path"])
        .arg(manifest)
        .output()
        .expect("Cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("Cargo writes JSON");
    let all = |value: &Value, key: &str| value[key].as_array().expect("it is a list").clone();
    let targets = all(&metadata, "packages").into_iter().flat_map(|package| all(&package, "targets"));
    targets.map(|target| PathBuf::from(target["src_path"].as_str().expect("it is a text"))).collect()
}
