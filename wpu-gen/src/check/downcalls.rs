//! A provider's table and its downcalls belong together, and at most one table is the provider's.

use crate::code::Code;
use crate::diag::Diagnostic;
use crate::load::{Filed, RawSpec};
use crate::model::{Model, ProvidedBy, TypeKind};
use crate::syntax;

pub(super) fn check(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    let provider = |table: &&Filed<syntax::Table>| {
        table
            .entry
            .provided_by
            .as_ref()
            .is_some_and(|provided_by| *provided_by.get_ref() == ProvidedBy::Plugin)
    };
    let tables: Vec<_> = raw.tables.iter().filter(provider).collect();
    if let [first, second, ..] = &*tables {
        let fault = Diagnostic::at(
            Code::DuplicateName,
            second.at(&second.entry.name),
            "two tables are the provider's",
        );
        faults.push(fault.also(first.at(&first.entry.name), "the other one"));
    }
    match (tables.first(), raw.downcalls.first()) {
        (None, Some(downcall)) => {
            let message = format!("`{}` is in no table", downcall.entry.name.get_ref());
            let fault = Diagnostic::at(Code::Unreachable, downcall.at(&downcall.entry.name), message);
            faults.push(
                fault.help("declare the provider's table: `[[table]]` with `provided-by = \"plugin\"`"),
            );
        }
        (Some(table), _) if table.entry.behind.is_none() => {
            let message = format!("`{}` has no trait behind it", table.entry.name.get_ref());
            let fault = Diagnostic::at(Code::MissingKey, table.at(&table.entry.name), message);
            faults.push(fault.help("add `trait = \"…\"`, in camel case"));
        }
        _ => {}
    }
    for table in raw.tables.iter().filter(|table| !provider(table)) {
        if let Some(behind) = &table.entry.behind {
            let fault = Diagnostic::at(
                Code::NoEffect,
                table.at(behind),
                "`trait` has no effect: the host fills this table",
            );
            faults.push(fault.help("remove it, or add `provided-by = \"plugin\"`"));
        }
    }
    idle_head(raw, model, faults);
    slices(raw, model, faults);
}

/// Keys of the head that only downcalls need.
fn idle_head(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    let Some(head) = raw.heads.first() else { return };
    let keys = [
        ("downcall-prefix", &head.entry.downcall_prefix),
        ("buffer-too-small", &head.entry.buffer_too_small),
        ("pending", &head.entry.pending),
        ("aborted", &head.entry.aborted),
    ];
    for (key, text) in keys.iter().filter(|_| model.downcalls.is_empty()) {
        if let Some(text) = text {
            let message = format!("`{key}` has no effect: the spec has no downcall");
            faults.push(Diagnostic::at(Code::NoEffect, head.at(text), message).help("remove it"));
        }
    }
}

/// There is one kind of iovec, and it is bytes with a 32-bit length.
fn slices(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    let mut first = None;
    for ty in &model.types {
        let TypeKind::Struct(structure) = &ty.kind else { continue };
        let Some(iovec) = &structure.iovec else { continue };
        let filed = &raw.structs[structure.origin];
        let field = |at: usize| structure.fields.get(at).map(|field| &field.ty);
        let bytes = field(iovec.base).and_then(|ty| model.pointee(ty)).and_then(|ty| model.prim(ty));
        let length = field(iovec.length).and_then(|ty| model.prim(ty));
        let fits = bytes.is_some_and(|prim| prim.bytes == Some(1))
            && length.is_some_and(|prim| prim.name == "u32")
            && structure.fields.len() == 2;
        if !fits {
            let message = format!(
                "`{}` is no iovec: an iovec has a pointer to bytes and a `u32`, and nothing else",
                ty.name
            );
            faults.push(Diagnostic::at(Code::Slice, filed.at(&filed.entry.name), message));
        }
        if let Some(first) = first.replace(filed.at(&filed.entry.name)) {
            let fault =
                Diagnostic::at(Code::Slice, filed.at(&filed.entry.name), "there are two kinds of iovecs");
            faults.push(fault.also(first, "the other one"));
        }
    }
}
