//! Calls through a provider's table, with every argument in the hands of the test.

use std::ptr::{null, null_mut};
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

/// The four functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    Recv,
    RecvFrom,
    Send,
    SendTo,
}

impl Call {
    pub const ALL: [Self; 4] = [Self::Recv, Self::RecvFrom, Self::Send, Self::SendTo];

    pub fn receives(self) -> bool {
        matches!(self, Self::Recv | Self::RecvFrom)
    }
}

/// The value of numbers that a provider must not write.
pub const UNTOUCHED: u32 = 0x5a5a;

/// A call with its arguments. What a pending request uses stays valid until its end: the test keeps this value.
pub struct Raw {
    procs: WSPPROC_TABLE,
    socket: SOCKET,
    pub buffers: Vec<WSABUF>,
    pub count: u32,
    pub flags: u32,
    /// The memory of the address, or null, and its length.
    pub address: *mut sockaddr,
    pub length: i32,
    pub overlapped: *mut WSAOVERLAPPED,
    pub routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE,
    pub thread: Option<WSATHREADID>,
}

impl Raw {
    pub fn new(procs: WSPPROC_TABLE, socket: SOCKET) -> Self {
        Self {
            procs,
            socket,
            buffers: Vec::new(),
            count: UNTOUCHED,
            flags: 0,
            address: null_mut(),
            length: 0,
            overlapped: null_mut(),
            routine: None,
            thread: None,
        }
    }

    /// Uses these bytes as the only buffer.
    pub fn with(mut self, bytes: &mut [u8]) -> Self {
        let len = u32::try_from(bytes.len()).expect("few bytes");
        self.buffers = vec![WSABUF { len, buf: bytes.as_mut_ptr() }];
        self
    }

    pub fn call(&mut self, which: Call) -> Result<(), WsaError> {
        let (procs, socket, mut errno) = (self.procs, self.socket, 0);
        let (buffers, many) = (self.buffers.as_mut_ptr(), u32::try_from(self.buffers.len()).expect("few"));
        let (count, flags, errno_at) = (&raw mut self.count, &raw mut self.flags, &raw mut errno);
        let (overlapped, routine) = (self.overlapped, self.routine);
        let thread = self.thread.as_ref().map_or(null(), |thread| &raw const *thread);
        let (address, length) = (self.address, self.length);
        let length_at = if address.is_null() { null_mut() } else { &raw mut self.length };
        let there = "a full table";
        let answer = match which {
            Call::Recv => {
                let recv = procs.lpWSPRecv.expect(there);
                // SAFETY: each pointer is null or valid, until the request ends if there is one.
                unsafe { recv(socket, buffers, many, count, flags, overlapped, routine, thread, errno_at) }
            }
            Call::RecvFrom => {
                let recv = procs.lpWSPRecvFrom.expect(there);
                // SAFETY: as above.
                unsafe {
                    recv(
                        socket, buffers, many, count, flags, address, length_at, overlapped, routine, thread,
                        errno_at,
                    )
                }
            }
            Call::Send => {
                let (send, flags) = (procs.lpWSPSend.expect(there), self.flags);
                // SAFETY: as above.
                unsafe { send(socket, buffers, many, count, flags, overlapped, routine, thread, errno_at) }
            }
            Call::SendTo => {
                let (send, flags) = (procs.lpWSPSendTo.expect(there), self.flags);
                // SAFETY: as above.
                unsafe {
                    send(
                        socket, buffers, many, count, flags, address, length, overlapped, routine, thread,
                        errno_at,
                    )
                }
            }
        };
        if answer == 0 { Ok(()) } else { Err(WsaError::new(errno)) }
    }

    /// What `WSPGetOverlappedResult` answers for the structure: count and flags.
    pub fn result(&self, wait: bool) -> Result<(u32, u32), WsaError> {
        let result = self.procs.lpWSPGetOverlappedResult.expect("a full table");
        let (mut count, mut flags, mut errno) = (UNTOUCHED, UNTOUCHED, 0);
        let (count_at, flags_at, errno_at) = (&raw mut count, &raw mut flags, &raw mut errno);
        // SAFETY: the structure lives as long as its host, and the other pointers point to locals.
        let answer =
            unsafe { result(self.socket, self.overlapped, count_at, wait.into(), flags_at, errno_at) };
        if answer == 0 { Err(WsaError::new(errno)) } else { Ok((count, flags)) }
    }

    /// Ends reception, or sending, with this memory for disconnect data.
    pub fn disconnect(&self, receives: bool, data: *mut WSABUF) -> Result<(), WsaError> {
        let mut errno = 0;
        let answer = if receives {
            let end = self.procs.lpWSPRecvDisconnect.expect("a full table");
            // SAFETY: the data is null or valid, and the errno is a local.
            unsafe { end(self.socket, data, &raw mut errno) }
        } else {
            let end = self.procs.lpWSPSendDisconnect.expect("a full table");
            // SAFETY: as above.
            unsafe { end(self.socket, data, &raw mut errno) }
        };
        if answer == 0 { Ok(()) } else { Err(WsaError::new(errno)) }
    }
}
