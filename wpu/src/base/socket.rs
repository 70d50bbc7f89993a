//! One socket: what stands behind a handle, and how calls and requests take turns on its endpoint.

use super::block::{Wait, locked};
use super::events::Events;
use super::line::Line;
use super::notify::{Notified, Notify};
use super::options::Options;
use super::select::Watch;
use super::transfer::{Op, Outcome};
use super::transport::{Endpoint, Kind};
use crate::tell::Pend;
use crate::thread::ThreadId;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use wpu_sys::ffi::{FD_ACCEPT, FD_CLOSE, FD_CONNECT, FD_READ, FD_WRITE};
use wpu_sys::ffi::{SOCKET, WSAPROTOCOL_INFOW};
use wpu_sys::{SocketHandle, Upcalls, WsaError};

/// What the sockets of a provider have in common.
#[derive(Debug, Clone)]
pub struct Home {
    pub upcalls: Upcalls,
    /// The catalog entry that handles are made for.
    pub entry: Arc<WSAPROTOCOL_INFOW>,
    /// How requests are taken on.
    pub pend: Pend,
}

/// One socket.
pub struct Socket<E> {
    pub home: Home,
    pub kind: Kind,
    pub overlapped: bool,
    pub key: usize,
    pub raw: SOCKET,
    pub endpoint: E,
    state: Mutex<State<E>>,
    changed: Condvar,
}

/// How many outcomes of requests a socket remembers.
const REMEMBERED: usize = 64;

/// The two directions. Accepting and receiving are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    In,
    Out,
}

/// How far a socket has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// New, or bound, or failed to connect.
    Idle,
    Listening,
    Connecting,
    Connected,
}

/// A connection that came in, and which no client has accepted yet.
pub struct Incoming<E> {
    pub endpoint: E,
    pub notify: Notify,
}

/// What changes about a socket. No upcall, completion or author's code runs while this is locked.
#[allow(clippy::struct_excessive_bools, reason = "they are independent of each other")]
pub struct State<E> {
    handle: Option<SocketHandle>,
    closed: bool,
    pub phase: Phase,
    pub bound: bool,
    /// The client connected it, and was not told of that by an event yet.
    pub connect_news: Option<i32>,
    /// Connecting failed: what makes a socket exceptional for `WSPSelect`.
    pub failed: bool,
    /// What `SO_ERROR` reads.
    pub error: Option<WsaError>,
    pub nonblocking: bool,
    pub end_in: bool,
    pub end_out: bool,
    pub incoming: VecDeque<Incoming<E>>,
    /// The endpoint had no room when it was tried last, and has not told of any since.
    pub full: bool,
    lines: [Line<Op>; 2],
    /// The request that has the turn, in each direction.
    pub(super) active: [Option<usize>; 2],
    ended: VecDeque<(usize, Outcome)>,
    pub events: Events,
    pub(super) telling: Option<ThreadId>,
    pub(super) tell_again: bool,
    watches: Vec<Arc<Watch>>,
    pub options: Options,
}

impl<E> State<E> {
    /// The socket is still open.
    pub fn check(&self) -> Result<(), WsaError> {
        if self.closed { Err(WsaError::WSAENOTSOCK) } else { Ok(()) }
    }

    pub fn is_closed(&self) -> bool {
        self.closed
    }

    pub fn line(&mut self, way: Way) -> &mut Line<Op> {
        &mut self.lines[way as usize]
    }

    /// The endpoint was not ready; whether it has told nothing since `seen`.
    pub(super) fn would_block(&mut self, way: Way, seen: u64) -> bool {
        let unchanged = self.line(way).news == seen;
        if way == Way::Out {
            self.full |= unchanged;
            self.events.enable(FD_WRITE);
        }
        unchanged
    }

    /// Whether a request with this structure waits.
    pub fn is_pending(&self, overlapped: usize) -> bool {
        let waits = |line: &Line<Op>| line.requests().any(|op| op.overlapped() == Some(overlapped));
        self.active.contains(&Some(overlapped)) || self.lines.iter().any(waits)
    }

