//! A client that makes requests with two buffers and a structure.

use std::cell::UnsafeCell;
use std::ptr::{null, null_mut, without_provenance_mut};
use wpu::{ClientMut, Transferred, WsaError, overlapped_result};
use wpu_sys::ffi::{
    LPWSAOVERLAPPED_COMPLETION_ROUTINE, SOCKET, WSABUF, WSAEVENT, WSAOVERLAPPED, WSATHREADID, WSPPROC_TABLE,
};

/// The memory that a client lends, to which other threads write meanwhile: two buffers and its structure.
pub(crate) struct Client {
    pub(crate) first: UnsafeCell<[u8; 3]>,
    pub(crate) second: UnsafeCell<[u8; 4]>,
    pub(crate) overlapped: UnsafeCell<WSAOVERLAPPED>,
}

/// A call of the client with two buffers, or for a control code without any.
pub(crate) type CallOf = fn(&Client, &WSPPROC_TABLE, SOCKET, LPWSAOVERLAPPED_COMPLETION_ROUTINE) -> Answer;

/// The result of a call: the return value, the count, the flags, and the errno.
pub(crate) type Answer = (i32, u32, u32, i32);

impl Client {
    pub(crate) fn new() -> Self {
        Self::with_event(without_provenance_mut(0x44))
    }

    pub(crate) fn with_event(event: WSAEVENT) -> Self {
        let overlapped = WSAOVERLAPPED { hEvent: event, ..WSAOVERLAPPED::ZERO };
        Self { first: (*b"abc").into(), second: (*b"defg").into(), overlapped: overlapped.into() }
    }

    pub(crate) fn buffers(&self) -> [WSABUF; 2] {
        let first = WSABUF { len: 3, buf: self.first.get().cast() };
        [first, WSABUF { len: 4, buf: self.second.get().cast() }]
    }

    /// The content of the buffers.
    pub(crate) fn bytes(&self) -> [u8; 7] {
        let mut all = [0; 7];
        // SAFETY: no request is pending.
        all[..3].copy_from_slice(&unsafe { self.first.get().read() });
        // SAFETY: as above.
        all[3..].copy_from_slice(&unsafe { self.second.get().read() });
        all
    }

    pub(crate) fn send(
        &self,
        functions: &WSPPROC_TABLE,
        socket: SOCKET,
        routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE,
    ) -> Answer {
        let (mut count, mut errno) = (77, 77);
        let thread = WSATHREADID { ThreadHandle: without_provenance_mut(8), Reserved: 1 };
        let thread = if routine.is_some() { &raw const thread } else { null() };
        let send = functions.lpWSPSend.expect("a full table");
        // The array of buffers and the thread id are invalid after the call, as the contract allows.
        let buffers = self.buffers();
        let (at, overlapped) = (buffers.as_ptr(), self.overlapped.get());
        // SAFETY: all pointers are valid for as long as the contract requires.
        let answer =
            unsafe { send(socket, at, 2, &raw mut count, 0, overlapped, routine, thread, &raw mut errno) };
        (answer, count, 0, errno)
    }

    pub(crate) fn recv(
        &self,
        functions: &WSPPROC_TABLE,
        socket: SOCKET,
        routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE,
    ) -> Answer {
        let (mut count, mut flags, mut errno) = (77, 0, 77);
        let thread = WSATHREADID { ThreadHandle: without_provenance_mut(8), Reserved: 1 };
        let thread = if routine.is_some() { &raw const thread } else { null() };
        let recv = functions.lpWSPRecv.expect("a full table");
        let mut buffers = self.buffers();
        let (at, overlapped) = (buffers.as_mut_ptr(), self.overlapped.get());
        // SAFETY: all pointers are valid for as long as the contract requires.
        let answer = unsafe {
            recv(socket, at, 2, &raw mut count, &raw mut flags, overlapped, routine, thread, &raw mut errno)
        };
        (answer, count, flags, errno)
    }

    pub(crate) fn ioctl(
        &self,
        functions: &WSPPROC_TABLE,
        socket: SOCKET,
        routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE,
    ) -> Answer {
        let (mut count, mut errno, none) = (77, 77, null_mut());
        let thread = WSATHREADID { ThreadHandle: without_provenance_mut(8), Reserved: 1 };
        let (ioctl, overlapped) = (functions.lpWSPIoctl.expect("a full table"), self.overlapped.get());
        let (count_at, errno_at) = (&raw mut count, &raw mut errno);
        // SAFETY: all pointers are null or valid for as long as the contract requires.
        let answer = unsafe {
            ioctl(socket, 7, none, 0, none, 0, count_at, overlapped, routine, &raw const thread, errno_at)
        };
        (answer, count, 0, errno)
    }

    pub(crate) fn result(&self) -> Option<Result<(u32, u32), WsaError>> {
        // SAFETY: the structure is the client's own, and lives as long as the view is used.
        let result = overlapped_result(unsafe { ClientMut::from_raw(self.overlapped.get()) }?);
        result.map(|outcome| outcome.map(|Transferred { bytes, flags }| (bytes, flags)).complete())
    }
}
