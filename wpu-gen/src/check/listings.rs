//! Listings have rows with a cell for each column, and values whose parts have names.

use crate::code::Code;
use crate::diag::Diagnostic;
use crate::model::{Constant, ConstantValue, Item, Listing, Model, Placed, Row};
use crate::names::is_slug;

pub(super) fn check(model: &Model, faults: &mut Vec<Diagnostic>) {
    for listing in &model.listings {
        check_listing(listing, faults);
        listing.rows.iter().for_each(|row| faults.extend(cells(listing, row)));
        let parts = listing.parts.iter().map(|part| Part::of(model, part, faults));
        for part in parts.collect::<Vec<_>>().into_iter().flatten() {
            listing.rows.iter().for_each(|row| faults.extend(part.unnamed(model, row)));
        }
    }
}

fn check_listing(listing: &Listing, faults: &mut Vec<Diagnostic>) {
    let id = &listing.id;
    if !is_slug(id) {
        let fault =
            Diagnostic::at(Code::BadName, id.place.clone(), format!("`{id}` cannot be the id of a listing"));
        faults.push(fault.help("write it in lower case, with `-` between words: `each-option`"));
    }
    if listing.rows.is_empty() {
        let fault = Diagnostic::at(Code::NoEffect, id.place.clone(), format!("listing `{id}` has no rows"));
        faults.push(fault.help("add rows, or remove the listing"));
    }
}

fn cells(listing: &Listing, row: &Row) -> Option<Diagnostic> {
    let (cells, columns) = (row.cells.len(), listing.columns.len());
    let message =
        format!("the row `{}` has {} for {}", row.name, count(cells, "cell"), count(columns, "column"));
    let fault = || Diagnostic::at(Code::Cells, row.name.place.clone(), message);
    (cells != columns).then(|| fault().help("write `\"\"` where there is nothing to say"))
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// A part of a value, and what it can be.
struct Part<'m> {
    mask: i64,
    names: Vec<(&'m Constant, i64)>,
}

impl<'m> Part<'m> {
    fn of(model: &'m Model, part: &[Placed<usize>], faults: &mut Vec<Diagnostic>) -> Option<Self> {
        let mut names = Vec::new();
        for name in part {
            let constant = &model.constants[**name];
            if let ConstantValue::Number(number) = *constant.value {
                names.push((constant, number));
            } else {
                let message = format!("`{}` is no number, and so no part of a value", constant.name);
                faults.push(Diagnostic::at(Code::BadType, name.place.clone(), message));
                return None;
            }
        }
        Some(Self { mask: names.iter().fold(0, |mask, (_, number)| mask | number), names })
    }

    /// What is wrong with the value of a row: this part of it is none of those that it can be. Nothing need not have a name.
    fn unnamed(&self, model: &Model, row: &Row) -> Option<Diagnostic> {
        let Item::Constant(at) = row.item else { return None };
        let ConstantValue::Number(number) = *model.constants[at].value else { return None };
        let found = number & self.mask;
        if found == 0 || self.names.iter().any(|(_, number)| *number == found) {
            return None;
        }
        let names: Vec<_> = self.names.iter().map(|(constant, _)| format!("`{}`", constant.name)).collect();
        let message = format!("the part {found:#x} of `{}` has no name", row.name);
        let fault = Diagnostic::at(Code::Part, row.name.place.clone(), message);
        let fault = fault.note(format!("the listing says that it is {}, or nothing", names.join(" or ")));
        Some(fault.help("correct the value, or add the constant to `parts`"))
    }
}
