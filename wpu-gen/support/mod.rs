//! What generated code rests on. It knows shapes, not names.
//!
//! Functions are `#[inline]`, so that whoever compiles this crate pays only for those in use.

pub mod declaration;
pub mod facts;
pub mod upcall_set;
pub mod compliance;
