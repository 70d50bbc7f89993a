//! The error codes in the spec against those on Microsoft's pages, which were copied into
//! `documented-errors.toml`.

use crate::common::{self, project};
use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// The kinds of functions with documented errors.
const KINDS: [&str; 4] = ["upcall", "downcall", "entry-point", "import"];

/// Functions that are not part of Winsock, and report no Winsock errors.
const FOREIGN: [&str; 3] = ["GetModuleHandleExW", "RtlDllShutdownInProgress", "WaitForMultipleObjectsEx"];

#[test]
fn the_spec_lists_the_errors_of_every_page() {
    let (spec, pages) = (spec(), pages());
    for (name, page) in &pages {
        let spec = spec.get(name).unwrap_or_else(|| panic!("`{name}` has a page and is not in the spec"));
        let codes = names(&page["codes"]);
        let also = also(page).map(|(code, _)| code);
        let expected: BTreeSet<_> = codes.iter().copied().chain(also).collect();
        let found: BTreeSet<_> = spec.iter().map(String::as_str).collect();
        let missing: Vec<_> = expected.difference(&found).collect();
        let surplus: Vec<_> = found.difference(&expected).collect();
        assert!(missing.is_empty(), "`{name}`: the spec lacks {missing:?} of {}", page["page"]);
        assert!(surplus.is_empty(), "`{name}`: {surplus:?} of the spec is not on {}", page["page"]);
        assert_eq!(codes.len(), codes.iter().collect::<BTreeSet<_>>().len(), "`{name}`: a code occurs twice");
    }
}

#[test]
fn every_function_of_the_spec_has_a_page() {
    let (spec, pages) = (spec(), pages());
    assert!(spec.len() >= 60, "found only {} functions", spec.len());
    let without: Vec<_> =
        spec.keys().filter(|name| !pages.contains_key(*name) && !FOREIGN.contains(&name.as_str())).collect();
    assert!(without.is_empty(), "{without:?} have no page in the table");
    for name in FOREIGN {
        assert_eq!(spec.get(name), Some(&Vec::new()), "`{name}` has errors, and so needs a page");
    }
}

/// A page without a date is an archived page.
#[test]
fn every_page_has_its_date() {
    for (name, page) in pages() {
        let date = page.get("date").and_then(Value::as_str);
        let archived = text(&page["page"]).contains("/previous-versions/");
        assert!(date.is_some_and(is_date) != archived, "`{name}`: {date:?}");
    }
}

/// If the spec has more errors than a page, a note in the spec gives the reason and refers to both.
#[test]
fn errors_beyond_the_pages_have_a_note() {
    let mut notes = BTreeMap::new();
    for note in tables("note") {
        notes.insert(text(&note["id"]).to_owned(), note);
    }
    let mut seen = 0;
    for (name, page) in pages() {
        for (code, id) in also(&page) {
            assert!(!names(&page["codes"]).contains(&code), "`{name}`: {code} is on the page");
            let note = notes.get(id).unwrap_or_else(|| panic!("`{name}`: no note `{id}`"));
            let about = names(&note["about"]);
            assert!(about.contains(&name.as_str()) && about.contains(&code), "`{id}` is about {about:?}");
            seen += 1;
        }
    }
    assert!(seen > 0);
}

/// The documented errors of each function of the spec, by its name.
fn spec() -> BTreeMap<String, Vec<String>> {
    let mut spec = BTreeMap::new();
    for function in KINDS.into_iter().flat_map(tables) {
        let errors = function.get("errors").and_then(Value::as_array).cloned().unwrap_or_default();
        let codes = errors.iter().map(|error| text(&error["code"]).to_owned()).collect();
        let name = text(&function["name"]).to_owned();
        assert_eq!(spec.insert(name.clone(), codes), None, "`{name}` occurs twice in the spec");
    }
    spec
}

/// The table of the pages.
const TABLE: &str = "tests/documented-errors.toml";

/// The rows of the table, by the name of the function.
fn pages() -> BTreeMap<String, Table> {
    let mut pages = BTreeMap::new();
    for row in array(&parsed(TABLE, &common::read(&project().join(TABLE))), "function") {
        let name = text(&row["name"]).to_owned();
        assert_eq!(pages.insert(name.clone(), row), None, "`{name}` occurs twice in the table");
    }
    pages
}

/// All tables of a kind in the spec.
fn tables(kind: &str) -> Vec<Table> {
    let files = common::spec().into_iter();
    files.flat_map(|(name, text)| array(&parsed(&name, &text), kind)).collect()
}

fn parsed(name: &str, text: &str) -> Table {
    text.parse().unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn array(page: &Table, kind: &str) -> Vec<Table> {
    let array = page.get(kind).and_then(Value::as_array).cloned().unwrap_or_default();
    array.into_iter().map(|value| value.as_table().expect("a table").clone()).collect()
}

/// The errors that the spec has beyond the page: code and note.
fn also(page: &Table) -> impl Iterator<Item = (&str, &str)> {
    let also = page.get("also").and_then(Value::as_array).into_iter().flatten();
    also.map(|entry| (text(&entry["code"]), text(&entry["note"])))
}

fn names(value: &Value) -> Vec<&str> {
    value.as_array().expect("an array").iter().map(text).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// Whether a text is a date such as `2019-09-12`.
fn is_date(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
        && parts.iter().map(|part| part.len()).eq([4, 2, 2])
}
