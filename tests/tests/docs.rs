//! The guides are correct: every key, every code, and every message that they show.

use crate::common;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use wpu_gen::code::Code;
use wpu_gen::source::Sources;

fn root() -> PathBuf {
    common::project().to_owned()
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

/// Each text between two marks.
fn between<'a>(text: &'a str, before: &str, after: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(before)
        .skip(1)
        .filter_map(move |rest| rest.split(after).next())
        .collect::<Vec<_>>()
        .into_iter()
}

/// Each file in the tables of the architecture exists.
#[test]
fn the_architecture_names_files_that_exist() {
    let page = read("ARCHITECTURE.md");
    let paths: BTreeSet<_> = between(&page, "`", "`")
        .filter(|text| text.contains('/') && !text.contains(['*', ' ', '\n']))
        .filter(|text| Path::new(text).extension().is_some_and(|kind| kind == "rs" || kind == "toml"))
        .collect();
    assert!(paths.len() > 35, "{paths:?}");
    // Paths inside the generator's sources are relative to that folder.
    let is_there = |path: &str| ["", "wpu-gen/src"].iter().any(|from| root().join(from).join(path).is_file());
    let missing: Vec<_> = paths.into_iter().filter(|path| !is_there(path)).collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md names {missing:?}");
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
fn the_spec_format_explains_every_key_of_every_kind() {
    let guide = read("docs/spec-format.md");
    let (before, rest) = guide.split_once("\n### ").expect("each kind has a section");
    // The section about all kinds.
    let (_, common) = before.split_once("\n## Kinds of entries\n").expect("it begins with what is the same");
    let sections: Vec<&str> =
        rest.split("\n### ").map(|section| section.split("\n## ").next().unwrap_or_default()).collect();
    let of = |kind: &str| -> String {
        let heads = [format!("`[[{kind}]]`"), format!("`[{kind}]`")];
        let is_head = |section: &&&str| {
            let head = section.lines().next().unwrap_or_default();
            heads.iter().any(|kind| head.contains(kind))
        };
        sections.iter().filter(is_head).copied().collect()
    };
    let roles = sections.iter().find(|section| section.starts_with("Roles\n")).expect("roles have a section");
    let functions = of("upcall") + &of("downcall") + roles;
    let keys = common::schema::keys();
    let missing: Vec<_> = keys
        .iter()
        .filter(|key| {
            let nested = if key.path.len() > 1 { &*functions } else { "" };
            ![common, &of(&key.kind), nested].iter().any(|section| explains(section, key.name()))
        })
        .map(|key| format!("`{}` of `{}`", key.path.join("."), key.kind))
        .collect();
    assert!(missing.is_empty(), "docs/spec-format.md does not explain {missing:#?}");
    assert!(keys.len() > 150, "found only {} keys", keys.len());
}

fn explains(guide: &str, key: &str) -> bool {
    [format!("`{key}`"), format!("`{key} ="), format!("{key} = ")].iter().any(|shown| guide.contains(shown))
}

#[test]
fn the_reference_of_diagnostics_is_the_list_of_codes() {
    let guide = read("docs/spec-format.md");
    let (_, table) = guide.split_once("| code | what is wrong |\n| --- | --- |\n").expect("there is a table");
    let rows: Vec<_> = table.lines().take_while(|line| line.starts_with('|')).collect();
    let expected: Vec<_> =
        Code::ALL.iter().map(|code| format!("| `{code}` | {} |", code.meaning())).collect();
    assert_eq!(rows, expected, "docs/spec-format.md differs from wpu-gen/src/code.rs");
}

/// A documentation test cannot consist of several crates: such code is shown from a crate that tests build.
#[test]
fn untested_code_of_the_guides_is_in_a_crate() {
    let crates = code(&root().join("examples")) + &code(&root().join("tests/bundle"));
    let pages = code(&root().join("docs")) + &read("README.md");
    let shown: Vec<_> = between(&pages, "```rust,ignore\n", "```").collect();
    for block in &shown {
        assert!(crates.contains(block), "no crate holds this:\n{block}");
    }
    assert!(shown.len() >= 2, "found only {shown:#?}");
}

#[test]
fn the_readme_shows_the_message_as_it_is_printed() {
    let shown = read("README.md");
    let shown = between(&shown, "```text\n", "```").next().expect("the README shows a message");
    let printed = read("tests/ui/readme/forgotten.stderr");
    let text = |message: &str| message.lines().take(3).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(text(shown), text(&printed), "README.md shows another text than tests/ui/readme");
}

/// The words of a text that may be names of tests.
fn test_names(text: &str) -> impl Iterator<Item = &str> {
    let name = |name: &&str| {
        name.contains('_') && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    text.split('`').skip(1).step_by(2).filter(name)
}

#[test]
fn the_pitfalls_are_complete_and_their_tests_exist() {
    let page = read("docs/pitfalls.md");
    let rows: Vec<(&str, &str)> =
        page.lines().filter_map(|line| line.strip_prefix("| D-")?.split_once(" |")).collect();
    let mut ids: Vec<_> = rows.iter().map(|(id, _)| (*id).to_owned()).collect();
    ids.sort();
    assert_eq!(ids, (1..=39).map(|id| format!("{id:02}")).collect::<Vec<_>>());
    let folders = ["wpu/src", "wpu/tests", "wpu-host/tests", "wpu-rt/src", "tests/tests"];
    let code: String = folders.iter().map(|folder| code(&root().join(folder))).collect();
    let tests: BTreeSet<&str> = between(&code, "fn ", "(").collect();
    let (mut named, mut numbered) = (BTreeSet::new(), 0);
    for (id, row) in rows {
        // The last cell contains the tests, if there are any.
        let cell = row.trim_end_matches(" |").rsplit(" | ").next().expect("there is one");
        for name in test_names(cell) {
            assert!(tests.contains(name), "D-{id} names `{name}`, which is no test");
            named.insert(format!("D-{id} {name}"));
        }
        numbered += usize::from(test_names(cell).any(|name| name.starts_with(&format!("d_{id}_"))));
    }
    assert!(numbered >= 33, "only {numbered} pitfalls have a test of their number");
    for name in tests.iter().filter_map(|name| name.strip_prefix("d_")).filter(|name| name.contains('_')) {
        let (id, _) = name.split_once('_').expect("it has one");
        if id.len() == 2 && id.chars().all(|digit| digit.is_ascii_digit()) {
            assert!(named.contains(&format!("D-{id} d_{name}")), "docs/pitfalls.md does not name `d_{name}`");
        }
    }
}

#[test]
fn the_tests_on_the_safety_page_exist() {
    let page = read("docs/safety.md");
    let folders = ["wpu/src", "wpu/tests", "wpu-host/tests", "wpu-rt/src", "tests/tests"];
    let code: String = folders.iter().map(|folder| code(&root().join(folder))).collect();
    let tests: BTreeSet<&str> = between(&code, "fn ", "(").collect();
    let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| ") && line.ends_with("` |")).collect();
    assert!(rows.len() >= 15, "only {} rows name tests", rows.len());
    for row in rows {
        let cell = row.trim_end_matches(" |").rsplit(" | ").next().expect("there is one");
        for name in cell.split('`').skip(1).step_by(2) {
            let there = match name.strip_prefix("ui/") {
                Some(case) => root().join(format!("tests/ui/{case}.rs")).exists(),
                None => tests.contains(name),
            };
            assert!(there, "docs/safety.md names `{name}`, which is no test");
        }
    }
}
