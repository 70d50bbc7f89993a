//! What a client sets about a socket that is no option: its events, and whether it blocks.

use super::events::Sink;
use super::socket::{Socket, State};
use super::transfer::with_scratch;
use super::transport::{Endpoint, Receive};
use crate::thread::ThreadId;
use std::sync::{Arc, MutexGuard};
use wpu_sys::WsaError;

impl<E: Endpoint> Socket<E> {
    /// From now on the client hears of these events, there and nowhere else. The socket does not block any more.
    pub fn select_events(self: &Arc<Self>, events: i32, sink: Sink) -> Result<(), WsaError> {
        let mut state = self.lock();
        state.check()?;
        state.nonblocking = true;
        drop(self.reselect(state, events, sink));
        self.tell();
        Ok(())
    }

    /// From now on the client hears of nothing.
    pub fn hush(&self) {
        drop(self.reselect(self.lock(), 0, Sink::Record));
    }

    /// Whoever is just telling of the old selection is done when this returns.
    fn reselect<'a>(
        &'a self,
        mut state: MutexGuard<'a, State<E>>,
        events: i32,
        sink: Sink,
    ) -> MutexGuard<'a, State<E>> {
        state.events.select(events, sink);
        let here = ThreadId::current();
        while state.telling.is_some_and(|thread| thread != here) {
            state = self.pause(state);
        }
        state
    }

    pub fn set_nonblocking(&self, input: &[u8]) -> Result<(), WsaError> {
        let value = <[u8; 4]>::try_from(input.get(..4).ok_or(WsaError::WSAEFAULT)?);
        let nonblocking = value.is_ok_and(|value| value != [0; 4]);
        let mut state = self.lock();
        if !nonblocking && state.events.is_selected() {
            return Err(WsaError::WSAEINVAL);
        }
        state.nonblocking = nonblocking;
        self.wake(&state);
        Ok(())
    }

    /// How many bytes a client can receive at once, as far as the kit looks.
    pub fn waiting_bytes(&self) -> Result<u32, WsaError> {
        let state = self.lock();
        if !self.carries(&state) {
            return Ok(0);
        }
        drop(state);
        let count = with_scratch(0x1_0000, |bytes| {
            if self.kind.is_datagram() {
                self.endpoint.receive_from(bytes, Receive::Peek).map(|(len, _)| len)
            } else {
                self.endpoint.receive(bytes, Receive::Peek)
            }
        });
        match count {
            Ok(count) => Ok(u32::try_from(count).unwrap_or(u32::MAX)),
            Err(WsaError::WSAEWOULDBLOCK) => Ok(0),
            Err(error) => Err(error),
        }
    }
}
