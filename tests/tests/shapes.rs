//! A mistake in the shape of an entry does not hide other mistakes, and never causes a second error.

use crate::common::base;
use std::collections::BTreeSet;
use wpu_gen::diag::Diagnostic;
use wpu_gen::source::Sources;

fn errors(text: &str) -> Vec<Diagnostic> {
    match wpu_gen::compile(Sources::from_texts([("a.toml", text)])) {
        Ok(_) => Vec::new(),
        Err(diagnostics) => {
            assert!(!diagnostics.to_string().is_empty());
            diagnostics.list
        }
    }
}

/// Whether the first gate reports this, about the shape of an entry.
fn is_shape(error: &Diagnostic) -> bool {
    match error.code.id() {
        "unknown-key" | "unknown-kind" => true,
        "missing-key" => error.message.starts_with("this entry has no key"),
        "wrong-value" => !error.message.contains("std::io::ErrorKind"),
        _ => false,
    }
}

/// How one `key = value` of a spec is broken.
#[derive(Debug, Clone, Copy)]
enum Break {
    /// The key is invalid.
    Key,
    /// The value has a type that no key has.
    Value,
    /// Both are removed.
    Lost,
}

/// The positions of all keys: the start of the key, the start of the value, and its end.
fn keys(text: &str) -> Vec<(usize, usize, usize)> {
    let mut found = Vec::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        if !line.starts_with(['#', '[', '\n', ']']) {
            for (at, _) in line.match_indices(" = ") {
                let start = line[..at].rfind([' ', '{', '"', ',']).map_or(0, |start| start + 1);
                let (key, value) = (&line[start..at], &line[at + 3..]);
                let is_key =
                    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
                let length = match value.as_bytes()[0] {
                    b'"' => value[1..].find('"').map(|end| end + 2),
                    b'[' => value.find(']').map(|end| end + 1),
                    b'{' => None,
                    _ => value.find([',', ' ', '\n']),
                };
                if let (true, Some(length)) = (is_key, length) {
                    found.push((offset + start, offset + at + 3, offset + at + 3 + length));
                }
            }
        }
        offset += line.len();
    }
    found
}

fn broken(text: &str, (key, value, end): (usize, usize, usize), how: Break) -> String {
    match how {
        Break::Key => format!("{}zz9{}", &text[..key], &text[key..]),
        Break::Value => format!("{}1979-05-27{}", &text[..value], &text[end..]),
        Break::Lost => {
            let rest = &text[end..];
            let rest = rest.strip_prefix(", ").unwrap_or(rest);
            format!("{}{rest}", &text[..key])
        }
    }
}

/// The keys of a valid spec, broken in each of these ways: many of them in `cargo xtask ci`, and some of them
/// here. All kinds of entries are included.
fn each(text: &str, ways: &[Break], mut check: impl FnMut(&str, &str, Break)) {
    let step = if std::env::var_os("WPU_CI").is_some() { 4 } else { 29 };
    for place in keys(text).into_iter().step_by(step) {
        for how in ways {
            check(&text[place.0..place.2], &broken(text, place, *how), *how);
        }
    }
}

#[test]
fn a_mistake_of_shape_is_never_the_cause_of_a_second_error() {
    let (mut seen, mut all) = (0, 0);
    each(&base(), &[Break::Key, Break::Value, Break::Lost], |what, text, how| {
        all += 1;
        let errors = errors(text);
        // A key may be optional, and some keys are names of the spec.
        if errors.iter().any(is_shape) {
            seen += 1;
            let others: Vec<_> = errors.iter().filter(|error| !is_shape(error)).collect();
            assert!(others.is_empty(), "{what} ({how:?}): {others:#?}");
        }
    });
    assert!(seen > all / 2, "only {seen} mistakes of {all} were made");
}

/// Mistakes that are independent of other entries, and the kinds of entries that must be valid for the
/// mistakes to be reported.
const ELSEWHERE: &[(&str, &str, &[&str])] = &[
    (
        "\n[[constant]]\nname = \"ALONE\"\nexport = true\ntype = \"NOWHERE\"\nvalue = 1\ndoc = \"One.\"\n",
        "unknown-type",
        &["typedef", "struct", "callback", "table"],
    ),
    (
        "\n[[struct]]\nname = \"ALONE\"\nexport = true\nsize = [9, 9]\ndoc = \"One.\"\nfields = [{ name = \"a\", type = \"u32\", doc = \"One.\" }]\n",
        "layout",
        &["spec", "class", "platform", "table", "handle", "kit"],
    ),
    (
        "\n[[error]]\nname = \"ALONE\"\nvalue = 77\nmessage = \"One.\"\n[[error]]\nname = \"ALONE\"\nvalue = 78\nmessage = \"One.\"\n",
        "duplicate-name",
        &[],
    ),
];

#[test]
fn a_mistake_of_shape_hides_no_mistake_elsewhere() {
    for (more, code, hidden_by) in ELSEWHERE {
        let mut seen = BTreeSet::new();
        each(&base(), &[Break::Key], |what, text, _| {
            // An entry that names an entry without a name may refer to nothing, so that no rule can be
            // checked.
            if *code == "layout" && ["name", "id"].iter().any(|key| what.starts_with(&format!("{key} = "))) {
                return;
            }
            let at = text.find("zz9").expect("it is broken");
            let kind = text[..at].rfind("\n[").map_or("", |at| text[at..].trim_start_matches(['\n', '[']));
            let kind = kind.split(']').next().unwrap_or_default();
            if hidden_by.contains(&kind) {
                return;
            }
            let errors = errors(&(text.to_owned() + more));
            let codes: Vec<_> = errors.iter().map(|error| error.code.id()).collect();
            if !codes.contains(&"unknown-key") {
                return; // The key is a name of the spec.
            }
            assert!(codes.contains(code), "{kind}: {what}: {codes:?}, without {code}");
            seen.insert(kind.to_owned());
        });
        assert!(seen.len() >= 4, "{seen:?}");
    }
}
