//! The driver of a socket: calls, pending requests and event reports use its endpoint one at a time.

use super::blocking::{OnDrop, Wait};
use super::connect::{Incoming, Phase};
use super::events::{NetworkEvent, Sink};
use super::partial::PartialMessages;
use super::queue::{Outstanding, Standing, Way};
use super::state::State;
use super::transfer::{Arrived, Buffers, Channel, Io, Op, longest};
use crate::base::change::Change;
use crate::base::notify::{Notified, Notify};
use crate::base::transport::{Endpoint, Kind};
use crate::completion::Pend;
use crate::ending;
use std::net::Shutdown;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Weak};
use std::time::Duration;
use wpu_sys::ffi::{
    FD_ACCEPT, FD_CLOSE, FD_READ, SOCKET, WSAPROTOCOL_INFOW, XP1_MESSAGE_ORIENTED, XP1_PARTIAL_MESSAGE,
    XP1_PSEUDO_STREAM,
};
use wpu_sys::rt::sync::{Unpoisoned as _, lock};
use wpu_sys::{CompletionResult, SocketHandle, Upcalls, WsaError};

/// The data that a socket has from its creation and passes to the connections that it accepts.
#[derive(Clone)]
pub struct SocketContext {
    pub upcalls: Upcalls,
    /// The catalog entry for which handles are created.
    pub entry: Arc<WSAPROTOCOL_INFOW>,
    /// Makes requests pending.
    pub pend: Pend,
    pub kind: Kind,
    pub overlapped: bool,
}

impl SocketContext {
    /// Whether messages can be sent and received in parts.
    pub fn takes_parts(&self) -> bool {
        self.entry.dwServiceFlags1 & XP1_PARTIAL_MESSAGE != 0
    }
}

/// A socket.
pub struct Socket<E> {
    pub context: SocketContext,
    pub key: usize,
    pub raw: SOCKET,
    pub endpoint: E,
    parts: PartialMessages,
    state: Mutex<State<E>>,
    changed: Condvar,
}

/// The locked state of a socket.
type Locked<'a, E> = MutexGuard<'a, State<E>>;

/// Lifetime, locking and waiting.
impl<E: Endpoint> Socket<E> {
    /// Creates the socket of a handle. From then on the transport can notify it.
    pub fn new(
        context: SocketContext,
        key: usize,
        handle: SocketHandle,
        end: Incoming<E>,
        mut state: State<E>,
    ) -> Arc<Self> {
        let raw = handle.raw();
        state.handle = Some(handle);
        let (state, changed) = (Mutex::new(state), Condvar::new());
        let (endpoint, parts) = (end.endpoint, PartialMessages::default());
        let socket = Arc::new(Self { context, key, raw, endpoint, parts, state, changed });
        let weak: Weak<Self> = Arc::downgrade(&socket);
        end.notify.attach(weak);
        socket
    }

