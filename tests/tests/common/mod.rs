//! Fixtures of specs: a folder for each case, which extends `fixtures/base.toml`, changes it, or is complete
//! by itself.
//!
//! - `spec.toml`: the case is complete, and `base.toml` is not used
//! - `edit.diff`: changes `base.toml`: `-` is text that occurs once, `+` is its replacement
//! - any other `*.toml`: is added

#![allow(dead_code, reason = "each test uses its part of this")]

pub mod schema;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use wpu_gen::files::Files;
use wpu_gen::source::Sources;

/// The folder of the fixtures.
pub fn fixtures() -> PathBuf {
    project().join("tests/fixtures")
}

/// The root of the project.
pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the tests stand in the project")
}

/// A valid spec with one item of every kind.
pub fn base() -> String {
    read(&fixtures().join("base.toml"))
}

/// The files of Winsock's spec: their names, as paths in its folder, and their texts.
pub fn spec() -> Vec<(String, String)> {
    fn add(folder: &Path, prefix: &str, files: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("the folder can be read").path();
            let name = format!("{prefix}{}", path.file_name().unwrap_or_default().to_string_lossy());
            if path.is_dir() {
                add(&path, &format!("{name}/"), files);
            } else {
                files.push((name, read(&path)));
            }
        }
    }
    let mut files = Vec::new();
    add(&project().join("spec"), "", &mut files);
    files.sort();
    files
}

/// Everything that is written for Winsock's spec.
pub fn output() -> &'static Files {
    static OUTPUT: OnceLock<Files> = OnceLock::new();
    OUTPUT.get_or_init(|| {
        let spec = Sources::read(&project().join("spec")).and_then(wpu_gen::compile);
        spec.unwrap_or_else(|diagnostics| panic!("{diagnostics}")).emit()
    })
}

/// A file as text, with `\n` as line ends.
pub fn read(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.replace("\r\n", "\n")
}

/// A fixture.
pub struct Case {
    /// The name in messages: group and name.
    pub name: String,
    /// The folder.
    pub folder: PathBuf,
}

impl Case {
    /// Every case of a group, sorted by name.
    pub fn all(group: &str) -> Vec<Self> {
        let entries = fs::read_dir(fixtures().join(group)).expect("the group has a folder");
        let folders =
            entries.map(|entry| entry.expect("the folder can be read").path()).filter(|path| path.is_dir());
        let mut cases: Vec<_> = folders
            .map(|folder| {
                let name = folder.file_name().unwrap_or_default().to_string_lossy();
                Self { name: format!("{group}/{name}"), folder }
            })
            .collect();
        cases.sort_by(|a, b| a.name.cmp(&b.name));
        cases
    }

    /// The start of its name: the code of its diagnostic, or `several`.
    pub fn code(&self) -> &str {
        let name = self.name.split_once('/').map_or("", |(_, name)| name);
        name.split('.').next().unwrap_or_default()
    }

    /// The spec of the case.
    pub fn sources(&self) -> Sources {
        let mut texts = Vec::new();
        let mut edited = base();
        let mut alone = false;
        for entry in fs::read_dir(&self.folder).expect("a case is a folder") {
            let path = entry.expect("the folder can be read").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name == "edit.diff" {
                edited = edit(&edited, &read(&path)).unwrap_or_else(|fault| panic!("{}: {fault}", self.name));
            } else if path.extension().is_some_and(|extension| extension == "toml") {
                alone |= name == "spec.toml";
                texts.push((name, read(&path)));
            }
        }
        if !alone {
            texts.push(("base.toml".to_owned(), edited));
        }
        Sources::from_texts(texts)
    }
}

/// Applies the hunks of a diff, which are separated by blank lines. A hunk without `+` removes its lines.
pub fn edit(text: &str, diff: &str) -> Result<String, String> {
    diff.trim_end().split("\n\n").try_fold(text.to_owned(), |text, hunk| {
        let lines = |sign| hunk.lines().filter_map(|line| line.strip_prefix(sign)).collect::<Vec<_>>();
        let (old, new) = (lines('-'), lines('+'));
        if old.is_empty() || old.len() + new.len() != hunk.lines().count() {
            return Err(format!("`edit.diff` has a hunk that is none:\n{hunk}"));
        }
        let removed = if new.is_empty() { "\n" } else { "" };
        let (old, new) = (old.join("\n") + removed, new.join("\n"));
        match text.matches(&old).count() {
            1 => Ok(text.replacen(&old, &new, 1)),
            found => Err(format!("occurs {found} times in `base.toml`, and not once:\n{old}")),
        }
    })
}

/// All features of an output, as arguments of the compiler.
pub const ALL_FEATURES: [&str; 10] = [
    "--cfg",
    "feature=\"listings\"",
    "--cfg",
    "feature=\"mock\"",
    "--cfg",
    "feature=\"obligations\"",
    "--cfg",
    "feature=\"provider\"",
    "--cfg",
    "feature=\"std\"",
];

/// Arguments that declare the features to the compiler.
pub const KNOWN_FEATURES: [&str; 2] =
    ["--check-cfg", "cfg(feature, values(\"listings\", \"mock\", \"obligations\", \"provider\", \"std\"))"];

/// Passes the compiler, or rustdoc, the path of the crate on which every output depends.
pub fn with_runtime(command: &mut Command) -> &mut Command {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let library = BUILT.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("runtime").join(env!("CARGO_CRATE_NAME"));
        fs::create_dir_all(&folder).expect("the target folder can be written to");
        let library = folder.join("libwpu_rt.rlib");
        let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        rustc.args(["--edition", "2024", "--crate-type", "lib", "--crate-name", "wpu_rt", "-D", "warnings"]);
        let run = rustc
            .args(ALL_FEATURES)
            .args(["--cfg", "feature=\"bindings\""])
            .arg("-o")
            .arg(&library)
            .arg(project().join("wpu-rt/src/lib.rs"))
            .output();
        let run = run.expect("rustc can be started");
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        library
    });
    // The path is for direct dependents of the crate, and the folder for indirect ones.
    command
        .arg("--extern")
        .arg(format!("wpu_rt={}", library.display()))
        .arg("-L")
        .arg(library.with_file_name(""))
}
