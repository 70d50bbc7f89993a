//! No name of a parameter can change what generated code means: names that the output itself uses come back as
//! names of a spec, in every place, and the output still compiles without a warning and passes each value on.

mod common;

use common::base;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use wpu_gen::files::Files;
use wpu_gen::source::Sources;

/// How many specs are compiled. Each gives the names of the output to other parameters.
const SPECS: usize = 3;

const EDITIONS: [&str; 1] = ["2024"];

/// Names that the output need not say to be spoilt by them.
const PRELUDE: &[&str] = &[
    "drop", "core", "std", "alloc", "u8", "u32", "usize", "bool", "str", "length", "value0", "answer",
    "errno",
];

/// The keys whose values are names of parameters in C.
const C_KEYS: &[&str] = &["name", "length", "context", "of", "routine", "thread"];

#[test]
fn names_of_the_output_are_names_that_a_spec_may_have() {
    let harvest: Vec<String> = harvest(&emit(&base())).into_iter().collect();
    assert!(harvest.len() > 200, "only {} names were found in the output", harvest.len());
    for seed in 0..SPECS {
        let files = emit(&renamed(&base(), &harvest, seed));
        for edition in EDITIONS {
            compile(&files, edition, &format!("{seed}-{edition}"), None);
        }
    }
}

/// Beside an array of bytes, the output has a variable for its length.
#[test]
fn a_value_named_like_a_variable_of_the_output_arrives_unchanged() {
    for name in ["length", "value0", "answer", "errno", "provider", "border", "u8", "drop", "Items", "None"] {
        // In Rust only what is snake case can be chosen.
        let rust = if name.starts_with(char::is_uppercase) { "chosen" } else { name };
        let value = format!(
            "  {{ name = \"{name}\", type = \"u32\", direction = \"in\", as = \"{rust}\", text = \"A value.\" }},\n"
        );
        let menu = "  { name = \"menu\", type = \"u8 *\"";
        let text = base().replacen(menu, &format!("{value}{menu}"), 1);
        let files = emit(&text);
        compile(&files, "2024", &format!("called-{name}"), Some(CALL));
    }
}

/// Calls the downcall with the value 7 beside three bytes, through the functions of both sides.
const CALL: &str = include_str!("names/call.rs");

fn emit(text: &str) -> Files {
    let spec = wpu_gen::compile(Sources::from_texts([("a.toml", text)]));
    spec.unwrap_or_else(|diagnostics| panic!("{diagnostics}")).emit()
}

/// Every identifier of the output that is written as Rust writes variables, and no keyword.
fn harvest(files: &Files) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = PRELUDE.iter().map(|name| (*name).to_owned()).collect();
    for (_, text) in files.iter().filter(|(path, _)| is_rust(path)) {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        found.extend(words.filter(|word| is_variable(word)).map(str::to_owned));
    }
    found
}

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "rs")
}

fn is_variable(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
        && !word.contains(|c: char| c.is_ascii_uppercase())
        && word != "gen"
        && syn::parse_str::<syn::Ident>(word).is_ok()
}

/// The spec with other names for all parameters of functions: `as`, and those in C.
fn renamed(text: &str, names: &[String], seed: usize) -> String {
    let mut next = (0..).map(|at: usize| &names[(at * 7 + seed * 31) % names.len()]);
    let entries = text.split("\n[[").map(|entry| {
        if !["upcall]]", "downcall]]"].iter().any(|kind| entry.starts_with(kind)) {
            return entry.to_owned();
        }
        let mut changed = entry.to_owned();
        let params: Vec<_> =
            entry.lines().filter(|line| line.trim_start().starts_with("{ name = \"")).collect();
        let mut used = BTreeSet::new();
        let mut fresh =
            || next.by_ref().find(|name| used.insert((*name).clone())).expect("there are enough").clone();
        for line in params {
            let old = line.split('"').nth(1).expect("it has a name");
            let new = fresh();
            for key in C_KEYS {
                changed = changed.replace(&format!("{key} = \"{old}\""), &format!("{key} = \"{new}ǃ\""));
            }
        }
        let mut parts = changed.split(" as = \"");
        let mut out = parts.next().unwrap_or_default().to_owned();
        let mut used_rust = BTreeSet::new();
        for part in parts {
            let (_, rest) = part.split_once('"').expect("it ends");
            let name = loop {
                let name = next.next().expect("there are enough");
                if used_rust.insert(name.clone()) {
                    break name;
                }
            };
            out += &format!(" as = \"{name}\"{rest}");
        }
        // What has its new name already was not to be renamed again.
        out.replace('ǃ', "")
    });
    entries.collect::<Vec<_>>().join("\n[[")
}

/// Compiles the output as a library, warnings denied; and, with `main`, a program that uses it and must succeed.
fn compile(files: &Files, edition: &str, name: &str, main: Option<&str>) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("names").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the target folder can be written to");
    files.write(&folder.join("out")).expect("the folder can be written to");
    let library = folder.join("libout.rlib");
    let features = ["--cfg", "feature=\"provider\"", "--cfg", "feature=\"std\""];
    let mut rustc = rustc(edition);
    rustc.args(["--crate-type=lib", "--crate-name=out", "-Dwarnings"]).args(features);
    if main.is_none() {
        rustc.arg("--emit=metadata");
    }
    run(rustc.arg(folder.join("out/src/lib.rs")).arg("-o").arg(&library), name);
    if let Some(main) = main {
        let source = folder.join("main.rs");
        fs::write(&source, main).expect("the folder can be written to");
        let program = folder.join("main");
        let mut rustc = self::rustc(edition);
        rustc.arg(&source).arg("--extern").arg(format!("out={}", library.display()));
        run(rustc.arg("-o").arg(&program), name);
        run(&mut Command::new(PathBuf::from(&program)), name);
    }
}

fn rustc(edition: &str) -> Command {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.arg(format!("--edition={edition}"));
    rustc
}

fn run(command: &mut Command, name: &str) {
    let output = command.output().unwrap_or_else(|error| panic!("{name}: {command:?}: {error}"));
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
}
