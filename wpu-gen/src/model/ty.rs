//! C types.

/// A C type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Ty {
    Void,
    Prim(Prim),
    /// An index into [`Model::types`](super::Model::types).
    Named(usize),
    Pointer(Box<Ty>),
    Array(Box<Ty>, u64),
}

/// A Rust integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Prim {
    pub name: &'static str,
    /// Absent: as wide as a pointer.
    pub bytes: Option<u64>,
    pub signed: bool,
}

/// Every integer that a spec may name.
pub const PRIMS: &[Prim] = &[
    Prim { name: "u8", bytes: Some(1), signed: false },
    Prim { name: "u16", bytes: Some(2), signed: false },
    Prim { name: "u32", bytes: Some(4), signed: false },
    Prim { name: "u64", bytes: Some(8), signed: false },
    Prim { name: "usize", bytes: None, signed: false },
    Prim { name: "i8", bytes: Some(1), signed: true },
    Prim { name: "i16", bytes: Some(2), signed: true },
    Prim { name: "i32", bytes: Some(4), signed: true },
    Prim { name: "i64", bytes: Some(8), signed: true },
    Prim { name: "isize", bytes: None, signed: true },
];

impl Ty {
    /// Whether it is `void` or an array of that, which can only be pointed at.
    #[must_use]
    pub fn holds_void(&self) -> bool {
        match self {
            Self::Void => true,
            Self::Array(item, _) => item.holds_void(),
            _ => false,
        }
    }
}
