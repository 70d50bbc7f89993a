//! Sizes and offsets that the sources state are those that the fields give.

use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::layout::{Layouts, POINTERS};
use crate::model::{ConstantValue, Model, Placed, Struct, Ty, TypeKind};

/// No object can be larger where pointers have 32 bits.
const LARGEST: u64 = i32::MAX as u64;

pub(super) fn check(model: &Model, faults: &mut Vec<Diagnostic>) {
    let layouts = POINTERS.map(|pointer| Layouts::new(model, pointer));
    for ty in &model.types {
        match &ty.kind {
            TypeKind::Struct(structure) => {
                check_struct(&ty.name, &layouts, structure, faults);
                check_counted(model, structure, faults);
                check_rust_name(&ty.name, structure, faults);
                for field in &structure.fields {
                    check_fixed(model, &field.ty, &field.ty.place, faults);
                }
            }
            TypeKind::Table(table) => {
                let table = &model.tables[*table];
                let computed = POINTERS.map(|pointer| pointer * table.slots.len() as u64);
                check_size(&table.name, &table.size, computed, faults);
            }
            TypeKind::Typedef { target: target @ Ty::Array(..), .. } => {
                check_fixed(model, target, &ty.name.place, faults);
            }
            TypeKind::Typedef { .. } | TypeKind::Callback(_) => {}
        }
    }
    check_constants(model, faults);
}

