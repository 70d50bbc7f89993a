//! Making, connecting and closing sockets.

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

/// Who wants to connect, as a condition function hears of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The caller's address, where the provider knows it.
    pub address: Option<SocketAddr>,
    /// The address that it called.
    pub called: Option<SocketAddr>,
    /// What it sent along with its call.
    pub data: Vec<u8>,
}

/// What a condition function answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConditionResult {
    /// The connection is made.
    Accept,
    /// The caller is turned away.
    Reject,
    /// The caller waits on.
    Defer,
}

impl Client {
    /// A socket of the first entry that offers this address family, type and protocol, of which
    /// zero leaves a choice open.
    ///
    /// # Errors
    ///
    /// `WSAEAFNOSUPPORT`, `WSAESOCKTNOSUPPORT` or `WSAEPROTONOSUPPORT` if no entry offers it, why
    /// the provider is not started, or its own error.
    pub fn socket(&self, family: i32, kind: i32, protocol: i32) -> Result<SOCKET, WsaError> {
        let route = self.winsock.route_for(family, kind, protocol)?;
        let info = route.entry.info;
        self.open(&route, (family, kind, protocol), &info)
    }

    /// A socket of an entry, with the family, type and protocol that it offers.
    ///
    /// # Errors
    ///
    /// `WSAEINVAL` if there is no such entry, or it is a layer's hidden one; why the provider is not
    /// started; or its own error.
    pub fn socket_in(&self, entry: u32) -> Result<SOCKET, WsaError> {
        let route = self.winsock.route_for_sockets(entry)?;
        let info = route.entry.info;
        self.open(&route, (info.iAddressFamily, info.iSocketType, info.iProtocol), &info)
    }

