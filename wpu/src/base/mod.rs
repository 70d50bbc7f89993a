//! The kit for base providers whose sockets are not file handles, built on a transport.
//!
//! The author implements how bytes are transferred ([`Transport`], [`Endpoint`]) in methods that never wait,
//! and calls a [`Notify`] when an operation may have become possible. From that, [`Base`] implements the
//! thirty functions of a provider: handles, blocking and non-blocking calls, overlapped requests, network
//! events, `WSPSelect`, options, closing and clean-up.

mod change;
mod notify;
mod params;
mod provider;
mod socket;
mod transport;

pub use crate::Address;
pub use notify::Notify;
pub use provider::Base;
pub use transport::{Endpoint, Kind, Receive, Transport};