    /// Remembers for a while how a request ended: its structure may show that only later.
    pub fn remember(&mut self, overlapped: usize, outcome: Outcome) {
        self.forget(overlapped);
        if self.ended.len() == REMEMBERED {
            self.ended.pop_front();
        }
        self.ended.push_back((overlapped, outcome));
    }

    /// The structure stands for another request now.
    pub fn forget(&mut self, overlapped: usize) {
        self.ended.retain(|(other, _)| *other != overlapped);
    }

    /// How the request with this structure ended, if that was not long ago.
    pub fn outcome(&self, overlapped: usize) -> Option<Outcome> {
        self.ended.iter().find(|(other, _)| *other == overlapped).map(|(_, outcome)| *outcome)
    }
}

/// A socket that has no handle yet.
pub struct NewSocket<E> {
    pub home: Home,
    pub kind: Kind,
    pub overlapped: bool,
    pub endpoint: E,
    pub notify: Notify,
}

impl<E: Endpoint> NewSocket<E> {
    /// The socket, known to its transport from now on. `prepare` changes what differs from a new one.
    pub fn finish(
        self,
        key: usize,
        handle: SocketHandle,
        prepare: impl FnOnce(&mut State<E>),
    ) -> Arc<Socket<E>> {
        let raw = handle.raw();
        let mut state = State {
            handle: Some(handle),
            closed: false,
            phase: Phase::Idle,
            bound: false,
            connect_news: None,
            failed: false,
            error: None,
            nonblocking: false,
            end_in: false,
            end_out: false,
            incoming: VecDeque::new(),
            full: false,
            lines: [Line::new(), Line::new()],
            active: [None; 2],
            ended: VecDeque::new(),
            events: Events::new(),
            telling: None,
            tell_again: false,
            watches: Vec::new(),
            options: Options::default(),
        };
        prepare(&mut state);
        let Self { home, kind, overlapped, endpoint, notify } = self;
        let (state, changed) = (Mutex::new(state), Condvar::new());
        let socket = Arc::new(Socket { home, kind, overlapped, key, raw, endpoint, state, changed });
        let weak: Weak<Socket<E>> = Arc::downgrade(&socket);
        notify.attach(weak);
        socket
    }
}

