//! Properties of the generator for every spec: it never panics, and an accepted spec always gives the same
//! Rust.
//!
//! `names.rs` shows that the output compiles for random names, and `output.rs` for each kind of item.

use crate::common::{self, base};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};
use std::cell::Cell;
use std::path::Path;
use wpu_gen::diag::Diagnostics;
use wpu_gen::files::Files;
use wpu_gen::source::Sources;

/// No failures are stored between runs: a failing case becomes a fixture.
fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

fn compile(texts: &[(String, String)]) -> Result<Files, Diagnostics> {
    wpu_gen::compile(Sources::from_texts(texts.to_vec())).map(|spec| spec.emit())
}

fn one(text: &str) -> Vec<(String, String)> {
    vec![("a.toml".to_owned(), text.to_owned())]
}

/// Checks that the output is Rust and always the same, or that the refusal can be printed. Returns whether
/// the spec was accepted.
fn holds(texts: &[(String, String)]) -> bool {
    match compile(texts) {
        Err(diagnostics) => {
            assert!(!diagnostics.list.is_empty());
            assert!(!diagnostics.to_string().is_empty());
            false
        }
        Ok(files) => {
            for (path, text) in files.iter().filter(|(path, _)| is_rust(path)) {
                if let Err(error) = syn::parse_file(text) {
                    panic!("{path} is not Rust: {error}\n{text}");
                }
            }
            assert_eq!(compile(texts).ok(), Some(files), "another output for the same spec");
            true
        }
    }
}

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "rs")
}

// Specs that are mostly valid: the base with other slots, texts, names and requirements.

/// Runs `cases` of them, of which a minimum must be accepted, since otherwise the property means little.
#[test]
fn what_is_accepted_becomes_rust() {
    const CASES: u32 = 32;
    let accepted = Cell::new(0);
    let run = TestRunner::new(config(CASES)).run(&varied_spec(), |text| {
        accepted.set(accepted.get() + u32::from(holds(&one(&text))));
        Ok(())
    });
    run.unwrap_or_else(|error| panic!("{error}"));
    assert!(accepted.get() >= CASES / 2, "only {} of {CASES} specs were accepted", accepted.get());
}

fn varied_spec() -> impl Strategy<Value = String> {
    let slots = Just((0..8).collect::<Vec<usize>>()).prop_shuffle();
    let texts = prop::collection::vec(any_text(), 1..4);
    let names = prop::collection::vec((any::<Index>(), "[A-Za-z][A-Za-z0-9_]{2,9}"), 0..4);
    let statuses = prop::collection::vec((select(STATUSES), prop::option::of(select(CLASSES))), 4);
    (slots, texts, names, statuses).prop_map(|(slots, texts, names, statuses)| {
        let mut text = placed(&base(), &slots);
        text = told(&text, &texts);
        text = renamed(text, &names);
        required(&text, &statuses)
    })
}

/// Other slots for the upcalls.
fn placed(text: &str, slots: &[usize]) -> String {
    let mut next = slots.iter();
    let line = |line: &str| {
        if line.starts_with("slots = { KET_TABLE = ") {
            format!("slots = {{ KET_TABLE = {} }}", next.next().expect("the base has eight slots"))
        } else {
            line.to_owned()
        }
    };
    lines(text.lines().map(line))
}

/// Other texts.
fn told(text: &str, texts: &[String]) -> String {
    let mut next = texts.iter().cycle();
    let line = |line: &str| {
        if line.starts_with("doc = ") || line.starts_with("message = ") {
            format!(
                "{} = {}",
                line.split(' ').next().unwrap_or_default(),
                quoted(next.next().map_or("", String::as_str))
            )
        } else {
            line.to_owned()
        }
    };
    lines(text.lines().map(line))
}

/// Other names, wherever they occur.
fn renamed(text: String, names: &[(Index, String)]) -> String {
    const NAMES: &[&str] = &[
        "KET_LEVEL",
        "KET_TAP",
        "KET_TIME",
        "KET_CUPS",
        "KET_ORDER",
        "KET_NOD",
        "KET_FAIL",
        "ESMALL",
        "KetFill",
        "KetOpenTap",
        "KET_OPEN_TAP",
        "KET_TABLE",
        "fill_errno",
        "hour",
        "level",
    ];
    names.iter().fold(text, |text, (which, name)| {
        let old = *which.get(NAMES);
        let new = if old.starts_with("Ket") { format!("Ket{name}") } else { name.clone() };
        text.replace(&format!("\"{old}"), &format!("\"{new}"))
            .replace(&format!(" {old} ="), &format!(" {new} ="))
    })
}

