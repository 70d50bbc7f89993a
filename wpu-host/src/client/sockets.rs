//! The client's functions that create, connect and close sockets.

use super::address::{decode_address, encode_address};
use super::memory::{AddressSpace, to_read};
use super::{Client, NOT_THERE};
use crate::catalog::is_well_formed;
use crate::panic::contain;
use crate::winsock::Route;
use std::net::SocketAddr;
use std::ptr;
use wpu_sys::WsaError;
use wpu_sys::ffi::{CF_ACCEPT, CF_DEFER, CF_REJECT, FROM_PROTOCOL_INFO, QOS, WSA_FLAG_OVERLAPPED, WSABUF};
use wpu_sys::ffi::{SOCKET, WSAPROTOCOL_INFOW};

/// A connection request, as a condition function receives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The address of the requesting peer, if the provider knows it.
    pub address: Option<SocketAddr>,
    /// The local address to which the peer connects.
    pub called: Option<SocketAddr>,
    /// The connect data that the peer sent.
    pub data: Vec<u8>,
}

/// The result of a condition function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConditionResult {
    /// The connection is accepted.
    Accept,
    /// The connection is rejected.
    Reject,
    /// The decision is deferred: the connection stays in the queue.
    Defer,
}

impl Client {
    /// Creates a socket of the first entry that offers this address family, type and protocol. A family or a type
    /// of zero matches any value, and a protocol of zero any entry with `PFL_MATCHES_PROTOCOL_ZERO`.
    ///
    /// # Errors
    ///
    /// `WSAEAFNOSUPPORT`, `WSAESOCKTNOSUPPORT` or `WSAEPROTONOSUPPORT` if no entry offers such a socket, the
    /// error of starting the provider, or the provider's error.
    pub fn socket(&self, family: i32, kind: i32, protocol: i32) -> Result<SOCKET, WsaError> {
        let route = self.winsock.route_for(family, kind, protocol)?;
        let info = route.entry.info;
        self.open(&route, (family, kind, protocol), &info)
    }

    /// Creates a socket of an entry, with the address family, type and protocol of the entry.
    ///
    /// # Errors
    ///
    /// `WSAEINVAL` if there is no such entry, or it is the hidden entry of a layer; the error of starting the
    /// provider; or the provider's error.
    pub fn socket_in(&self, entry: u32) -> Result<SOCKET, WsaError> {
        let route = self.winsock.route_for_sockets(entry)?;
        let info = route.entry.info;
        self.open(&route, (info.iAddressFamily, info.iSocketType, info.iProtocol), &info)
    }

    /// Creates a socket from the information that [`Client::duplicate`] returned, possibly in another
    /// process.
    ///
    /// # Errors
    ///
    /// As for [`Client::socket_in`], and `WSAEINVAL` if the length of the chain in `info` is not 0 to 7, or
    /// its protocol name is not zero-terminated.
    pub fn socket_from(&self, info: &WSAPROTOCOL_INFOW) -> Result<SOCKET, WsaError> {
        let route = self.winsock.route_for_sockets(info.dwCatalogEntryId)?;
        if !is_well_formed(info) {
            return Err(WsaError::WSAEINVAL);
        }
        self.open(&route, (FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO), info)
    }

    fn open(
        &self,
        route: &Route,
        (family, kind, protocol): (i32, i32, i32),
        info: &WSAPROTOCOL_INFOW,
    ) -> Result<SOCKET, WsaError> {
        let socket = route.procs.lpWSPSocket.ok_or(NOT_THERE)?;
        let flags = WSA_FLAG_OVERLAPPED;
        self.winsock.new_socket("WSPSocket", route, |errno| {
            // SAFETY: the creator of the module guarantees the function's contract; each pointer is null, or
            // points to a value that outlives the call.
            unsafe { socket(family, kind, protocol, info, 0, flags, errno) }
        })
    }

    /// Closes a socket.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if no provider owns the socket, or the provider's error.
    pub fn close(&self, socket: SOCKET) -> Result<(), WsaError> {
        let route = self.winsock.route(socket)?;
        let close = route.procs.lpWSPCloseSocket.ok_or(NOT_THERE)?;
        // From now on, notifications about the socket are late; only pending requests must still complete.
        self.winsock.change(|parts| parts.audit.closed(socket));
        // SAFETY: the creator of the module guarantees the function's contract; each pointer is null, or
        // points to a value that outlives the call.
        self.winsock.status("WSPCloseSocket", |errno| unsafe { close(socket, errno) })?;
        self.winsock.change(|parts| {
            // A successful close ends the registration of a file handle. A handle of `WPUCreateSocketHandle`
            // is closed by the provider.
            let _ = parts.ifs.forget(socket);
            parts.given.remove(&socket);
            if parts.sockets.entry(socket).is_some() {
                parts.let_go.insert(socket);
            }
            parts.san.remove(&socket);
            parts.forget_asked(socket);
        });
        Ok(())
    }