fn check_struct(
    name: &Placed<String>,
    layouts: &[Layouts<'_>; 2],
    structure: &Struct,
    faults: &mut Vec<Diagnostic>,
) {
    let layouts = layouts.each_ref().map(|layouts| layouts.of_struct(structure));
    if structure.fields.is_empty() {
        faults.push(Diagnostic::at(Code::Layout, name.place.clone(), format!("`{name}` has no fields")));
        return;
    }
    if let Some(field) = structure.fields.iter().find(|field| field.ty.holds_void()) {
        let message = format!("field `{}` cannot be `void`, only point at it", field.name);
        let fault = Diagnostic::at(Code::BadType, field.ty.place.clone(), message);
        faults.push(fault.help("write `void *`"));
        return;
    }
    if layouts[0].0.size > LARGEST {
        let message = format!("`{name}` is larger than anything can be on 32-bit machines");
        faults.push(Diagnostic::at(Code::Layout, name.place.clone(), message));
        return;
    }
    check_size(name, &structure.size, [layouts[0].0.size, layouts[1].0.size], faults);
    for (at, field) in structure.fields.iter().enumerate() {
        let computed = [layouts[0].1[at], layouts[1].1[at]];
        if let Some(stated) = field.offset.as_ref().filter(|stated| ***stated != computed) {
            let message = format!("field `{}` is not where the spec says", field.name);
            let fault = Diagnostic::at(Code::Layout, stated.place.clone(), message);
            faults.push(differs(fault, computed, "the fields before it put it at"));
        }
    }
}

fn check_size(name: &str, stated: &Placed<[u64; 2]>, computed: [u64; 2], faults: &mut Vec<Diagnostic>) {
    if **stated != computed {
        let message = format!("`{name}` does not have the size that the spec says");
        let fault = Diagnostic::at(Code::Layout, stated.place.clone(), message);
        faults.push(differs(fault, computed, "its members give"));
    }
}

fn differs(fault: Diagnostic, computed: [u64; 2], what: &str) -> Diagnostic {
    let [narrow, wide] = computed;
    fault.help(format!("{what} {narrow} bytes on 32-bit and {wide} on 64-bit machines: `[{narrow}, {wide}]`"))
}

/// The count is an unsigned integer, and the items are an array behind it.
fn check_counted(model: &Model, structure: &Struct, faults: &mut Vec<Diagnostic>) {
    let Some(counted) = &structure.counted else { return };
    let (count, items) = (&structure.fields[counted.count], &structure.fields[counted.items]);
    if model.prim(&count.ty).is_none_or(|prim| prim.name != "u32") {
        let message = format!("`{}` cannot be a count: it is not a 32-bit unsigned integer", count.name);
        let place = items.counted_by.as_ref().unwrap_or(&items.name.place);
        faults.push(Diagnostic::at(Code::Counted, place.clone(), message));
    }
    let last = counted.items + 1 == structure.fields.len();
    let scalar = matches!(&*items.ty, Ty::Array(item, _) if model.prim(item).is_some());
    if !last || !scalar {
        let message = format!(
            "`{}` cannot hold the counted items: it is not an array of integers that comes last",
            items.name
        );
        faults.push(Diagnostic::at(Code::Counted, items.ty.place.clone(), message));
    }
}

/// The structures that Rust has a form of its own for have a name for that.
fn check_rust_name(name: &str, structure: &Struct, faults: &mut Vec<Diagnostic>) {
    let counted = structure.counted.as_ref().and_then(|of| structure.fields[of.items].counted_by.as_ref());
    let request = structure.request.as_ref();
    if let Some(request) = request.filter(|_| structure.counted.is_some()) {
        let message = format!("`request` has no effect: `{name}` is a counted structure");
        faults.push(Diagnostic::at(Code::NoEffect, request.clone(), message).help("remove it"));
    }
    match (request.or(counted), &structure.rust_name) {
        (Some(reason), None) => {
            let message = format!("`{name}` has no Rust name");
            let fault = Diagnostic::at(Code::MissingKey, reason.clone(), message);
            faults.push(fault.help("add `rust-name = \"…\"`, in camel case"));
        }
        (None, Some(rust_name)) => {
            let message = format!("`rust-name` has no effect on `{name}`");
            let fault = Diagnostic::at(Code::NoEffect, rust_name.place.clone(), message);
            faults.push(fault.help("remove it: a counted structure has one, and one with `request = true`"));
        }
        _ => {}
    }
}

/// What is a part of something else has a fixed length, which a counted structure has not.
fn check_fixed(model: &Model, ty: &Ty, place: &Place, faults: &mut Vec<Diagnostic>) {
    let mut item = model.bare(ty);
    while let Ty::Array(of, _) = item {
        item = model.bare(of);
    }
    if model.is_counted(item) {
        let message = "a counted structure cannot be a part of another type";
        let fault = Diagnostic::at(Code::Counted, place.clone(), message);
        faults.push(fault.note("its size depends on its count").help("write a pointer to it: `… *`"));
    }
}

/// A constant is an integer, a null pointer, a text or a structure of integers, and fits its type.
fn check_constants(model: &Model, faults: &mut Vec<Diagnostic>) {
    for constant in &model.constants {
        let pointer = model.pointee(&constant.ty).is_some();
        let fits = match &*constant.value {
            ConstantValue::Text(_) => model.text_unit(&constant.ty).is_some(),
            ConstantValue::Number(0) if pointer => true,
            value => fits(model, &constant.ty, value),
        };
        if !fits {
            let message = format!("the value of `{}` does not fit its type", constant.name);
            let fault = Diagnostic::at(Code::ConstantValue, constant.value.place.clone(), message);
            let note = match &*constant.value {
                ConstantValue::Text(_) => {
                    "a text has the type of a pointer to integers of 8 bits, or of 16 bits without a sign"
                }
                ConstantValue::List(_) => {
                    "a list has a number for each field of a structure, and a list for each field that is an array or a structure"
                }
                _ => "a pointer can only be 0; -1 of an unsigned type has all bits set",
            };
            faults.push(fault.also(constant.ty.place.clone(), "its type").note(note));
        }
    }
}

/// Whether a value is one of integers: alone, or in structures and arrays.
fn fits(model: &Model, ty: &Ty, value: &ConstantValue) -> bool {
    match (model.bare(ty), value) {
        (Ty::Prim(_), ConstantValue::AllOnes) => true,
        (Ty::Prim(prim), ConstantValue::Number(number)) => {
            // A pointer-wide constant must fit the narrowest pointer.
            let bits = prim.bytes.unwrap_or(4) * 8;
            let number = i128::from(*number);
            let (low, high) =
                if prim.signed { (-(1 << (bits - 1)), 1 << (bits - 1)) } else { (0, 1_i128 << bits) };
            (low..high).contains(&number)
        }
        (Ty::Array(item, length), ConstantValue::List(values)) => {
            values.len() as u64 == *length && values.iter().all(|value| fits(model, item, value))
        }
        (ty, ConstantValue::List(values)) => model.structure(ty).is_some_and(|(_, of)| {
            let fields = of.fields.iter().zip(values);
            of.fields.len() == values.len()
                && fields.into_iter().all(|(field, value)| fits(model, &field.ty, value))
        }),
        _ => false,
    }
}
