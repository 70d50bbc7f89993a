//! The client of the providers: Winsock's functions, forwarded to providers as Ws2_32 does.

#![allow(clippy::similar_names, reason = "a call and its result, a caller and a callee")]
#![allow(
    clippy::not_unsafe_ptr_arg_deref,
    reason = "handles of events and windows are integers with a pointer type"
)]

mod address;
mod control;
mod data;
mod events;
pub(crate) mod memory;
mod overlapped;
pub(crate) mod pending;
mod sockets;

use crate::host_slots::Claim;
use crate::leftovers::Leftovers;
use crate::winsock::Winsock;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wpu_sys::WsaError;
use wpu_sys::ffi::{SOCKET, WSAPROTOCOL_INFOW, WSPPROC_TABLE};

pub use address::{decode_address, encode_address};
pub use data::ReceiveResult;
pub use events::{NetworkEvents, Selected};
pub use overlapped::{ClientRequest, Tell};
pub use pending::{CompletionStatus, Routine};
pub use sockets::{Caller, ConditionResult};

/// A client of the providers that are installed in a host. It represents a program that uses Winsock.
///
/// Each method does what the Winsock function with a similar name does: it finds the provider that owns the
/// socket, starts the provider when it is first needed, and calls it. All methods can be called from many
/// threads at once. A socket is a plain value, as in Winsock, and any value can be passed.
///
/// The client checks the result of each call. [`Host::faults`](crate::Host::faults) lists the rules that
/// providers have broken.
///
/// A new client has called `WSAStartup` once. When it is dropped, it calls `WSACleanup` for each start-up
/// that is still outstanding. Its host answers upcalls for as long as the client lives.
#[derive(Debug)]
pub struct Client {
    winsock: Arc<Winsock>,
    /// The outstanding start-up count of this client.
    starts: AtomicUsize,
    // Keeps the host's slot: providers make upcalls during their clean-up.
    _claim: Arc<Claim>,
}

impl Client {
    pub(crate) fn new(winsock: Arc<Winsock>, claim: Arc<Claim>) -> Self {
        let client = Self { winsock, starts: AtomicUsize::new(0), _claim: claim };
        client.start_up();
        client
    }

    /// Increments the start-up count, as `WSAStartup` does. Providers are started when they are first needed.
    pub fn start_up(&self) {
        self.winsock.start_up();
        self.starts.fetch_add(1, Ordering::SeqCst);
    }

    /// Decrements the start-up count, as `WSACleanup` does. When the counts of all clients of the host are 0,
    /// every started provider is cleaned up.
    ///
    /// # Errors
    ///
    /// `WSANOTINITIALISED` if the start-up count of this client is 0. `WSAEINPROGRESS` for the last one within a callback of a
    /// provider, such as a blocking hook: then nothing has changed. Also if a provider answers so, which is a fault: that
    /// provider runs on.
    pub fn clean_up(&self) -> Result<(), WsaError> {
        self.winsock.check_clean_up()?;
        let one_less = |starts: usize| starts.checked_sub(1);
        let counted = self.starts.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less);
        counted.map_err(|_| WsaError::WSANOTINITIALISED)?;
        self.winsock.clean_up()
    }

    /// Calls [`Client::clean_up`] for each outstanding start-up, and returns what providers have not
    /// released. If no other client of the host is left, nothing should remain.
    #[must_use]
    pub fn finish(self) -> Leftovers {
        self.clean_up_all();
        self.winsock.left_open()
    }

    /// Lists the entries that clients find, in catalog order, as `WSAEnumProtocols` does: chains and base
    /// entries, without hidden ones.
    ///
    /// # Errors
    ///
    /// `WSANOTINITIALISED` without an outstanding start-up.
    pub fn protocols(&self) -> Result<Vec<WSAPROTOCOL_INFOW>, WsaError> {
        self.winsock.visible()
    }

    /// The function table of the provider that owns a socket, for calls that have no method here.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if no provider owns the socket, `WSANOTINITIALISED` without an outstanding start-up, or
    /// the error of starting the provider.
    pub fn procs(&self, socket: SOCKET) -> Result<WSPPROC_TABLE, WsaError> {
        self.winsock.route(socket).map(|route| route.procs)
    }

    /// The function table of the provider of an entry.
    ///
    /// # Errors
    ///
    /// `WSAEINVAL` if there is no such entry, `WSANOTINITIALISED` without an outstanding start-up, or the
    /// error of starting the provider.
    pub fn procs_of(&self, entry: u32) -> Result<WSPPROC_TABLE, WsaError> {
        self.winsock.route_by_id(entry).map(|route| route.procs)
    }

    fn clean_up_all(&self) {
        while self.clean_up().is_ok() {}
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.clean_up_all();
    }
}

/// The error of a call for which the provider's table has no function.
const NOT_THERE: WsaError = WsaError::WSAEOPNOTSUPP;
