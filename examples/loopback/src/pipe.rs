//! One direction of a connection: bytes that were sent and not received yet.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use wpu::WsaError;
use wpu::base::{Notify, Receive};

/// The maximum number of bytes in a pipe.
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
    /// No more bytes are sent.
    ended: bool,
    /// The connection was reset.
    broken: bool,
}

/// A connection that waits to be accepted, as the accepting end uses it.
#[derive(Debug)]
pub struct Waiting {
    pub peer: u16,
    pub from: Arc<Pipe>,
    pub to: Arc<Pipe>,
}

impl Waiting {
    /// Refuses the connection.
    pub fn refuse(&self) {
        self.to.end(true);
        self.from.leave();
    }
}

impl Pipe {
    /// Sets the endpoint to notify of bytes to read.
    pub fn read_by(&self, reader: &Notify) {
        self.reader.get_or_init(|| reader.clone());
    }

    /// Sets the endpoint to notify of space to write.
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

    /// Ends sending. If `broken` is true, the other end sees a reset.
    pub fn end(&self, broken: bool) {
        let mut state = self.lock();
        state.ended = true;
        state.broken |= broken;
        drop(state);
        Self::tell(&self.reader, Notify::readable);
    }

    /// Ends receiving.
    pub fn leave(&self) {
        self.lock().broken = true;
        Self::tell(&self.writer, Notify::writable);
    }

    /// Notifies an endpoint of a change. No lock is held, since the kit calls methods of the endpoint
    /// immediately.
    fn tell(whom: &OnceLock<Notify>, what: impl FnOnce(&Notify)) {
        if let Some(notify) = whom.get() {
            what(notify);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
