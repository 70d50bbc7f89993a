//! The sixteen upcalls, as Ws2_32 answers them.

use crate::catalog::Catalog;
use crate::events::{Creator, Events};
use crate::handles::{Handles, issued_by_any};
use crate::hooks::{self, Hooks};
use crate::ifs::IfsHandles;
use crate::messages::{Message, Messages};
use crate::ports::Packet;
use crate::requests::{self, Requests};
use crate::sockets::{Binding, Sockets};
use crate::threads::{Apc, Me, Threads};
use crate::trace::{self, Trace};
use crate::wait::{self, Deadline};
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
        handle != 0 && handle != INVALID_SOCKET && (self.ifs.contains(handle) || !issued_by_any(handle))
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
        self.change(|parts| parts.events.close(event.addr(), Creator::Provider))
    }

    fn on_close_socket_handle(&self, socket: SOCKET) -> Result<(), WsaError> {
        self.lock().sockets.close(socket)
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
        self.change(|parts| parts.messages.post(Message { window, message, wparam, lparam }))
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
        self.lock().sockets.context(socket)
    }

    fn on_queue_apc(
        &self,
        thread: &WSATHREADID,
        routine: unsafe extern "system" fn(usize),
        context: usize,
    ) -> Result<(), WsaError> {
        self.change(|parts| parts.threads.queue(thread, Apc { routine, context }))
    }

    fn on_reset_event(&self, event: WSAEVENT) -> Result<(), WsaError> {
        self.lock().events.put(event.addr(), false)
    }

    fn on_set_event(&self, event: WSAEVENT) -> Result<(), WsaError> {
        self.change(|parts| parts.events.put(event.addr(), true))
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
            let binding = parts.sockets.binding(socket);
            let binding = binding.map_err(|_| WsaError::WSAEINVAL)?.cloned();
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
        self.trace().push(Me::current().as_ref(), line);
    }
}
