//! Transfers between a client's buffers and an endpoint: one attempt each, for calls and pending requests.

use super::partial::PartialMessages;
use super::queue::{Outstanding, Way};
use crate::Address;
use crate::base::transport::{Endpoint, Receive};
use std::sync::Mutex;
use wpu_sys::ffi::{MSG_PEEK, MSG_WAITALL};
use wpu_sys::rt::sync::lock;
use wpu_sys::{CompletionResult, Gather, OutBuf, Outcome, PendingRequest, Request, Scatter, WsaError};

/// The number of bytes per copy: a client's memory is only copied, never borrowed.
const CHUNK: usize = 0x1_0000;

/// The size of the largest message: lengths that a client passes must not exhaust the memory.
pub const LARGEST: usize = 1 << 24;

/// The length of the longest message that sockets of an entry with this `dwMessageSize` send.
pub const fn longest(size: u32) -> usize {
    match size {
        // Not a protocol of messages, or a size that is known only once the socket is bound.
        0 | 1 => LARGEST,
        // There is no longest one.
        u32::MAX => usize::MAX,
        size => size as usize,
    }
}

/// An endpoint and what its socket is.
pub struct Channel<'a, E> {
    pub endpoint: &'a E,
    pub datagram: bool,
    /// The length of the longest message that can be sent.
    pub longest: usize,
    /// Whether zero bytes are an empty message, so that the end of a connection is an error.
    pub messages: bool,
    /// The peer of a datagram socket: messages of others are dropped.
    pub peer: Option<Address>,
    /// The messages that have begun, if they can be sent and received in parts.
    pub parts: Option<&'a PartialMessages>,
}

/// The operation of a call or a request.
pub enum Io {
    Receive {
        flags: u32,
    },
    Send {
        to: Option<Address>,
        /// Whether more parts of the message follow.
        more: bool,
    },
}

impl Io {
    pub const fn way(&self) -> Way {
        match self {
            Self::Receive { .. } => Way::In,
            Self::Send { .. } => Way::Out,
        }
    }
}

/// A pending operation.
#[allow(clippy::large_enum_variant, reason = "a socket ends sending once")]
pub enum Op {
    Transfer {
        what: Io,
        pended: PendingRequest,
        /// The number of bytes that were already transferred.
        moved: usize,
    },
    /// Ends sending after everything queued before. No completion is reported.
    EndSending,
}

impl Op {
    /// Reports the result of the request to its client.
    pub fn complete(self, completion: CompletionResult) {
        match self {
            Self::Transfer { pended, .. } => pended.complete(completion),
            Self::EndSending => {}
        }
    }
}

impl Outstanding for Op {
    fn overlapped(&self) -> Option<usize> {
        match self {
            Self::Transfer { pended, .. } => Some(pended.parts().overlapped.addr().get()),
            Self::EndSending => None,
        }
    }
}

/// The memory of a client that a transfer uses.
#[derive(Clone, Copy)]
pub struct Buffers<'a> {
    pub scatter: Scatter<'a>,
    gather: Gather<'a>,
    pub sender: Option<OutBuf<'a>>,
}

impl<'a> From<&'a Request<'_>> for Buffers<'a> {
    fn from(request: &'a Request<'_>) -> Self {
        Self { scatter: request.scatter(), gather: request.gather(), sender: request.room() }
    }
}

impl<'a> From<&'a PendingRequest> for Buffers<'a> {
    fn from(pended: &'a PendingRequest) -> Self {
        Self { scatter: pended.scatter(), gather: pended.gather(), sender: pended.room() }
    }
}

/// What a client would receive now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrived {
    Nothing,
    Data,
    /// The end of the stream: the error code of the connection, or 0.
    End(i32),
}

