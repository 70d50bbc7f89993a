//! The rules for what an attribute's arguments declare, and the words for what breaks them.
//!
//! They judge facts, and need no tokens: the attribute's crate reads the arguments, and shows each problem at its place.
//! So they are compiled while the parser of tokens is.
//!
//! Here and in the attribute's crate, lists are built by loops rather than by chains of iterators: each adapter of a chain is
//! several functions for each of its uses, and whoever builds a provider compiles them.

mod check;
mod declared;
pub mod messages;
mod suggest;

pub use check::check;
pub use declared::{
    CLASS, CRATE, Declared, KEYS, KIT, Name, OF, PLATFORM, Place, Problems, USES, Value, WAIVES, Waiver,
};
pub use suggest::{position, similar};
