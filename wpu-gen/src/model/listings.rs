//! Listings: what the documentation says of several items, in columns.

use super::{FunctionId, Placed};

/// What the documentation says of several items, in columns.
#[derive(Debug)]
pub struct Listing {
    pub id: Placed<String>,
    pub doc: String,
    pub functions: Vec<Placed<FunctionId>>,
    /// The parts of a value: of each, the constants that it can be, as indices into [`Model::constants`](super::Model::constants).
    pub parts: Vec<Vec<Placed<usize>>>,
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
    pub sources: Vec<usize>,
}

#[derive(Debug)]
pub struct Row {
    pub name: Placed<String>,
    pub item: Item,
    pub cells: Vec<Cell>,
}

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// An index into [`Model::constants`](super::Model::constants).
    Constant(usize),
    /// An index into [`Model::types`](super::Model::types).
    Type(usize),
}

#[derive(Debug)]
pub enum Cell {
    Text(String),
    /// Names of the spec, and those of them that are types as indices into [`Model::types`](super::Model::types).
    Names {
        names: Vec<String>,
        types: Vec<usize>,
    },
}

impl Listing {
    /// The types that it names, each once, in order.
    pub fn types(&self) -> Vec<usize> {
        let mut found = Vec::new();
        for row in &self.rows {
            let own = if let Item::Type(at) = row.item { Some(at) } else { None };
            let named = row.cells.iter().flat_map(|cell| match cell {
                Cell::Text(_) => &[][..],
                Cell::Names { types, .. } => types,
            });
            for at in own.iter().chain(named) {
                if !found.contains(at) {
                    found.push(*at);
                }
            }
        }
        found
    }
}
