//! The sixteen upcalls, as Ws2_32 answers them.

use crate::catalog::Catalog;
use crate::events::{Creator, Events};
use crate::faults::{Faults, Rule};
use crate::handles::{Handles, issued_by_any};
use crate::hooks::{self, Hooks};
use crate::ifs::IfsHandles;
use crate::messages::{Message, Messages};
use crate::ports::Packet;
use crate::records::{Records, Way};
use crate::requests::{self, Requests};
use crate::sockets::{Binding, Sockets};
use crate::threads::{Apc, Me, Threads};
use crate::trace::{self, Trace};
use crate::wait::{self, Deadline};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ptr::{self, NonNull};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;
use wpu_sys::ffi::{GUID, HWND, INVALID_SOCKET, SOCKET, WSAEVENT, WSAOVERLAPPED, WSATHREADID};
use wpu_sys::host::{Call, Host as Upcalls};
use wpu_sys::{Failed, FdSet, WideString, WsaError};

/// One Ws2_32: everything that upcalls ask about and change.
pub(crate) struct Ws2 {
    parts: Mutex<Parts>,
    /// Told of every change that a thread can wait for.
    changed: Condvar,
    trace: Mutex<Trace>,
}

/// The parts of Ws2_32, under one lock. No code of a provider or client runs under it.
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
    pub(crate) records: Records,
    pub(crate) asked: Asked,
    /// What the thread ids of calls are overwritten with when a call is over.
    pub(crate) spoilt_thread: usize,
    pub(crate) run: Run,
    /// How long the last clean-up waits for what should have ended before.
    pub(crate) patience: Duration,
    /// Why providers were not started, in words.
    pub(crate) refusals: Vec<String>,
}

/// The window messages that clients asked for: the sockets by window and message.
pub(crate) type Asked = BTreeMap<(usize, u32), BTreeSet<SOCKET>>;

/// Whether providers may make upcalls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Run {
    /// As far as this crate knows.
    Open,
    /// The last clean-up is over, and no start has begun since.
    Over,
}

/// How a wait ended.
pub(crate) enum Waited<R> {
    Done(R),
    /// So many queued functions ran instead.
    Apcs(usize),
    TimedOut,
}

