//! One direction of a connection: bytes that were sent and not yet received.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use wpu::WsaError;
use wpu::base::{Notify, Receive};

/// How many bytes may be under way.
const ROOM: usize = 0x1_0000;

/// Bytes from one end to the other.
#[derive(Debug, Default)]
pub struct Pipe {
    state: Mutex<State>,
    reader: OnceLock<Notify>,
    writer: OnceLock<Notify>,
}

#[derive(Debug, Default)]
struct State {
    bytes: VecDeque<u8>,
    /// No more are sent.
    ended: bool,
    /// The connection is broken.
    broken: bool,
}

/// A connection that waits to be accepted, seen from the end that is to accept it.
#[derive(Debug)]
pub struct Waiting {
    pub peer: u16,
    pub from: Arc<Pipe>,
    pub to: Arc<Pipe>,
}

impl Waiting {
    /// Nobody will accept it.
    pub fn refuse(&self) {
        self.to.end(true);
        self.from.leave();
    }
}

impl Pipe {
    /// Says whom to tell of bytes to read.
    pub fn read_by(&self, reader: &Notify) {
        self.reader.get_or_init(|| reader.clone());
    }

    /// Says whom to tell of room to write.
    pub fn written_by(&self, writer: &Notify) {
        self.writer.get_or_init(|| writer.clone());
    }

    pub fn read(&self, into: &mut [u8], mode: Receive) -> Result<usize, WsaError> {
        let mut state = self.lock();
        if state.broken {
            return Err(WsaError::WSAECONNRESET);
        }
        let count = into.len().min(state.bytes.len());
        if count == 0 && !state.ended {
            return Err(WsaError::WSAEWOULDBLOCK);
        }
        for (to, from) in into.iter_mut().zip(&state.bytes) {
            *to = *from;
        }
        if mode == Receive::Take {
            state.bytes.drain(..count);
            drop(state);
            Self::tell(&self.writer, Notify::writable);
        }
        Ok(count)
    }

    pub fn write(&self, data: &[u8]) -> Result<usize, WsaError> {
        let mut state = self.lock();
        if state.broken {
            return Err(WsaError::WSAECONNRESET);
        }
        let count = data.len().min(ROOM - state.bytes.len());
        if count == 0 {
            return Err(WsaError::WSAEWOULDBLOCK);
        }
        state.bytes.extend(&data[..count]);
        drop(state);
        Self::tell(&self.reader, Notify::readable);
        Ok(count)
    }

    /// Nothing more is sent; `broken` if the other end is to see a reset.
    pub fn end(&self, broken: bool) {
        let mut state = self.lock();
        state.ended = true;
        state.broken |= broken;
        drop(state);
        Self::tell(&self.reader, Notify::readable);
    }

    /// Nobody receives any more.
    pub fn leave(&self) {
        self.lock().broken = true;
        Self::tell(&self.writer, Notify::writable);
    }

    /// Tells an end of a change, while nothing is locked: it looks at once.
    fn tell(whom: &OnceLock<Notify>, what: impl FnOnce(&Notify)) {
        if let Some(notify) = whom.get() {
            what(notify);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
