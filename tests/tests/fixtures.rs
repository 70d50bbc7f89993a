//! A case for each mistake that a spec can contain, with the generator's message.
//!
//! The name of a case is the code of its diagnostic, followed by a dot and the special circumstance. Each
//! case has one mistake, except those named `several`. `UPDATE_EXPECT=1` writes the expected messages.

use crate::common::{self, Case};
use expect_test::expect_file;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use wpu_gen::code::Code;
use wpu_gen::compile;
use wpu_gen::diag::Diagnostics;
use wpu_gen::source::Sources;

/// The minimum number of cases, so that a missing folder is not a success.
const CASES: usize = 329;

#[test]
fn every_mistake_has_its_expected_message() {
    let cases = mistakes();
    assert!(cases.len() >= CASES, "found only {} cases", cases.len());
    for case in cases {
        let diagnostics = refused(&case);
        expect_file![case.folder.join("expected.err")].assert_eq(&diagnostics.to_string());
    }
}

#[test]
fn a_case_holds_the_one_mistake_that_it_is_named_after() {
    let wrong = mistakes().into_iter().filter_map(|case| {
        let codes = list(&refused(&case));
        let right = match case.code() {
            "several" => codes.len() > 1,
            code => codes == [code],
        };
        (!right).then(|| format!("{}: {codes:?}\n", case.name))
    });
    assert_eq!(wrong.collect::<String>(), "");
}

#[test]
fn the_base_of_the_cases_is_good() {
    let sources = Sources::from_texts([("base.toml", common::base())]);
    if let Err(diagnostics) = compile(sources) {
        panic!("{diagnostics}");
    }
}

#[test]
fn every_code_has_a_case_of_its_name() {
    let cases = mistakes();
    let names: BTreeSet<&str> = cases.iter().map(Case::code).collect();
    let folders = folders();
    let made: BTreeSet<Code> = folders.iter().map(|(code, _)| *code).collect();
    let without: Vec<_> =
        Code::ALL.iter().filter(|code| !names.contains(code.id()) && !made.contains(code)).collect();
    assert!(without.is_empty(), "no case shows {without:?}");
    let ids: BTreeSet<&str> = Code::ALL.iter().map(|code| code.id()).chain(["several"]).collect();
    let strange: Vec<_> = names.difference(&ids).collect();
    assert!(strange.is_empty(), "cases are named after {strange:?}, which are not codes");
}

#[test]
fn a_folder_that_is_not_a_spec_is_refused_with_its_code() {
    for (code, folder) in folders() {
        let diagnostics = Sources::read(&folder).expect_err("it is not a spec");
        assert_eq!(list(&diagnostics), [code.id()]);
        assert!(diagnostics.to_string().contains(&format!("spec::{code}")), "{diagnostics}");
    }
}

#[test]
fn codes_are_in_order_and_differ() {
    let ids: Vec<_> = Code::ALL.iter().map(|code| code.id()).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
}

/// Mistakes that cannot be in the text of a spec: folders, each with its diagnostic code.
fn folders() -> [(Code, PathBuf); 3] {
    let folder = |name: &str| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fixtures").join(name);
        fs::create_dir_all(&folder).expect("the target folder can be written to");
        folder
    };
    let bytes = folder("bytes");
    fs::write(bytes.join("a.toml"), b"\xff").expect("the target folder can be written to");
    [
        (Code::NoFiles, folder("empty")),
        (Code::NotUtf8, bytes),
        (Code::Unreadable, folder("empty").join("nowhere")),
    ]
}

#[test]
fn an_empty_spec_is_refused() {
    let diagnostics = compile(Sources::from_texts::<&str, &str>([])).expect_err("it has no head");
    assert_eq!(list(&diagnostics), ["no-head"]);
}

fn mistakes() -> Vec<Case> {
    ["syntax", "resolve", "check"].into_iter().flat_map(Case::all).collect()
}

fn refused(case: &Case) -> Diagnostics {
    match compile(case.sources()) {
        Ok(_) => panic!("{}: the spec is accepted", case.name),
        Err(diagnostics) => diagnostics,
    }
}

fn list(diagnostics: &Diagnostics) -> Vec<&'static str> {
    diagnostics.list.iter().map(|diagnostic| diagnostic.code.id()).collect()
}
