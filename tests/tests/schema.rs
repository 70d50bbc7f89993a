//! The JSON schema of spec files is fresh, and accepts the same shapes as the generator.

use crate::common::schema::{keys, misfits, schema};
use crate::common::{Case, base, fixtures, project, read};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use toml::{Table, Value};
use wpu_gen::code::Code;
use wpu_gen::source::Sources;

#[test]
fn the_schema_is_the_output_of_the_structs() {
    let found = read(&project().join("docs/spec.schema.json"));
    assert!(found == wpu_gen::schema::schema(), "docs/spec.schema.json is old; run `cargo xtask gen`");
}

/// Every `*.toml` in a folder and those below it.
fn files(folder: &Path, into: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            into.push((path.display().to_string(), read(&path)));
        }
    }
}

#[test]
fn every_spec_fits_the_schema() {
    let mut texts = Vec::new();
    files(&project().join("spec"), &mut texts);
    assert!(texts.len() >= 17, "found only {} files", texts.len());
    texts.push(("base.toml".to_owned(), base()));
    files(&fixtures().join("ok"), &mut texts);
    files(&fixtures().join("nonsense"), &mut texts);
    // Cases of the later gates: their shape is valid.
    for case in ["resolve", "check"].into_iter().flat_map(Case::all) {
        let sources = case.sources();
        texts.extend(sources.iter().map(|(_, source)| (case.name.clone(), source.text.clone())));
    }
    let schema = schema();
    let wrong = texts.iter().flat_map(|(name, text)| {
        let table = text.parse().unwrap_or_else(|error| panic!("{name}: {error}"));
        let misfits = misfits(&schema, &schema, &Value::Table(table));
        misfits.into_iter().map(move |misfit| format!("{name}: {misfit}\n"))
    });
    assert_eq!(wrong.collect::<String>(), "");
}

/// Whether the first gate accepts the shape of each entry of a file.
fn is_accepted(table: &Table) -> bool {
    let text = toml::to_string(table).expect("it can be written");
    let Err(diagnostics) = wpu_gen::compile(Sources::from_texts([("a.toml", text)])) else { return true };
    !diagnostics.list.iter().any(|diagnostic| match diagnostic.code {
        Code::UnknownKey | Code::UnknownKind | Code::WrongValue => true,
        Code::MissingKey => diagnostic.message.starts_with("this entry has no key"),
        _ => false,
    })
}

/// Makes each change to each key of a value and of nested values, and passes the whole value to `show` after
/// each. `seen` are the paths of keys that were changed before.
fn each_change(value: &Value, path: &str, seen: &mut BTreeSet<String>, show: &mut dyn FnMut(Value)) {
    match value {
        Value::Table(table) => {
            for (key, below) in table {
                let with = |changed: Option<(&str, Value)>| {
                    let mut table = table.clone();
                    table.remove(key);
                    table.extend(changed.map(|(key, value)| (key.to_owned(), value)));
                    Value::Table(table)
                };
                let path = format!("{path}.{key}");
                if seen.insert(path.clone()) {
                    show(with(None));
                    show(with(Some(("zz9", below.clone()))));
                    for other in others() {
                        show(with(Some((key, other))));
                    }
                }
                each_change(below, &path, seen, &mut |below| show(with(Some((key, below)))));
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                each_change(item, path, seen, &mut |item| {
                    let mut items = items.clone();
                    items[at] = item;
                    show(Value::Array(items));
                });
            }
        }
        _ => {}
    }
}

/// Values of every type, most of which a key refuses.
fn others() -> impl Iterator<Item = Value> {
    let texts = [
        "''",
        "'all-ones'",
        "0",
        "-1",
        "4294967296",
        "0.5",
        "true",
        "{}",
        "{ a = 'b' }",
        "[]",
        "[0, 0]",
        "[0, 0, 0]",
        "['']",
        "[{}]",
        "1979-05-27",
    ];
    texts.into_iter().map(|text| {
        let table: Table = format!("a = {text}").parse().expect("it is TOML");
        table["a"].clone()
    })
}

#[test]
fn the_schema_refuses_what_the_generator_refuses_and_nothing_else() {
    let schema = schema();
    let mut texts = vec![("base.toml".to_owned(), base())];
    for group in ["ok", "nonsense", "resolve", "check"] {
        files(&fixtures().join(group), &mut texts);
    }
    files(&project().join("spec"), &mut texts);
    let (mut refused, mut accepted) = (0, 0);
    let mut compare = |kind: &str, entry: Value| {
        let file = Table::from_iter([(kind.to_owned(), entry)]);
        let misfits = misfits(&schema, &schema, &Value::Table(file.clone()));
        let is_accepted = is_accepted(&file);
        assert_eq!(misfits.is_empty(), is_accepted, "{file}\n{misfits:?}");
        if is_accepted { accepted += 1 } else { refused += 1 }
    };
    let mut seen = BTreeSet::new();
    for (name, text) in &texts {
        let file: Table = text.parse().unwrap_or_else(|error| panic!("{name}: {error}"));
        for (kind, entries) in file {
            let entries = entries.as_array().cloned().unwrap_or_else(|| vec![entries]);
            if seen.insert(kind.clone()) {
                compare("zz9", entries[0].clone());
            }
            for entry in entries {
                each_change(&entry, &kind, &mut seen, &mut |entry| compare(&kind, entry));
            }
        }
    }
    // Some parameters of functions of one kind have keys that those of another kind never have.
    let plain = |path: &str| match path.split_once(".params.") {
        Some((_, key)) => format!("params.{key}"),
        None => path.to_owned(),
    };
    let seen: BTreeSet<String> = seen.iter().map(|path| plain(path)).collect();
    let keys = keys().into_iter().map(|key| plain(&format!("{}.{}", key.kind, key.path.join("."))));
    let unseen: BTreeSet<_> = keys.filter(|key| !seen.contains(key)).collect();
    assert!(unseen.is_empty(), "no spec has {unseen:?}");
    assert!(refused > 3000 && accepted > 300, "{refused} refused, {accepted} accepted");
}
