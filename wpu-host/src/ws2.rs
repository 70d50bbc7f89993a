//! The state of one Ws2_32 under one lock, and waiting for its changes.

use crate::catalog::Catalog;
use crate::events::Events;
use crate::faults::{Faults, Rule};
use crate::handles::{Handles, issued_by_any};
use crate::hooks::Hooks;
use crate::ifs::IfsHandles;
use crate::messages::Messages;
use crate::request_audit::RequestAudit;
use crate::requests::Requests;
use crate::sockets::Sockets;
use crate::sync::{Deadline, lock};
use crate::threads::{Apc, Me, Threads};
use crate::trace::{self, Trace};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;
use wpu_sys::WsaError;
use wpu_sys::ffi::{INVALID_SOCKET, SOCKET, WSATHREADID};

/// The state of one Ws2_32 that upcalls read and change.
pub(crate) struct Ws2 {
    parts: Mutex<Parts>,
    /// Notified of every change for which a thread can wait.
    changed: Condvar,
    trace: Mutex<Trace>,
}

/// The parts of Ws2_32, under one lock. No code of a provider or client runs while it is held.
pub(crate) struct Parts {
    pub(crate) handles: Handles,
    pub(crate) catalog: Catalog,
    pub(crate) sockets: Sockets,
    pub(crate) ifs: IfsHandles,
    pub(crate) events: Events,
    pub(crate) threads: Threads,
    pub(crate) hooks: Hooks,
    pub(crate) requests: Requests,
    pub(crate) messages: Messages,
    pub(crate) faults: Faults,
    pub(crate) audit: RequestAudit,
    pub(crate) asked: Asked,
    /// The listening sockets of the calls that accept a connection: its messages may come before its handle is known.
    pub(crate) accepting: Vec<SOCKET>,
    /// The value with which the thread ids of calls are overwritten when the call returns.
    pub(crate) spoilt_thread: usize,
    pub(crate) run: Run,
    /// The sockets of providers that were started through `WSPStartupEx`, with their entries. Such a socket may have
    /// any value.
    pub(crate) san: BTreeMap<SOCKET, u32>,
    /// Whether upcalls that need a new handle fail.
    pub(crate) exhausted: bool,
    /// The sets of the client's calls in progress, by the address of their first member.
    pub(crate) sets: BTreeSet<usize>,
    /// The sockets that clients have received and not closed.
    pub(crate) given: BTreeSet<SOCKET>,
    /// The sockets that clients have closed, whose handles must be closed too.
    pub(crate) let_go: BTreeSet<SOCKET>,
    /// How long the last clean-up waits for overdue requests.
    pub(crate) patience: Duration,
    /// The reasons why providers were not started, as text.
    pub(crate) refusals: Vec<String>,
}

/// The window messages that clients requested: the sockets by window and message.
pub(crate) type Asked = BTreeMap<(usize, u32), BTreeSet<SOCKET>>;

/// Whether providers may make upcalls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Run {
    /// Upcalls are allowed, as far as this crate knows.
    Open,
    /// The last clean-up has begun: Ws2_32 has given up what it kept for the process, and upcalls that need it fail.
    Ending,
    /// The last clean-up has returned, and no start-up has begun since.
    Over,
}

/// The result of a wait.
pub(crate) enum Waited<R> {
    Done(R),
    /// This number of APCs ran instead.
    Apcs(usize),
    TimedOut,
}

