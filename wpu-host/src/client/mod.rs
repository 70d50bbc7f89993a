//! The client of providers: Winsock's functions, as Ws2_32 passes them on to providers.

#![allow(clippy::similar_names, reason = "a call and its result, a caller and a callee")]
#![allow(
    clippy::not_unsafe_ptr_arg_deref,
    reason = "events and windows are numbers in the shape of pointers"
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
use wpu_sys::ffi::SOCKET;
use wpu_sys::ffi::WSPPROC_TABLE;

pub use address::{decode_address, encode_address};
pub use events::{NetworkEvents, Selected};
pub use overlapped::{ClientRequest, Tell};
pub use pending::{CompletionStatus, Routine};
pub use sockets::{Caller, ConditionResult};

/// A client of the providers that a host has installed: what a program that uses Winsock does.
///
/// Its methods do what the function of Winsock does that has a similar name: they find the provider
/// by the socket, start it when it is first needed, and call it. All can be called from many
/// threads at once. A socket is a plain value, as in Winsock, and any value can be passed.
///
/// The client watches how each call ends: [`Host::faults`](crate::Host::faults) lists what
/// providers did against the rules.
///
/// One that is made has called `WSAStartup` once. When it is dropped, it takes back what it has
/// not cleaned up itself. Its host answers upcalls as long as it lives.
#[derive(Debug)]
pub struct Client {
    winsock: Arc<Winsock>,
    /// How many start-ups this one has not taken back.
    starts: AtomicUsize,
    /// Its providers make upcalls when they are cleaned up.
    _claim: Arc<Claim>,
}

impl Client {
    pub(crate) fn new(winsock: Arc<Winsock>, claim: Arc<Claim>) -> Self {
        let client = Self { winsock, starts: AtomicUsize::new(0), _claim: claim };
        client.start_up();
        client
    }

    /// Counts one more start-up, as `WSAStartup` does. Providers are started when they are needed.
    pub fn start_up(&self) {
        self.winsock.start_up();
        self.starts.fetch_add(1, Ordering::SeqCst);
    }

    /// Takes one start-up back, as `WSACleanup` does. With the last one of all clients of the host,
    /// every provider that was started is cleaned up.
    ///
    /// # Errors
    ///
    /// `WSANOTINITIALISED` if this client has taken all of its start-ups back.
    pub fn clean_up(&self) -> Result<(), WsaError> {
        let one_less = |starts: usize| starts.checked_sub(1);
        let counted = self.starts.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less);
        counted.map_err(|_| WsaError::WSANOTINITIALISED)?;
        self.winsock.clean_up()
    }

    /// Takes all start-ups back, and says what providers have left open. It should be nothing, if
    /// no other client of the host is left.
    #[must_use]
    pub fn finish(self) -> Leftovers {
        self.clean_up_all();
        self.winsock.left_open()
    }

    /// The functions of the provider that owns a socket, for calls that this type does not make.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if nobody owns it, `WSANOTINITIALISED` without a start-up, or why the provider
    /// is not started.
    pub fn procs(&self, socket: SOCKET) -> Result<WSPPROC_TABLE, WsaError> {
        self.winsock.route(socket).map(|route| route.procs)
    }

    /// The functions of the provider of an entry.
    ///
    /// # Errors
    ///
    /// `WSAEINVAL` if there is no such entry, `WSANOTINITIALISED` without a start-up, or why the
    /// provider is not started.
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

/// What a provider answers that has no function for a call.
const NOT_THERE: WsaError = WsaError::WSAEOPNOTSUPP;
