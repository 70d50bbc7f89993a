//! The client's overlapped requests.

use super::address::{decode_address, encode_address};
use super::control::check_input;
use super::memory::{ClientMemory, to_bytes, to_words};
use super::pending::{Block, CompletionStatus, OPEN, Routine, on_done, small};
use super::sockets::length;
use super::{Client, NOT_THERE};
use crate::context;
use crate::request_audit::Ended;
use crate::requests::HostRequest;
use crate::sync::lock;
use crate::threads::Me;
use crate::winsock::Route;
use std::fmt;
use std::net::SocketAddr;
use std::ptr;
use std::sync::{Arc, Mutex};
use wpu_sys::WsaError;
use wpu_sys::ffi::{LPWSAOVERLAPPED_COMPLETION_ROUTINE, WSABUF};
use wpu_sys::ffi::{SOCKET, WSAEVENT, WSAOVERLAPPED};

/// How the client of a request is notified of its completion. If the socket is bound to a completion port and
/// there is no completion routine, the port also receives a packet.
pub enum Tell {
    /// No notification, apart from a packet at the port.
    Nobody,
    /// An event, which is set. If the lowest bit of the event is set, no packet is posted to the port.
    Event(WSAEVENT),
    /// A completion routine, which the requesting thread runs in its next alertable wait.
    Routine(Routine),
}

/// An overlapped request of a client. Clones refer to the same request.
///
/// The memory that is lent to the provider lives until the request is complete, even if every clone is
/// dropped.
#[derive(Clone)]
pub struct ClientRequest(Arc<Block>);

impl Tell {
    /// Notification by a completion routine, which the requesting thread runs in its next alertable wait.
    #[must_use]
    pub fn routine(routine: impl FnOnce(CompletionStatus) + Send + 'static) -> Self {
        Self::Routine(Box::new(routine))
    }
}

/// The address of a request: input or output.
enum Address {
    None,
    Given(Vec<u8>),
    Wanted,
}

impl Client {
    /// Starts to send the bytes of several buffers, which are copied.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if no provider owns the socket, or the provider's error. After an error no completion is
    /// reported.
    pub fn send_overlapped(
        &self,
        socket: SOCKET,
        data: &[&[u8]],
        tell: Tell,
    ) -> Result<ClientRequest, WsaError> {
        let route = self.winsock.route(socket)?;
        let send = route.procs.lpWSPSend.ok_or(NOT_THERE)?;
        let data = data.iter().map(|part| part.to_vec()).collect();
        let block = self.block("WSPSend", socket, data, Address::None, tell);
        self.begin(&route, block, |block, routine, errno| {
            let (buffers, count, thread) = block.arguments();
            let sent = block.count.as_ptr();
            // SAFETY: the creator of the module guarantees the function's contract. The pointers are null or
            // point into the block, which `OPEN` holds until the request is complete or the provider has made its
            // last clean-up.
            unsafe { send(socket, buffers, count, sent, 0, block.overlapped(), routine, thread, errno) }
        })
    }

    /// Starts to receive into new buffers of these lengths.
    ///
    /// # Errors
    ///
    /// As for [`Client::send_overlapped`].
    pub fn recv_overlapped(
        &self,
        socket: SOCKET,
        lengths: &[usize],
        flags: u32,
        tell: Tell,
    ) -> Result<ClientRequest, WsaError> {
        let route = self.winsock.route(socket)?;
        let recv = route.procs.lpWSPRecv.ok_or(NOT_THERE)?;
        let room = lengths.iter().map(|length| vec![0; *length]).collect();
        let block = self.block("WSPRecv", socket, room, Address::None, tell);
        block.flags.set(0, flags);
        self.begin(&route, block, |block, routine, errno| {
            let (buffers, count, thread) = block.arguments();
            let (received, flags, overlapped) =
                (block.count.as_ptr(), block.flags.as_ptr(), block.overlapped());
            // SAFETY: the creator of the module guarantees the function's contract. The pointers are null or
            // point into the block, which `OPEN` holds until the request is complete or the provider has made its
            // last clean-up.
            unsafe { recv(socket, buffers, count, received, flags, overlapped, routine, thread, errno) }
        })
    }

    /// Starts to send bytes to an address.
    ///
    /// # Errors
    ///
    /// As for [`Client::send_overlapped`].
    pub fn send_to_overlapped(
        &self,
        socket: SOCKET,
        data: &[u8],
        to: SocketAddr,
        tell: Tell,
    ) -> Result<ClientRequest, WsaError> {
        let route = self.winsock.route(socket)?;
        let send_to = route.procs.lpWSPSendTo.ok_or(NOT_THERE)?;
        let to = Address::Given(encode_address(to));
        let block = self.block("WSPSendTo", socket, vec![data.to_vec()], to, tell);
        self.begin(&route, block, |block, routine, errno| {
            let (buffers, count, thread) = block.arguments();
            let (sent, overlapped) = (block.count.as_ptr(), block.overlapped());
            let (to, size) = (block.address.as_ptr().cast(), block.address_length.get(0));
            // SAFETY: the creator of the module guarantees the function's contract. The pointers are null or
            // point into the block, which `OPEN` holds until the request is complete or the provider has made its
            // last clean-up.
            unsafe { send_to(socket, buffers, count, sent, 0, to, size, overlapped, routine, thread, errno) }
        })
    }

