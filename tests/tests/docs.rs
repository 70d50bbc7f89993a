//! The guides say what is true: every key, every code, every message that they show.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use wpu_gen::source::Sources;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("cannot read {path}: {error}"))
}

/// All Rust code of a folder.
fn code(folder: &Path) -> String {
    let entries = fs::read_dir(folder).expect("the folder exists");
    let paths = entries.map(|entry| entry.expect("readable").path());
    paths
        .map(|path| if path.is_dir() { code(&path) } else { fs::read_to_string(&path).expect("UTF-8") })
        .collect()
}

/// What stands between two marks, each time.
fn between<'a>(text: &'a str, before: &str, after: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(before)
        .skip(1)
        .filter_map(move |rest| rest.split(after).next())
        .collect::<Vec<_>>()
        .into_iter()
}

#[test]
fn the_example_of_the_spec_format_compiles() {
    let guide = read("docs/spec-format.md");
    let example = between(&guide, "```toml\n", "```").next().expect("the guide has an example");
    if let Err(diagnostics) = wpu_gen::compile(Sources::from_texts([("docs/spec-format.md", example)])) {
        panic!("{diagnostics}");
    }
}

#[test]
fn the_spec_format_explains_every_key() {
    let guide = read("docs/spec-format.md");
    let raw = read("wpu-gen/src/raw.rs");
    let renamed = between(&raw, "rename = \"", "\"").map(str::to_owned);
    let plain =
        raw.lines().filter_map(|line| line.strip_prefix("    pub ")?.split_once(':').map(|(key, _)| key));
    let keys: BTreeSet<String> = plain.map(|key| key.replace('_', "-")).chain(renamed).collect();
    assert!(keys.len() > 60, "found only {} keys", keys.len());
    // Spelled otherwise in TOML.
    let inner = ["behind", "rust", "ty"];
    let missing: Vec<_> =
        keys.iter().filter(|key| !inner.contains(&&***key)).filter(|key| !explains(&guide, key)).collect();
    assert!(missing.is_empty(), "docs/spec-format.md does not explain {missing:?}");
}

fn explains(guide: &str, key: &str) -> bool {
    [format!("`{key}`"), format!("`{key} ="), format!("{key} = ")].iter().any(|shown| guide.contains(shown))
}

#[test]
fn the_spec_format_lists_every_diagnostic() {
    let guide = read("docs/spec-format.md");
    let code: String = code(&root().join("wpu-gen/src")).split_whitespace().collect::<Vec<_>>().join(" ");
    let code = code.replace("( ", "(");
    let direct = between(&code, "Diagnostic::at(\"", "\"").chain(between(&code, "Diagnostic::bare(\"", "\""));
    let codes: BTreeSet<&str> = direct.collect();
    assert!(codes.len() > 30, "found only {} codes", codes.len());
    let missing: Vec<_> = codes.iter().filter(|code| !guide.contains(&format!("`{code}`"))).collect();
    assert!(missing.is_empty(), "docs/spec-format.md does not list {missing:?}");
}

#[test]
fn the_readme_shows_the_message_as_it_is_printed() {
    let shown = read("README.md");
    let shown = between(&shown, "```text\n", "```").next().expect("the README shows a message");
    let printed = read("tests/ui/readme/forgotten.stderr");
    let text = |message: &str| message.lines().take(3).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(text(shown), text(&printed), "README.md shows another text than tests/ui/readme");
}
