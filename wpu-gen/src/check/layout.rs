//! Sizes and offsets that the sources state are those that the fields give.

use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::layout::{Layouts, POINTERS};
use crate::load::{Filed, RawSpec};
use crate::model::{ConstantValue, Model, Struct, Ty, TypeKind};
use crate::syntax;

/// No object can be larger where pointers have 32 bits.
const LARGEST: u64 = i32::MAX as u64;

pub(super) fn check(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    let layouts = POINTERS.map(|pointer| Layouts::new(model, pointer));
    for ty in &model.types {
        match &ty.kind {
            TypeKind::Struct(structure) => {
                let filed = &raw.structs[structure.origin];
                check_struct(filed, &layouts, structure, faults);
                check_counted(filed, model, structure, faults);
                check_rust_name(filed, structure, faults);
                for (field, raw) in structure.fields.iter().zip(&filed.entry.fields) {
                    check_fixed(model, &field.ty, filed.at(&raw.ty), faults);
                }
            }
            TypeKind::Table(table) => {
                let computed = POINTERS.map(|pointer| pointer * model.tables[*table].slots.len() as u64);
                let filed = &raw.tables[*table];
                check_size(filed, filed.entry.name.get_ref(), &filed.entry.size, computed, faults);
            }
            TypeKind::Typedef { target: target @ Ty::Array(..), .. } => {
                check_fixed(model, target, ty.place.clone(), faults);
            }
            TypeKind::Typedef { .. } | TypeKind::Callback(_) => {}
        }
    }
    check_constants(raw, model, faults);
}

