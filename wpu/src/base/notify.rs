//! How a transport tells the kit that something may have become possible.

use std::fmt;
use std::sync::{Arc, OnceLock, Weak};
use wpu_sys::WsaError;

/// What tells the kit of a change at one endpoint. It can be called from any thread, from within the
/// endpoint's own methods too, and as often as one likes. Hold no lock meanwhile that a method of an
/// endpoint takes: the kit makes use of the change at once, and calls them.
#[derive(Clone, Default)]
pub struct Notify(Arc<OnceLock<Weak<dyn Notified>>>);

/// Who is told. Until a socket is attached, and after it was closed, nobody is: the kit looks for itself
/// before it waits.
pub(super) trait Notified: Send + Sync {
    fn readable(self: Arc<Self>);
    fn writable(self: Arc<Self>);
    fn connected(self: Arc<Self>, result: Result<(), WsaError>);
}

impl Notify {
    /// Bytes, a message, the end, an error or a connection may have arrived.
    pub fn readable(&self) {
        self.tell(Notified::readable);
    }

    /// There may be room for bytes to send.
    pub fn writable(&self) {
        self.tell(Notified::writable);
    }

    /// The connection that was begun stands, or has failed.
    pub fn connected(&self, result: Result<(), WsaError>) {
        self.tell(|socket| socket.connected(result));
    }

    pub(super) fn attach(&self, socket: Weak<dyn Notified>) {
        // There is one socket to an endpoint.
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
