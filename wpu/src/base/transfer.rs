//! Moving bytes between a client's buffers and an endpoint: one try each, for calls and requests alike.

use super::address::Address;
use super::block::locked;
use super::socket::{Phase, Socket, Way};
use super::tell::Arrived;
use super::transport::{Endpoint, Receive};
use std::cell::Cell;
use std::net::Shutdown;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wpu_sys::WsaError;
use wpu_sys::ffi::{MSG_PEEK, MSG_WAITALL};
use wpu_sys::{Gather, Pended, Progress, Request, Room, Scatter};

/// How much is moved at a time: clients' memory is only copied from and to.
const CHUNK: usize = 0x1_0000;

/// The largest message: what a client says of its buffers must not make the kit take all memory.
const LARGEST: usize = 1 << 24;

/// Bytes and flags, or the error.
pub type Outcome = Result<(u32, u32), WsaError>;

/// A request that waits for its turn.
pub enum Op {
    Receive {
        pended: Pended,
        flags: u32,
        moved: usize,
    },
    Send {
        pended: Pended,
        to: Option<Address>,
        moved: usize,
    },
    /// Nobody asks how it went: the end of sending, after everything that is to be sent before.
    EndSending,
}

impl Op {
    fn pended(&self) -> Option<&Pended> {
        match self {
            Self::Receive { pended, .. } | Self::Send { pended, .. } => Some(pended),
            Self::EndSending => None,
        }
    }

    /// Where the client's structure is: what names the request.
    pub fn overlapped(&self) -> Option<usize> {
        self.pended().map(|pended| pended.parts().overlapped.as_ptr().addr())
    }

    /// Tells the client how it went.
    pub fn complete(self, outcome: Outcome) {
        match self {
            Self::Receive { pended, .. } | Self::Send { pended, .. } => pended.complete(outcome),
            Self::EndSending => {}
        }
    }
}

/// What a client wants to receive.
#[derive(Clone, Copy)]
pub struct Receiving<'a> {
    pub buffers: Scatter<'a>,
    pub flags: u32,
    pub from: Option<Room<'a>>,
}

