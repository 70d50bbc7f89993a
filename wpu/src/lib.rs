//! Write Winsock service providers in safe Rust.
//!
//! A provider is a DLL that Ws2_32 loads. Ws2_32 passes it a table of function pointers, the *upcalls*, and
//! the documentation states which of them a provider must use. With [`wpu_provider`], a missing upcall is a
//! compile-time error.
//!
//! ```
//! # mod crate_root {
//! use wpu::prelude::*;
//!
//! /// A base provider whose sockets are not file handles.
//! #[wpu_provider(
//!     class = non_ifs,
//!     uses(WPUCreateSocketHandle, WPUQuerySocketHandleContext),
//!     waives(
//!         WPUGetProviderPath = "base provider: no layer below",
//!         WPUPostMessage = "refuses WSPAsyncSelect",
//!         WPUQueryBlockingCallback = "never blocks a client thread",
//!     ),
//! )]
//! pub struct Loopback;
//!
//! impl Loopback {
//!     /// Opens a socket whose context is `key`.
//!     pub fn open(&self, entry: u32, key: usize) -> Result<SocketHandle, WsaError> {
//!         Self::upcalls().create_socket_handle(entry, key)
//!     }
//!     /// Returns the key of a client's socket.
//!     pub fn key(&self, socket: SOCKET) -> Result<usize, WsaError> {
//!         Self::upcalls().query_socket_handle_context(socket)
//!     }
//! }
//! # }
//! ```
//!
//! Upcalls go through the newest table that Ws2_32 has passed. Before start-up and after the last clean-up
//! they fail: with `WSANOTINITIALISED`, or with `false` and [`Failed`] if a call has no error code.
//!
//! Without the feature `macros` there is no attribute and no check: [`Upcalls`] over a [`Cell`](raw::Cell)
//! has all sixteen upcalls, and [`Run`](raw::Run) manages the cell as the attribute would.

#![forbid(unsafe_op_in_unsafe_fn)]

#[cfg(all(panic = "abort", feature = "provider"))]
compile_error!(
    "a provider must not be built with `panic = \"abort\"`: a panic would end the client's program, but must only fail \
     one call; write `panic = \"unwind\"` in the profile, or remove the line"
);

#[cfg(feature = "provider")]
mod address;
mod apc;
#[cfg(feature = "base")]
pub mod base;
#[cfg(feature = "provider")]
mod completion;
#[cfg(feature = "provider")]
mod condition;
mod ending;
#[cfg(feature = "provider")]
mod entry;
#[cfg(feature = "provider")]
mod export;
#[cfg(feature = "provider")]
mod instance;
#[cfg(feature = "provider")]
mod kept;
#[cfg(feature = "layer")]
pub mod layer;
#[cfg(feature = "provider")]
mod lifecycle;
mod module;
mod overlapped;
pub mod prelude;
mod provider;
#[cfg(feature = "provider")]
mod report;
#[cfg(any(feature = "base", feature = "layer"))]
mod slab;
mod start;
mod startup;

#[cfg(feature = "provider")]
pub use address::Address;
pub use apc::apc;
#[cfg(feature = "provider")]
pub use completion::overlapped_result;
#[cfg(feature = "provider")]
pub use condition::{Decision, decide};
#[cfg(feature = "provider")]
pub use lifecycle::{EntryPoint, Lifecycle, Start, class_of};
pub use overlapped::Overlapped;
#[cfg(feature = "base")]
pub use provider::WithBase;
#[cfg(feature = "layer")]
pub use provider::WithLayer;
pub use provider::{Provider, WithKit};
#[cfg(feature = "macros")]
pub use wpu_macros::wpu_provider;
pub use wpu_sys::rt::compliance;
pub use wpu_sys::{
    Apc, BlockingHook, Built, Class, ClientMut, ClientRef, Declaration, Event, EventRef, Failed, FdSet, KITS,
    Kit, OpenThread, Operation, Platform, Refused, SocketHandle, ThreadId, UPCALLS, Upcall, UpcallSet,
    Upcalls, Verdict, Waiver, WideString, Window, WsaError, facts, ffi,
};
#[cfg(feature = "provider")]
pub use wpu_sys::{
    Bytes, ClientSlice, CompletionResult, Condition, ConnectParams, FdSetMut, Gather, OutBuf, Outcome,
    PendingRequest, Progress, Received, Request, Scatter, Short, SocketParams, Text, Transfer, Transferred,
};
// Their methods name aliases such as `Request<'_>`. Where rustdoc inlines the traits it shows what those stand for.
#[cfg(feature = "provider")]
#[doc(no_inline)]
pub use wpu_sys::{Layer, ServiceProvider};

/// The layer below the safe interface, for code that does not use the attribute or is generated: the cell
/// that holds the table and its start-up count, both directions of a function table, and the parts of a
/// request.
pub mod raw {
    pub use crate::start::{clean_up, start};
    pub use crate::startup::{CleanUpError, Run, StartError, clean_up_error, start_error};
    pub use wpu_sys::{Cell, RawTable, Table};
    #[cfg(feature = "provider")]
    pub use wpu_sys::{
        CompletionVtable, Kept, PendingToken, RequestBuffers, RequestContext, RequestParts, RequestState,
    };
    // As for the traits.
    #[cfg(feature = "provider")]
    #[doc(no_inline)]
    pub use wpu_sys::{Procs, Serve};
}

/// Items that the expansions of the attribute and of [`export!`] name. Other code must not use them.
#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "provider")]
    pub use crate::entry::{Exported, Starter, TablePointer, start_up};
    #[cfg(feature = "provider")]
    pub use crate::export::{NotSame, Pair};
    #[cfg(feature = "provider")]
    pub use crate::instance::Instance;
    pub use crate::startup::Run;
    pub use crate::{Provider, WithKit};
    pub use core;
    #[cfg(feature = "macros")]
    pub use wpu_macros::__provider;
    pub use wpu_sys::__private::__facts;
    pub use wpu_sys::import::Import;
    pub use wpu_sys::rt::export::Exports;
    pub use wpu_sys::rt::fixed::Fixed;
    pub use wpu_sys::*;
}

/// What the attribute imports: where it is missing, rustc's message contains this name.
#[doc(hidden)]
pub use self::__private as crate_must_be_the_path_of_wpu;

/// Compiles and tests the code in the guides.
#[cfg(doctest)]
mod guides {
    #[doc = include_str!("../../README.md")]
    mod readme {}
    #[doc = include_str!("../../docs/rules.md")]
    mod rules {}
    #[cfg(all(feature = "base", feature = "layer"))]
    #[doc = include_str!("../../docs/providers.md")]
    mod providers {}
}
