//! Telling a client of network events.

use super::events::{Look, News, Sink};
use super::socket::{Phase, Socket, State};
use super::transport::{Endpoint, Receive};
use crate::thread::ThreadId;
use std::sync::Arc;
use wpu_sys::WsaError;
use wpu_sys::ffi::{FD_ACCEPT, FD_CLOSE, FD_READ, FD_WRITE};

/// What would come if the client received now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrived {
    Nothing,
    Data,
    /// The other end is done, in peace or with an error.
    End(i32),
}

impl<E: Endpoint> Socket<E> {
    /// Looks at what has arrived, without taking it.
    pub fn arrived(&self) -> Arrived {
        let mut byte = [0];
        let datagram = self.kind.is_datagram();
        let looked = if datagram {
            self.endpoint.receive_from(&mut byte, Receive::Peek).map(|_| 1)
        } else {
            self.endpoint.receive(&mut byte, Receive::Peek)
        };
        match looked {
            Ok(0) => Arrived::End(0),
            Ok(_) | Err(WsaError::WSAEMSGSIZE) => Arrived::Data,
            Err(WsaError::WSAEWOULDBLOCK) => Arrived::Nothing,
            Err(_) if datagram => Arrived::Data,
            Err(error) => Arrived::End(error.code()),
        }
    }

    /// Whether a connection can be accepted; it is kept for the next call that does.
    pub fn has_incoming(&self) -> bool {
        if !self.lock().incoming.is_empty() {
            return true;
        }
        let incoming = self.next_incoming();
        incoming.map(|incoming| self.put_back(incoming)).is_ok()
    }

    /// Whether bytes can come and go in this phase.
    pub fn carries(&self, state: &State<E>) -> bool {
        state.phase == Phase::Connected || self.kind.is_datagram()
    }

    /// Tells the client what there is to tell. Only one thread does so at a time, so that the client hears of
    /// events in their order; another one that comes meanwhile has it look again.
    pub fn tell(self: &Arc<Self>) {
        let mut state = self.lock();
        if !state.events.is_selected() || state.is_closed() {
            return;
        }
        if state.telling.is_some() {
            state.tell_again = true;
            return;
        }
        state.telling = Some(ThreadId::current());
        drop(state);
        let _telling = Telling(self);
        while self.tell_once() {}
    }

    /// One look, and what is to be told of it; whether to look again.
    fn tell_once(&self) -> bool {
        let mut state = self.lock();
        state.tell_again = false;
        let selection = state.events.selection;
        let wanted = state.events.wanted();
        let (phase, carries) = (state.phase, self.carries(&state));
        drop(state);
        // The endpoint is the author's: it is asked while nothing is locked.
        let arrived =
            if carries && wanted & (FD_READ | FD_CLOSE) != 0 { self.arrived() } else { Arrived::Nothing };
        let acceptable = phase == Phase::Listening && wanted & FD_ACCEPT != 0 && self.has_incoming();
        let mut state = self.lock();
        if state.is_closed() {
            return false;
        }
        if state.events.selection != selection {
            return true;
        }
        let closed = match arrived {
            Arrived::End(error) => Some(error),
            _ => None,
        };
        let look = Look {
            readable: arrived == Arrived::Data && !state.end_in,
            writable: wanted & FD_WRITE != 0 && self.carries(&state) && !state.full && !state.end_out,
            acceptable,
            closed,
            connected: state.connect_news,
        };
        let news = state.events.tell(&look);
        let sink = state.events.sink();
        drop(state);
        self.deliver(sink, &news);
        let mut state = self.lock();
        // Decided under the same lock that a newcomer looks under.
        let again = state.tell_again && !state.is_closed();
        if !again {
            state.telling = None;
            self.wake(&state);
        }
        again
    }

    fn deliver(&self, sink: Sink, news: &[News]) {
        match sink {
            Sink::Record => {}
            Sink::Event(event) if !news.is_empty() => {
                // The record is there for whoever asks; an event that the client closed is its own fault.
                let _ = self.home.upcalls.set_event(event);
            }
            Sink::Event(_) => {}
            Sink::Messages(asked) => {
                for News { bit, error } in news {
                    let lparam = isize::try_from((bit & 0xffff) | (error & 0xffff) << 16).unwrap_or(0);
                    // A window that is gone hears nothing.
                    let _ = self.home.upcalls.post_message(asked.window, asked.message, self.raw, lparam);
                }
            }
        }
    }
}

/// Whoever tells is done, even in a panic.
struct Telling<'a, E: Endpoint>(&'a Socket<E>);

impl<E: Endpoint> Drop for Telling<'_, E> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if state.telling == Some(ThreadId::current()) {
            state.telling = None;
            self.0.wake(&state);
        }
    }
}
