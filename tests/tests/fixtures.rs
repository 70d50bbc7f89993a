//! A case for each mistake that a spec can hold, and the words that the generator has for it.
//!
//! The name of a case is the code of its diagnostic, and behind a dot what is special about it. Each holds one
//! mistake, except those named `several`. `UPDATE_EXPECT=1` writes the expected words.

mod common;

use common::{Case, project};
use expect_test::expect_file;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use wpu_gen::compile;
use wpu_gen::diag::Diagnostics;
use wpu_gen::source::Sources;

/// No fewer cases than this; a folder that is not found must not look like success.
const CASES: usize = 238;

#[test]
fn every_mistake_is_told_in_its_own_words() {
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
        let name = case.name.split_once('/').map_or("", |(_, name)| name);
        let right = match name.split('.').next() {
            Some("several") => codes.len() > 1,
            code => codes == [code.unwrap_or_default()],
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
fn every_code_has_a_case() {
    let mut seen: BTreeSet<String> = unwritten().into_iter().map(str::to_owned).collect();
    for case in mistakes() {
        seen.extend(refused(&case).list.iter().map(|diagnostic| diagnostic.code.to_owned()));
    }
    let all = codes();
    assert!(all.len() > 45, "the codes are no longer where they are looked for: {all:?}");
    let without: Vec<_> = all.difference(&seen).collect();
    assert!(without.is_empty(), "no case shows {without:?}");
}

#[test]
fn the_text_of_a_spec_can_lack_everything() {
    let diagnostics = compile(Sources::from_texts::<&str, &str>([])).expect_err("it has no head");
    assert_eq!(list(&diagnostics), ["no-head"]);
}

/// Codes of mistakes that no text holds: `rubbish.rs` makes them.
fn unwritten() -> [&'static str; 3] {
    ["no-files", "not-utf8", "unreadable"]
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
    diagnostics.list.iter().map(|diagnostic| diagnostic.code).collect()
}

/// Every code that the generator's source has.
fn codes() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    collect(&project().join("wpu-gen/src"), &mut codes);
    codes
}

fn collect(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("the generator has sources") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            collect(&path, codes);
        } else {
            let tokens: TokenStream = common::read(&path).parse().expect("it is Rust");
            in_tokens(tokens, codes);
        }
    }
}

/// The first text given to `Diagnostic::at` and `Diagnostic::bare`, and the second given to `Scope::new`.
fn in_tokens(tokens: TokenStream, codes: &mut BTreeSet<String>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let called: Vec<_> = tokens[at.saturating_sub(4)..at].iter().map(ToString::to_string).collect();
        let nth = match called.iter().map(|word| &**word).collect::<Vec<_>>()[..] {
            ["Diagnostic", ":", ":", "at" | "bare"] | ["Self", ":", ":", "bare"] => Some(0),
            ["Scope", ":", ":", "new"] => Some(1),
            _ => None,
        };
        if let Some(nth) = nth.filter(|_| group.delimiter() == Delimiter::Parenthesis) {
            codes.extend(texts(group.stream()).nth(nth));
        }
        in_tokens(group.stream(), codes);
    }
}

/// The texts among tokens.
fn texts(tokens: TokenStream) -> impl Iterator<Item = String> {
    tokens.into_iter().filter_map(|token| match token {
        TokenTree::Literal(text) => Some(text.to_string().strip_prefix('"')?.strip_suffix('"')?.to_owned()),
        _ => None,
    })
}
