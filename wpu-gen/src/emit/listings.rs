//! Listings on the page to read: a table each, and the structures and function types that it names.

use super::c;
use super::markdown::{cell, code_of, inline, linked, literal, title};
use super::view::View;
use crate::layout::{Layouts, POINTERS};
use crate::model::{
    Callback, Cell, ConstantValue, FunctionId, Item, Listing, Row, Struct, Ty, TypeDef, TypeKind,
};
use std::fmt::Write as _;

pub(super) fn section(view: &View<'_>, page: &mut String) {
    if view.model.listings.is_empty() {
        return;
    }
    *page += "## Listings\n\nWhat the documentation says of constants and types.\n\n";
    for listing in &view.model.listings {
        of_listing(view, listing, page);
    }
}

/// The listings about a function.
pub(super) fn named(view: &View<'_>, id: FunctionId, page: &mut String) {
    let about = view.model.listings.iter().filter(|of| of.functions.iter().any(|found| **found == id));
    for listing in about {
        let _ = writeln!(page, "Listing [{0}](#{0}).", title(&listing.id));
    }
}

fn of_listing(view: &View<'_>, listing: &Listing, page: &mut String) {
    let _ = write!(page, "### {}\n\n{}\n\n| name | value |", inline(&listing.id), inline(&listing.doc));
    if !listing.parts.is_empty() {
        *page += " parts |";
    }
    *page += " meaning |";
    listing.columns.iter().for_each(|column| *page += &format!(" {} |", cell(column)));
    let columns = 4 + usize::from(!listing.parts.is_empty()) + listing.columns.len();
    let _ = writeln!(page, " sources |\n|{}", "---|".repeat(columns));
    for row in &listing.rows {
        of_row(view, listing, row, page);
    }
    page.push('\n');
    for at in listing.types() {
        of_type(view, &view.model.types[at], page);
    }
    if !listing.sources.is_empty() {
        let _ = write!(page, "Sources: {}.\n\n", view.cite(&listing.sources));
    }
}

fn of_row(view: &View<'_>, listing: &Listing, row: &Row, page: &mut String) {
    let _ = write!(page, "| `{}` | {} |", row.name, or_none(&value(view, row.item)));
    if !listing.parts.is_empty() {
        let _ = write!(page, " {} |", or_none(&parts(view, listing, row.item)));
    }
    let (doc, sources) = match row.item {
        Item::Constant(at) => (&view.model.constants[at].doc, &view.model.constants[at].sources),
        Item::Type(at) => (&view.model.types[at].doc, &view.model.types[at].sources),
    };
    let _ = write!(page, " {} |", cell(doc));
    for found in &row.cells {
        let text = match found {
            Cell::Text(text) => cell(text),
            Cell::Names { names, .. } => codes(names.iter().map(String::as_str)),
        };
        let _ = write!(page, " {} |", or_none(&text));
    }
    let sources = sources.iter().map(|source| code_of(&view.model.sources[*source].id));
    let _ = writeln!(page, " {} |", or_none(&sources.collect::<Vec<_>>().join(", ")));
}

fn or_none(text: &str) -> &str {
    if text.trim().is_empty() { "–" } else { text }
}

fn codes<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn value(view: &View<'_>, item: Item) -> String {
    let Item::Constant(at) = item else { return String::new() };
    let constant = &view.model.constants[at];
    match &*constant.value {
        ConstantValue::Number(number) => c::hexadecimal(*number),
        ConstantValue::AllOnes => "all bits set".to_owned(),
        ConstantValue::Text(text) => literal(text),
        ConstantValue::List(_) => code_of(&c::value(view.model, constant)),
    }
}

/// The names of the parts of a value.
fn parts(view: &View<'_>, listing: &Listing, item: Item) -> String {
    let number = |at: usize| match *view.model.constants[at].value {
        ConstantValue::Number(number) => Some(number),
        _ => None,
    };
    let Some(value) = (if let Item::Constant(at) = item { number(at) } else { None }) else {
        return String::new();
    };
    let found = listing.parts.iter().filter_map(|part| {
        let mask = part.iter().filter_map(|name| number(**name)).fold(0, |mask, number| mask | number);
        part.iter().find(|name| number(***name) == Some(value & mask))
    });
    codes(found.map(|name| view.model.constants[**name].name.as_str()))
}

/// What C declares under the name of a type. Of other names, a table of the listing says enough.
fn of_type(view: &View<'_>, def: &TypeDef, page: &mut String) {
    let declared = match &def.kind {
        TypeKind::Struct(structure) => of_structure(view, structure),
        TypeKind::Callback(callback) => of_callback(view, def, callback),
        TypeKind::Typedef { .. } | TypeKind::Table(_) => return,
    };
    let header = def.header.as_ref().map_or(String::new(), |header| format!(" Declared in `{header}`."));
    let _ =
        write!(page, "#### {}\n\n{}{header}\n\n{declared}\n", inline(&def.name), linked(&def.doc, &|_| None));
    if !def.sources.is_empty() {
        let _ = write!(page, "Sources: {}.\n\n", view.cite(&def.sources));
    }
}

fn of_structure(view: &View<'_>, structure: &Struct) -> String {
    let [narrow, wide] = POINTERS.map(|pointer| Layouts::new(view.model, pointer).of_struct(structure).1);
    let [small, large] = *structure.size;
    let mut table = format!(
        "It has {small} bytes on 32-bit and {large} on 64-bit machines.\n\n| member | at | meaning |\n|---|---|---|\n"
    );
    for (field, (narrow, wide)) in structure.fields.iter().zip(narrow.iter().zip(wide)) {
        let declared = c::declare(view.model, &field.ty, &field.name);
        let _ = writeln!(table, "| {} | {narrow}, {wide} | {} |", code_of(&declared), cell(&field.doc));
    }
    table
}

fn of_callback(view: &View<'_>, def: &TypeDef, callback: &Callback) -> String {
    let params = callback.params.iter().map(|param| {
        let constant = if param.c_type.starts_with("const ") { "const " } else { "" };
        format!("{constant}{}", c::declare(view.model, &param.ty, &param.name))
    });
    let params: Vec<_> = params.collect();
    let returns = c::bare(view.model, callback.returns.as_ref().unwrap_or(&Ty::Void));
    let mut text = format!("```c\n{returns} (*{})({});\n```\n\n", def.name, c::list(&params));
    if !params.is_empty() {
        text += "| parameter | meaning |\n|---|---|\n";
    }
    for (param, declared) in callback.params.iter().zip(&params) {
        let _ = writeln!(text, "| {} | {} |", code_of(declared), cell(&param.doc));
    }
    text
}