impl<E: Endpoint> Socket<E> {
    /// Receives, and waits for something if the client wants that.
    pub fn receive(
        self: &Arc<Self>,
        flags: u32,
        request: Request<'_>,
    ) -> Result<Progress<(u32, u32)>, WsaError> {
        let try_once = |request: &Request<'_>, moved: &mut usize| {
            let what = Receiving { buffers: request.scatter(), flags, from: request.room() };
            self.receive_once(what, moved)
        };
        if !request.is_overlapped() {
            let mut moved = 0;
            let timeout = self.lock().options.receive_timeout();
            let answer = self.take_turns(Way::In, timeout, || try_once(&request, &mut moved));
            self.moved(Way::In);
            return partly(answer, moved).map(Progress::Done);
        }
        let moved = Cell::new(0);
        let once = |request: &Request<'_>| {
            let mut so_far = 0;
            let answer = try_once(request, &mut so_far);
            moved.set(so_far);
            answer
        };
        let answer = self.overlapped(Way::In, once, request, |pended| Op::Receive {
            pended,
            flags,
            moved: moved.get(),
        });
        self.moved(Way::In);
        answer
    }

    /// Sends, and waits for room if the client wants that.
    pub fn send(
        self: &Arc<Self>,
        to: Option<Address>,
        request: Request<'_>,
    ) -> Result<Progress<u32>, WsaError> {
        self.may(Way::Out)?;
        if !request.is_overlapped() {
            let mut moved = 0;
            let timeout = self.lock().options.send_timeout();
            let once = || self.send_once(request.gather(), to.as_ref(), &mut moved);
            let answer = self.take_turns(Way::Out, timeout, once);
            self.moved(Way::Out);
            return partly(answer, moved).map(|(count, _)| Progress::Done(count));
        }
        let moved = Cell::new(0);
        let once = |request: &Request<'_>| {
            let mut so_far = 0;
            let answer = self.send_once(request.gather(), to.as_ref(), &mut so_far);
            moved.set(so_far);
            answer
        };
        let answer =
            self.overlapped(Way::Out, once, request, |pended| Op::Send { pended, to, moved: moved.get() });
        self.moved(Way::Out);
        answer.map(|progress| progress.map(|(count, _)| count))
    }

    /// Does the work at once, or takes the request on.
    fn overlapped(
        self: &Arc<Self>,
        way: Way,
        once: impl FnOnce(&Request<'_>) -> Outcome,
        request: Request<'_>,
        op: impl FnOnce(Pended) -> Op,
    ) -> Result<Progress<(u32, u32)>, WsaError> {
        if !self.overlapped {
            return Err(WsaError::WSAEINVAL);
        }
        let overlapped = request.parts().ok_or(WsaError::WSAEINVAL)?.overlapped.as_ptr().addr();
        self.lock().forget(overlapped);
        let mut proof = None;
        let pend = |request: Request<'_>| {
            let (pending, pended) = (self.home.pend)(request).ok()?;
            proof = Some(pending);
            Some(op(pended))
        };
        let done = self.begin(way, request, once, pend)?;
        match (done, proof) {
            (Some(done), _) => {
                self.lock().remember(overlapped, Ok(done));
                Ok(Progress::Done(done))
            }
            (None, Some(pending)) => Ok(Progress::Pending(pending)),
            (None, None) => Err(WsaError::WSASYSCALLFAILURE),
        }
    }

    /// One try of a request.
    pub(super) fn attempt(&self, op: &mut Op) -> Outcome {
        match op {
            Op::Receive { pended, flags, moved } => {
                let what = Receiving { buffers: pended.scatter(), flags: *flags, from: pended.room() };
                self.receive_once(what, moved)
            }
            Op::Send { pended, to, moved } => self.send_once(pended.gather(), to.as_ref(), moved),
            Op::EndSending => self.endpoint.shutdown(Shutdown::Write).map(|()| (0, 0)),
        }
    }

    fn receive_once(&self, what: Receiving<'_>, moved: &mut usize) -> Outcome {
        self.may(Way::In)?;
        let mode = if what.flags & MSG_PEEK == 0 { Receive::Take } else { Receive::Peek };
        if self.kind.is_datagram() {
            return self.receive_message(what, mode);
        }
        let total = what.buffers.total();
        if total == 0 {
            return match self.arrived() {
                Arrived::Nothing => Err(WsaError::WSAEWOULDBLOCK),
                Arrived::Data | Arrived::End(0) => Ok((0, 0)),
                Arrived::End(error) => Err(WsaError::new(error)),
            };
        }
        let all = what.flags & MSG_WAITALL != 0 && mode == Receive::Take;
        while *moved < total {
            let want = (total - *moved).min(CHUNK);
            let got = with_scratch(want, |bytes| {
                let got = self.endpoint.receive(bytes, mode)?.min(want);
                let _ = what.buffers.write_at(*moved, &bytes[..got]);
                Ok(got)
            });
            match got {
                Ok(got) => {
                    *moved += got;
                    let go_on = mode == Receive::Take && (all || got == want);
                    if got == 0 || !go_on {
                        break;
                    }
                }
                Err(WsaError::WSAEWOULDBLOCK) if *moved == 0 || all => return Err(WsaError::WSAEWOULDBLOCK),
                // What has arrived before comes first.
                Err(_) if *moved > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok((count(*moved), 0))
    }

    fn receive_message(&self, what: Receiving<'_>, mode: Receive) -> Outcome {
        let room = what.buffers.total().min(LARGEST);
        let (len, sender) = with_scratch(room, |bytes| {
            let (len, sender) = self.endpoint.receive_from(bytes, mode)?;
            let _ = what.buffers.write_at(0, &bytes[..len.min(bytes.len())]);
            Ok::<_, WsaError>((len, sender))
        })?;
        if let Some(from) = what.from {
            from.fill(sender.as_bytes())?;
        }
        if len > room { Err(WsaError::WSAEMSGSIZE) } else { Ok((count(len), 0)) }
    }

    fn send_once(&self, buffers: Gather<'_>, to: Option<&Address>, moved: &mut usize) -> Outcome {
        let total = buffers.total();
        if self.kind.is_datagram() {
            if total > LARGEST {
                return Err(WsaError::WSAEMSGSIZE);
            }
            let message = buffers.to_vec();
            let sent = match to {
                Some(to) => self.endpoint.send_to(&message, to)?,
                None => self.endpoint.send(&message)?,
            };
            return Ok((count(sent.min(total)), 0));
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
        Ok((count(*moved), 0))
    }

    /// Whether bytes may be moved that way at all.
    fn may(&self, way: Way) -> Result<(), WsaError> {
        let state = self.lock();
        state.check()?;
        let shut = if way == Way::In { state.end_in } else { state.end_out };
        match state.phase {
            _ if shut => Err(WsaError::WSAESHUTDOWN),
            Phase::Connected => Ok(()),
            _ if self.kind.is_datagram() => Ok(()),
            _ => Err(WsaError::WSAENOTCONN),
        }
    }
}

/// What was moved counts, even if the rest must wait too long.
fn partly(answer: Outcome, moved: usize) -> Outcome {
    match answer {
        Err(WsaError::WSAEWOULDBLOCK | WsaError::WSAETIMEDOUT) if moved > 0 => Ok((count(moved), 0)),
        answer => answer,
    }
}

fn count(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// Lends bytes; what they hold is left from earlier.
///
/// They come from a common stock: what a thread keeps for itself would have to be freed when it ends,
/// which may be after this library was unloaded.
pub fn with_scratch<R>(len: usize, body: impl FnOnce(&mut [u8]) -> R) -> R {
    static STOCK: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());
    const FEW: usize = 512;
    const KEPT: usize = 8;
    if len <= FEW {
        return body(&mut [0; FEW][..len]);
    }
    let mut scratch = locked(&STOCK).pop().unwrap_or_default();
    if scratch.len() < len {
        scratch.resize(len, 0);
    }
    let answer = body(&mut scratch[..len]);
    let mut stock = locked(&STOCK);
    if stock.len() < KEPT {
        stock.push(scratch);
    }
    answer
}

/// How long a call waits at most, as clients say it: 0 is for ever.
pub fn timeout(milliseconds: u32) -> Option<Duration> {
    (milliseconds != 0).then(|| Duration::from_millis(milliseconds.into()))
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
    fn what_was_moved_counts() {
        assert_eq!(partly(Err(WsaError::WSAETIMEDOUT), 3), Ok((3, 0)));
        assert_eq!(partly(Err(WsaError::WSAETIMEDOUT), 0), Err(WsaError::WSAETIMEDOUT));
        assert_eq!(partly(Err(WsaError::WSAENOTCONN), 3), Err(WsaError::WSAENOTCONN));
    }
}
