//! The client's functions for socket modes, options and names.

use super::address::{decode_address, encode_address};
use super::memory::AddressSpace;
use super::sockets::length;
use super::{Client, NOT_THERE};
use crate::context;
use crate::faults::Rule;
use crate::threads::Me;
use crate::winsock::Route;
use std::net::SocketAddr;
use std::ptr;
use wpu_sys::facts::has_plain_input;
use wpu_sys::ffi::{AF_INET, AF_INET6, FIONBIO, PVD_CONFIG, SOCKET, SOL_SOCKET, sockaddr};
use wpu_sys::{WideString, WsaError};

impl Client {
    /// Controls the mode of a socket. Returns the number of bytes of `output` that were filled.
    ///
    /// The input of some control codes contains pointers, which a provider dereferences. Input is therefore
    /// accepted only for codes whose documented input has no pointers ([`has_plain_input`]), such as `FIONBIO`,
    /// `SIO_GET_EXTENSION_FUNCTION_POINTER` and `SIO_KEEPALIVE_VALS`. For any other code whose number says
    /// that it has input, call the function in the table that [`Client::procs`] returns.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if no provider owns the socket, `WSAEINVAL` for input to any other code, or the
    /// provider's error.
    pub fn ioctl(
        &self,
        socket: SOCKET,
        code: u32,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, WsaError> {
        let ioctl = self.procs(socket)?.lpWSPIoctl.ok_or(NOT_THERE)?;
        check_input(code, input)?;
        let thread = self.winsock.current_thread();
        let mut returned = 0;
        let from = if input.is_empty() { ptr::null_mut() } else { input.as_ptr().cast_mut().cast() };
        let into = if output.is_empty() { ptr::null_mut() } else { output.as_mut_ptr().cast() };
        let (from_size, into_size) = (size(input.len()), size(output.len()));
        let _with_id = context::pass_thread_id();
        self.winsock.status("WSPIoctl", |errno| {
            let (returned, none, thread) = (&raw mut returned, ptr::null_mut(), &raw const thread);
            // SAFETY: the creator of the module guarantees the function's contract; each pointer is null, or
            // points to a value that outlives the call.
            unsafe {
                let inputs = (from, from_size);
                ioctl(socket, code, inputs.0, inputs.1, into, into_size, returned, none, None, thread, errno)
            }
        })?;
        Ok(self.within("WSPIoctl", returned as usize, output.len()))
    }

    /// Sets whether calls on a socket return `WSAEWOULDBLOCK` instead of waiting.
    ///
    /// # Errors
    ///
    /// As for [`Client::ioctl`].
    pub fn set_nonblocking(&self, socket: SOCKET, nonblocking: bool) -> Result<(), WsaError> {
        self.ioctl(socket, FIONBIO, &u32::from(nonblocking).to_ne_bytes(), &mut []).map(drop)
    }

    /// Reads an option into `value`. Returns the number of bytes of the option.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if no provider owns the socket, or the provider's error.
    pub fn option(&self, socket: SOCKET, level: i32, name: i32, value: &mut [u8]) -> Result<usize, WsaError> {
        let get = self.procs(socket)?.lpWSPGetSockOpt.ok_or(NOT_THERE)?;
        let mut used = length(value);
        self.winsock.status("WSPGetSockOpt", |errno| {
            // SAFETY: the creator of the module guarantees the function's contract; each pointer is null, or
            // points to a value that outlives the call.
            unsafe { get(socket, level, name, value.as_mut_ptr(), &raw mut used, errno) }
        })?;
        Ok(self.within("WSPGetSockOpt", usize::try_from(used).unwrap_or(usize::MAX), value.len()))
    }

    /// Reads an option whose value is an `i32`.
    ///
    /// # Errors
    ///
    /// As for [`Client::option`].
    pub fn number_option(&self, socket: SOCKET, level: i32, name: i32) -> Result<i32, WsaError> {
        let mut value = [0; 4];
        self.option(socket, level, name, &mut value)?;
        Ok(i32::from_ne_bytes(value))
    }

    /// Sets an option.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if no provider owns the socket, `WSAEINVAL` for `PVD_CONFIG`, whose value is defined by
    /// the provider and may contain pointers, or the provider's error.
    pub fn set_option(&self, socket: SOCKET, level: i32, name: i32, value: &[u8]) -> Result<(), WsaError> {
        let set = self.procs(socket)?.lpWSPSetSockOpt.ok_or(NOT_THERE)?;
        if (level, name) == (SOL_SOCKET, PVD_CONFIG) {
            return Err(WsaError::WSAEINVAL);
        }
        self.winsock.status("WSPSetSockOpt", |errno| {
            // SAFETY: the creator of the module guarantees the function's contract; each pointer is null, or
            // points to a value that outlives the call.
            unsafe { set(socket, level, name, value.as_ptr(), length(value), errno) }
        })
    }

    /// The local address of a socket.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if no provider owns the socket, the provider's error, or `WSAEAFNOSUPPORT` if the family
    /// of the address is neither `AF_INET` nor `AF_INET6`.
    pub fn local_address(&self, socket: SOCKET) -> Result<SocketAddr, WsaError> {
        let name = self.procs(socket)?.lpWSPGetSockName.ok_or(NOT_THERE)?;
        self.address("WSPGetSockName", socket, name)
    }

    /// The address of the peer of a socket.
    ///
    /// # Errors
    ///
    /// As for [`Client::local_address`].
    pub fn peer_address(&self, socket: SOCKET) -> Result<SocketAddr, WsaError> {
        let name = self.procs(socket)?.lpWSPGetPeerName.ok_or(NOT_THERE)?;
        self.address("WSPGetPeerName", socket, name)
    }

    fn address(
        &self,
        name: &'static str,
        socket: SOCKET,
        function: unsafe extern "system" fn(SOCKET, *mut sockaddr, *mut i32, *mut i32) -> i32,
    ) -> Result<SocketAddr, WsaError> {
        let mut buffer = AddressSpace::new();
        let mut used = buffer.length();
        self.winsock.status(name, |errno| {
            // SAFETY: the creator of the module guarantees the function's contract; each pointer is null, or
            // points to a value that outlives the call.
            unsafe { function(socket, buffer.as_mut_ptr(), &raw mut used, errno) }
        })?;
        decode_address(&self.filled(name, &buffer, used)).ok_or(WsaError::WSAEAFNOSUPPORT)
    }

    /// Converts an address to text. Calls the provider of `entry`, or of the first entry that offers the
    /// address family.
    ///
    /// # Errors
    ///
    /// `WSAEINVAL` or `WSAEAFNOSUPPORT` if there is no such entry, the error of starting the provider, or the
    /// provider's error.
    pub fn address_to_string(&self, address: SocketAddr, entry: Option<u32>) -> Result<String, WsaError> {
        let family = if address.is_ipv4() { AF_INET } else { AF_INET6 };
        let address = AddressSpace::of(&encode_address(address));
        let route = self.route_of(entry, family)?;
        let to_string = route.procs.lpWSPAddressToString.ok_or(NOT_THERE)?;
        let mut text = [0; 128];
        let mut used = size(text.len());
        self.winsock.status("WSPAddressToString", |errno| {
            let length = u32::try_from(address.length()).unwrap_or(0);
            let (info, text, used) = (&raw const route.entry.info, text.as_mut_ptr(), &raw mut used);
            // SAFETY: the creator of the module guarantees the function's contract; each pointer is null, or
            // points to a value that outlives the call.
            unsafe { to_string(address.as_ptr(), length, info, text, used, errno) }
        })?;
        let used = self.within("WSPAddressToString", used as usize, text.len());
        let end = text[..used].iter().position(|unit| *unit == 0).unwrap_or_else(|| {
            self.winsock.fault(Rule::BadAnswer, "WSPAddressToString", "the text is not zero-terminated");
            used
        });
        Ok(String::from_utf16_lossy(&text[..end]))
    }

    /// Converts text to an address of a family. Calls the provider of `entry`, or of the first entry that
    /// offers the family.
    ///
    /// # Errors
    ///
    /// `WSAEINVAL` or `WSAEAFNOSUPPORT` if there is no such entry, the error of starting the provider, the
    /// provider's error, or `WSAEAFNOSUPPORT` if the family of the result is neither `AF_INET` nor
    /// `AF_INET6`.
    pub fn string_to_address(
        &self,
        text: &str,
        family: i32,
        entry: Option<u32>,
    ) -> Result<SocketAddr, WsaError> {
        let route = self.route_of(entry, family)?;
        let to_address = route.procs.lpWSPStringToAddress.ok_or(NOT_THERE)?;
        let mut units: Vec<u16> = WideString::from(text).units().to_vec();
        units.push(0);
        let mut buffer = AddressSpace::new();
        let mut used = buffer.length();
        self.winsock.status("WSPStringToAddress", |errno| {
            let (text, info) = (units.as_ptr(), &raw const route.entry.info);
            // SAFETY: the creator of the module guarantees the function's contract; each pointer is null, or
            // points to a value that outlives the call.
            unsafe { to_address(text, family, info, buffer.as_mut_ptr(), &raw mut used, errno) }
        })?;
        decode_address(&self.filled("WSPStringToAddress", &buffer, used)).ok_or(WsaError::WSAEAFNOSUPPORT)
    }

    fn route_of(&self, entry: Option<u32>, family: i32) -> Result<Route, WsaError> {
        match entry {
            Some(entry) => self.winsock.route_by_id(entry),
            None => self.winsock.route_for_family(family),
        }
    }

    /// Cancels the call that blocks the calling thread in the provider of `socket`. A blocking hook may call
    /// this.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if no provider owns the socket, or the provider's error.
    pub fn cancel_blocking_call(&self, socket: SOCKET) -> Result<(), WsaError> {
        let cancel = self.procs(socket)?.lpWSPCancelBlockingCall.ok_or(NOT_THERE)?;
        // SAFETY: the creator of the module guarantees the function's contract; each pointer is null, or
        // points to a value that outlives the call.
        self.winsock.status("WSPCancelBlockingCall", |errno| unsafe { cancel(errno) })?;
        if let Some(me) = Me::current() {
            self.winsock.change(|parts| parts.hooks.cancel(me.serial()));
        }
        Ok(())
    }
}

/// Refuses input that may contain pointers: safe code cannot supply pointers that a provider may dereference.
pub(super) fn check_input(code: u32, input: &[u8]) -> Result<(), WsaError> {
    if has_plain_input(code) || input.is_empty() { Ok(()) } else { Err(WsaError::WSAEINVAL) }
}

fn size(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