impl Ws2 {
    pub(crate) fn new(handles: Handles) -> Self {
        let spoilt_thread = handles.fresh().unwrap_or(0);
        let parts = Parts {
            handles,
            catalog: Catalog::default(),
            sockets: Sockets::default(),
            ifs: IfsHandles::default(),
            events: Events::default(),
            threads: Threads::default(),
            hooks: Hooks::default(),
            requests: Requests::default(),
            messages: Messages::default(),
            faults: Faults::default(),
            audit: RequestAudit::default(),
            asked: Asked::default(),
            accepting: Vec::new(),
            spoilt_thread,
            run: Run::Open,
            san: BTreeMap::new(),
            exhausted: false,
            sets: BTreeSet::new(),
            given: BTreeSet::new(),
            let_go: BTreeSet::new(),
            patience: Duration::from_secs(10),
            refusals: Vec::new(),
        };
        Self { parts: Mutex::new(parts), changed: Condvar::new(), trace: Mutex::default() }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Parts> {
        lock(&self.parts)
    }

    pub(crate) fn trace(&self) -> MutexGuard<'_, Trace> {
        lock(&self.trace)
    }

    /// Changes the parts and notifies the waiting threads.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut Parts) -> R) -> R {
        let answer = change(&mut self.lock());
        self.changed.notify_all();
        answer
    }

    /// Waits until `done` returns a value. An alertable wait also ends when APCs are queued to the calling
    /// thread: it runs them before everything else.
    pub(crate) fn wait<R>(
        &self,
        timeout: Duration,
        alertable: bool,
        mut done: impl FnMut(&Parts) -> Option<R>,
    ) -> Waited<R> {
        let deadline = Deadline::after(timeout);
        let me = Me::current().filter(|_| alertable);
        let mut parts = self.lock();
        loop {
            if let Some(me) = me.as_ref().filter(|me| parts.threads.is_alerted(me)) {
                drop(parts);
                return Waited::Apcs(self.run_apcs(me));
            }
            if let Some(answer) = done(&parts) {
                return Waited::Done(answer);
            }
            let Some(changed) = deadline.wait(&self.changed, parts) else {
                return Waited::TimedOut;
            };
            parts = changed;
        }
    }

    /// Runs all APCs of the calling thread, including those that they queue to it.
    fn run_apcs(&self, me: &Me) -> usize {
        let mut ran = 0;
        while let Some(Apc { routine, context }) = self.next_apc(me) {
            // SAFETY: by the contract of WPUQueueApc, the caller that queued the function guarantees that it
            // can be called once, on this thread, with this context. The library that contains it stays
            // loaded until the host is dropped.
            unsafe { routine(context) };
            ran += 1;
        }
        ran
    }

    fn next_apc(&self, me: &Me) -> Option<Apc> {
        self.lock().threads.next_apc(me)
    }
}

impl fmt::Debug for Ws2 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Ws2").finish_non_exhaustive()
    }
}

impl Parts {
    /// Whether a client could have received this handle from its system, or through a registration here.
    pub(crate) fn can_be_file(&self, handle: SOCKET) -> bool {
        let known = self.ifs.contains(handle) || self.sockets.entry(handle).is_some();
        handle != 0 && handle != INVALID_SOCKET && (known || !issued_by_any(handle))
    }

    /// The entry whose provider receives the client's calls on a socket: for a file handle the entry that
    /// registered it last, else the entry for which it was created. If a registration returned another value,
    /// the client no longer uses the proposed one.
    pub(crate) fn owner(&self, socket: SOCKET) -> Option<u32> {
        if let Some(entry) = self.san.get(&socket) {
            return Some(*entry);
        }
        match self.ifs.entry(socket) {
            None if self.ifs.is_renamed(socket) => None,
            None => self.sockets.entry(socket),
            registered => registered,
        }
    }

    /// The handle first proposed for the object of `socket`; `socket` itself if none was proposed.
    pub(crate) fn made_here(&self, socket: SOCKET) -> SOCKET {
        self.ifs.object(socket).unwrap_or(socket)
    }

    /// Whether the client has asked for this message about a socket, or about one that has the socket waiting.
    pub(crate) fn is_asked(&self, message: (usize, u32), socket: SOCKET) -> bool {
        self.asked.get(&message).is_none_or(|sockets| {
            sockets.contains(&socket) || self.accepting.iter().any(|listener| sockets.contains(listener))
        })
    }

