//! A base provider without file handles, made of a transport.
//!
//! The author says how bytes get from one end to the other ([`Transport`], [`Endpoint`]), in methods that
//! never wait, and calls a [`Notify`] when something may have become possible. [`Base`] makes the thirty
//! functions of a provider of that: handles, blocking and non-blocking calls, overlapped requests,
//! network events, selections, options, closing and cleaning up.

mod notify;
mod provider;
mod socket;
mod transport;

pub use crate::Address;
pub use notify::Notify;
pub use provider::Base;
pub use transport::{Endpoint, Kind, Receive, Transport};
