//! What generated code rests on. It knows shapes, not names.
//!
//! Functions are `#[inline]`, so that whoever compiles this crate pays only for those in use.

pub(crate) mod border;
pub mod cell;
pub mod facts;
pub mod refused;
pub(crate) mod symbol;
pub mod verdict;
pub mod wide;
