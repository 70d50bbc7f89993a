//! How calls and requests take turns on the endpoint of a socket.

use super::line::Standing;
use super::socket::{Socket, Way};
use super::transfer::Op;
use super::transport::Endpoint;
use std::sync::Arc;
use std::time::Duration;
use wpu_sys::WsaError;

impl<E: Endpoint> Socket<E> {
    /// Tries until it is done: at once, or when its turn has come and the endpoint is ready. `attempt`
    /// answers `WSAEWOULDBLOCK` for as long as the endpoint is not.
    pub fn take_turns<T>(
        self: &Arc<Self>,
        way: Way,
        timeout: Option<Duration>,
        mut attempt: impl FnMut() -> Result<T, WsaError>,
    ) -> Result<T, WsaError> {
        let mut wait = self.new_wait(timeout);
        let place = InLine::join(self, way)?;
        let mut state = self.lock();
        loop {
            if state.is_closed() {
                // Another thread has closed it meanwhile.
                return Err(WsaError::WSAEINTR);
            }
            let nonblocking = state.nonblocking;
            match state.line(way).standing(place.ticket) {
                Standing::First => {}
                Standing::Nested => return Err(WsaError::WSAEINPROGRESS),
                Standing::Behind if nonblocking => return Err(WsaError::WSAEWOULDBLOCK),
                Standing::Moment => {
                    state = self.pause(state);
                    continue;
                }
                Standing::Behind => {
                    state = self.wait(&mut wait, state)?;
                    continue;
                }
            }
            let seen = state.line(way).news;
            state.line(way).take_turn();
            drop(state);
            let turn = Turn(self, way);
            let answer = attempt();
            drop(turn);
            state = self.lock();
            match answer {
                Err(WsaError::WSAEWOULDBLOCK) => {}
                done => return done,
            }
            state.would_block(way, seen);
            if nonblocking {
                return Err(WsaError::WSAEWOULDBLOCK);
            }
            while state.line(way).news == seen && !state.is_closed() {
                state = self.wait(&mut wait, state)?;
            }
        }
    }

    /// Lets pending requests have their turns, as far as the endpoint is ready.
    pub fn pump(self: &Arc<Self>, way: Way) {
        loop {
            let mut state = self.lock();
            if state.is_closed() {
                return;
            }
            let seen = state.line(way).news;
            let Some(mut op) = state.line(way).next_request() else {
                return;
            };
            state.active[way as usize] = op.overlapped();
            drop(state);
            let turn = Turn(self, way);
            match self.attempt(&mut op) {
                Err(WsaError::WSAEWOULDBLOCK) => {
                    let mut state = self.lock();
                    if state.is_closed() {
                        drop(state);
                        drop(op);
                        return;
                    }
                    let over = state.would_block(way, seen);
                    state.line(way).put_back(op);
                    drop(state);
                    drop(turn);
                    if over {
                        return;
                    }
                }
                outcome => {
                    if let Some(overlapped) = op.overlapped() {
                        self.lock().remember(overlapped, outcome);
                    }
                    op.complete(outcome);
                    drop(turn);
                    self.moved(way);
                }
            }
        }
    }

    /// Tries at once if nobody waits in front; what cannot be done yet becomes a request, at this place in
    /// the line. `pend` makes that of it.
    pub fn begin<W, T>(
        self: &Arc<Self>,
        way: Way,
        work: W,
        attempt: impl FnOnce(&W) -> Result<T, WsaError>,
        pend: impl FnOnce(W) -> Option<Op>,
    ) -> Result<Option<T>, WsaError> {
        let place = InLine::join(self, way)?;
        let mut state = self.lock();
        let standing = loop {
            match state.line(way).standing(place.ticket) {
                Standing::Moment => {
                    state = self.pause(state);
                }
                standing => break standing,
            }
        };
        if standing == Standing::First {
            state.check()?;
            state.line(way).take_turn();
            drop(state);
            let turn = Turn(self, way);
            match attempt(&work) {
                Err(WsaError::WSAEWOULDBLOCK) => {}
                done => return done.map(Some),
            }
            drop(turn);
        } else {
            drop(state);
        }
        let Some(op) = pend(work) else { return Ok(None) };
        let mut state = self.lock();
        // When the socket was closed meanwhile, the request is dropped, and so aborted.
        let late = if state.is_closed() { Some(op) } else { state.line(way).turn_into(place.ticket, op) };
        drop(state);
        drop(late);
        Ok(None)
    }
}

/// A caller's place in a line, which it leaves however it ends.
struct InLine<'a, E: Endpoint> {
    socket: &'a Arc<Socket<E>>,
    way: Way,
    ticket: u64,
}

impl<'a, E: Endpoint> InLine<'a, E> {
    fn join(socket: &'a Arc<Socket<E>>, way: Way) -> Result<Self, WsaError> {
        let mut state = socket.lock();
        state.check()?;
        let ticket = state.line(way).join();
        Ok(Self { socket, way, ticket })
    }
}

impl<E: Endpoint> Drop for InLine<'_, E> {
    fn drop(&mut self) {
        let mut state = self.socket.lock();
        state.line(self.way).leave(self.ticket);
        self.socket.wake(&state);
        drop(state);
        self.socket.pump(self.way);
    }
}

/// A turn, which ends with this, even in a panic.
struct Turn<'a, E: Endpoint>(&'a Socket<E>, Way);

impl<E: Endpoint> Drop for Turn<'_, E> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.line(self.1).end_turn();
        state.active[self.1 as usize] = None;
        self.0.wake(&state);
    }
}