    /// Starts to receive into a new buffer, together with the address of the sender.
    ///
    /// # Errors
    ///
    /// As for [`Client::send_overlapped`].
    pub fn recv_from_overlapped(
        &self,
        socket: SOCKET,
        length: usize,
        tell: Tell,
    ) -> Result<ClientRequest, WsaError> {
        let route = self.winsock.route(socket)?;
        let recv_from = route.procs.lpWSPRecvFrom.ok_or(NOT_THERE)?;
        let block = self.block("WSPRecvFrom", socket, vec![vec![0; length]], Address::Wanted, tell);
        self.begin(&route, block, |block, routine, errno| {
            let (buffers, count, thread) = block.arguments();
            let (received, flags, overlapped) =
                (block.count.as_ptr(), block.flags.as_ptr(), block.overlapped());
            let (from, size) = (block.address.as_ptr().cast(), block.address_length.as_ptr());
            // SAFETY: the creator of the module guarantees the function's contract. The pointers are null or
            // point into the block, which `OPEN` holds until the request is complete or the provider has made its
            // last clean-up.
            unsafe {
                recv_from(
                    socket, buffers, count, received, flags, from, size, overlapped, routine, thread, errno,
                )
            }
        })
    }

    /// Starts to control the mode of a socket, with an output buffer of `output` bytes.
    ///
    /// # Errors
    ///
    /// As for [`Client::send_overlapped`], and `WSAEINVAL` for input that [`Client::ioctl`] refuses.
    pub fn ioctl_overlapped(
        &self,
        socket: SOCKET,
        code: u32,
        input: &[u8],
        output: usize,
        tell: Tell,
    ) -> Result<ClientRequest, WsaError> {
        let route = self.winsock.route(socket)?;
        let ioctl = route.procs.lpWSPIoctl.ok_or(NOT_THERE)?;
        check_input(code, input)?;
        let block =
            self.block("WSPIoctl", socket, vec![vec![0; output]], Address::Given(input.to_vec()), tell);
        self.begin(&route, block, |block, routine, errno| {
            let (_, _, thread) = block.arguments();
            let (returned, overlapped) = (block.count.as_ptr(), block.overlapped());
            let (from, from_size) =
                (block.address.as_ptr().cast(), block.address_length.get(0).unsigned_abs());
            let (into, into_size) = (block.data[0].as_ptr().cast(), small(block.data[0].len()));
            // SAFETY: the creator of the module guarantees the function's contract. The pointers are null or
            // point into the block, which `OPEN` holds until the request is complete or the provider has made its
            // last clean-up.
            unsafe {
                ioctl(
                    socket, code, from, from_size, into, into_size, returned, overlapped, routine, thread,
                    errno,
                )
            }
        })
    }

    /// Returns the number of transferred bytes and the flags of a request, as `WSAGetOverlappedResult` does.
    /// If `wait` is true, waits until the request is complete; the request must then have an event.
    ///
    /// # Errors
    ///
    /// `WSA_IO_INCOMPLETE` while the request is pending, `WSAEINVAL` for a request of another host's client,
    /// the error of the request, or the provider's error.
    pub fn overlapped_result(&self, request: &ClientRequest, wait: bool) -> Result<(usize, u32), WsaError> {
        let block = &request.0;
        // The other host may know a socket of the same value, since the system assigns file handles. The
        // structure is only this host's.
        if !Arc::ptr_eq(&block.ws2, self.winsock.ws2()) {
            return Err(WsaError::WSAEINVAL);
        }
        let result = self.procs(block.socket)?.lpWSPGetOverlappedResult.ok_or(NOT_THERE)?;
        let (mut transferred, mut flags) = (0, 0);
        self.winsock.truth("WSPGetOverlappedResult", |errno| {
            let (transferred, flags) = (&raw mut transferred, &raw mut flags);
            // SAFETY: the creator of the module guarantees the function's contract; each pointer is null, or
            // points to a value that outlives the call.
            unsafe { result(block.socket, block.overlapped(), transferred, wait.into(), flags, errno) }
        })?;
        let count = self.within("WSPGetOverlappedResult", transferred as usize, block.asked());
        Ok((count, flags))
    }

