//! What generated code rests on. It knows shapes, not names.

pub(crate) mod border;
pub mod cell;
pub mod facts;
pub mod refused;
pub(crate) mod symbol;
pub mod verdict;
pub mod wide;