    /// A socket for the information that [`Client::duplicate`] gave, perhaps in another process.
    ///
    /// # Errors
    ///
    /// As for [`Client::socket_in`], and `WSAEINVAL` if the length of its chain is not 0 to 7, or no zero ends its name.
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
        self.winsock.new_socket("WSPSocket", &route.entry, |errno| {
            // SAFETY: the module's maker vouched for the function; each pointer is null, or leads to something of this call.
            unsafe { socket(family, kind, protocol, info, 0, flags, errno) }
        })
    }

    /// Closes a socket.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if nobody owns it, or the provider's error.
    pub fn close(&self, socket: SOCKET) -> Result<(), WsaError> {
        let route = self.winsock.route(socket)?;
        let close = route.procs.lpWSPCloseSocket.ok_or(NOT_THERE)?;
        // From now on what is told about the socket is late, but what is pending must end.
        self.winsock.change(|parts| parts.audit.closed(socket));
        // SAFETY: the module's maker vouched for the function; each pointer is null, or leads to something of this call.
        self.winsock.status("WSPCloseSocket", |errno| unsafe { close(socket, errno) })?;
        self.winsock.change(|parts| {
            // A registration ends with the close; a handle that Ws2_32 made the provider gives back.
            let _ = parts.ifs.forget(socket);
            parts.forget_asked(socket);
        });
        Ok(())
    }

    /// Gives a socket its local address.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if nobody owns the socket, or the provider's error.
    pub fn bind(&self, socket: SOCKET, address: SocketAddr) -> Result<(), WsaError> {
        self.bind_bytes(socket, &encode_address(address))
    }

    /// The same with an address of any family.
    ///
    /// # Errors
    ///
    /// As for [`Client::bind`].
    pub fn bind_bytes(&self, socket: SOCKET, address: &[u8]) -> Result<(), WsaError> {
        let bind = self.procs(socket)?.lpWSPBind.ok_or(NOT_THERE)?;
        let address = AddressSpace::of(address);
        self.winsock.status("WSPBind", |errno| {
            // SAFETY: the module's maker vouched for the function; each pointer is null, or leads to something of this call.
            unsafe { bind(socket, address.as_ptr(), address.length(), errno) }
        })
    }

    /// Makes a socket wait for connections.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if nobody owns the socket, or the provider's error.
    pub fn listen(&self, socket: SOCKET, backlog: i32) -> Result<(), WsaError> {
        let listen = self.procs(socket)?.lpWSPListen.ok_or(NOT_THERE)?;
        // SAFETY: the module's maker vouched for the function; each pointer is null, or leads to something of this call.
        self.winsock.status("WSPListen", |errno| unsafe { listen(socket, backlog, errno) })
    }

    /// Connects a socket.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if nobody owns the socket, or the provider's error.
    pub fn connect(&self, socket: SOCKET, address: SocketAddr) -> Result<(), WsaError> {
        self.connect_bytes(socket, &encode_address(address))
    }

    /// The same with an address of any family.
    ///
    /// # Errors
    ///
    /// As for [`Client::connect`].
    pub fn connect_bytes(&self, socket: SOCKET, address: &[u8]) -> Result<(), WsaError> {
        let connect = self.procs(socket)?.lpWSPConnect.ok_or(NOT_THERE)?;
        let address = AddressSpace::of(address);
        let (none, bytes, size) = (ptr::null(), address.as_ptr(), address.length());
        self.winsock.status("WSPConnect", |errno| {
            // SAFETY: the module's maker vouched for the function; each pointer is null, or leads to something of this call.
            unsafe { connect(socket, bytes, size, ptr::null(), ptr::null_mut(), none, none, errno) }
        })
    }

    /// Takes a waiting connection, with the address of its peer.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if nobody owns the socket, the provider's error, or `WSAEAFNOSUPPORT` if the
    /// peer's address is neither of `AF_INET` nor of `AF_INET6`.
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

    /// The same with an address of any family.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if nobody owns the socket, or the provider's error.
    pub fn accept_bytes(&self, socket: SOCKET) -> Result<(SOCKET, Vec<u8>), WsaError> {
        self.take_connection(socket, None)
    }

    /// Takes a waiting connection if `condition` accepts its caller.
    ///
    /// # Errors
    ///
    /// As for [`Client::accept`]; `WSAECONNREFUSED` if the caller was rejected, and `WSATRY_AGAIN`
    /// if it waits on.
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
        let accepted = self.winsock.new_socket("WSPAccept", &route.entry, |errno| {
            let (address, size) = (address.as_mut_ptr(), &raw mut size);
            // SAFETY: the module's maker vouched for the function; each pointer is null, or leads to something of this call. The
            // context is good for the condition function until the call is over.
            unsafe { accept(socket, address, size, function, context, errno) }
        })?;
        Ok((accepted, self.filled("WSPAccept", &address, size)))
    }

    /// The part of an address buffer that a provider filled.
    pub(super) fn filled(&self, name: &'static str, buffer: &AddressSpace, size: i32) -> Vec<u8> {
        let buffer = buffer.bytes();
        let size = usize::try_from(size).unwrap_or(0);
        if size > buffer.len() {
            let detail = format!("{size} bytes of an address, for {}", buffer.len());
            self.winsock.fault(crate::Rule::TooMuch, name, detail);
        }
        buffer[..size.min(buffer.len())].to_vec()
    }

    /// Prepares a socket to be opened in another process; see [`Client::socket_from`].
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if nobody owns the socket, or the provider's error.
    pub fn duplicate(&self, socket: SOCKET, process: u32) -> Result<WSAPROTOCOL_INFOW, WsaError> {
        let duplicate = self.procs(socket)?.lpWSPDuplicateSocket.ok_or(NOT_THERE)?;
        let mut info = WSAPROTOCOL_INFOW::ZERO;
        self.winsock.status("WSPDuplicateSocket", |errno| {
            // SAFETY: the module's maker vouched for the function; each pointer is null, or leads to something of this call.
            unsafe { duplicate(socket, process, &raw mut info, errno) }
        })?;
        Ok(info)
    }

    /// Ends sending, receiving or both.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if nobody owns the socket, or the provider's error.
    pub fn shutdown(&self, socket: SOCKET, how: i32) -> Result<(), WsaError> {
        let shutdown = self.procs(socket)?.lpWSPShutdown.ok_or(NOT_THERE)?;
        // SAFETY: the module's maker vouched for the function; each pointer is null, or leads to something of this call.
        self.winsock.status("WSPShutdown", |errno| unsafe { shutdown(socket, how, errno) })
    }

    /// Begins to close a connection with some last data.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if nobody owns the socket, or the provider's error.
    pub fn send_disconnect(&self, socket: SOCKET, data: &[u8]) -> Result<(), WsaError> {
        let disconnect = self.procs(socket)?.lpWSPSendDisconnect.ok_or(NOT_THERE)?;
        let buffer = to_read(data);
        self.winsock.status("WSPSendDisconnect", |errno| {
            // SAFETY: the module's maker vouched for the function; each pointer is null, or leads to something of this call.
            unsafe { disconnect(socket, &raw const buffer, errno) }
        })
    }
}

/// What providers call as the condition function: passes the question on to the client's closure.
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
    // SAFETY: by the documentation of the function the provider passes null, or a buffer whose bytes can be read in this call.
    let caller = unsafe { bytes(caller) };
    // SAFETY: as above.
    let data = unsafe { bytes(caller_data) };
    // SAFETY: as above.
    let called = unsafe { bytes(callee) };
    let condition =
        ptr::with_exposed_provenance_mut::<Option<&mut dyn FnMut(&Caller) -> ConditionResult>>(context);
    // SAFETY: the context came with this function, from a call that waits until the provider has returned and does not touch
    // the closure meanwhile. By its documentation a condition function runs within that call and on its thread, so that
    // nobody else has the closure; another call has another one.
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
/// `buffer` is null, or can be read, aligned or not, and so can as many bytes as it says, unless its pointer is null.
/// Nobody writes to either during the call.
unsafe fn bytes(buffer: *const WSABUF) -> Vec<u8> {
    if buffer.is_null() {
        return Vec::new();
    }
    // SAFETY: it is not null, so that the caller promises it.
    let WSABUF { len, buf } = unsafe { buffer.read_unaligned() };
    if buf.is_null() || len == 0 {
        return Vec::new();
    }
    // SAFETY: the caller promises so many bytes, as the pointer is not null.
    unsafe { std::slice::from_raw_parts(buf, len as usize) }.to_vec()
}

/// The length of an address or an option.
pub(super) fn length(address: &[u8]) -> i32 {
    i32::try_from(address.len()).unwrap_or(i32::MAX)
}
