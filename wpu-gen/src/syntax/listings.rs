//! `[[listing]]`: what the documentation says of several items, in columns.

use super::leaf::Text;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// `[[listing]]`: what the documentation says of several items, in columns.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Listing {
    pub id: Text,
    pub doc: Text,
    /// The functions on whose pages it is named.
    #[serde(default)]
    pub functions: Vec<Text>,
    /// The parts of a value: of each, the constants that it can be.
    #[serde(default)]
    pub parts: Vec<Vec<Text>>,
    /// What is said of each item.
    #[serde(default)]
    pub columns: Vec<Text>,
    pub rows: Vec<Row>,
    #[serde(default)]
    pub sources: Vec<Text>,
}

/// What is said of one item.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Row {
    /// A constant or a type.
    pub name: Text,
    /// One for each column: a text, or names of the spec.
    #[serde(default)]
    pub cells: Vec<Cell>,
}

/// What stands in one column.
#[derive(Debug)]
pub enum Cell {
    Text(String),
    Names(Vec<Text>),
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(CellVisitor)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Cell {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Cell".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let names = Vec::<Text>::json_schema(generator);
        schemars::json_schema!({ "anyOf": [{ "type": "string" }, names] })
    }
}

/// Written by hand, so that names keep their places.
struct CellVisitor;

impl<'de> Visitor<'de> for CellVisitor {
    type Value = Cell;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a text or a list of names")
    }

    fn visit_str<E>(self, text: &str) -> Result<Cell, E> {
        Ok(Cell::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Cell, A::Error> {
        let mut names = Vec::new();
        while let Some(name) = items.next_element()? {
            names.push(name);
        }
        Ok(Cell::Names(names))
    }
}
