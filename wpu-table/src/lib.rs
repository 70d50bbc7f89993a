//! Write plug-ins for any host that hands them a table of functions, the *upcalls*.
//!
//! A spec says which upcalls there are and which of them a plug-in must use. `wpu-gen` writes bindings from it, a crate or a
//! module, and [`provider`] makes forgetting a required one a compile-time error. Providers for Winsock have a crate of
//! their own, `wpu`.
//!
//! A host [starts](start) a plug-in with its table, and [stops](stop) it as often. The plug-in needs the standard library,
//! whose locks guard this count; bindings alone do not.
//!
//! ```text
//! #[wpu_table::provider(of = lamp_sys, class = driver, uses(lampOpen))]
//! pub struct Driver;
//! ```

mod provider;
mod start;

pub use provider::{Provider, WithKit};
pub use start::{start, stop};
pub use wpu_macros::provider;
pub use wpu_rt::startup::{CleanUpError, StartError};

/// What the attribute expands to names these; nobody else should.
#[doc(hidden)]
pub mod __private {
    pub use crate::provider::{Provider, WithKit};
    pub use wpu_macros::__provider;
    pub use wpu_rt::fixed::Fixed;
    pub use wpu_rt::startup::Run;
}

/// What the attribute imports: where it is missing, rustc's message contains this name.
#[doc(hidden)]
pub use self::__private as crate_must_be_the_path_of_wpu_table;
