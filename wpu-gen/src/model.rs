//! A spec whose names are all found: what checks read and, once they pass, emitters.

mod function;
mod listings;
mod obligations;
mod placed;
mod queries;
mod ty;

use crate::diag::Place;
pub use crate::syntax::{
    Arch, Convention, Direction, Encoding, Lifetime, ProvidedBy, ReturnRole, Role, Status, Unit,
};
pub use function::{
    DocumentedError, Downcall, EntryPoint, Function, Group, Import, Key, Param, Requirement, Said, Upcall,
};
pub use listings::{Cell, Item, Listing, Row};
pub use obligations::{Certainty, Cited, FunctionId, Obligation, ObligationKind, Party, Topic};
pub use placed::Placed;
use std::collections::{HashMap, HashSet};
pub use ty::{PRIMS, Prim, Ty};

/// A whole spec. Indices in its parts point into its other parts.
#[derive(Debug)]
pub struct Model {
    pub head: Head,
    pub classes: Vec<Word>,
    pub platforms: Vec<Word>,
    /// Which of `platforms` holds where a provider names none.
    pub default_platform: usize,
    pub sources: Vec<Source>,
    pub types: Vec<TypeDef>,
    pub constants: Vec<Constant>,
    pub errors: Vec<ErrorCode>,
    pub handles: Vec<Handle>,
    pub tables: Vec<Table>,
    pub entry_points: Vec<EntryPoint>,
    /// In table order, then those without a slot, by name.
    pub upcalls: Vec<Upcall>,
    /// In table order.
    pub downcalls: Vec<Downcall>,
    pub imports: Vec<Import>,
    pub kits: Vec<Kit>,
    pub notes: Vec<Note>,
    pub listings: Vec<Listing>,
    pub topics: Vec<Topic>,
    pub headers: Vec<Header>,
    pub header_mismatches: Vec<HeaderMismatch>,
    /// For each type, whether it has pointers; found when it is first asked for.
    pub pointers: std::sync::OnceLock<Vec<bool>>,
    pub index: Index,
}

/// What would otherwise be looked for again and again.
#[derive(Debug, Default)]
pub struct Index {
    /// Upcall → the first handle that it acquires.
    acquired: HashMap<usize, usize>,
    /// Upcall → the first handle that it releases.
    released: HashMap<usize, usize>,
    /// Upcall → the notes about it, in order.
    upcall_notes: Vec<Vec<usize>>,
    /// Downcall → the notes about it, in order.
    downcall_notes: Vec<Vec<usize>>,
    /// The types of the bare values of handles.
    raw: HashSet<Ty>,
    /// Its place among the headers.
    headers: HashMap<String, usize>,
}

impl Index {
    /// Looks through a model whose lists are complete.
    pub fn of(model: &Model) -> Self {
        let mut index = Self::default();
        for (at, handle) in model.handles.iter().enumerate() {
            index.acquired.entry(*handle.acquire).or_insert(at);
            index.released.entry(*handle.release).or_insert(at);
            index.raw.insert(handle.ty.value.clone());
        }
        let upcalls = model.notes.iter().map(|note| &note.upcalls);
        index.upcall_notes = by_function(upcalls, model.upcalls.len());
        let downcalls = model.notes.iter().map(|note| &note.downcalls);
        index.downcall_notes = by_function(downcalls, model.downcalls.len());
        for (at, header) in model.headers.iter().enumerate() {
            index.headers.entry(header.name.clone()).or_insert(at);
        }
        index
    }
}

/// Function → the notes that are about it, each once.
fn by_function<'a>(notes: impl Iterator<Item = &'a Vec<usize>>, functions: usize) -> Vec<Vec<usize>> {
    let mut found: Vec<Vec<usize>> = vec![Vec::new(); functions];
    for (note, about) in notes.enumerate() {
        for function in about {
            if let Some(list) = found.get_mut(*function)
                && list.last() != Some(&note)
            {
                list.push(note);
            }
        }
    }
    found
}

