//! The client's functions that send and receive without an overlapped structure.

use super::address::{decode_address, encode_address};
use super::memory::{AddressSpace, Arguments, to_fill, to_read};
use super::{Client, NOT_THERE};
use crate::context;
use crate::faults::Rule;
use std::net::SocketAddr;
use std::ptr;
use wpu_sys::WsaError;
use wpu_sys::facts::DOWNCALLS;
use wpu_sys::ffi::SOCKET;

/// What a client received, and the error beside it: `WSAEMSGSIZE` if the message was longer than the buffers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceiveResult {
    /// The number of bytes in the client's buffers.
    pub bytes: usize,
    /// The resulting flags.
    pub flags: u32,
    /// The address of the sender, if the client asked for it and the provider reports it.
    pub sender: Option<SocketAddr>,
    /// The error, if the call failed.
    pub error: Option<WsaError>,
}

impl ReceiveResult {
    /// What was received by a call that succeeded.
    ///
    /// # Errors
    ///
    /// The error of a call that failed.
    pub fn complete(self) -> Result<Self, WsaError> {
        self.error.map_or(Ok(self), Err)
    }
}

/// Whether the documentation defines what a downcall answers beside this error too.
fn defines_values(name: &str, error: WsaError) -> bool {
    DOWNCALLS.iter().any(|downcall| downcall.name == name && downcall.partial.contains(&error.code()))
}

impl Client {
    /// Sends bytes. Returns the number of bytes that the provider accepted.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if no provider owns the socket, or the provider's error.
    pub fn send(&self, socket: SOCKET, data: &[u8]) -> Result<usize, WsaError> {
        self.send_vectored(socket, &[data], 0)
    }

    /// Sends all bytes, in as many calls as necessary.
    ///
    /// # Errors
    ///
    /// As for [`Client::send`].
    pub fn send_all(&self, socket: SOCKET, data: &[u8]) -> Result<(), WsaError> {
        let mut rest = data;
        while !rest.is_empty() {
            let sent = self.send(socket, rest)?;
            rest = &rest[sent..];
        }
        Ok(())
    }

    /// Sends the bytes of several buffers, with flags such as `MSG_OOB`.
    ///
    /// # Errors
    ///
    /// As for [`Client::send`].
    pub fn send_vectored(&self, socket: SOCKET, data: &[&[u8]], flags: u32) -> Result<usize, WsaError> {
        let send = self.procs(socket)?.lpWSPSend.ok_or(NOT_THERE)?;
        let arguments = self.winsock.arguments(data.iter().map(|part| to_read(part)).collect());
        let mut sent = 0;
        self.plain_call("WSPSend", arguments, &mut sent, |arguments, sent, errno| {
            let (buffers, count, thread) = (arguments.buffers(), arguments.count(), arguments.thread());
            // SAFETY: the creator of the module guarantees the function's contract; each pointer is null, or
            // points to a value that outlives the call.
            unsafe { send(socket, buffers, count, sent, flags, ptr::null_mut(), None, thread, errno) }
        })
        .and_then(|(sent, error)| error.map_or(Ok(sent), Err))
    }

    /// Receives bytes. Returns their number, which is 0 when the peer has shut the connection down.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if no provider owns the socket, or the provider's error.
    pub fn recv(&self, socket: SOCKET, room: &mut [u8]) -> Result<usize, WsaError> {
        Ok(self.recv_vectored(socket, &mut [room], 0)?.complete()?.bytes)
    }

    /// Receives bytes until `room` is full.
    ///
    /// # Errors
    ///
    /// As for [`Client::recv`], and `WSAEDISCON` if the peer shuts the connection down first.
    pub fn recv_all(&self, socket: SOCKET, room: &mut [u8]) -> Result<(), WsaError> {
        let mut filled = 0;
        while filled < room.len() {
            match self.recv(socket, &mut room[filled..])? {
                0 => return Err(WsaError::WSAEDISCON),
                count => filled += count,
            }
        }
        Ok(())
    }

    /// Receives into several buffers, with flags such as `MSG_PEEK`. Returns what was received, also beside
    /// `WSAEMSGSIZE`: the message was longer than the buffers.
    ///
    /// # Errors
    ///
    /// As for [`Client::recv`].
    pub fn recv_vectored(
        &self,
        socket: SOCKET,
        room: &mut [&mut [u8]],
        flags: u32,
    ) -> Result<ReceiveResult, WsaError> {
        let recv = self.procs(socket)?.lpWSPRecv.ok_or(NOT_THERE)?;
        let arguments = self.winsock.arguments(room.iter_mut().map(|part| to_fill(part)).collect());
        let (mut received, mut flags) = (0, flags);
        let (bytes, error) =
            self.plain_call("WSPRecv", arguments, &mut received, |arguments, received, errno| {
                let (buffers, count, thread) = (arguments.buffers(), arguments.count(), arguments.thread());
                let (flags, no_request) = (&raw mut flags, ptr::null_mut());
                // SAFETY: the creator of the module guarantees the function's contract; each pointer is null, or
                // points to a value that outlives the call.
                unsafe { recv(socket, buffers, count, received, flags, no_request, None, thread, errno) }
            })?;
        Ok(ReceiveResult { bytes, flags, sender: None, error })
    }

