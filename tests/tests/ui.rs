//! The messages that rustc prints to a user of the attribute: the folders of `ui` contain one mistake per
//! file. Programs that must compile are in `tests/attribute/`.
//!
//! All are checked by one cargo command, which trybuild does only if no case must compile.
//!
//! The messages are those of the pinned toolchain. `TRYBUILD=overwrite cargo test -p wpu-tests-ui`
//! renews them.
//!
//! A case whose code breaks obligations names them, as in `//! Shows: overlapped.nothing-after-completion`, with commas
//! between several.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// The minimum number of cases: a pattern that matches nothing must fail.
const FEWEST_MISTAKES: usize = 109;

/// The README's own code, which may be longer.
const README: &str = "readme";

/// The maximum length of a mistake, in lines.
const LINES: usize = 20;

/// The beginning of the line in which a case names the obligations that it breaks.
const SHOWS: &str = "//! Shows: ";

#[test]
fn messages() {
    let shown = shown();
    // It is dropped after `cases`, which fails if a case compiles or has another message.
    let _shows = wpu_evidence::enforced(shown.iter().map(String::as_str));
    name_foreign_bindings();
    let cases = trybuild::TestCases::new();
    for folder in folders() {
        cases.compile_fail(folder.join("*.rs"));
    }
}

/// The obligations that all cases name.
fn shown() -> Vec<String> {
    let cases = folders().into_iter().flat_map(|folder| files(&folder, "rs"));
    let texts: Vec<String> = cases.map(|case| fs::read_to_string(case).unwrap()).collect();
    let lines = texts.iter().flat_map(|text| text.lines());
    let named = lines.filter_map(|line| line.strip_prefix(SHOWS)).flat_map(|ids| ids.split(", "));
    let named: BTreeSet<String> = named.map(str::to_owned).collect();
    assert!(!named.is_empty(), "no case names an obligation");
    named.into_iter().collect()
}

/// Names the bindings for the build script of `zorb` in the project of all cases.
fn name_foreign_bindings() {
    // SAFETY: the other tests of this file read folders; no thread of this process calls code that is not Rust's and looks at
    // the environment.
    unsafe { std::env::set_var("ZORB_BINDINGS", concat!(env!("OUT_DIR"), "/zorb")) };
}

#[test]
fn no_case_is_lost() {
    let mistakes: usize = folders().iter().map(|folder| files(folder, "rs").len()).sum();
    assert!(mistakes >= FEWEST_MISTAKES, "{mistakes} mistakes");
}

#[test]
fn every_message_has_its_case_and_every_case_its_message() {
    for folder in folders() {
        let messages = files(&folder, "stderr");
        let orphan = messages.iter().find(|message| !message.with_extension("rs").exists());
        assert_eq!(orphan, None, "this message has no mistake");
        let cases = files(&folder, "rs");
        let silent = cases.iter().find(|case| !case.with_extension("stderr").exists());
        assert_eq!(silent, None, "this mistake has no message");
    }
}

#[test]
fn cases_are_short_and_described() {
    let written_for_this = |folder: &&PathBuf| !folder.ends_with(README);
    for case in folders().iter().filter(written_for_this).flat_map(|folder| files(folder, "rs")) {
        let text = fs::read_to_string(&case).unwrap();
        assert!(text.starts_with("//! "), "{} does not say what it is", case.display());
        assert!(text.lines().count() <= LINES, "{} is too long", case.display());
    }
}

/// The folders of cases, by name. A file beside them would not be checked.
fn folders() -> Vec<PathBuf> {
    let folders = entries(Path::new("ui"));
    assert_eq!(folders.iter().find(|entry| !entry.is_dir()), None, "this is in no folder");
    folders
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files = entries(folder);
    files.retain(|file| file.extension() == Some(OsStr::new(extension)));
    files
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}
