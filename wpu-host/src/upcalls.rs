//! The sixteen upcalls, implemented as Ws2_32 does.

use crate::catalog::Entry;
use crate::context;
use crate::events::Creator;
use crate::faults::Rule;
use crate::handles::slot_of;
use crate::hooks::HookResult;
use crate::host_slots::occupant;
use crate::messages::Message;
use crate::panic::contain;
use crate::ports::Packet;
use crate::request_audit::Way;
use crate::requests::{self, Ended};
use crate::sockets::Binding;
use crate::threads::{Apc, Me};
use crate::trace;
use crate::ws2::{Parts, Run, Ws2};
use std::ptr::{self, NonNull};
use wpu_sys::ffi::{GUID, HWND, SOCKET, WSAEVENT, WSAOVERLAPPED, WSATHREADID};
use wpu_sys::host::{Call, Host as Upcalls};
use wpu_sys::{Failed, FdSet, WideString, WsaError};

/// The bit of `hEvent` that suppresses the completion packet at the port.
const NO_PACKET: usize = 1;

impl Upcalls for Ws2 {
    fn on_close_event(&self, event: WSAEVENT) -> Result<(), WsaError> {
        // A change wakes the threads that wait for the event, which then fail too.
        self.change(|parts| {
            let closed = parts.events.close(event.addr(), Creator::Provider);
            if closed.is_err() {
                if parts.events.is_set(event.addr()).is_ok() {
                    parts.faults.add(Rule::ClosedClientEvent, "WPUCloseEvent", format!("{event:p}"));
                }
                parts.unknown_event("WPUCloseEvent", event.addr());
            }
            closed
        })
    }

    fn on_close_socket_handle(&self, socket: SOCKET) -> Result<(), WsaError> {
        self.change(|parts| {
            parts.is_running()?;
            let closed = parts.sockets.close(socket);
            parts.let_go.remove(&socket);
            if closed.is_err() {
                parts.unknown_socket("WPUCloseSocketHandle", socket);
            }
            closed
        })
    }

    fn on_create_event(&self) -> Result<WSAEVENT, WsaError> {
        let mut parts = self.lock();
        let event = parts.fresh().ok_or(WsaError::WSA_NOT_ENOUGH_MEMORY)?;
        parts.events.create(event, Creator::Provider);
        Ok(ptr::without_provenance_mut(event))
    }

    fn on_create_socket_handle(&self, entry: u32, context: usize) -> Result<SOCKET, WsaError> {
        let mut parts = self.lock();
        parts.is_running()?;
        if !parts.catalog.contains(entry) {
            return Err(WsaError::WSAEINVAL);
        }
        let socket = parts.fresh().ok_or(WsaError::WSAENOBUFS)?;
        parts.sockets.create(socket, entry, context);
        Ok(socket)
    }

    fn on_fd_is_set(&self, socket: SOCKET, set: FdSet<'_>) -> bool {
        let mut parts = self.lock();
        if parts.sets.contains(&set.as_slice().as_ptr().addr()) && !parts.given.contains(&socket) {
            parts.faults.add(Rule::ForeignMember, "WPUFDIsSet", format!("{socket:#x}"));
        }
        drop(parts);
        set.as_slice().contains(&socket)
    }

    fn on_get_provider_path(&self, id: &GUID) -> Result<WideString, WsaError> {
        let mut parts = self.lock();
        parts.is_running()?;
        let path = parts.catalog.path(id).cloned();
        if path.is_none() {
            let detail = format!("the id begins with {:08x}", id.Data1);
            parts.faults.add(Rule::UnknownProvider, "WPUGetProviderPath", detail);
        }
        path.ok_or(WsaError::WSAEINVAL)
    }

    fn on_modify_ifs_handle(&self, entry: u32, proposed: SOCKET) -> Result<SOCKET, WsaError> {
        let mut parts = self.lock();
        parts.is_running()?;
        let (possible, known) = (parts.can_be_file(proposed), parts.catalog.find(entry));
        let files = known.is_some_and(Entry::is_ifs);
        let known = known.is_some();
        if !possible || !files {
            let detail = format!("{proposed:#x} for entry {entry}");
            parts.faults.add(Rule::NotAFileHandle, "WPUModifyIFSHandle", detail);
        }
        if !known || !possible {
            return Err(WsaError::WSAEINVAL);
        }
        let Parts { ifs, handles, exhausted, .. } = &mut *parts;
        ifs.register(entry, proposed, || if *exhausted { None } else { handles.fresh() })
    }