/// The bit of `hEvent` by which a client declines the packet at its port.
const NO_PACKET: usize = 1;

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
            records: Records::default(),
            asked: Asked::default(),
            spoilt_thread,
            run: Run::Open,
            patience: Duration::from_secs(10),
            refusals: Vec::new(),
        };
        Self { parts: Mutex::new(parts), changed: Condvar::new(), trace: Mutex::default() }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Parts> {
        wait::lock(&self.parts)
    }

    pub(crate) fn trace(&self) -> MutexGuard<'_, Trace> {
        wait::lock(&self.trace)
    }

    /// Changes the parts and wakes the threads that wait for a change.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut Parts) -> R) -> R {
        let answer = change(&mut self.lock());
        self.changed.notify_all();
        answer
    }

    /// Waits until `done` has an answer. An alertable wait ends also when something is queued to
    /// the calling thread, which it then runs, and goes before everything else.
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

    /// Runs all that is queued to the calling thread, and what those functions queue to it.
    fn run_apcs(&self, me: &Me) -> usize {
        let mut ran = 0;
        while let Some(Apc { routine, context }) = self.next_apc(me) {
            // SAFETY: whoever queued the function promised by WPUQueueApc's contract that it can
            // be called once, on this thread, with this context. The library that holds it is
            // kept loaded until the host is gone.
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
    /// A handle that a client could have got from its system, or through a registration here.
    fn can_be_file(&self, handle: SOCKET) -> bool {
        let known = self.ifs.contains(handle) || self.sockets.entry(handle).is_some();
        handle != 0 && handle != INVALID_SOCKET && (known || !issued_by_any(handle))
    }

    /// The entry that the client's calls on a socket go to: for a file handle the one that
    /// registered it last, else the one it was made for. A handle that was registered and came back
    /// as another one is no longer the client's.
    pub(crate) fn owner(&self, socket: SOCKET) -> Option<u32> {
        match self.ifs.entry(socket) {
            None if self.ifs.is_renamed(socket) => None,
            None => self.sockets.entry(socket),
            registered => registered,
        }
    }

    /// The handle that Ws2_32 made for the object behind a socket, if it made one.
    pub(crate) fn made_here(&self, socket: SOCKET) -> SOCKET {
        self.ifs.object(socket).unwrap_or(socket)
    }

    /// Notes that messages about a socket must have ended.
    pub(crate) fn forget_asked(&mut self, socket: SOCKET) {
        for sockets in self.asked.values_mut() {
            sockets.remove(&socket);
        }
    }

    /// Notes that an upcall named a socket that does not exist.
    fn unknown_socket(&mut self, call: &'static str, socket: SOCKET) {
        let rule = if self.handles.issued(socket) { Rule::UsedAfterClose } else { Rule::NotASocket };
        self.faults.add(rule, call, format!("{socket:#x}"));
    }

    /// Sets the event of a completed operation, if the client gave one.
    fn signal(&mut self, event: usize) {
        if event != 0 && self.events.put(event, true).is_err() {
            trace::note("hEvent is no open event");
        }
    }
}

impl Upcalls for Ws2 {
    fn on_close_event(&self, event: WSAEVENT) -> Result<(), WsaError> {
        // Threads that wait for the event get the error too.
        self.change(|parts| {
            let closed = parts.events.close(event.addr(), Creator::Provider);
            if closed.is_err() && parts.events.is_set(event.addr()).is_ok() {
                parts.faults.add(Rule::ClosedClientEvent, "WPUCloseEvent", format!("{event:p}"));
            }
            closed
        })
    }

    fn on_close_socket_handle(&self, socket: SOCKET) -> Result<(), WsaError> {
        let mut parts = self.lock();
        let closed = parts.sockets.close(socket);
        if closed.is_err() {
            parts.unknown_socket("WPUCloseSocketHandle", socket);
        }
        closed
    }

    fn on_create_event(&self) -> Result<WSAEVENT, WsaError> {
        let mut parts = self.lock();
        let event = parts.handles.fresh().ok_or(WsaError::WSA_NOT_ENOUGH_MEMORY)?;
        parts.events.create(event, Creator::Provider);
        Ok(ptr::without_provenance_mut(event))
    }

    fn on_create_socket_handle(&self, entry: u32, context: usize) -> Result<SOCKET, WsaError> {
        let mut parts = self.lock();
        if !parts.catalog.contains(entry) {
            return Err(WsaError::WSAEINVAL);
        }
        let socket = parts.handles.fresh().ok_or(WsaError::WSAENOBUFS)?;
        parts.sockets.create(socket, entry, context);
        Ok(socket)
    }

    fn on_fd_is_set(&self, socket: SOCKET, set: FdSet<'_>) -> bool {
        set.as_slice().contains(&socket)
    }

    fn on_get_provider_path(&self, id: &GUID) -> Result<WideString, WsaError> {
        self.lock().catalog.path(id).cloned().ok_or(WsaError::WSAEINVAL)
    }

    fn on_modify_ifs_handle(&self, entry: u32, proposed: SOCKET) -> Result<SOCKET, WsaError> {
        let mut parts = self.lock();
        if !parts.catalog.contains(entry) || !parts.can_be_file(proposed) {
            return Err(WsaError::WSAEINVAL);
        }
        let Parts { ifs, handles, .. } = &mut *parts;
        ifs.register(entry, proposed, || handles.fresh())
    }

    fn on_post_message(
        &self,
        window: HWND,
        message: u32,
        wparam: usize,
        lparam: isize,
    ) -> Result<(), Failed> {
        self.change(|parts| {
            let asked = parts.asked.get(&(window.addr(), message));
            if asked.is_some_and(|sockets| !sockets.contains(&wparam)) {
                parts.faults.add(Rule::ForeignMessage, "WPUPostMessage", format!("{wparam:#x}"));
            }
            parts.messages.post(Message { window, message, wparam, lparam })
        })
    }

    fn on_query_blocking_callback(
        &self,
        entry: u32,
    ) -> Result<Option<(unsafe extern "system" fn(usize) -> i32, usize)>, WsaError> {
        let parts = self.lock();
        if !parts.catalog.contains(entry) {
            return Err(WsaError::WSAEINVAL);
        }
        let context = Me::current().and_then(|me| parts.hooks.context(me.serial()));
        Ok(context.map(|context| (hooks::run as unsafe extern "system" fn(usize) -> i32, context)))
    }

    fn on_query_socket_handle_context(&self, socket: SOCKET) -> Result<usize, WsaError> {
        // That there is no such socket is an answer, and no fault: providers ask in order to know.
        self.lock().sockets.context(socket)
    }

    fn on_queue_apc(
        &self,
        thread: &WSATHREADID,
        routine: unsafe extern "system" fn(usize),
        context: usize,
    ) -> Result<(), WsaError> {
        self.change(|parts| {
            if thread.ThreadHandle.addr() == parts.spoilt_thread {
                parts.faults.add(Rule::KeptThreadId, "WPUQueueApc", "the id of a call that has returned");
            }
            parts.threads.queue(thread, Apc { routine, context })
        })
    }

    fn on_reset_event(&self, event: WSAEVENT) -> Result<(), WsaError> {
        self.lock().events.put(event.addr(), false)
    }

    fn on_set_event(&self, event: WSAEVENT) -> Result<(), WsaError> {
        self.change(|parts| {
            parts.events.put(event.addr(), true)?;
            let Parts { records, faults, .. } = parts;
            records.event_set(event.addr(), faults);
            Ok(())
        })
    }

    fn on_open_current_thread(&self) -> Result<WSATHREADID, WsaError> {
        let me = Me::current().ok_or(WsaError::WSASYSCALLFAILURE)?;
        let mut parts = self.lock();
        let handle = parts.handles.fresh().ok_or(WsaError::WSAENOBUFS)?;
        Ok(parts.threads.open(&me, handle))
    }

    fn on_close_thread(&self, thread: &WSATHREADID) -> Result<(), WsaError> {
        self.lock().threads.close(thread)
    }

    fn on_complete_overlapped_request(
        &self,
        socket: SOCKET,
        operation: NonNull<WSAOVERLAPPED>,
        error: u32,
        transferred: u32,
    ) -> Result<(), WsaError> {
        self.change(|parts| {
            // The other upcalls say WSAENOTSOCK here; the page of this one does not.
            let Ok(binding) = parts.sockets.binding(socket).map(Option::<&Binding>::cloned) else {
                parts.unknown_socket("WPUCompleteOverlappedRequest", socket);
                return Err(WsaError::WSAEINVAL);
            };
            let Parts { records, faults, .. } = &mut *parts;
            records.tell(operation.addr().get(), Way::Completed, faults);
            // SAFETY: by the contract of WPUCompleteOverlappedRequest, which the thunk passes on
            // to its caller, the structure lives, and its two members may change at any time.
            let event = unsafe { parts.requests.complete(operation, error, transferred) };
            let event = event.map_err(|requests::AlreadyCompleted| {
                trace::note("the operation was completed before");
                WsaError::WSAEINVAL
            })?;
            parts.signal(event.addr() & !NO_PACKET);
            if let Some(Binding { port, key }) = binding.filter(|_| event.addr() & NO_PACKET == 0) {
                port.post(Packet { key, operation, error, transferred });
            }
            Ok(())
        })
    }

    fn called(&self, call: &Call<'_>) {
        let line = trace::line(call);
        let mut parts = self.lock();
        if parts.run == Run::Over {
            parts.faults.add(Rule::OutsideRun, call.upcall.name, line.outcome.clone());
        }
        drop(parts);
        self.trace().push(Me::current().as_ref(), line);
    }
}
