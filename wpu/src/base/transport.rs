//! The traits that the author of a base provider implements: transferring bytes between endpoints.

use super::notify::Notify;
use crate::provider::WithBase;
use crate::{Address, Lifecycle};
use std::net::Shutdown;
use wpu_sys::WsaError;
use wpu_sys::ffi::{SOCK_DGRAM, SOL_SOCKET};

/// A transport: transfers the bytes of a base provider. [`Base`](super::Base) turns it into a provider.
///
/// No method may wait. An operation that is not possible immediately returns `WSAEWOULDBLOCK`, and the
/// transport calls the [`Notify`] of the endpoint when the operation may succeed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a transport",
    label = "this needs an `impl Transport for {Self}`"
)]
pub trait Transport: Lifecycle + WithBase + Send + Sync {
    /// The endpoint of a socket. Dropping it ends its connection, if it has one.
    type Endpoint: Endpoint;

    /// Creates the endpoint of a new socket.
    ///
    /// # Errors
    ///
    /// The error of `WSPSocket`: `WSAEAFNOSUPPORT`, `WSAESOCKTNOSUPPORT`, `WSAEPROTONOSUPPORT`, …
    fn open(&self, kind: Kind, notify: Notify) -> Result<Self::Endpoint, WsaError>;

    /// Formats an address. The default supports `AF_INET` and `AF_INET6`.
    ///
    /// # Errors
    ///
    /// `WSAEINVAL` if it is not an address of this provider.
    fn address_to_text(&self, address: &Address) -> Result<String, WsaError> {
        address.to_text()
    }

    /// Parses an address. The default supports `AF_INET` and `AF_INET6`.
    ///
    /// # Errors
    ///
    /// `WSAEINVAL` if it is not the text of an address.
    fn text_to_address(&self, family: i32, text: &str) -> Result<Address, WsaError> {
        Address::from_text(family, text)
    }
}

/// The kind of socket that a client creates.
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
    /// Whether such sockets are datagram sockets.
    #[must_use]
    pub const fn is_datagram(self) -> bool {
        self.socket_type == SOCK_DGRAM
    }
}