    /// Assigns a local address to a socket.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if no provider owns the socket, or the provider's error.
    pub fn bind(&self, socket: SOCKET, address: SocketAddr) -> Result<(), WsaError> {
        self.bind_bytes(socket, &encode_address(address))
    }

    /// Assigns a local address of any family, given as the bytes of a `sockaddr`.
    ///
    /// # Errors
    ///
    /// As for [`Client::bind`].
    pub fn bind_bytes(&self, socket: SOCKET, address: &[u8]) -> Result<(), WsaError> {
        let bind = self.procs(socket)?.lpWSPBind.ok_or(NOT_THERE)?;
        let address = AddressSpace::of(address);
        self.winsock.status("WSPBind", |errno| {
            // SAFETY: the creator of the module guarantees the function's contract; each pointer is null, or
            // points to a value that outlives the call.
            unsafe { bind(socket, address.as_ptr(), address.length(), errno) }
        })
    }

    /// Makes a socket listen for connections.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if no provider owns the socket, or the provider's error.
    pub fn listen(&self, socket: SOCKET, backlog: i32) -> Result<(), WsaError> {
        let listen = self.procs(socket)?.lpWSPListen.ok_or(NOT_THERE)?;
        // SAFETY: the creator of the module guarantees the function's contract; each pointer is null, or
        // points to a value that outlives the call.
        self.winsock.status("WSPListen", |errno| unsafe { listen(socket, backlog, errno) })
    }

    /// Connects a socket to a peer.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if no provider owns the socket, or the provider's error.
    pub fn connect(&self, socket: SOCKET, address: SocketAddr) -> Result<(), WsaError> {
        self.connect_bytes(socket, &encode_address(address))
    }

    /// Connects a socket to an address of any family, given as the bytes of a `sockaddr`.
    ///
    /// # Errors
    ///
    /// As for [`Client::connect`].
    pub fn connect_bytes(&self, socket: SOCKET, address: &[u8]) -> Result<(), WsaError> {
        let connect = self.procs(socket)?.lpWSPConnect.ok_or(NOT_THERE)?;
        let address = AddressSpace::of(address);
        let (none, bytes, size) = (ptr::null(), address.as_ptr(), address.length());
        self.winsock.status("WSPConnect", |errno| {
            // SAFETY: the creator of the module guarantees the function's contract; each pointer is null, or
            // points to a value that outlives the call.
            unsafe { connect(socket, bytes, size, ptr::null(), ptr::null_mut(), none, none, errno) }
        })
    }

    /// Accepts a connection. Returns its socket and the address of the peer.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if no provider owns the socket, the provider's error, or `WSAEAFNOSUPPORT` if the family
    /// of the peer's address is neither `AF_INET` nor `AF_INET6`.
    pub fn accept(&self, socket: SOCKET) -> Result<(SOCKET, SocketAddr), WsaError> {
        let (accepted, address) = self.accept_bytes(socket)?;
        match decode_address(&address) {
            Some(address) => Ok((accepted, address)),
            None => {
                self.close(accepted)?;
                Err(WsaError::WSAEAFNOSUPPORT)
            }
        }
    }

    /// Accepts a connection. Returns its socket and the address of the peer, of any family, as the bytes of a
    /// `sockaddr`.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if no provider owns the socket, or the provider's error.
    pub fn accept_bytes(&self, socket: SOCKET) -> Result<(SOCKET, Vec<u8>), WsaError> {
        self.take_connection(socket, None)
    }

    /// Accepts a connection if `condition` accepts its request.
    ///
    /// # Errors
    ///
    /// As for [`Client::accept`]; `WSAECONNREFUSED` if the connection was rejected, and `WSATRY_AGAIN` if the
    /// decision was deferred.
    pub fn accept_if(
        &self,
        socket: SOCKET,
        mut condition: impl FnMut(&Caller) -> ConditionResult,
    ) -> Result<SOCKET, WsaError> {
        self.take_connection(socket, Some(&mut condition)).map(|(accepted, _)| accepted)
    }

    fn take_connection(
        &self,
        socket: SOCKET,
        mut condition: Option<&mut dyn FnMut(&Caller) -> ConditionResult>,
    ) -> Result<(SOCKET, Vec<u8>), WsaError> {
        let route = self.winsock.route(socket)?;
        let accept = route.procs.lpWSPAccept.ok_or(NOT_THERE)?;
        let mut address = AddressSpace::new();
        let mut size = address.length();
        let function = condition.is_some().then_some(answer_condition as _);
        let context = (&raw mut condition).expose_provenance();
        self.winsock.change(|parts| parts.accepting.push(socket));
        let accepted = self.winsock.new_socket("WSPAccept", &route, |errno| {
            let (address, size) = (address.as_mut_ptr(), &raw mut size);
            // SAFETY: the creator of the module guarantees the function's contract; each pointer is null, or
            // points to a value that outlives the call. The context is valid for the condition function until
            // the call returns.
            unsafe { accept(socket, address, size, function, context, errno) }
        });
        self.winsock.change(|parts| parts.accepted(socket, accepted.ok()));
        let accepted = accepted?;
        Ok((accepted, self.filled("WSPAccept", &address, size)))
    }