/// What holds for the whole spec.
#[derive(Debug)]
pub struct Head {
    pub title: Placed<String>,
    pub revision: u32,
    pub package: Placed<String>,
    pub error_type: Placed<String>,
    pub contract_violation: usize,
    pub not_initialized: usize,
    pub buffer_too_small: usize,
    pub pending: Option<usize>,
    pub aborted: Option<usize>,
    /// Where the keys stand that only downcalls need.
    pub of_downcalls: Vec<(&'static str, Place)>,
    pub control_input_flag: Option<Placed<usize>>,
    pub convention: Convention,
    pub error_header: Option<String>,
    /// What every upcall's name begins with.
    pub prefix: String,
}

/// A class or a platform.
#[derive(Debug)]
pub struct Word {
    pub name: Placed<String>,
    pub doc: String,
}

#[derive(Debug)]
pub struct Source {
    pub id: String,
    pub title: Placed<String>,
    pub url: Option<Placed<String>>,
}

#[derive(Debug)]
pub struct TypeDef {
    pub name: Placed<String>,
    pub doc: String,
    pub header: Option<String>,
    pub sources: Vec<usize>,
    pub kind: TypeKind,
}

#[derive(Debug)]
pub enum TypeKind {
    Typedef {
        target: Ty,
        c_only: bool,
        /// The Rust name of its values, which the other side never follows unseen.
        opaque: Option<Placed<String>>,
    },
    Struct(Struct),
    Callback(Callback),
    /// An index into [`Model::tables`].
    Table(usize),
}

#[derive(Debug)]
pub struct Struct {
    /// Bytes on 32-bit and on 64-bit machines, as the spec says.
    pub size: Placed<[u64; 2]>,
    pub fields: Vec<Field>,
    pub counted: Option<Counted>,
    pub iovec: Option<Iovec>,
    /// Lent by a client, and given back exactly once: where that is said.
    pub request: Option<Place>,
    /// Of a counted structure, or of a request.
    pub rust_name: Option<Placed<String>>,
    /// C knows it by `struct` and the name.
    pub tag: bool,
}

#[derive(Debug)]
pub struct Field {
    pub name: Placed<String>,
    pub ty: Placed<Ty>,
    pub doc: String,
    /// Where it is said what counts its elements.
    pub counted_by: Option<Place>,
    /// Bytes from the start, as the spec says.
    pub offset: Option<Placed<[u64; 2]>>,
}

#[derive(Debug)]
pub struct Counted {
    /// Indices into the fields.
    pub count: usize,
    pub items: usize,
}

#[derive(Debug)]
pub struct Iovec {
    /// Indices into the fields.
    pub base: usize,
    pub length: usize,
}

#[derive(Debug)]
pub struct Callback {
    pub returns: Option<Ty>,
    pub params: Vec<PlainParam>,
    pub rust_name: Option<Placed<String>>,
}

impl Callback {
    /// The parameter that is the context, if it has a bundle.
    #[must_use]
    pub fn context(&self) -> Option<&PlainParam> {
        self.rust_name.as_ref().and(self.params.last())
    }
}

#[derive(Debug)]
pub struct PlainParam {
    pub name: Placed<String>,
    pub ty: Ty,
    /// As it is written, with `const` where it has that.
    pub c_type: String,
    pub doc: String,
}

#[derive(Debug)]
pub struct Constant {
    pub name: Placed<String>,
    pub ty: Placed<Ty>,
    pub value: Placed<ConstantValue>,
    /// Of a control code whose input has no pointers.
    pub control_input: Option<Placed<Ty>>,
    /// Whether nothing but listings names it, so that nothing else in the output does either.
    pub only_listed: bool,
    pub doc: String,
    pub header: Option<String>,
    pub sources: Vec<usize>,
}

impl Constant {
    /// The text that it stands for, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        if let ConstantValue::Text(text) = &*self.value { Some(text) } else { None }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub enum ConstantValue {
    Number(i64),
    AllOnes,
    Text(String),
    /// Of a structure or an array: a value for each field or element.
    List(Vec<ConstantValue>),
}

#[derive(Debug)]
pub struct ErrorCode {
    pub name: Placed<String>,
    pub value: Placed<i32>,
    pub message: String,
    pub io_kind: Option<Placed<String>>,
    pub from_io_kinds: Vec<Placed<String>>,
    pub alias_of: Option<Placed<usize>>,
    pub sources: Vec<usize>,
}

#[derive(Debug)]
pub struct Handle {
    pub name: Placed<String>,
    pub doc: String,
    pub ty: Placed<Ty>,
    /// Indices into [`Model::upcalls`].
    pub acquire: Placed<usize>,
    pub release: Placed<usize>,
    pub borrowed: Option<Placed<String>>,
    pub tag_bits: Option<Placed<u32>>,
    /// No working host gives out the value whose bytes are all zero.
    pub never_zero: bool,
}

#[derive(Debug)]
pub struct Table {
    pub name: Placed<String>,
    pub doc: String,
    pub header: String,
    pub member_prefix: Placed<String>,
    pub sources: Vec<usize>,
    pub provided_by: ProvidedBy,
    /// The Rust name of the trait behind a provider's table.
    pub behind: Option<Placed<String>>,
    /// Bytes on 32-bit and on 64-bit machines, as the spec says.
    pub size: Placed<[u64; 2]>,
    /// Slot → index into [`Model::upcalls`], or into [`Model::downcalls`] for a provider's table.
    pub slots: Vec<usize>,
}

/// Code that makes upcalls on a provider's behalf.
#[derive(Debug)]
pub struct Kit {
    pub name: Placed<String>,
    pub doc: String,
    /// By class: indices into [`Model::upcalls`], in order. `None`: it is not for that class.
    pub uses: Vec<Option<Vec<Placed<usize>>>>,
    /// Whether it completes requests.
    pub completes: Option<Placed<bool>>,
}

#[derive(Debug)]
pub struct Note {
    pub id: String,
    /// Indices into [`Model::upcalls`], of those that it is about.
    pub upcalls: Vec<usize>,
    /// Indices into [`Model::downcalls`], likewise.
    pub downcalls: Vec<usize>,
    /// All names that it is about.
    pub about: Vec<String>,
    pub doc: String,
    pub decision: String,
    pub sources: Vec<usize>,
}

/// How C code gets at what a header declares.
#[derive(Debug)]
pub struct Header {
    pub name: String,
    pub include: Vec<String>,
    pub fallback: Option<String>,
}

/// Items that are not compared with their headers.
#[derive(Debug)]
pub struct HeaderMismatch {
    pub about: Vec<String>,
    pub unless: Option<String>,
    pub reason: String,
    pub sources: Vec<usize>,
}
