//! Reads the JSON schema of spec files: its keys, and the mismatches of a file.

use super::{project, read};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use toml::Value as Toml;

/// The schema that editors use.
pub fn schema() -> Json {
    let text = read(&project().join("docs/spec.schema.json"));
    serde_json::from_str(&text).expect("the schema is JSON")
}

/// A key of a kind of entry.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The kind: a top-level key, such as `upcall`.
    pub kind: String,
    /// The path of keys inside an entry, including this key.
    pub path: Vec<String>,
    /// Whether its value is a text, a list of texts, or a table whose keys are texts.
    pub is_text: bool,
}

impl Key {
    /// The last key of the path.
    pub fn name(&self) -> &str {
        self.path.last().expect("a path has a last part")
    }
}

/// Every key of every kind of entry.
pub fn keys() -> BTreeSet<Key> {
    let schema = schema();
    let mut keys = BTreeSet::new();
    for (kind, value) in object(&schema["properties"]) {
        collect(&schema, &value["anyOf"][0], kind, &[], &mut keys);
    }
    keys
}

fn collect(root: &Json, schema: &Json, kind: &str, path: &[String], keys: &mut BTreeSet<Key>) {
    let schema = target(root, schema);
    for (name, value) in schema.get("properties").into_iter().flat_map(object) {
        let path = [path, std::slice::from_ref(name)].concat();
        collect(root, value, kind, &path, keys);
        keys.insert(Key { kind: kind.to_owned(), path, is_text: is_text(root, value) });
    }
    if let Some(items) = schema.get("items") {
        collect(root, items, kind, path, keys);
    }
}

fn is_text(root: &Json, schema: &Json) -> bool {
    let schema = target(root, schema);
    match schema["type"].as_str() {
        Some("string") => schema.get("enum").is_none(),
        Some("array") => is_text(root, &schema["items"]),
        _ => schema["additionalProperties"].is_object(),
    }
}

fn target<'a>(root: &'a Json, schema: &'a Json) -> &'a Json {
    match schema.get("$ref").and_then(Json::as_str) {
        Some(path) => root.pointer(path.trim_start_matches('#')).expect("what a schema refers to is there"),
        None => schema,
    }
}

fn object(value: &Json) -> &serde_json::Map<String, Json> {
    value.as_object().expect("it is an object")
}

/// The mismatches of a TOML file. Supports the parts of JSON Schema that the schema uses, and panics at
/// others.
pub fn misfits(root: &Json, schema: &Json, value: &Toml) -> Vec<String> {
    let mut found = Vec::new();
    let mut say = |fits: bool, what: &str| {
        if !fits {
            found.push(format!("{value} is not {what}"));
        }
    };
    let fits = |schema: &Json| misfits(root, schema, value).is_empty();
    let mut below = Vec::new();
    let Some(words) = schema.as_object() else {
        say(schema == &Json::Bool(true), "known");
        return found;
    };
    let number = value.as_integer();
    for (word, rule) in words {
        match (&**word, value) {
            ("$schema" | "$comment" | "$defs" | "title" | "description" | "default" | "format", _) => {}
            ("$ref", _) => below.extend(misfits(root, target(root, schema), value)),
            ("type", _) => {
                let is = |rule: &Json| rule == type_of(value);
                say(rule.as_array().map_or_else(|| is(rule), |any| any.iter().any(is)), &rule.to_string());
            }
            ("const", _) => say(value.as_str().is_some_and(|text| text == rule), &rule.to_string()),
            ("enum", _) => {
                let words = rule.as_array().expect("it is a list");
                say(
                    value.as_str().is_some_and(|text| words.iter().any(|word| word == text)),
                    "one of the words",
                );
            }
            ("anyOf", _) => say(rule.as_array().expect("it is a list").iter().any(fits), "any of these"),
            ("oneOf", _) => {
                let count = rule.as_array().expect("it is a list").iter().filter(|one| fits(one)).count();
                say(count == 1, "one of these");
            }
            ("minimum", _) => say(number.is_none_or(|number| Some(number) >= rule.as_i64()), "large enough"),
            ("maximum", _) => say(number.is_none_or(|number| Some(number) <= rule.as_i64()), "small enough"),
            ("minItems", Toml::Array(items)) => say(rule.as_u64() <= Some(items.len() as u64), "long enough"),
            ("maxItems", Toml::Array(items)) => {
                say(rule.as_u64() >= Some(items.len() as u64), "short enough");
            }
            ("items", Toml::Array(items)) => {
                below.extend(items.iter().flat_map(|item| misfits(root, rule, item)));
            }
            ("required", Toml::Table(table)) => {
                let mut keys = rule.as_array().expect("it is a list").iter().filter_map(Json::as_str);
                say(keys.all(|key| table.contains_key(key)), "complete");
            }
            ("properties", Toml::Table(table)) => {
                let known = table.iter().filter_map(|(key, value)| Some((rule.get(key)?, value)));
                below.extend(known.flat_map(|(schema, value)| misfits(root, schema, value)));
            }
            ("additionalProperties", Toml::Table(table)) => {
                let known =
                    |key: &str| schema.get("properties").is_some_and(|known| known.get(key).is_some());
                let others = table.iter().filter(|(key, _)| !known(key));
                below.extend(others.flat_map(|(_, value)| misfits(root, rule, value)));
            }
            ("minItems" | "maxItems" | "items" | "required" | "properties" | "additionalProperties", _) => {}
            _ => panic!("the schema has the word `{word}`, which this test does not know"),
        }
    }
    found.extend(below);
    found
}

fn type_of(value: &Toml) -> &'static str {
    match value {
        Toml::String(_) => "string",
        Toml::Integer(_) => "integer",
        Toml::Boolean(_) => "boolean",
        Toml::Array(_) => "array",
        Toml::Table(_) => "object",
        Toml::Float(_) => "number",
        Toml::Datetime(_) => "a time, which JSON does not have",
    }
}