fn check_struct(
    filed: &Filed<syntax::Struct>,
    layouts: &[Layouts<'_>; 2],
    structure: &Struct,
    faults: &mut Vec<Diagnostic>,
) {
    let layouts = layouts.each_ref().map(|layouts| layouts.of_struct(structure));
    let name = filed.entry.name.get_ref();
    if structure.fields.is_empty() {
        faults.push(Diagnostic::at(
            Code::Layout,
            filed.at(&filed.entry.name),
            format!("`{name}` has no fields"),
        ));
        return;
    }
    let void = structure.fields.iter().position(|field| field.ty.holds_void());
    if let Some(field) = void.map(|at| &filed.entry.fields[at]) {
        let message = format!("field `{}` cannot be `void`, only point at it", field.name.get_ref());
        faults.push(Diagnostic::at(Code::BadType, filed.at(&field.ty), message).help("write `void *`"));
        return;
    }
    if layouts[0].0.size > LARGEST {
        let message = format!("`{name}` is larger than anything can be on 32-bit machines");
        faults.push(Diagnostic::at(Code::Layout, filed.at(&filed.entry.name), message));
        return;
    }
    check_size(filed, name, &filed.entry.size, [layouts[0].0.size, layouts[1].0.size], faults);
    for (at, field) in filed.entry.fields.iter().enumerate() {
        let computed = [layouts[0].1[at], layouts[1].1[at]];
        if let Some(stated) = &field.offset
            && stated.get_ref().0 != computed
        {
            let message = format!("field `{}` is not where the spec says", field.name.get_ref());
            faults.push(differs(
                Diagnostic::at(Code::Layout, filed.at(stated), message),
                computed,
                "the fields before it put it at",
            ));
        }
    }
}

fn check_size<T>(
    filed: &Filed<T>,
    name: &str,
    stated: &toml::Spanned<syntax::Widths>,
    computed: [u64; 2],
    faults: &mut Vec<Diagnostic>,
) {
    if stated.get_ref().0 != computed {
        let message = format!("`{name}` does not have the size that the spec says");
        faults.push(differs(
            Diagnostic::at(Code::Layout, filed.at(stated), message),
            computed,
            "its members give",
        ));
    }
}

fn differs(fault: Diagnostic, computed: [u64; 2], what: &str) -> Diagnostic {
    let [narrow, wide] = computed;
    fault.help(format!("{what} {narrow} bytes on 32-bit and {wide} on 64-bit machines: `[{narrow}, {wide}]`"))
}

/// The count is an unsigned integer, and the items are an array behind it.
fn check_counted(
    filed: &Filed<syntax::Struct>,
    model: &Model,
    structure: &Struct,
    faults: &mut Vec<Diagnostic>,
) {
    let Some(counted) = &structure.counted else { return };
    let raw = &filed.entry.fields[counted.items];
    let count = &structure.fields[counted.count];
    if model.prim(&count.ty).is_none_or(|prim| prim.name != "u32") {
        let message = format!("`{}` cannot be a count: it is not a 32-bit unsigned integer", count.name);
        let place = raw.counted_by.as_ref().unwrap_or(&raw.name);
        faults.push(Diagnostic::at(Code::Counted, filed.at(place), message));
    }
    let last = counted.items + 1 == structure.fields.len();
    let items = &structure.fields[counted.items];
    let scalar = matches!(&items.ty, Ty::Array(item, _) if model.prim(item).is_some());
    if !last || !scalar {
        let message = format!(
            "`{}` cannot hold the counted items: it is not an array of integers that comes last",
            items.name
        );
        faults.push(Diagnostic::at(Code::Counted, filed.at(&raw.ty), message));
    }
}

/// The structures that Rust has a form of its own for have a name for that.
fn check_rust_name(filed: &Filed<syntax::Struct>, structure: &Struct, faults: &mut Vec<Diagnostic>) {
    let entry = &filed.entry;
    let name = entry.name.get_ref();
    let count = entry.fields.iter().find_map(|field| field.counted_by.as_ref());
    let request = entry.request.as_ref().filter(|_| structure.request);
    if let Some(request) = request.filter(|_| structure.counted.is_some()) {
        let message = format!("`request` has no effect: `{name}` is a counted structure");
        faults.push(Diagnostic::at(Code::NoEffect, filed.at(request), message).help("remove it"));
    }
    let reason = request.map(|request| filed.at(request));
    let reason = reason.or_else(|| Some(filed.at(count.filter(|_| structure.counted.is_some())?)));
    match (reason, &entry.rust_name) {
        (Some(reason), None) => {
            let message = format!("`{name}` has no Rust name");
            let fault = Diagnostic::at(Code::MissingKey, reason, message);
            faults.push(fault.help("add `rust-name = \"…\"`, in camel case"));
        }
        (None, Some(rust_name)) => {
            let message = format!("`rust-name` has no effect on `{name}`");
            let fault = Diagnostic::at(Code::NoEffect, filed.at(rust_name), message);
            faults.push(fault.help("remove it: a counted structure has one, and one with `request = true`"));
        }
        _ => {}
    }
}

/// What is a part of something else has a fixed length, which a counted structure has not.
fn check_fixed(model: &Model, ty: &Ty, place: Place, faults: &mut Vec<Diagnostic>) {
    let mut item = model.bare(ty);
    while let Ty::Array(of, _) = item {
        item = model.bare(of);
    }
    if model.is_counted(item) {
        let message = "a counted structure cannot be a part of another type";
        let fault = Diagnostic::at(Code::Counted, place, message);
        faults.push(fault.note("it is as long as its count says").help("write a pointer to it: `… *`"));
    }
}

/// A constant is an integer, a null pointer or a text, and fits its type.
fn check_constants(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    for constant in &model.constants {
        let filed = &raw.constants[constant.origin];
        let pointer = model.pointee(&constant.ty).is_some();
        let fits = match (model.prim(&constant.ty), &constant.value) {
            (_, ConstantValue::Text(_)) => model.text_unit(&constant.ty).is_some(),
            (Some(_), ConstantValue::AllOnes) => true,
            (Some(prim), ConstantValue::Number(number)) => {
                // A pointer-wide constant must fit the narrowest pointer.
                let bits = prim.bytes.unwrap_or(4) * 8;
                let number = i128::from(*number);
                let (low, high) =
                    if prim.signed { (-(1 << (bits - 1)), 1 << (bits - 1)) } else { (0, 1_i128 << bits) };
                (low..high).contains(&number)
            }
            (None, value) => pointer && *value == ConstantValue::Number(0),
        };
        if !fits {
            let message = format!("the value of `{}` does not fit its type", constant.name);
            let fault = Diagnostic::at(Code::ConstantValue, filed.at(&filed.entry.value), message);
            let note = match constant.text() {
                Some(_) => {
                    "a text has the type of a pointer to integers of 8 bits, or of 16 bits without a sign"
                }
                None => "a pointer can only be 0; -1 of an unsigned type has all bits set",
            };
            faults.push(fault.also(filed.at(&filed.entry.ty), "its type").note(note));
        }
    }
}