const STATUSES: &[&str] = &["required", "optional", "unspecified"];
const CLASSES: &[&str] = &["gas", "electric"];

/// Other requirements.
fn required(text: &str, statuses: &[(&str, Option<&str>)]) -> String {
    let mut next = statuses.iter().cycle();
    let line = |line: &str| {
        if !line.starts_with("requirement = ") {
            return line.to_owned();
        }
        let (status, class) = next.next().expect("a cycle does not end");
        let classes = class.map_or(String::new(), |class| format!(", classes = [\"{class}\"]"));
        let more = match *status {
            "required" => ", waiver = \"w\"",
            "optional" => ", substitute = \"s\"",
            _ => "",
        };
        format!("requirement = {{ status = \"{status}\"{classes}, reason = \"r\"{more} }}")
    };
    lines(text.lines().map(line))
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.map(|line| line + "\n").collect()
}

/// A text of visible characters, with special characters of Rust, Markdown and TOML more often than by
/// chance.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[^\\p{C}]{0,12}",
        select(
            &[
                "*/", "/*", "//", "///", "\"#", "{}", "{x}", "`", "\\", "|", "§", " \n ", "\n\n", "#[doc]",
                "'", "]]>", "$"
            ][..]
        )
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

// Specs that are mostly invalid: the base with lines removed, doubled and exchanged, and values of other
// lines.

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn a_spec_with_lines_changed_is_refused_or_becomes_rust(edits in prop::collection::vec(any::<(u8, Index, Index)>(), 1..6)) {
        let text = base();
        let mut lines: Vec<&str> = text.lines().collect();
        let mut made = Vec::new();
        for (kind, one, other) in &edits {
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            match kind % 4 {
                0 => drop(lines.remove(one)),
                1 => lines.insert(other, lines[one]),
                2 => lines.swap(one, other),
                _ => made.push((one, other)),
            }
        }
        let mut lines: Vec<String> = lines.into_iter().map(str::to_owned).collect();
        for (one, other) in made {
            let (one, other) = (one % lines.len(), other % lines.len());
            let value = lines[other].split_once(" = ").map(|(_, value)| value.to_owned());
            if let (Some((key, _)), Some(value)) = (lines[one].clone().split_once(" = "), value) {
                lines[one] = format!("{key} = {value}");
            }
        }
        holds(&one(&lines.join("\n")));
    }

    #[test]
    fn a_spec_with_one_word_for_another_is_refused_or_becomes_rust(swaps in prop::collection::vec(any::<(Index, Index)>(), 1..4)) {
        let text = base();
        let words: Vec<&str> = text.split('"').collect();
        let mut changed = words.clone();
        for (to, from) in &swaps {
            // Every second piece is between quotes.
            let inside = words.len() / 2;
            changed[to.index(inside) * 2 + 1] = words[from.index(inside) * 2 + 1];
        }
        holds(&one(&changed.join("\"")));
    }

    #[test]
    fn random_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(!holds(&one(&String::from_utf8_lossy(&bytes))));
    }

    #[test]
    fn random_toml_is_refused(tokens in prop::collection::vec(select(TOKENS), 0..120)) {
        prop_assert!(!holds(&one(&tokens.concat())));
    }

    #[test]
    fn half_a_spec_is_refused(end in any::<Index>()) {
        let text = base();
        let mut end = end.index(text.len());
        while !text.is_char_boundary(end) { end -= 1; }
        holds(&one(&text[..end]));
    }

    /// Help that suggests the written name itself is useless.
    #[test]
    fn a_similar_name_is_another_name_that_exists(which in any::<Index>(), at in any::<Index>(), letter in "[A-Za-z_]") {
        let text = base();
        let referred = ["failure = \"KET_FAIL\"", "handle = \"Tap\"", "sources = [\"manual\"]", "code = \"ECOLD\"",
            "type = \"KET_CUPS *\"", "release = \"KetCloseTap\"", "platforms = [\"stove\"]", "length = \"label_length\""];
        let old = *which.get(&referred);
        let name = old.split('"').nth(1).unwrap_or_default();
        let at = at.index(name.len());
        let wrong = format!("{}{letter}{}", &name[..at], &name[at + 1..]);
        let text = text.replacen(old, &old.replace(name, &wrong), 1);
        if let Err(diagnostics) = compile(&one(&text)) {
            for diagnostic in &diagnostics.list {
                let Some((_, similar)) = diagnostic.help.as_deref().and_then(|help| help.split_once("exists: `")) else { continue };
                let similar = similar.trim_end_matches('`');
                let quoted: Vec<_> = diagnostic.message.split('`').collect();
                prop_assert_ne!(quoted[1], similar);
                let declared = text.contains(&format!("name = \"{similar}\"")) || text.contains(&format!("id = \"{similar}\""));
                prop_assert!(declared, "{}", diagnostics);
            }
        }
    }
}

