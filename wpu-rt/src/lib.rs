//! The runtime of generated bindings. It contains no names of any host.
//!
//! Functions are `#[inline]`, so that a crate pays only for the functions that it uses. Functions that only
//! generated code calls are `#[doc(hidden)]`, and `unsafe` wherever a wrong call could cause undefined
//! behaviour.
//!
//! Without the feature `bindings` there are the facts and the rules of compliance alone, which the attribute needs. With
//! `rules` there is also what it says of its arguments.

#![no_std]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[cfg(feature = "provider")]
pub mod buffers;
#[cfg(all(feature = "provider", feature = "std"))]
#[doc(hidden)]
pub mod calls;
#[cfg(feature = "bindings")]
pub mod cell;
#[cfg(feature = "bindings")]
pub mod checks;
#[cfg(feature = "bindings")]
pub mod client;
#[cfg(feature = "provider")]
mod completion;
pub mod compliance;
pub mod declaration;
#[cfg(feature = "bindings")]
pub mod export;
pub mod facts;
#[cfg(feature = "bindings")]
pub mod fixed;
#[cfg(feature = "provider")]
#[doc(hidden)]
pub mod forward;
#[cfg(feature = "bindings")]
pub mod import;
#[cfg(feature = "bindings")]
pub mod interface;
#[cfg(feature = "std")]
mod interned;
#[cfg(feature = "provider")]
pub mod memory;
#[cfg(feature = "obligations")]
pub mod obligation;
#[cfg(feature = "provider")]
mod outcome;
#[cfg(feature = "provider")]
pub mod owned;
#[cfg(feature = "std")]
#[doc(hidden)]
pub mod panic;
#[cfg(feature = "provider")]
mod pending;
#[cfg(feature = "bindings")]
pub mod refused;
#[cfg(feature = "provider")]
pub mod request;
#[cfg(feature = "rules")]
#[doc(hidden)]
pub mod rules;
#[cfg(feature = "provider")]
pub mod set;
#[cfg(feature = "std")]
pub mod startup;
#[cfg(feature = "std")]
mod startup_error;
#[cfg(feature = "bindings")]
pub mod symbol;
#[cfg(feature = "std")]
#[doc(hidden)]
pub mod sync;
#[cfg(feature = "std")]
#[doc(hidden)]
pub mod thread;
pub mod upcall_set;
#[cfg(feature = "bindings")]
pub mod wide;