    fn block(
        &self,
        call: &'static str,
        socket: SOCKET,
        data: Vec<Vec<u8>>,
        address: Address,
        tell: Tell,
    ) -> Block {
        let data: Vec<_> = data.into_iter().map(ClientMemory::new).collect();
        let buffers = data.iter().map(|part| WSABUF { len: small(part.len()), buf: part.as_ptr() }).collect();
        let address = match address {
            Address::None => Vec::new(),
            Address::Given(bytes) => bytes,
            Address::Wanted => vec![0; 128],
        };
        let (event, routine) = match tell {
            Tell::Nobody => (ptr::null_mut(), None),
            Tell::Event(event) => (event, None),
            Tell::Routine(routine) => (ptr::null_mut(), Some(routine)),
        };
        Block {
            request: HostRequest::new(event),
            socket,
            call,
            has_routine: routine.is_some(),
            routine: Mutex::new(routine),
            told: Mutex::default(),
            at_once: Mutex::default(),
            data,
            count: ClientMemory::new(vec![0]),
            flags: ClientMemory::new(vec![0]),
            address_length: ClientMemory::new(vec![length(&address)]),
            address: ClientMemory::new(to_words(&address)),
            arguments: self.winsock.arguments(buffers),
            ws2: Arc::clone(self.winsock.ws2()),
        }
    }

    fn begin(
        &self,
        route: &Route,
        block: Block,
        call: impl FnOnce(&Block, LPWSAOVERLAPPED_COMPLETION_ROUTINE, *mut i32) -> i32,
    ) -> Result<ClientRequest, WsaError> {
        let block = Arc::new(block);
        let address = block.overlapped().addr();
        lock(&OPEN).insert(address, Arc::clone(&block));
        self.winsock.change(|parts| {
            parts.requests.keep(&block.request);
            parts.audit.begin(address, block.record());
        });
        let routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE = block.has_routine.then_some(on_done as _);
        let answer = {
            let _with_id = context::pass_thread_id();
            self.winsock.status(block.call, |errno| call(&block, routine, errno))
        };
        self.winsock.spoil(&block.arguments);
        let ended = match answer {
            Ok(()) => Ended::Done,
            Err(WsaError::WSA_IO_PENDING) => Ended::Pending,
            Err(_) => Ended::Refused,
        };
        self.winsock.change(|parts| {
            let queued = block.has_routine && Me::current().is_some_and(|me| parts.threads.is_alerted(&me));
            let by_system = route.entry.is_ifs() && block.request.completion().is_some();
            parts.audit.returned(address, ended, queued || by_system, &mut parts.faults);
        });
        match answer {
            Err(error) if ended == Ended::Refused => {
                lock(&OPEN).remove(&address);
                Err(error)
            }
            _ => {
                if ended == Ended::Done {
                    let count = self.within(block.call, block.count.get(0) as usize, block.asked());
                    *lock(&block.at_once) = u32::try_from(count).ok();
                }
                Ok(ClientRequest(block))
            }
        }
    }
}

impl ClientRequest {
    /// The result that was reported to the client; `None` while no completion was reported.
    #[must_use]
    pub fn outcome(&self) -> Option<CompletionStatus> {
        self.0.outcome()
    }

    /// The number of bytes that the call itself reported, if it succeeded immediately.
    #[must_use]
    pub fn at_once(&self) -> Option<u32> {
        *lock(&self.0.at_once)
    }

    /// The received bytes, at most as many as were reported; empty while no completion was reported.
    #[must_use]
    pub fn data(&self) -> Vec<u8> {
        let Some(outcome) = self.outcome() else { return Vec::new() };
        let mut data: Vec<u8> = self.0.data.iter().flat_map(ClientMemory::to_vec).collect();
        data.truncate(outcome.transferred as usize);
        data
    }

    /// The address of the sender, for a completed request of [`Client::recv_from_overlapped`].
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.outcome()?;
        let length = usize::try_from(self.0.address_length.get(0)).unwrap_or(0);
        decode_address(&to_bytes(&self.0.address.to_vec(), length))
    }

    /// The address of the overlapped structure, as in [`Packet`](crate::Packet).
    #[must_use]
    pub fn as_ptr(&self) -> *mut WSAOVERLAPPED {
        self.0.overlapped()
    }
}

impl Drop for ClientRequest {
    fn drop(&mut self) {
        if self.outcome().is_some() {
            let gone = lock(&OPEN).remove(&self.0.overlapped().addr());
            drop(gone);
        }
    }
}

impl fmt::Debug for ClientRequest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ClientRequest")
            .field("call", &self.0.call)
            .field("socket", &self.0.socket)
            .field("outcome", &self.outcome())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Tell {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => out.write_str("Nobody"),
            Self::Event(event) => out.debug_tuple("Event").field(event).finish(),
            Self::Routine(_) => out.write_str("Routine"),
        }
    }
}