    pub fn lock(&self) -> Locked<'_, E> {
        lock(&self.state)
    }

    /// Waits for a change, for as long as `wait` allows.
    pub fn wait<'a>(&'a self, wait: &mut Wait, state: Locked<'a, E>) -> Result<Locked<'a, E>, WsaError> {
        wait.on(&self.state, &self.changed, state)
    }

    /// Waits while the condition holds, for another thread that does not block. Calls no hook.
    ///
    /// It depends on that thread, which is in a method of the transport or in an upcall, and whose turn ends with
    /// its scope. While the process is ending it may be gone, and this fails.
    pub fn pause_while<'a>(
        &'a self,
        mut state: Locked<'a, E>,
        mut condition: impl FnMut(&mut State<E>) -> bool,
    ) -> Result<Locked<'a, E>, WsaError> {
        if condition(&mut state) {
            ending::check_others_live()?;
        }
        Ok(self.changed.wait_while(state, condition).unpoisoned())
    }

    /// A wait of this thread. If `hooked` is true, its blocking hook is called meanwhile.
    pub fn new_wait(&self, timeout: Option<Duration>, hooked: bool) -> Wait {
        Wait::new(self.context.upcalls, self.context.entry.dwCatalogEntryId, timeout, hooked)
    }

    /// Wakes the calls and selections that wait for a change.
    pub fn wake(&self, state: &State<E>) {
        self.changed.notify_all();
        for watch in &state.watches {
            watch.wake();
        }
    }

    fn change(&self, change: impl FnOnce(&mut State<E>)) {
        let mut state = self.lock();
        change(&mut state);
        self.wake(&state);
    }

    /// Changes the state of an open socket. Then the waiting calls and requests of these directions are
    /// attempted again, and events are reported.
    pub fn update(&self, ways: &[Way], change: impl FnOnce(&mut State<E>)) {
        let mut state = self.lock();
        if state.closed {
            return;
        }
        change(&mut state);
        for way in ways {
            state.queues.of(*way).notified += 1;
        }
        self.wake(&state);
        drop(state);
        for way in ways {
            self.run_requests(*way);
        }
        self.report_events();
    }

    /// Waits before a close as `SO_LINGER` says. Returns whether closing must reset the connection.
    pub fn linger(&self) -> Result<bool, WsaError> {
        let mut state = self.lock();
        state.check()?;
        let Some(time) = state.options.linger() else { return Ok(false) };
        if time.is_zero() {
            return Ok(true);
        }
        if ending::is_ending() {
            // The threads that send may be gone.
            return Ok(false);
        }
        let mut wait = self.new_wait(Some(time), !state.nonblocking);
        loop {
            let notified = state.queues.of(Way::Out).notified;
            drop(state);
            if !self.endpoint.is_sending() {
                return Ok(false);
            }
            state = self.lock();
            state.check()?;
            if state.nonblocking {
                return Err(WsaError::WSAEWOULDBLOCK);
            }
            if state.queues.of(Way::Out).notified == notified {
                state = match self.wait(&mut wait, state) {
                    Err(WsaError::WSAETIMEDOUT) => return Ok(true),
                    woken => woken?,
                };
            }
        }
    }

    /// Closes the socket, with a reset of its connection if `abort` is true, and returns its handle. Afterwards
    /// no other thread uses the endpoint or makes upcalls for the socket, except calls that are returning.
    pub fn end(&self, abort: bool) -> Result<Option<SocketHandle>, WsaError> {
        let mut state = self.lock();
        state.check()?;
        state.closed = true;
        state.events.select(0, Sink::Record);
        let (requests, changes) = (state.queues.drain(), state.changes.drain());
        let incoming = std::mem::take(&mut state.connection.incoming);
        self.wake(&state);
        state = self.pause_while(state, |state| state.is_used_elsewhere())?;
        let handle = state.handle.take();
        drop(state);
        for connection in incoming {
            connection.endpoint.close(true);
        }
        self.endpoint.close(abort);
        // This aborts the requests: no completion can be reported after the handle is closed.
        drop((requests, changes));
        Ok(handle)
    }
}

impl<E: Endpoint> Notified for Socket<E> {
    fn readable(self: Arc<Self>) {
        self.update(&[Way::In], |_| {});
    }

    fn writable(self: Arc<Self>) {
        self.update(&[Way::Out], |state| state.connection.full = false);
    }

    fn connected(self: Arc<Self>, result: Result<(), WsaError>) {
        // 0 is not an error code.
        let result = match result {
            Err(error) if error.code() == 0 => Err(WsaError::WSAECONNABORTED),
            result => result,
        };
        let mut unwanted = false;
        self.update(&Way::BOTH, |state| unwanted = state.connection.end(result));
        if unwanted {
            self.endpoint.close(true);
        }
    }

    fn changed(self: Arc<Self>, change: Change) {
        self.report_change(change);
    }
}

/// Sending and receiving.
impl<E: Endpoint> Socket<E> {
    /// Repeats `attempt` until it returns anything but `WSAEWOULDBLOCK`: once the call is first in the queue,
    /// and then whenever the endpoint may be ready. A non-blocking socket makes one attempt.
    pub fn in_turn<T>(
        &self,
        way: Way,
        timeout: Option<Duration>,
        mut attempt: impl FnMut() -> Result<T, WsaError>,
    ) -> Result<T, WsaError> {
        let (ticket, _place) = self.join(way)?;
        let moment = |state: &mut State<E>| state.queues.of(way).standing(ticket) == Standing::Moment;
        // The lock is declared after the place in the queue, so it is released first.
        let mut state = self.lock();
        let mut wait = self.new_wait(timeout, !state.nonblocking);
        let mut tried = None;
        loop {
            if state.closed {
                // Cancelled by another thread.
                return Err(WsaError::WSAEINTR);
            }
            let nonblocking = state.nonblocking;
            let notified = state.queues.of(way).notified;
            match state.queues.of(way).standing(ticket) {
                Standing::Nested => return Err(WsaError::WSAEINPROGRESS),
                Standing::Moment => state = self.pause_while(state, moment)?,
                Standing::First if tried != Some(notified) => {
                    let answer = self.take_turn(way, state, &mut attempt);
                    if answer.as_ref().err() != Some(&WsaError::WSAEWOULDBLOCK) {
                        return answer;
                    }
                    state = self.lock();
                    tried = Some(notified);
                    state.would_block(way, notified);
                    if nonblocking {
                        return answer;
                    }
                }
                Standing::Behind if nonblocking => return Err(WsaError::WSAEWOULDBLOCK),
                Standing::First | Standing::Behind => state = self.wait(&mut wait, state)?,
            }
        }
    }