    fn on_post_message(
        &self,
        window: HWND,
        message: u32,
        wparam: usize,
        lparam: isize,
    ) -> Result<(), Failed> {
        self.change(|parts| {
            if !parts.is_asked((window.addr(), message), wparam) {
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
        parts.is_running()?;
        if !parts.catalog.contains(entry) {
            return Err(WsaError::WSAEINVAL);
        }
        let context = Me::current().and_then(|me| parts.hooks.context(me.serial()));
        Ok(context.map(|context| (run_hook as unsafe extern "system" fn(usize) -> i32, context)))
    }

    fn on_query_socket_handle_context(&self, socket: SOCKET) -> Result<usize, WsaError> {
        let parts = self.lock();
        parts.is_running()?;
        // An unknown socket is a normal result and not a fault: providers call this to find out.
        parts.sockets.context(socket)
    }

    unsafe fn on_queue_apc(
        &self,
        thread: &WSATHREADID,
        routine: unsafe extern "system" fn(usize),
        context: usize,
    ) -> Result<(), WsaError> {
        self.change(|parts| {
            let queued = parts.threads.queue(thread, Apc { routine, context });
            if queued.is_err() {
                parts.unknown_thread("WPUQueueApc", thread);
            }
            queued
        })
    }

    fn on_reset_event(&self, event: WSAEVENT) -> Result<(), WsaError> {
        let mut parts = self.lock();
        let reset = parts.events.put(event.addr(), false);
        if reset.is_err() {
            parts.unknown_event("WPUResetEvent", event.addr());
        }
        reset
    }

    fn on_set_event(&self, event: WSAEVENT) -> Result<(), WsaError> {
        self.change(|parts| {
            if let Err(error) = parts.events.put(event.addr(), true) {
                parts.unknown_event("WPUSetEvent", event.addr());
                return Err(error);
            }
            let Parts { audit, faults, .. } = parts;
            audit.event_set(event.addr(), faults);
            Ok(())
        })
    }

    fn on_open_current_thread(&self) -> Result<WSATHREADID, WsaError> {
        let me = Me::current().ok_or(WsaError::WSASYSCALLFAILURE)?;
        let mut parts = self.lock();
        parts.is_started()?;
        if context::has_thread_id() {
            let detail = "the client's call came with the id of its thread";
            parts.faults.add(Rule::ClientThread, "WPUOpenCurrentThread", detail);
        }
        let handle = parts.fresh().ok_or(WsaError::WSAENOBUFS)?;
        Ok(parts.threads.open(&me, handle))
    }

    fn on_close_thread(&self, thread: &WSATHREADID) -> Result<(), WsaError> {
        let mut parts = self.lock();
        parts.is_started()?;
        let closed = parts.threads.close(thread);
        if closed.is_err() {
            parts.unknown_thread("WPUCloseThread", thread);
        }
        closed
    }

    unsafe fn on_complete_overlapped_request(
        &self,
        socket: SOCKET,
        operation: NonNull<WSAOVERLAPPED>,
        error: u32,
        transferred: u32,
    ) -> Result<(), WsaError> {
        self.change(|parts| {
            if parts.run == Run::Ending {
                let Parts { audit, faults, .. } = &mut *parts;
                audit.tell(operation.addr().get(), Way::Completed, faults);
                return Err(WsaError::WSAEINVAL);
            }
            // The other upcalls return WSAENOTSOCK here; the documentation of this one does not list it.
            // A socket of the switch may have any value, and is bound to no port.
            let of_switch = if parts.san.contains_key(&socket) { Ok(None) } else { Err(()) };
            let binding = parts.sockets.binding(socket).map(Option::<&Binding>::cloned).or(of_switch);
            let Ok(binding) = binding else {
                parts.unknown_socket("WPUCompleteOverlappedRequest", socket);
                return Err(WsaError::WSAEINVAL);
            };
            let Parts { audit, faults, .. } = &mut *parts;
            audit.tell(operation.addr().get(), Way::Completed, faults);
            // SAFETY: by the contract of WPUCompleteOverlappedRequest, which the caller of the thunk
            // guarantees, the structure lives, nobody writes its `hEvent` meanwhile, and other code accesses its
            // two other members only through atomics.
            let ended = unsafe { parts.requests.complete(operation, error, transferred) };
            let Ended { event, written } = ended.map_err(|requests::AlreadyCompleted| {
                trace::note("the operation was completed before");
                WsaError::WSAEINVAL
            })?;
            if written {
                let detail = "`Internal` or `InternalHigh` was written before";
                parts.faults.add(Rule::ResultWritten, "WPUCompleteOverlappedRequest", detail);
            }
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

/// The blocking callback that a provider receives: runs the hook that `context` identifies, if it is still
/// installed. Returns whether the provider goes on waiting: whether the blocked call was not cancelled.
///
/// If the hook panics, or the host no longer exists, the result is that the call was cancelled, so that a
/// provider does not wait forever.
extern "system" fn run_hook(context: usize) -> i32 {
    let answer = contain(|| {
        let ws2 = occupant(slot_of(context))?;
        let me = Me::current()?.serial();
        let found = ws2.lock().hooks.find(context);
        if let Some((thread, hook)) = found {
            if thread != me {
                let detail = "the hook is that of another thread";
                ws2.lock().faults.add(Rule::CallbackElsewhere, "WPUQueryBlockingCallback", detail);
            }
            if hook() == HookResult::Cancelled {
                ws2.lock().hooks.cancel(me);
            }
        }
        Some(!ws2.lock().hooks.is_cancelled(me))
    });
    i32::from(answer == Ok(Some(true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_of_no_host_says_cancelled() {
        // Slots are used in rotation, so that no unit test reaches the last one.
        assert_eq!(run_hook(usize::MAX), 0);
    }
}
