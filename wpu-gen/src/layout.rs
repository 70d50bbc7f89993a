//! How many bytes a C type takes, and where its members are.

use crate::model::{Model, Struct, Ty, TypeKind};

/// Bytes of a pointer on the two kinds of machine that a spec speaks of.
pub(crate) const POINTERS: [u64; 2] = [4, 8];

/// Size and alignment of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) size: u64,
    pub(crate) align: u64,
}

impl Layout {
    const fn scalar(size: u64) -> Self {
        Self { size, align: size }
    }
}

/// The layout of a type where pointers take `pointer` bytes.
pub(crate) fn of(model: &Model, ty: &Ty, pointer: u64) -> Layout {
    match ty {
        // Never held by value; the shape gate sees to it.
        Ty::Void => Layout { size: 0, align: 1 },
        Ty::Prim(prim) => Layout::scalar(prim.bytes.unwrap_or(pointer)),
        Ty::Pointer(_) => Layout::scalar(pointer),
        Ty::Array(item, length) => {
            let item = of(model, item, pointer);
            Layout { size: item.size.saturating_mul(*length), align: item.align }
        }
        Ty::Named(id) => match &model.types[*id].kind {
            TypeKind::Alias { is, .. } => of(model, is, pointer),
            TypeKind::Struct(structure) => of_struct(model, structure, pointer).0,
            TypeKind::Callback(_) => Layout::scalar(pointer),
            TypeKind::Table(table) => {
                let slots = model.tables[*table].slots.len() as u64;
                Layout { size: slots * pointer, align: pointer }
            }
        },
    }
}

/// The layout of a structure, and the offset of each member.
pub(crate) fn of_struct(model: &Model, structure: &Struct, pointer: u64) -> (Layout, Vec<u64>) {
    let mut whole = Layout { size: 0, align: 1 };
    let mut offsets = Vec::new();
    for field in &structure.fields {
        let layout = of(model, &field.ty, pointer);
        let offset = whole.size.next_multiple_of(layout.align.max(1));
        offsets.push(offset);
        whole.size = offset.saturating_add(layout.size);
        whole.align = whole.align.max(layout.align);
    }
    whole.size = whole.size.checked_next_multiple_of(whole.align).unwrap_or(u64::MAX);
    (whole, offsets)
}