    /// Makes one attempt if no other call or request is waiting. If the attempt would block, `pend` makes a
    /// pending request, which takes this place in the queue; `None` if there is no request.
    pub fn begin<W, T>(
        &self,
        way: Way,
        mut work: W,
        attempt: impl FnOnce(&mut W) -> Result<T, WsaError>,
        pend: impl FnOnce(W) -> Option<Op>,
    ) -> Result<Option<T>, WsaError> {
        let (ticket, _place) = self.join(way)?;
        let moment = |state: &mut State<E>| state.queues.of(way).standing(ticket) == Standing::Moment;
        let mut state = self.pause_while(self.lock(), moment)?;
        state.check()?;
        if state.queues.of(way).standing(ticket) == Standing::First {
            match self.take_turn(way, state, || attempt(&mut work)) {
                Err(WsaError::WSAEWOULDBLOCK) => state = self.lock(),
                done => return done.map(Some),
            }
            // A thread that closed the socket meanwhile may have closed the handle too, and then no
            // completion could be reported.
            state.check()?;
        }
        if let Some(op) = pend(work) {
            // The place exists while the socket is open.
            state.queues.of(way).replace(ticket, op);
        }
        Ok(None)
    }

    /// Joins the queue. Returns the ticket of the place, and a guard that leaves the queue when it is
    /// dropped.
    fn join(&self, way: Way) -> Result<(u64, OnDrop<impl FnMut()>), WsaError> {
        let mut state = self.lock();
        state.check()?;
        let ticket = state.queues.of(way).join();
        let place = OnDrop(move || {
            self.change(|state| state.queues.of(way).leave(ticket));
            self.run_requests(way);
        });
        Ok((ticket, place))
    }

    /// A guard for the turn of this thread, which ends when the guard is dropped.
    const fn turn(&self, way: Way) -> OnDrop<impl FnMut()> {
        OnDrop(move || self.change(|state| state.queues.of(way).end_turn()))
    }

    /// Makes an attempt in the turn of this thread.
    fn take_turn<T>(&self, way: Way, mut state: Locked<'_, E>, attempt: impl FnOnce() -> T) -> T {
        state.queues.of(way).take_turn();
        drop(state);
        let _turn = self.turn(way);
        attempt()
    }

    /// Attempts pending requests in order, while the endpoint is ready.
    fn run_requests(&self, way: Way) {
        while let Some((turn, mut op, notified)) = self.next_request(way) {
            match self.attempt_request(&mut op) {
                Err(WsaError::WSAEWOULDBLOCK) => {
                    let mut state = self.lock();
                    if state.closed {
                        // This drops the request, which aborts it, and then the turn. `end` waits for the end
                        // of the turn.
                        return;
                    }
                    state.would_block(way, notified);
                    state.queues.of(way).put_back(op);
                    drop(state);
                    drop(turn);
                    // A notification that arrived before the end of the turn has attempted nothing.
                    if self.lock().queues.of(way).notified == notified {
                        return;
                    }
                }
                completion => {
                    if let Some(overlapped) = op.overlapped() {
                        self.lock().queues.remember(overlapped, completion);
                    }
                    op.complete(completion);
                    drop(turn);
                    self.attempted(way);
                }
            }
        }
    }

    /// The first request, with the turn and the number of notifications so far.
    fn next_request(&self, way: Way) -> Option<(OnDrop<impl FnMut()>, Op, u64)> {
        let mut state = self.lock();
        let queue = state.queues.of(way);
        let op = queue.next_request()?;
        Some((self.turn(way), op, queue.notified))
    }

    fn attempt_request(&self, op: &mut Op) -> CompletionResult {
        match op {
            Op::Transfer { what, pended, moved } => self.attempt(what, (&*pended).into(), moved),
            Op::EndSending => self.endpoint.shutdown(Shutdown::Write).map(|()| 0.into()),
        }
    }

    pub fn attempt(&self, what: &Io, buffers: Buffers<'_>, moved: &mut usize) -> CompletionResult {
        if what.way() == Way::In {
            self.check_transfer(Way::In)?;
        }
        let completion = self.channel().transfer(what, buffers, moved);
        if completion.is_ok() && matches!(what, Io::Send { .. }) && self.context.kind.is_datagram() {
            // The transport has chosen an address if there was none.
            self.lock().connection.bound = true;
        }
        if let Err(error @ (WsaError::WSAECONNRESET | WsaError::WSAECONNABORTED | WsaError::WSAENETRESET)) =
            completion
        {
            // The connection has ended.
            self.lock().connection.error = Some(error);
        }
        completion
    }

