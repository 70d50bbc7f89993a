//! The pending overlapped requests, and the completion routine that providers call.

use super::memory::{Arguments, ClientMemory};
use crate::context;
use crate::faults::Rule;
use crate::panic::contain;
use crate::request_audit::{AuditedRequest, Stage, Way};
use crate::requests::HostRequest;
use crate::sync::lock;
use crate::threads::Me;
use crate::ws2::Ws2;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use wpu_sys::ffi::{SOCKET, WSABUF, WSAOVERLAPPED};

/// A completion routine of a client.
pub type Routine = Box<dyn FnOnce(CompletionStatus) + Send>;

/// The result of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompletionStatus {
    /// The error code, 0 for success.
    pub error: u32,
    /// The number of transferred bytes.
    pub transferred: u32,
    /// The flags that a completion routine receives; 0 if the client was notified in another way.
    pub flags: u32,
}

/// An overlapped request, and the memory that it lends to the provider.
pub(super) struct Block {
    pub(super) request: HostRequest,
    pub(super) socket: SOCKET,
    pub(super) call: &'static str,
    pub(super) routine: Mutex<Option<Routine>>,
    pub(super) has_routine: bool,
    /// The result that the completion routine received.
    pub(super) told: Mutex<Option<CompletionStatus>>,
    /// The number of bytes that the call itself reported, if it succeeded immediately.
    pub(super) at_once: Mutex<Option<u32>>,
    pub(super) data: Vec<ClientMemory<u8>>,
    pub(super) count: ClientMemory<u32>,
    pub(super) flags: ClientMemory<u32>,
    /// The socket address, or the input of a control code.
    pub(super) address: ClientMemory<u64>,
    pub(super) address_length: ClientMemory<i32>,
    pub(super) arguments: Arguments,
    pub(super) ws2: Arc<Ws2>,
}

/// The pending requests, by the address of their overlapped structure.
pub(super) static OPEN: Mutex<BTreeMap<usize, Arc<Block>>> = Mutex::new(BTreeMap::new());

impl Block {
    pub(super) fn overlapped(&self) -> *mut WSAOVERLAPPED {
        self.request.as_ptr()
    }

    pub(super) fn arguments(&self) -> (*mut WSABUF, u32, *const wpu_sys::ffi::WSATHREADID) {
        (self.arguments.buffers(), self.arguments.count(), self.arguments.thread())
    }

    /// The number of bytes to transfer.
    pub(super) fn asked(&self) -> usize {
        self.data.iter().map(ClientMemory::len).sum()
    }

    pub(super) fn record(&self) -> AuditedRequest {
        AuditedRequest {
            call: self.call,
            socket: self.socket,
            event: self.request.event().addr() & !1,
            routine: self.has_routine,
            thread: Me::current().map_or(0, |me| me.serial()),
            stage: Stage::Calling,
            told: 0,
            closed: false,
        }
    }

    pub(super) fn outcome(&self) -> Option<CompletionStatus> {
        if self.has_routine {
            return *lock(&self.told);
        }
        let done = self.request.completion()?;
        let transferred = u32::try_from(done.transferred).unwrap_or(u32::MAX);
        Some(CompletionStatus { error: done.error, transferred, flags: 0 })
    }
}

pub(super) fn small(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Removes the requests that the providers of a host have not completed: after the last clean-up no provider
/// completes them.
pub(crate) fn forget_open(ws2: &Arc<Ws2>) {
    let mine = |block: &Arc<Block>| Arc::ptr_eq(&block.ws2, ws2);
    let mut gone = Vec::new();
    lock(&OPEN).retain(|_, block| {
        !mine(block) || {
            gone.push(Arc::clone(block));
            false
        }
    });
    // Dropped after the lock is released, since a completion routine is the client's code.
    drop(gone);
}

/// The completion routine that providers receive: finds the request and runs the client's closure.
pub(super) unsafe extern "system" fn on_done(
    error: u32,
    transferred: u32,
    overlapped: *mut WSAOVERLAPPED,
    flags: u32,
) {
    let _ = contain(|| {
        let found = lock(&OPEN).get(&overlapped.addr()).cloned();
        let thread = Me::current().map_or(0, |me| me.serial());
        let Some(block) = found else {
            // The request is already complete. The fault goes to the host whose provider runs on this thread.
            if let Some(ws2) = context::current() {
                let parts = &mut *ws2.lock();
                parts.audit.tell(overlapped.addr(), Way::Routine(thread), &mut parts.faults);
            }
            return;
        };
        block.ws2.change(|parts| {
            parts.audit.tell(overlapped.addr(), Way::Routine(thread), &mut parts.faults);
        });
        if transferred as usize > block.asked() {
            let detail = format!("{transferred} of {}", block.asked());
            block.ws2.lock().faults.add(Rule::TooMuch, block.call, detail);
        }
        let transferred = transferred.min(small(block.asked()));
        let outcome = CompletionStatus { error, transferred, flags };
        *lock(&block.told) = Some(outcome);
        let routine = lock(&block.routine).take();
        if let Some(routine) = routine {
            routine(outcome);
        }
    });
}