    /// The part of an address buffer that a provider filled.
    pub(super) fn filled(&self, name: &'static str, buffer: &AddressSpace, size: i32) -> Vec<u8> {
        let buffer = buffer.bytes();
        let size = usize::try_from(size).unwrap_or(0);
        if size > buffer.len() {
            let detail = format!("{size} bytes of an address in a buffer of {}", buffer.len());
            self.winsock.fault(crate::Rule::TooMuch, name, detail);
        }
        buffer[..size.min(buffer.len())].to_vec()
    }

    /// Prepares a socket for use in another process; see [`Client::socket_from`].
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if no provider owns the socket, or the provider's error.
    pub fn duplicate(&self, socket: SOCKET, process: u32) -> Result<WSAPROTOCOL_INFOW, WsaError> {
        let duplicate = self.procs(socket)?.lpWSPDuplicateSocket.ok_or(NOT_THERE)?;
        let mut info = WSAPROTOCOL_INFOW::ZERO;
        self.winsock.status("WSPDuplicateSocket", |errno| {
            // SAFETY: the creator of the module guarantees the function's contract; each pointer is null, or
            // points to a value that outlives the call.
            unsafe { duplicate(socket, process, &raw mut info, errno) }
        })?;
        Ok(info)
    }

    /// Shuts down sending, receiving or both.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if no provider owns the socket, or the provider's error.
    pub fn shutdown(&self, socket: SOCKET, how: i32) -> Result<(), WsaError> {
        let shutdown = self.procs(socket)?.lpWSPShutdown.ok_or(NOT_THERE)?;
        // SAFETY: the creator of the module guarantees the function's contract; each pointer is null, or
        // points to a value that outlives the call.
        self.winsock.status("WSPShutdown", |errno| unsafe { shutdown(socket, how, errno) })
    }

    /// Starts to close a connection and sends disconnect data.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if no provider owns the socket, or the provider's error.
    pub fn send_disconnect(&self, socket: SOCKET, data: &[u8]) -> Result<(), WsaError> {
        let disconnect = self.procs(socket)?.lpWSPSendDisconnect.ok_or(NOT_THERE)?;
        let buffer = to_read(data);
        self.winsock.status("WSPSendDisconnect", |errno| {
            // SAFETY: the creator of the module guarantees the function's contract; each pointer is null, or
            // points to a value that outlives the call.
            unsafe { disconnect(socket, &raw const buffer, errno) }
        })
    }
}

/// The condition function that providers receive: calls the client's closure.
unsafe extern "system" fn answer_condition(
    caller: *mut WSABUF,
    caller_data: *mut WSABUF,
    _: *mut QOS,
    _: *mut QOS,
    callee: *mut WSABUF,
    _: *mut WSABUF,
    _: *mut u32,
    context: usize,
) -> i32 {
    // SAFETY: by the documentation of the condition function, the provider passes null or a buffer whose
    // bytes are readable during this call.
    let caller = unsafe { bytes(caller) };
    // SAFETY: as above.
    let data = unsafe { bytes(caller_data) };
    // SAFETY: as above.
    let called = unsafe { bytes(callee) };
    let condition =
        ptr::with_exposed_provenance_mut::<Option<&mut dyn FnMut(&Caller) -> ConditionResult>>(context);
    // SAFETY: the context belongs to this function and points to the closure of a call that waits until the
    // provider has returned and does not access the closure meanwhile. By its documentation a condition
    // function runs within that call and on its thread, so no other reference to the closure is in use; each
    // call has a closure of its own.
    let condition = unsafe { &mut *condition };
    let caller = Caller { address: decode_address(&caller), called: decode_address(&called), data };
    let verdict = contain(|| condition.as_mut().map(|condition| condition(&caller)));
    match verdict {
        Ok(Some(ConditionResult::Accept)) => CF_ACCEPT,
        Ok(Some(ConditionResult::Defer)) => CF_DEFER,
        Ok(Some(ConditionResult::Reject) | None) | Err(_) => CF_REJECT,
    }
}

/// # Safety
///
/// `buffer` is null, or readable, aligned or not. Unless its pointer is null, the number of bytes that it
/// states are readable. Neither is written to during the call.
unsafe fn bytes(buffer: *const WSABUF) -> Vec<u8> {
    if buffer.is_null() {
        return Vec::new();
    }
    // SAFETY: the pointer is not null, so the caller guarantees that it is readable.
    let WSABUF { len, buf } = unsafe { buffer.read_unaligned() };
    if buf.is_null() || len == 0 {
        return Vec::new();
    }
    // SAFETY: the pointer is not null, so the caller guarantees that `len` bytes are readable.
    unsafe { std::slice::from_raw_parts(buf, len as usize) }.to_vec()
}

/// The length of an address or an option value as an `i32`.
pub(super) fn length(address: &[u8]) -> i32 {
    i32::try_from(address.len()).unwrap_or(i32::MAX)
}