    /// Checks that data may be transferred in this direction.
    pub fn check_transfer(&self, way: Way) -> Result<(), WsaError> {
        let state = self.lock();
        state.check()?;
        state.connection.check_transfer(way)
    }

    /// Records an attempt of a call or request: events that the attempt enables can be reported again.
    pub fn attempted(&self, way: Way) {
        if way == Way::In {
            self.lock().events.enable(FD_READ | FD_ACCEPT);
        }
        self.report_events();
    }

    pub fn channel(&self) -> Channel<'_, E> {
        let datagram = self.context.kind.is_datagram();
        let peer = if datagram { self.lock().connection.peer } else { None };
        let entry = &self.context.entry;
        let orientation = entry.dwServiceFlags1 & (XP1_MESSAGE_ORIENTED | XP1_PSEUDO_STREAM);
        let messages = orientation == XP1_MESSAGE_ORIENTED;
        let longest = longest(entry.dwMessageSize);
        let parts = (datagram && self.context.takes_parts()).then_some(&self.parts);
        Channel { endpoint: &self.endpoint, datagram, longest, messages, peer, parts }
    }
}

/// Incoming connections and events.
impl<E: Endpoint> Socket<E> {
    /// Removes the next incoming connection.
    pub fn next_incoming(&self) -> Result<Incoming<E>, WsaError> {
        if let Some(incoming) = self.lock().connection.incoming.pop_front() {
            return Ok(incoming);
        }
        let notify = Notify::default();
        let endpoint = self.endpoint.accept(notify.clone())?;
        Ok(Incoming { endpoint, notify })
    }

    /// Returns a connection to the front of the queue. Other calls may have found none meanwhile.
    pub fn put_back(&self, incoming: Incoming<E>) {
        let mut left = Some(incoming);
        self.update(&[Way::In], |state| {
            left.take().into_iter().for_each(|incoming| state.connection.incoming.push_front(incoming));
        });
        if let Some(incoming) = left {
            // The socket is closed.
            incoming.endpoint.close(true);
        }
    }

    /// Whether a connection can be accepted. The connection is kept for the next accepting call.
    pub fn has_incoming(&self) -> bool {
        if !self.lock().connection.incoming.is_empty() {
            return true;
        }
        let incoming = self.next_incoming();
        incoming.map(|incoming| self.put_back(incoming)).is_ok()
    }

    /// Reports the events that the client has selected. Only one thread reports at a time; it checks again
    /// for changes of other threads.
    pub fn report_events(&self) {
        let mut state = self.lock();
        state.events.changed = true;
        while state.events.start_report() {
            drop(state);
            let report = OnDrop(|| self.change(|state| state.events.end_report()));
            self.report_once();
            drop(report);
            state = self.lock();
        }
    }

    fn report_once(&self) {
        let state = self.lock();
        let (selection, wanted) = (state.events.selection, state.events.wanted());
        let looks = state.connection.carries() && wanted & (FD_READ | FD_CLOSE) != 0;
        let accepts = state.connection.phase == Phase::Listening && wanted & FD_ACCEPT != 0;
        drop(state);
        // The endpoint is the author's code, so no lock is held.
        let arrived = if looks { self.channel().arrived() } else { Arrived::Nothing };
        let acceptable = accepts && self.has_incoming();
        let mut state = self.lock();
        if state.events.selection != selection {
            return;
        }
        let mut happened = state.happened(arrived, acceptable);
        // An event that a call has enabled since then is looked for again: that call may have taken what was found.
        happened.retain(|event| wanted & event.bit != 0);
        let (sink, events) = (state.events.sink, state.events.record(happened));
        state.changes.reported(events.iter().fold(0, |bits, event| bits | event.bit));
        drop(state);
        self.tell_client(sink, &events);
    }

    fn tell_client(&self, sink: Sink, events: &[NetworkEvent]) {
        match sink {
            Sink::Event(event) if !events.is_empty() => {
                // If the client has closed its event object, the recorded events can still be queried.
                let _ = self.context.upcalls.set_event(event);
            }
            Sink::Record | Sink::Event(_) => {}
            Sink::Messages { window, message } => {
                for NetworkEvent { bit, error } in events {
                    let lparam = isize::try_from((bit & 0xffff) | (error & 0xffff) << 16).unwrap_or(0);
                    // The upcall fails if the window is closed.
                    let _ = self.context.upcalls.post_message(window, message, self.raw, lparam);
                }
            }
        }
    }
}
