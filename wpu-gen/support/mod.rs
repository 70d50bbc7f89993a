//! What generated code rests on. It knows shapes, not names.
//!
//! Functions are `#[inline]`, so that whoever compiles this crate pays only for those in use.

pub(crate) mod checks;
#[cfg(feature = "provider")]
pub mod buffers;
pub mod cell;
pub mod declaration;
pub mod facts;
#[cfg(feature = "provider")]
pub(crate) mod forward;
pub mod import;
#[cfg(feature = "provider")]
pub mod memory;
#[cfg(feature = "provider")]
pub mod owned;
pub mod refused;
#[cfg(feature = "provider")]
pub mod request;
#[cfg(feature = "provider")]
pub mod set;
pub(crate) mod symbol;
pub mod upcall_set;
pub mod compliance;
pub mod client;
pub mod wide;
