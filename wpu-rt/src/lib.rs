//! What generated bindings stand on. It knows shapes, and no host's names.
//!
//! Functions are `#[inline]`, so that whoever compiles this crate pays only for those in use. What only generated code
//! calls is `#[doc(hidden)]`, and `unsafe` wherever a wrong call could do harm.

#![no_std]

extern crate alloc;

#[cfg(feature = "provider")]
pub mod buffers;
pub mod cell;
pub mod checks;
pub mod client;
pub mod export;
#[cfg(feature = "provider")]
#[doc(hidden)]
pub mod forward;
pub mod import;
pub mod interface;
#[cfg(feature = "provider")]
pub mod memory;
#[cfg(feature = "provider")]
pub mod owned;
pub mod refused;
#[cfg(feature = "provider")]
pub mod request;
#[cfg(feature = "provider")]
pub mod set;
pub mod symbol;
pub mod wide;
