//! Notifications from a transport to the kit.

use super::change::Change;
use std::fmt;
use std::sync::{Arc, OnceLock, Weak};
use wpu_sys::WsaError;

/// Notifies the kit of a change at one endpoint. It can be called from any thread, from within the methods of
/// the endpoint, and any number of times. The kit reacts immediately and calls methods of the endpoint, so
/// the caller must not hold a lock that such a method takes.
#[derive(Clone, Default)]
pub struct Notify(Arc<OnceLock<Weak<dyn Notified>>>);

/// The receiver of notifications. Before a socket is attached and after it is closed there is no receiver:
/// the kit checks the endpoint itself before it waits.
pub(super) trait Notified: Send + Sync {
    fn readable(self: Arc<Self>);
    fn writable(self: Arc<Self>);
    fn connected(self: Arc<Self>, result: Result<(), WsaError>);
    fn changed(self: Arc<Self>, change: Change);
}

impl Notify {
    /// Bytes, a message, the end of the stream, an error or a connection may have arrived.
    pub fn readable(&self) {
        self.tell(Notified::readable);
    }

    /// There may be space for bytes to send.
    pub fn writable(&self) {
        self.tell(Notified::writable);
    }

    /// The pending connect has succeeded or failed.
    pub fn connected(&self, result: Result<(), WsaError>) {
        self.tell(|socket| socket.connected(result));
    }

    /// The local addresses of the endpoint's family have changed. To be called after `SIO_ADDRESS_LIST_CHANGE` has
    /// succeeded.
    pub fn addresses_changed(&self) {
        self.tell(|socket| socket.changed(Change::Addresses));
    }

    /// The route to the destination has changed with which `SIO_ROUTING_INTERFACE_CHANGE` has succeeded, or any route
    /// if that was the wildcard address.
    pub fn route_changed(&self) {
        self.tell(|socket| socket.changed(Change::Routes));
    }

    pub(super) fn attach(&self, socket: Weak<dyn Notified>) {
        // An endpoint belongs to one socket, so this succeeds.
        let _ = self.0.set(socket);
    }

    fn tell(&self, what: impl FnOnce(Arc<dyn Notified>)) {
        if let Some(socket) = self.0.get().and_then(Weak::upgrade) {
            what(socket);
        }
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Notify").field("attached", &self.0.get().is_some()).finish()
    }
}