const TOKENS: &[&str] = &[
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    " = ",
    ".",
    ",",
    "\"",
    "\"\"\"",
    "'",
    "'''",
    "#",
    "\n",
    "\r\n",
    " ",
    "\t",
    "\\",
    "\\u",
    "upcall",
    "typedef",
    "spec",
    "name",
    "requirement",
    "slots",
    "params",
    "é",
    "𝄞",
    "\u{feff}",
    "\0",
    "1",
    "-1",
    "0x",
    "1e9",
    "inf",
    "true",
    "1979-05-27",
    "_",
    "-",
    "\"a\"",
];

// The order of independent items.

/// Upcalls and downcalls have slots or names that order them, so they may be in any order and any file.
/// Classes, platforms, types, constants, errors, handles, tables, entry points, notes and sources keep the
/// order of the spec: files by path.
#[test]
fn calls_may_be_in_any_order_and_any_file() {
    for (texts, cases) in [(one(&base()), 24), (common::spec(), 4)] {
        let expected = compile(&texts).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
        let (rest, calls) = taken_apart(&texts);
        assert!(calls.len() >= 15, "found only {} calls", calls.len());
        let shuffled = Just(calls.clone()).prop_shuffle();
        let files = prop::collection::vec(0..3_usize, calls.len());
        let order = any::<bool>();
        let run =
            TestRunner::new(config(cases)).run(&(shuffled, files, order), |(calls, files, backwards)| {
                let mut texts = rest.clone();
                texts.extend(["0.toml", "m.toml", "z.toml"].map(|name| (name.to_owned(), String::new())));
                for (call, file) in calls.iter().zip(files) {
                    let at = rest.len() + file;
                    texts[at].1 += call;
                }
                texts.retain(|(_, text)| !text.is_empty());
                if backwards {
                    texts.reverse();
                }
                let found = compile(&texts).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
                prop_assert_eq!(&found, &expected);
                Ok(())
            });
        run.unwrap_or_else(|error| panic!("{error}"));
    }
}

/// The upcalls and downcalls, separated from everything else.
fn taken_apart(texts: &[(String, String)]) -> (Vec<(String, String)>, Vec<String>) {
    const MARK: &str = "\n[[";
    let mut calls = Vec::new();
    let rest = texts.iter().map(|(path, text)| {
        let mut entries = text.split(MARK);
        let mut rest = entries.next().unwrap_or_default().to_owned();
        for entry in entries {
            let is_call = ["upcall]]", "downcall]]"].iter().any(|head| entry.starts_with(head));
            if is_call { calls.push(format!("{MARK}{entry}\n")) } else { rest += &format!("{MARK}{entry}") }
        }
        (path.clone(), rest)
    });
    let mut rest: Vec<_> = rest.collect();
    // A file with comments only is not a spec file.
    rest.retain(|(_, text)| text.lines().any(|line| !line.is_empty() && !line.starts_with('#')));
    (rest, calls)
}

/// A spec that an editor saved with other line ends is the same spec.
#[test]
fn line_ends_change_nothing() {
    let lf = base().replace("doc = \"Fills it.\"", "doc = \"\"\"\nFills it.\n\nOne line.\nAnother.\n\"\"\"");
    let crlf = lf.replace('\n', "\r\n");
    let lf = compile(&one(&lf)).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
    let crlf = compile(&one(&crlf)).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
    assert_eq!(lf, crlf);
}