    /// Lets an accepted socket inherit for what messages the client has asked, and ends the call.
    pub(crate) fn accepted(&mut self, listener: SOCKET, accepted: Option<SOCKET>) {
        for sockets in self.asked.values_mut().filter(|sockets| sockets.contains(&listener)) {
            sockets.extend(accepted);
        }
        if let Some(at) = self.accepting.iter().position(|other| *other == listener) {
            self.accepting.swap_remove(at);
        }
    }

    /// Records that no further messages about a socket may be posted.
    pub(crate) fn forget_asked(&mut self, socket: SOCKET) {
        for sockets in self.asked.values_mut() {
            sockets.remove(&socket);
        }
    }

    /// Fails from the beginning of the last clean-up, for the upcalls that need what Ws2_32 keeps for a process: its table of
    /// handles, and the catalog.
    pub(crate) fn is_running(&self) -> Result<(), WsaError> {
        if self.run == Run::Open { Ok(()) } else { Err(WsaError::WSANOTINITIALISED) }
    }

    /// Begins the last clean-up as Ws2_32 does: gives up the process, and empties the table of handles. What remains is
    /// what providers should have closed before: the handles of sockets that clients have closed, and if they have closed
    /// all sockets, those of layers too.
    pub(crate) fn give_up(&mut self) {
        self.run = Run::Ending;
        let (given, let_go) = (std::mem::take(&mut self.given), std::mem::take(&mut self.let_go));
        self.sockets.retain(|socket| given.is_empty() || let_go.contains(&socket));
        self.ifs.clear();
        self.san.clear();
    }

    /// Whether providers have closed the handles of all sockets that clients have closed.
    pub(crate) fn has_let_go(&self) -> bool {
        self.let_go.is_empty() && (!self.given.is_empty() || self.sockets.open() == 0)
    }

    /// Fails after the last clean-up, for the upcalls whose documentation lists the error.
    pub(crate) fn is_started(&self) -> Result<(), WsaError> {
        if self.run == Run::Over { Err(WsaError::WSANOTINITIALISED) } else { Ok(()) }
    }

    /// A value for a handle that a provider wants; `None` if there is none.
    pub(crate) fn fresh(&self) -> Option<usize> {
        if self.exhausted { None } else { self.handles.fresh() }
    }

    /// Records that an upcall named a socket that does not exist.
    pub(crate) fn unknown_socket(&mut self, call: &'static str, socket: SOCKET) {
        let rule = match socket {
            _ if self.handles.issued(socket) => Rule::UsedAfterClose,
            _ if issued_by_any(socket) => Rule::OtherProcess,
            _ => Rule::NotASocket,
        };
        self.faults.add(rule, call, format!("{socket:#x}"));
    }

    /// Records that a provider used an event that does not exist, if its client cannot be the cause.
    pub(crate) fn unknown_event(&mut self, call: &'static str, event: usize) {
        let rule = match event {
            _ if self.events.was_closed(event) => Rule::ClosedEvent,
            _ if !self.handles.issued(event) && issued_by_any(event) => Rule::OtherProcess,
            _ => return,
        };
        self.faults.add(rule, call, format!("{event:#x}"));
    }

    /// Records that an upcall named a thread id that does not exist, if its client cannot be the cause.
    pub(crate) fn unknown_thread(&mut self, call: &'static str, id: &WSATHREADID) {
        let handle = id.ThreadHandle.addr();
        let rule = match handle {
            _ if handle == self.spoilt_thread => Rule::KeptThreadId,
            _ if self.threads.was_closed(id) => Rule::ClosedThreadId,
            _ if !self.handles.issued(handle) && issued_by_any(handle) => Rule::OtherProcess,
            _ => return,
        };
        self.faults.add(rule, call, format!("{handle:#x}"));
    }

    /// Sets the event of a completed operation, if the client gave one.
    pub(crate) fn signal(&mut self, event: usize) {
        if event != 0 && self.events.put(event, true).is_err() {
            trace::note("`hEvent` is not an open event");
        }
    }
}
