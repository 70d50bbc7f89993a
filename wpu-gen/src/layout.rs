//! How many bytes a C type takes, where its members are, and whether its values can be compared.

use crate::model::{Model, Struct, Ty, TypeKind};
use std::cell::RefCell;

/// Bytes of a pointer on the two kinds of machine that a spec speaks of.
pub(crate) const POINTERS: [u64; 2] = [4, 8];

/// What a type is like, held by value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) size: u64,
    pub(crate) align: u64,
    /// It holds no function pointer: those cannot be compared in a way that means something.
    pub(crate) comparable: bool,
}

impl Layout {
    const fn scalar(size: u64) -> Self {
        Self { size, align: size, comparable: true }
    }

    const fn functions(count: u64, pointer: u64) -> Self {
        Self { size: count * pointer, align: pointer, comparable: false }
    }
}

/// The layouts of all types where pointers have one width. Each is worked out once, since a few structures
/// that hold each other twice would otherwise take for ever.
pub(crate) struct Layouts<'m> {
    model: &'m Model,
    pointer: u64,
    known: RefCell<Vec<Option<Layout>>>,
}

impl<'m> Layouts<'m> {
    /// Where pointers take `pointer` bytes.
    pub(crate) fn new(model: &'m Model, pointer: u64) -> Self {
        Self { model, pointer, known: RefCell::new(vec![None; model.types.len()]) }
    }

    /// Bytes of a pointer.
    pub(crate) fn pointer(&self) -> u64 {
        self.pointer
    }

    /// The layout of a type.
    pub(crate) fn of(&self, ty: &Ty) -> Layout {
        match ty {
            // Never held by value; the shape gate sees to it.
            Ty::Void => Layout { size: 0, align: 1, comparable: true },
            Ty::Prim(prim) => Layout::scalar(prim.bytes.unwrap_or(self.pointer)),
            Ty::Pointer(_) => Layout::scalar(self.pointer),
            Ty::Array(item, length) => {
                let item = self.of(item);
                Layout { size: item.size.saturating_mul(*length), ..item }
            }
            Ty::Named(id) => self.of_named(*id),
        }
    }

    fn of_named(&self, id: usize) -> Layout {
        let known = self.known.borrow()[id];
        known.unwrap_or_else(|| {
            let layout = match &self.model.types[id].kind {
                TypeKind::Typedef { target, .. } => self.of(target),
                TypeKind::Struct(structure) => self.of_struct(structure).0,
                TypeKind::Callback(_) => Layout::functions(1, self.pointer),
                TypeKind::Table(table) => {
                    Layout::functions(self.model.tables[*table].slots.len() as u64, self.pointer)
                }
            };
            self.known.borrow_mut()[id] = Some(layout);
            layout
        })
    }

    /// The layout of a structure, and the offset of each member.
    pub(crate) fn of_struct(&self, structure: &Struct) -> (Layout, Vec<u64>) {
        let mut whole = Layout { size: 0, align: 1, comparable: true };
        let mut offsets = Vec::new();
        for field in &structure.fields {
            let layout = self.of(&field.ty);
            let offset = round_up(whole.size, layout.align);
            offsets.push(offset);
            whole.size = offset.saturating_add(layout.size);
            whole.align = whole.align.max(layout.align);
            whole.comparable &= layout.comparable;
        }
        whole.size = round_up(whole.size, whole.align);
        (whole, offsets)
    }
}

/// A size too large to count stays as large as can be counted.
fn round_up(size: u64, align: u64) -> u64 {
    size.checked_next_multiple_of(align.max(1)).unwrap_or(u64::MAX)
}