/// One end of a connection: the implementation of one socket. Several threads may call its methods at the
/// same time.
///
/// The kit makes the checks that do not depend on the transport: a listening socket is not connected, nothing
/// is sent after a shutdown, and so on.
pub trait Endpoint: Sized + Send + Sync + 'static {
    /// Assigns a local address.
    ///
    /// # Errors
    ///
    /// `WSAEADDRINUSE`, `WSAEADDRNOTAVAIL`, `WSAEFAULT`, …
    fn bind(&self, address: &Address) -> Result<(), WsaError>;

    /// The local address.
    ///
    /// # Errors
    ///
    /// `WSAEINVAL` if the endpoint has no address yet.
    fn local(&self) -> Result<Address, WsaError>;

    /// The address of the peer.
    ///
    /// # Errors
    ///
    /// `WSAENOTCONN` if there is no peer.
    fn peer(&self) -> Result<Address, WsaError>;

    /// Starts to listen for connections; [`Notify::readable`] reports a connection.
    ///
    /// # Errors
    ///
    /// `WSAEOPNOTSUPP`, `WSAEADDRINUSE`, …
    fn listen(&self, backlog: i32) -> Result<(), WsaError> {
        let _ = backlog;
        Err(WsaError::WSAEOPNOTSUPP)
    }

    /// Accepts the next incoming connection.
    ///
    /// # Errors
    ///
    /// `WSAEWOULDBLOCK` if there is none.
    fn accept(&self, notify: Notify) -> Result<Self, WsaError> {
        let _ = notify;
        Err(WsaError::WSAEOPNOTSUPP)
    }

    /// Connects to a peer, or starts to. The address of a datagram endpoint is zero when the client takes the
    /// peer away.
    ///
    /// # Errors
    ///
    /// `WSAEWOULDBLOCK` if the connect is pending: [`Notify::connected`] then reports its result.
    fn connect(&self, to: &Address) -> Result<(), WsaError>;

    /// Receives bytes, and removes them unless `mode` is [`Receive::Peek`]. Returns 0 at the end of the
    /// stream. Datagram sockets use [`receive_from`](Self::receive_from) instead. After a reset this returns the
    /// error at once: bytes that were not received are lost.
    ///
    /// # Errors
    ///
    /// `WSAEWOULDBLOCK` if nothing has arrived; [`Notify::readable`] reports an arrival.
    fn receive(&self, into: &mut [u8], mode: Receive) -> Result<usize, WsaError>;

    /// Sends as many bytes as are accepted immediately, or one datagram.
    ///
    /// # Errors
    ///
    /// `WSAEWOULDBLOCK` if no byte is accepted; [`Notify::writable`] reports when there is space.
    fn send(&self, data: &[u8]) -> Result<usize, WsaError>;

    /// Receives a datagram with its sender. Returns the length of the whole datagram, even if it does not
    /// fit: the rest is then lost, and the client gets `WSAEMSGSIZE`.
    ///
    /// # Errors
    ///
    /// As for [`receive`](Self::receive).
    fn receive_from(&self, into: &mut [u8], mode: Receive) -> Result<(usize, Address), WsaError> {
        let _ = (into, mode);
        Err(WsaError::WSAEOPNOTSUPP)
    }

    /// Sends a datagram to an address.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    fn send_to(&self, data: &[u8], to: &Address) -> Result<usize, WsaError> {
        let _ = (data, to);
        Err(WsaError::WSAEOPNOTSUPP)
    }

    /// Shuts down one direction, or both. The peer reads the data that was sent, and then the end of the
    /// stream.
    ///
    /// # Errors
    ///
    /// The error of the transport.
    fn shutdown(&self, how: Shutdown) -> Result<(), WsaError>;

    /// Whether bytes that were sent are still on their way to the peer. A close for which the client has set a
    /// time to linger waits until this is false; [`Notify::writable`] reports the change.
    fn is_sending(&self) -> bool {
        false
    }

    /// Called when the socket is closed, and when a connection is made after the client has cancelled its
    /// connect. If `abort` is true, the connection must be reset. The endpoint is dropped after the last call
    /// that uses it has returned.
    fn close(&self, abort: bool) {
        let _ = abort;
    }

    /// The value of an option that the kit does not store. The default knows no level but `SOL_SOCKET`.
    ///
    /// # Errors
    ///
    /// `WSAENOPROTOOPT` if the option is not known, and `WSAEINVAL` if no option of the level is known.
    fn option(&self, level: i32, name: i32) -> Result<Vec<u8>, WsaError> {
        let _ = name;
        Err(unknown_option(level))
    }

    /// Sets an option. If this returns `WSAENOPROTOOPT` or `WSAEINVAL` for an option that the kit stores, such as
    /// those of `SOL_SOCKET` that every socket has, the kit stores the value.
    ///
    /// # Errors
    ///
    /// `WSAENOPROTOOPT` if the option is not known, and `WSAEINVAL` if no option of the level is known.
    fn set_option(&self, level: i32, name: i32, value: &[u8]) -> Result<(), WsaError> {
        let _ = (name, value);
        Err(unknown_option(level))
    }

    /// The number of bytes that wait to be received: of a stream, or of all messages. Without it, the kit
    /// counts what [`receive`](Self::receive) or [`receive_from`](Self::receive_from) shows, which is one message.
    ///
    /// # Errors
    ///
    /// `WSAEOPNOTSUPP` if the endpoint does not count them.
    fn waiting(&self) -> Result<usize, WsaError> {
        Err(WsaError::WSAEOPNOTSUPP)
    }

    /// The local addresses of the socket's family that can be bound, for `SIO_ADDRESS_LIST_QUERY`.
    ///
    /// # Errors
    ///
    /// `WSAEOPNOTSUPP` if there is no list; [`ioctl`](Self::ioctl) is called then.
    fn local_addresses(&self) -> Result<Vec<Address>, WsaError> {
        Err(WsaError::WSAEOPNOTSUPP)
    }

    /// Handles a control code that the kit does not know. If this succeeds for `SIO_ADDRESS_LIST_CHANGE` or
    /// `SIO_ROUTING_INTERFACE_CHANGE`, the kit waits for the change, which [`Notify::addresses_changed`] or
    /// [`Notify::route_changed`] reports.
    ///
    /// # Errors
    ///
    /// `WSAEOPNOTSUPP` if the code is not known; the client gets the error that the documentation gives to an
    /// unknown code.
    fn ioctl(&self, code: u32, input: &[u8]) -> Result<Vec<u8>, WsaError> {
        let _ = (code, input);
        Err(WsaError::WSAEOPNOTSUPP)
    }
}

/// The error for an option of a transport without options.
const fn unknown_option(level: i32) -> WsaError {
    if level == SOL_SOCKET { WsaError::WSAENOPROTOOPT } else { WsaError::WSAEINVAL }
}

/// Whether received bytes are removed from the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receive {
    /// They are removed.
    Take,
    /// They stay for the next call.
    Peek,
}
