//! Write plug-ins for any host that hands them a table of functions, the *upcalls*.
//!
//! A spec says which upcalls there are and which of them a plug-in must use. `wpu-gen` writes bindings from it, a crate or a
//! module, and [`provider`] makes forgetting a required one a compile-time error. Providers for Winsock have a crate of
//! their own, `wpu`.
//!
//! ```text
//! #[wpu_table::provider(of = lamp_sys, class = driver, uses(lampOpen))]
//! pub struct Driver;
//! ```

#![no_std]

extern crate alloc;

mod provider;
mod run;
mod start;

pub use provider::{Provider, WithKit};
pub use start::{start, stop};
pub use wpu_macros::provider;

/// What the attribute expands to names these; nobody else should.
#[doc(hidden)]
pub mod __private {
    pub use crate::provider::{Provider, WithKit};
    pub use crate::run::{Fixed, Run};
    pub use wpu_macros::__provider;
}