impl<E: Endpoint> Socket<E> {
    pub fn lock(&self) -> MutexGuard<'_, State<E>> {
        locked(&self.state)
    }

    /// Waits for a change, as far as `wait` allows.
    pub fn wait<'a>(
        &'a self,
        wait: &mut Wait,
        state: MutexGuard<'a, State<E>>,
    ) -> Result<MutexGuard<'a, State<E>>, WsaError> {
        wait.on(&self.state, &self.changed, state)
    }

    /// Waits for what is a matter of a moment, and calls no hook.
    pub fn pause<'a>(&'a self, state: MutexGuard<'a, State<E>>) -> MutexGuard<'a, State<E>> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// A wait of this thread, with its blocking hook if the socket is a blocking one.
    pub fn new_wait(&self, timeout: Option<Duration>) -> Wait {
        let hooked = !self.lock().nonblocking;
        Wait::new(self.home.upcalls, self.home.entry.dwCatalogEntryId, timeout, hooked)
    }

    /// Wakes who waits for a change: callers, and selections.
    pub fn wake(&self, state: &State<E>) {
        self.changed.notify_all();
        for watch in &state.watches {
            watch.wake();
        }
    }

    pub fn watch(&self, watch: &Arc<Watch>) -> Result<(), WsaError> {
        let mut state = self.lock();
        state.check()?;
        state.watches.push(Arc::clone(watch));
        Ok(())
    }

    pub fn unwatch(&self, watch: &Arc<Watch>) {
        self.lock().watches.retain(|other| !Arc::ptr_eq(other, watch));
    }

    /// A call that receives or accepts has had its try: the events that wait for one can be told again.
    pub fn moved(self: &Arc<Self>, way: Way) {
        if way == Way::In {
            self.lock().events.enable(FD_READ | FD_ACCEPT);
        }
        self.tell();
    }

    /// The transport has told something, or the client has changed something.
    fn news(self: &Arc<Self>, ways: &[Way], change: impl FnOnce(&mut State<E>)) {
        let mut state = self.lock();
        if state.closed {
            return;
        }
        change(&mut state);
        for way in ways {
            state.line(*way).news += 1;
        }
        self.wake(&state);
        drop(state);
        for way in ways {
            self.pump(*way);
        }
        self.tell();
    }

    /// What the client changed may end what waits in both directions.
    pub fn reconsider(self: &Arc<Self>, change: impl FnOnce(&mut State<E>)) {
        self.news(&[Way::In, Way::Out], change);
    }

    /// A connection attempt has ended.
    pub fn connect_ended(state: &mut State<E>, result: Result<(), WsaError>) {
        if state.phase != Phase::Connecting {
            return;
        }
        state.connect_news = Some(result.map_or_else(WsaError::code, |()| 0));
        state.error = result.err();
        state.failed = result.is_err();
        state.phase = if result.is_ok() { Phase::Connected } else { Phase::Idle };
        state.full = false;
    }

    /// A connection attempt begins.
    pub fn connect_begins(state: &mut State<E>) {
        state.phase = Phase::Connecting;
        (state.failed, state.error, state.connect_news) = (false, None, None);
        state.events.enable(FD_CONNECT | FD_READ | FD_WRITE | FD_CLOSE);
    }

    /// Ends the socket. Its requests are given back, to be aborted; whoever waits is told. Once this
    /// has returned no other thread uses the endpoint or makes upcalls for it, except for calls that
    /// are just returning.
    pub fn end(&self) -> Result<Ended, WsaError> {
        let mut state = self.lock();
        state.check()?;
        state.closed = true;
        let mut requests = state.line(Way::In).drain();
        requests.extend(state.line(Way::Out).drain());
        let incoming = std::mem::take(&mut state.incoming);
        self.wake(&state);
        let here = ThreadId::current();
        while state.line(Way::In).is_taken_elsewhere()
            || state.line(Way::Out).is_taken_elsewhere()
            || state.telling.is_some_and(|thread| thread != here)
        {
            state = self.pause(state);
        }
        let handle = state.handle.take();
        let abort = state.options.aborts();
        drop(state);
        for connection in incoming {
            connection.endpoint.close(true);
        }
        self.endpoint.close(abort);
        Ok(Ended { requests, handle })
    }

    /// Takes the next connection that came in.
    pub fn next_incoming(&self) -> Result<Incoming<E>, WsaError> {
        if let Some(incoming) = self.lock().incoming.pop_front() {
            return Ok(incoming);
        }
        let notify = Notify::default();
        let endpoint = self.endpoint.accept(notify.clone())?;
        Ok(Incoming { endpoint, notify })
    }

    /// Puts a connection back, for the next call that accepts.
    pub fn put_back(&self, incoming: Incoming<E>) {
        let mut state = self.lock();
        if !state.closed {
            state.incoming.push_front(incoming);
            self.wake(&state);
            return;
        }
        drop(state);
        incoming.endpoint.close(true);
    }
}

/// What is left of a socket.
pub struct Ended {
    pub requests: Vec<Op>,
    pub handle: Option<SocketHandle>,
}

impl<E: Endpoint> Notified for Socket<E> {
    fn readable(self: Arc<Self>) {
        self.news(&[Way::In], |_| {});
    }

    fn writable(self: Arc<Self>) {
        self.news(&[Way::Out], |state| state.full = false);
    }

    fn connected(self: Arc<Self>, result: Result<(), WsaError>) {
        // Success is no code.
        let result = match result {
            Err(error) if error.code() == 0 => Err(WsaError::WSAECONNABORTED),
            result => result,
        };
        self.news(&[Way::In, Way::Out], |state| Self::connect_ended(state, result));
    }
}
