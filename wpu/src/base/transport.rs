//! What the author of a base provider writes: how bytes get from one end to the other.

use super::notify::Notify;
use crate::provider::WithBase;
use crate::{Address, Lifecycle};
use std::net::Shutdown;
use wpu_sys::WsaError;
use wpu_sys::ffi::SOCK_DGRAM;

/// A transport: what moves the bytes of a base provider. [`Base`](super::Base) makes the provider of it.
///
/// None of its methods may wait. What cannot be done at once answers `WSAEWOULDBLOCK`, and the
/// transport calls the [`Notify`] of the endpoint as soon as it may be worth another try.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a transport",
    label = "this needs an `impl Transport for {Self}`"
)]
pub trait Transport: Lifecycle + WithBase + Send + Sync {
    /// What stands behind one socket. Dropping it ends the connection, if there still is one.
    type Endpoint: Endpoint;

    /// Makes an endpoint for a new socket.
    ///
    /// # Errors
    ///
    /// What `WSPSocket` is to answer: `WSAEAFNOSUPPORT`, `WSAESOCKTNOSUPPORT`, `WSAEPROTONOSUPPORT`, …
    fn open(&self, kind: Kind, notify: Notify) -> Result<Self::Endpoint, WsaError>;

    /// The text of an address. `AF_INET` and `AF_INET6` are known.
    ///
    /// # Errors
    ///
    /// `WSAEINVAL` if it is not an address of this provider.
    fn address_to_text(&self, address: &Address) -> Result<String, WsaError> {
        address.to_text()
    }

    /// The address that a text stands for. `AF_INET` and `AF_INET6` are known.
    ///
    /// # Errors
    ///
    /// `WSAEINVAL` if it is not the text of an address.
    fn text_to_address(&self, family: i32, text: &str) -> Result<Address, WsaError> {
        Address::from_text(family, text)
    }
}

/// What a client asks for when it makes a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// The address family.
    pub family: i32,
    /// The socket type: `SOCK_STREAM`, `SOCK_DGRAM`, …
    pub socket_type: i32,
    /// The protocol.
    pub protocol: i32,
}

impl Kind {
    /// Whether its sockets exchange messages without a connection.
    #[must_use]
    pub const fn is_datagram(self) -> bool {
        self.socket_type == SOCK_DGRAM
    }
}

/// One end: what stands behind one socket handle. The methods may be called by several threads at once.
///
/// The kit has checked what does not depend on the transport: a socket that listens is not
/// connected, nothing is sent after it was shut down, and so on.
pub trait Endpoint: Sized + Send + Sync + 'static {
    /// Gives the endpoint its address.
    ///
    /// # Errors
    ///
    /// `WSAEADDRINUSE`, `WSAEADDRNOTAVAIL`, `WSAEFAULT`, …
    fn bind(&self, address: &Address) -> Result<(), WsaError>;

    /// The own address.
    ///
    /// # Errors
    ///
    /// `WSAEINVAL` if there is none yet.
    fn local(&self) -> Result<Address, WsaError>;

    /// The address of the other end.
    ///
    /// # Errors
    ///
    /// `WSAENOTCONN` if there is none.
    fn peer(&self) -> Result<Address, WsaError>;

    /// Waits for connections from here on; [`Notify::readable`] tells of one.
    ///
    /// # Errors
    ///
    /// `WSAEOPNOTSUPP`, `WSAEADDRINUSE`, …
    fn listen(&self, backlog: i32) -> Result<(), WsaError> {
        let _ = backlog;
        Err(WsaError::WSAEOPNOTSUPP)
    }

    /// The next connection that came in.
    ///
    /// # Errors
    ///
    /// `WSAEWOULDBLOCK` if there is none.
    fn accept(&self, notify: Notify) -> Result<Self, WsaError> {
        let _ = notify;
        Err(WsaError::WSAEOPNOTSUPP)
    }

    /// Connects to the other end, or begins to.
    ///
    /// # Errors
    ///
    /// `WSAEWOULDBLOCK` if it takes its time: [`Notify::connected`] then tells how it went.
    fn connect(&self, to: &Address) -> Result<(), WsaError>;

    /// Takes bytes that have arrived, or copies them if they are to stay; 0 when the other end sends no more.
    /// Sockets that exchange messages use [`receive_from`](Self::receive_from) instead.
    ///
    /// # Errors
    ///
    /// `WSAEWOULDBLOCK` if nothing has arrived; [`Notify::readable`] tells when something has.
    fn receive(&self, into: &mut [u8], mode: Receive) -> Result<usize, WsaError>;

    /// Sends as many bytes as can be taken over at once, or one message.
    ///
    /// # Errors
    ///
    /// `WSAEWOULDBLOCK` if that is none; [`Notify::writable`] tells when there is room.
    fn send(&self, data: &[u8]) -> Result<usize, WsaError>;

    /// Takes a message, with its sender, and answers how long it is, even if not all of it fits: the rest
    /// is lost then, and the client is told so.
    ///
    /// # Errors
    ///
    /// As [`receive`](Self::receive).
    fn receive_from(&self, into: &mut [u8], mode: Receive) -> Result<(usize, Address), WsaError> {
        let _ = (into, mode);
        Err(WsaError::WSAEOPNOTSUPP)
    }

    /// Sends a message to anyone.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    fn send_to(&self, data: &[u8], to: &Address) -> Result<usize, WsaError> {
        let _ = (data, to);
        Err(WsaError::WSAEOPNOTSUPP)
    }

    /// Ends one direction, or both; the other end reads what was sent, and then the end.
    ///
    /// # Errors
    ///
    /// Whatever the transport reports.
    fn shutdown(&self, how: Shutdown) -> Result<(), WsaError>;

    /// The socket is closed; `abort` if the client wants the other end to see a reset.
    /// The endpoint is dropped once the last call that uses it has returned.
    fn close(&self, abort: bool) {
        let _ = abort;
    }

    /// The value of an option that the kit does not keep.
    ///
    /// # Errors
    ///
    /// `WSAENOPROTOOPT` if it is not known.
    fn option(&self, level: i32, name: i32) -> Result<Vec<u8>, WsaError> {
        let _ = (level, name);
        Err(WsaError::WSAENOPROTOOPT)
    }

    /// Sets an option. Of those of `SOL_SOCKET` that every socket has, the kit keeps the value itself if
    /// this does not know them.
    ///
    /// # Errors
    ///
    /// `WSAENOPROTOOPT` if it is not known.
    fn set_option(&self, level: i32, name: i32, value: &[u8]) -> Result<(), WsaError> {
        let _ = (level, name, value);
        Err(WsaError::WSAENOPROTOOPT)
    }

    /// A control code that the kit does not know.
    ///
    /// # Errors
    ///
    /// `WSAEOPNOTSUPP` if it is not known here either.
    fn ioctl(&self, code: u32, input: &[u8]) -> Result<Vec<u8>, WsaError> {
        let _ = (code, input);
        Err(WsaError::WSAEOPNOTSUPP)
    }
}

/// Whether received bytes are taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receive {
    /// They are gone afterwards.
    Take,
    /// They stay, for the next call.
    Peek,
}