impl<E: Endpoint> Channel<'_, E> {
    /// Transfers as much as is possible now. `moved` is the number of bytes, including those of earlier
    /// attempts.
    pub fn transfer(&self, what: &Io, buffers: Buffers<'_>, moved: &mut usize) -> CompletionResult {
        match what {
            Io::Receive { flags } => self.receive(buffers, *flags, moved),
            Io::Send { to, more } => self.send(buffers.gather, to.as_ref(), *more, moved),
        }
    }

    fn receive(&self, buffers: Buffers<'_>, flags: u32, moved: &mut usize) -> CompletionResult {
        let mode = if flags & MSG_PEEK == 0 { Receive::Take } else { Receive::Peek };
        if self.datagram {
            return match self.parts {
                Some(parts) => self.receive_part(parts, buffers, mode),
                None => self.receive_message(buffers, mode),
            };
        }
        let total = buffers.scatter.total();
        if total == 0 {
            return match self.arrived() {
                Arrived::Nothing => Err(WsaError::WSAEWOULDBLOCK),
                Arrived::Data => Ok(0.into()),
                Arrived::End(0) => self.at_end(),
                Arrived::End(error) => Err(WsaError::new(error)),
            };
        }
        let all = flags & MSG_WAITALL != 0 && mode == Receive::Take;
        while *moved < total {
            let want = (total - *moved).min(CHUNK);
            let got = with_scratch(want, |bytes| {
                let got = self.endpoint.receive(bytes, mode)?.min(want);
                let _ = buffers.scatter.write_at(*moved, &bytes[..got]);
                Ok(got)
            });
            match got {
                Ok(got) => {
                    *moved += got;
                    let go_on = mode == Receive::Take && (all || got == want);
                    if *moved == 0 {
                        return self.at_end();
                    }
                    if got == 0 || !go_on {
                        break;
                    }
                }
                Err(WsaError::WSAEWOULDBLOCK) if *moved == 0 || all => return Err(WsaError::WSAEWOULDBLOCK),
                // Bytes that have arrived are reported before the error.
                Err(_) if *moved > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(count(*moved).into())
    }

    /// The result of a receive after the peer has ended the connection.
    fn at_end(&self) -> CompletionResult {
        if self.messages { Err(WsaError::WSAEDISCON) } else { Ok(0.into()) }
    }

    fn receive_message(&self, buffers: Buffers<'_>, mode: Receive) -> CompletionResult {
        let room = buffers.scatter.total().min(LARGEST);
        let len = with_scratch(room, |bytes| {
            loop {
                let (len, sender) = self.endpoint.receive_from(bytes, mode)?;
                if self.is_from_peer(&sender) {
                    // If the address does not fit, nothing else is written.
                    if let Some(room) = buffers.sender {
                        room.fill(sender.as_bytes())?;
                    }
                    let _ = buffers.scatter.write_at(0, &bytes[..len.min(bytes.len())]);
                    return Ok::<_, WsaError>(len);
                }
                if mode == Receive::Peek {
                    self.endpoint.receive_from(&mut [], Receive::Take)?;
                }
            }
        })?;
        if len > room {
            // The client gets as much of the message as fits.
            return Ok(Outcome::Partial(count(room).into(), WsaError::WSAEMSGSIZE));
        }
        Ok(count(len).into())
    }

    /// Whether the socket receives the messages of this sender.
    pub fn is_from_peer(&self, sender: &Address) -> bool {
        self.peer.is_none_or(|peer| is_same(&peer, sender))
    }

    fn send(
        &self,
        buffers: Gather<'_>,
        to: Option<&Address>,
        more: bool,
        moved: &mut usize,
    ) -> CompletionResult {
        let total = buffers.total();
        if self.datagram {
            let send = |message: &[u8]| match to {
                Some(to) => self.endpoint.send_to(message, to),
                None => self.endpoint.send(message),
            };
            if let Some(parts) = self.parts {
                return self.send_part(parts, buffers, more, send);
            }
            if total > self.longest {
                return Err(WsaError::WSAEMSGSIZE);
            }
            // A message is taken as a whole, whatever the transport counts.
            return send(&buffers.to_vec()).map(|_| count(total).into());
        }
        while *moved < total {
            let want = (total - *moved).min(CHUNK);
            let sent = with_scratch(want, |bytes| {
                buffers.copy_at(*moved, bytes);
                self.endpoint.send(bytes)
            })?;
            if sent == 0 {
                return Err(WsaError::WSAEWOULDBLOCK);
            }
            *moved += sent.min(want);
        }
        Ok(count(*moved).into())
    }

    /// Copies received bytes without removing them. Returns their number.
    fn peek(&self, bytes: &mut [u8]) -> Result<usize, WsaError> {
        if self.datagram {
            self.endpoint.receive_from(bytes, Receive::Peek).map(|(len, _)| len)
        } else {
            self.endpoint.receive(bytes, Receive::Peek)
        }
    }

    /// What has arrived, without removing it.
    pub fn arrived(&self) -> Arrived {
        if self.parts.and_then(PartialMessages::left).is_some() {
            return Arrived::Data;
        }
        match self.peek(&mut [0]) {
            // A datagram can be empty.
            Ok(0) if !self.datagram => Arrived::End(0),
            Ok(_) | Err(WsaError::WSAEMSGSIZE) => Arrived::Data,
            Err(WsaError::WSAEWOULDBLOCK) => Arrived::Nothing,
            Err(_) if self.datagram => Arrived::Data,
            Err(error) => Arrived::End(error.code()),
        }
    }

    /// The number of bytes that wait. If the endpoint does not count them: those that one call can receive, up to a
    /// limit of the kit.
    pub fn waiting_bytes(&self) -> Result<u32, WsaError> {
        if let Some(left) = self.parts.and_then(PartialMessages::left) {
            return Ok(count(left));
        }
        match self.endpoint.waiting() {
            Err(WsaError::WSAEOPNOTSUPP) => {}
            counted => return counted.map(count),
        }
        match with_scratch(CHUNK, |bytes| self.peek(bytes)) {
            Ok(bytes) => Ok(count(bytes)),
            Err(WsaError::WSAEWOULDBLOCK) => Ok(0),
            Err(error) => Err(error),
        }
    }
}

/// Whether both name the same peer: of an Internet address, flow information and padding do not count.
fn is_same(one: &Address, other: &Address) -> bool {
    match (one.to_inet(), other.to_inet()) {
        (Ok(one), Ok(other)) => (one.ip(), one.port()) == (other.ip(), other.port()),
        _ => one == other,
    }
}

/// The result of a call: if bytes were transferred, they are reported instead of an error.
pub fn partly(completion: CompletionResult, moved: usize) -> CompletionResult {
    match completion {
        Err(WsaError::WSAEWOULDBLOCK | WsaError::WSAETIMEDOUT) if moved > 0 => Ok(count(moved).into()),
        completion => completion,
    }
}

pub fn count(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// Passes a scratch buffer with arbitrary content to `body`.
///
/// The buffers are shared by all threads. Thread-local buffers would be freed when a thread ends, which may
/// be after this library is unloaded.
fn with_scratch<R>(len: usize, body: impl FnOnce(&mut [u8]) -> R) -> R {
    static STOCK: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());
    const FEW: usize = 512;
    const KEPT: usize = 8;
    if len <= FEW {
        return body(&mut [0; FEW][..len]);
    }
    let mut scratch = lock(&STOCK).pop().unwrap_or_default();
    if scratch.len() < len {
        scratch.resize(len, 0);
    }
    let answer = body(&mut scratch[..len]);
    let mut stock = lock(&STOCK);
    if stock.len() < KEPT {
        stock.push(scratch);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scratch_can_be_used_within_scratch() {
        for len in [4, 4096] {
            with_scratch(len, |outer| {
                outer.fill(1);
                with_scratch(2 * len, |inner| inner.fill(2));
                assert!(outer.iter().all(|byte| *byte == 1));
            });
        }
    }

    #[test]
    fn transferred_bytes_take_precedence_over_an_error() {
        assert_eq!(partly(Err(WsaError::WSAETIMEDOUT), 3), Ok(3.into()));
        assert_eq!(partly(Err(WsaError::WSAETIMEDOUT), 0), Err(WsaError::WSAETIMEDOUT));
        assert_eq!(partly(Err(WsaError::WSAENOTCONN), 3), Err(WsaError::WSAENOTCONN));
    }
}
