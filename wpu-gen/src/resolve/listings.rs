//! Names in listings: constants, types, functions, and whatever their cells name.

use super::{NOWHERE, Resolver};
use crate::code::Code;
use crate::load::Filed;
use crate::model::{self, Item};
use crate::scope::Scope;
use crate::source::FileId;
use crate::syntax::{self, Text, text};

impl Resolver<'_> {
    pub(super) fn listing(&mut self, filed: &Filed<syntax::Listing>) -> model::Listing {
        let (file, listing) = (filed.file, &filed.entry);
        let mut rows = Scope::new("row", Code::UnknownName);
        listing.rows.iter().for_each(|row| rows.declare(file, &row.name, self.faults));
        let constants = &self.scopes.types.constants;
        model::Listing {
            id: filed.text(&listing.id),
            doc: text(&listing.doc),
            functions: self.functions(file, &listing.functions),
            parts: listing
                .parts
                .iter()
                .map(|part| constants.find_all_placed(file, part, self.faults))
                .collect(),
            columns: listing.columns.iter().map(text).collect(),
            rows: listing.rows.iter().map(|row| self.row(filed, row)).collect(),
            sources: self.find_sources(file, &listing.sources),
        }
    }

    fn row(&mut self, filed: &Filed<syntax::Listing>, row: &syntax::Row) -> model::Row {
        let types = &self.scopes.types;
        let all = [&types.constants, &types.scope];
        self.among(filed.file, &row.name, &all, Scope::list, "among constants and types");
        let name = row.name.get_ref();
        let item = types.constants.get(name).map(Item::Constant);
        model::Row {
            name: filed.placed(&row.name),
            item: item.unwrap_or_else(|| Item::Type(types.scope.get(name).unwrap_or(NOWHERE))),
            cells: row.cells.iter().map(|cell| self.cell(filed.file, cell)).collect(),
        }
    }

    fn cell(&mut self, file: FileId, cell: &syntax::Cell) -> model::Cell {
        match cell {
            syntax::Cell::Text(text) => model::Cell::Text(text.clone()),
            syntax::Cell::Names(names) => {
                for name in names {
                    self.named_in_cell(file, name);
                }
                let types = names.iter().filter_map(|name| self.scopes.types.scope.get(name.get_ref()));
                model::Cell::Names { types: types.collect(), names: names.iter().map(text).collect() }
            }
        }
    }

    fn named_in_cell(&mut self, file: FileId, name: &Text) {
        let scopes = self.scopes;
        let all = [
            &scopes.upcalls,
            &scopes.downcalls,
            &scopes.entry_points,
            &scopes.imports,
            &scopes.types.scope,
            &scopes.types.constants,
            &scopes.errors,
        ];
        self.among(file, name, &all, Scope::list, "in the spec");
    }
}
