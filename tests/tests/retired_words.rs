//! Names that were replaced by a standard term do not return: as an identifier, as a file name, or as a word
//! of specs.

use crate::common::schema::schema;
use crate::common::{project, read};
use proc_macro2::{TokenStream, TokenTree};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A name, the folders in which it is retired, and its replacement.
type Word = (&'static str, &'static [&'static str], &'static str);

const EVERYWHERE: &[&str] = &[
    "benches",
    "examples",
    "fuzz",
    "tests",
    "wpu",
    "wpu-cli",
    "wpu-gen",
    "wpu-host",
    "wpu-install",
    "wpu-macros",
    "wpu-rt",
    "xtask",
];
/// The folders of the runtime of the bindings, and of its users.
const RUNTIME: &[&str] = &["wpu", "wpu-rt"];

const IDENTIFIERS: &[Word] = &[
    ("Gate", EVERYWHERE, "Instance"),
    ("Home", EVERYWHERE, "SocketContext"),
    ("Items", RUNTIME, "ClientSlice"),
    ("Judgement", EVERYWHERE, "Verdict"),
    ("Lent", RUNTIME, "RequestBuffers"),
    ("Lower", EVERYWHERE, "Chain"),
    ("Parts", RUNTIME, "RequestParts"),
    ("Pended", EVERYWHERE, "PendingRequest"),
    ("Room", EVERYWHERE, "OutBuf"),
    ("Teller", EVERYWHERE, "CompletionVtable"),
    ("View", RUNTIME, "ClientRef"),
    ("ViewMut", EVERYWHERE, "ClientMut"),
    ("Wire", EVERYWHERE, "RequestTypes"),
    ("Wires", EVERYWHERE, "InterfaceTypes"),
    ("judge", RUNTIME, "verdict"),
    ("judgements", EVERYWHERE, "verdicts"),
    ("teller", EVERYWHERE, "completion"),
];

/// Likewise for the names of files and modules.
const FILES: &[Word] = &[
    ("block", &["wpu/src/base"], "blocking"),
    ("border", &["wpu-rt"], "checks"),
    ("contain", EVERYWHERE, "panic"),
    ("expand", &["wpu/src"], "loader"),
    ("form", &["wpu-gen/src"], "lower"),
    ("gate", EVERYWHERE, "instance"),
    ("line", &["wpu/src/base"], "queue"),
    ("lower", &["wpu"], "chain"),
    ("mood", EVERYWHERE, "behavior"),
    ("moves", EVERYWHERE, "overlapped"),
    ("place", &["wpu-host"], "host_slots"),
    ("prose", EVERYWHERE, "annotations"),
    ("raw", &["wpu-gen/src"], "syntax"),
    ("records", &["wpu-host"], "request_audit"),
    ("run", &["wpu/src"], "startup"),
    ("source", &["wpu/src/layer"], "loader"),
    ("tell", EVERYWHERE, "completion"),
    ("turns", EVERYWHERE, "queue"),
    ("verdict", EVERYWHERE, "compliance"),
    ("wait", &["wpu-host"], "sync"),
    ("waits", &["wpu-host"], "wait_multiple"),
];

/// Retired words of specs: kinds of entries in brackets, keys, roles, and in quotes other values that are
/// words, each with its replacement.
const SPEC: &[(&str, &str)] = &[
    ("\"all-ones\"", "-1"),
    ("\"answer\"", "bool"),
    ("\"provider\"", "plugin"),
    ("[[entry]]", "[[entry-point]]"),
    ("[[exception]]", "[[header-mismatch]]"),
    ("[[resource]]", "[[handle]]"),
    ("[[type]]", "[[typedef]]"),
    ("as", "rust-name"),
    ("broken", "contract-violation"),
    ("bundle", "rust-name"),
    ("closed", "not-initialized"),
    ("counted", "counted-by"),
    ("details", "doc"),
    ("filled-by", "provided-by"),
    ("hole", "missing-error"),
    ("inline", "c-only"),
    ("is", "type"),
    ("may-be-null", "nullable-in"),
    ("never-zero", "invalid"),
    ("null", "null-error"),
    ("null-pointer", "invalid-pointer"),
    ("of", "written"),
    ("pointer", "pointer-type"),
    ("public", "export"),
    ("raw", "type"),
    ("refusal", "unimplemented-error"),
    ("resource", "handle"),
    ("result", "returns"),
    ("role = \"buffer\"", "string"),
    ("role = \"buffers\"", "iovec"),
    ("role = \"bytes\"", "array"),
    ("role = \"count\"", "written"),
    ("role = \"errno\"", "error"),
    ("role = \"routine\"", "completion"),
    ("role = \"set\"", "array"),
    ("role = \"text\"", "string"),
    ("role = \"thread\"", "completion-thread"),
    ("role = \"token\"", "request"),
    ("role = \"truth\"", "bool"),
    ("role = \"units\"", "string"),
    ("routine", "completion"),
    ("same-as", "alias-of"),
    ("says", "doc"),
    ("slice", "counted-by"),
    ("text", "doc"),
    ("thread", "completion-thread"),
    ("token", "request"),
    ("too-small", "buffer-too-small"),
    ("view", "rust-name"),
    ("wide", "arch"),
];

#[test]
fn retired_words_of_specs_do_not_return() {
    let words = words_of_specs(&schema());
    for known in ["[[upcall]]", "name", "role = \"handle\"", "\"unspecified\"", "\"64-bit\""] {
        assert!(words.contains(known), "the search does not find `{known}`");
    }
    let back = SPEC.iter().filter(|(word, _)| words.contains(*word));
    let back: Vec<_> = back.map(|(word, now)| format!("`{word}` is retired; say `{now}`")).collect();
    assert!(back.is_empty(), "{}", back.join("\n"));
}

/// Every word that a spec file can contain by the schema.
fn words_of_specs(schema: &Value) -> BTreeSet<String> {
    let kinds = schema["properties"].as_object().expect("a file has kinds of entries");
    let mut words = kinds.keys().map(|kind| format!("[[{kind}]]")).collect();
    for (name, definition) in schema["$defs"].as_object().expect("there are definitions") {
        let before = if name == "Role" { "role = " } else { "" };
        collect_words(definition, before, &mut words);
    }
    words
}

/// The keys and values in a definition; values in quotes, after `before`.
fn collect_words(schema: &Value, before: &str, words: &mut BTreeSet<String>) {
    let mut value = |word: &str| {
        words.insert(format!("{before}\"{word}\""));
    };
    match schema {
        Value::Object(rules) => {
            if let Some(word) = rules.get("const").and_then(Value::as_str) {
                value(word);
            }
            let known = rules.get("enum").and_then(Value::as_array).into_iter().flatten();
            known.filter_map(Value::as_str).for_each(&mut value);
            let keys = rules.get("properties").and_then(Value::as_object).into_iter().flatten();
            words.extend(keys.map(|(key, _)| key.clone()));
            rules.values().for_each(|rule| collect_words(rule, before, words));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_words(item, before, words)),
        _ => {}
    }
}

#[test]
fn retired_words_do_not_return() {
    let files = sources();
    assert!(files.len() > 300, "searched only {} files", files.len());
    let mut found = Vec::new();
    for path in &files {
        let inside = path.strip_prefix(project()).expect("it is below the project");
        let stem = inside.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        found.extend(retired(FILES, inside, |word| word == stem));
        // Some expected outputs and cases of invalid code are not valid tokens.
        let names = identifiers(read(path).parse().unwrap_or_default());
        found.extend(retired(IDENTIFIERS, inside, |word| names.iter().any(|name| name == word)));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The search finds a word in code, in a macro and in a file name, but not in a comment or a longer word.
#[test]
fn the_search_covers_code_and_file_names() {
    let said = |code: &str| {
        let names = identifiers(code.parse().expect("it is Rust"));
        retired(IDENTIFIERS, Path::new("wpu/src/a.rs"), |word| names.iter().any(|name| name == word)).count()
    };
    for code in ["struct Room;", "quote!(struct A(r#Room);)", "fn f(a: x::Room<u8>) {}"] {
        assert_eq!(said(code), 1, "{code}");
    }
    for code in ["// Room\nstruct Rooms;", "/// Room\nfn room() {}", "const A: &str = \"Room\";"] {
        assert_eq!(said(code), 0, "{code}");
    }
    assert_eq!(retired(FILES, Path::new("wpu/src/gate.rs"), |word| word == "gate").count(), 1);
    assert_eq!(retired(FILES, Path::new("wpu-gen/src/line.rs"), |word| word == "line").count(), 0);
}

/// The words for which `says` returns true, in a file of this path.
fn retired(words: &'static [Word], path: &Path, says: impl Fn(&str) -> bool) -> impl Iterator<Item = String> {
    let here = words.iter().filter(move |(word, folders, _)| {
        says(word) && folders.iter().any(|folder| path.starts_with(folder))
    });
    here.map(move |(word, _, now)| format!("{}: `{word}` is retired; say `{now}`", path.display()))
}

/// Every identifier, including those inside macros.
fn identifiers(tokens: TokenStream) -> Vec<String> {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Ident(name) => vec![name.to_string().trim_start_matches("r#").to_owned()],
            TokenTree::Group(group) => identifiers(group.stream()),
            TokenTree::Literal(_) | TokenTree::Punct(_) => Vec::new(),
        })
        .collect()
}

/// Every hand-written Rust file.
fn sources() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in EVERYWHERE {
        walk(&project().join(folder), &mut files);
    }
    files
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("the folder can be read").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if name != "target" {
                walk(&path, files);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
