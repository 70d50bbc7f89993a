//! The rules for what an attribute's arguments declare, and the words for what breaks them.
//!
//! They judge facts, and need no tokens: the attribute's crate reads the arguments, and shows each problem at its place.
//! So they are compiled while the parser of tokens is.

mod check;
mod declared;
pub mod messages;
mod suggest;

pub use check::check;
pub use declared::{
    CLASS, CRATE, Declared, KEYS, KIT, Name, OF, PLATFORM, Place, Problems, USES, Value, WAIVES, Waiver,
};
pub use suggest::similar;