    /// Sends bytes to an address.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if no provider owns the socket, or the provider's error.
    pub fn send_to(&self, socket: SOCKET, data: &[u8], to: SocketAddr) -> Result<usize, WsaError> {
        let send_to = self.procs(socket)?.lpWSPSendTo.ok_or(NOT_THERE)?;
        let arguments = self.winsock.arguments(vec![to_read(data)]);
        let address = AddressSpace::of(&encode_address(to));
        let mut sent = 0;
        self.plain_call("WSPSendTo", arguments, &mut sent, |arguments, sent, errno| {
            let (buffers, count, thread) = (arguments.buffers(), arguments.count(), arguments.thread());
            let (to, size, none) = (address.as_ptr(), address.length(), ptr::null_mut());
            // SAFETY: the creator of the module guarantees the function's contract; each pointer is null, or
            // points to a value that outlives the call.
            unsafe { send_to(socket, buffers, count, sent, 0, to, size, none, None, thread, errno) }
        })
        .and_then(|(sent, error)| error.map_or(Ok(sent), Err))
    }

    /// Receives bytes. Returns their number, and the address of the sender if the provider reports it.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if no provider owns the socket, or the provider's error.
    pub fn recv_from(
        &self,
        socket: SOCKET,
        room: &mut [u8],
    ) -> Result<(usize, Option<SocketAddr>), WsaError> {
        let received = self.recv_from_vectored(socket, &mut [room], 0)?.complete()?;
        Ok((received.bytes, received.sender))
    }

    /// Receives into several buffers, with flags such as `MSG_PEEK`. Returns what was received, also beside
    /// `WSAEMSGSIZE`: the datagram was longer than the buffers.
    ///
    /// # Errors
    ///
    /// As for [`Client::recv_from`].
    pub fn recv_from_vectored(
        &self,
        socket: SOCKET,
        room: &mut [&mut [u8]],
        flags: u32,
    ) -> Result<ReceiveResult, WsaError> {
        let recv_from = self.procs(socket)?.lpWSPRecvFrom.ok_or(NOT_THERE)?;
        let arguments = self.winsock.arguments(room.iter_mut().map(|part| to_fill(part)).collect());
        let mut address = AddressSpace::new();
        let (mut received, mut flags, mut size) = (0, flags, address.length());
        let (bytes, error) =
            self.plain_call("WSPRecvFrom", arguments, &mut received, |arguments, received, errno| {
                let (buffers, count, thread) = (arguments.buffers(), arguments.count(), arguments.thread());
                let (flags, none) = (&raw mut flags, ptr::null_mut());
                let (from, size) = (address.as_mut_ptr(), &raw mut size);
                // SAFETY: the creator of the module guarantees the function's contract; each pointer is null,
                // or points to a value that outlives the call.
                unsafe {
                    recv_from(socket, buffers, count, received, flags, from, size, none, None, thread, errno)
                }
            })?;
        let sender = decode_address(&self.filled("WSPRecvFrom", &address, size));
        Ok(ReceiveResult { bytes, flags, sender, error })
    }

    /// Makes a call that transfers bytes without an overlapped structure. Returns their number, for a function that
    /// receives also beside `WSAEMSGSIZE`.
    fn plain_call(
        &self,
        name: &'static str,
        arguments: Arguments,
        moved: &mut u32,
        call: impl FnOnce(&Arguments, *mut u32, *mut i32) -> i32,
    ) -> Result<(usize, Option<WsaError>), WsaError> {
        let asked = arguments.total();
        let answer = {
            let _with_id = context::pass_thread_id();
            self.winsock.status(name, |errno| call(&arguments, moved, errno))
        };
        self.winsock.spoil(&arguments);
        self.winsock.keep_arguments(arguments);
        if let Err(WsaError::WSA_IO_PENDING) = answer {
            self.winsock.fault(Rule::PendingWithoutRequest, name, "WSA_IO_PENDING");
        }
        let moved = || self.within(name, *moved as usize, asked);
        match answer {
            Ok(()) => Ok((moved(), None)),
            Err(error) if defines_values(name, error) => Ok((moved(), Some(error))),
            Err(error) => Err(error),
        }
    }

    /// Limits a byte count that a provider reported to the number of bytes that were asked for, and records a
    /// fault if it is greater.
    pub(super) fn within(&self, name: &'static str, count: usize, asked: usize) -> usize {
        if count > asked {
            self.winsock.fault(Rule::TooMuch, name, format!("{count} of {asked}"));
        }
        count.min(asked)
    }
}
