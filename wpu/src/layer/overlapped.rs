//! Overlapped requests that a layer replaces: each is passed down with a structure and routine of the layer,
//! and completed towards the client when the provider below has completed it.

use super::loader::Loader;
use super::sockets::Socket;
use super::sys::facts::Completes;
use super::sys::ffi::{DWORD, SOCKET, WSAOVERLAPPED};
use super::sys::{
    ClientMut, CompletionResult, CompletionVtable, Kept, Outcome, PendingRequest, Progress, Request,
    RequestContext, RequestParts, RequestState, ThreadId, Transfer, Transferred, WsaError,
};
use super::worker::Shared;
use crate::completion::Pend;
use crate::ending;
use std::cell::{Cell, UnsafeCell};
use std::collections::BTreeMap;
use std::fmt;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use wpu_sys::rt::panic::contain;
use wpu_sys::rt::sync::{Unpoisoned as _, lock};

/// The direction of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Moved {
    /// From the client: `WSPSend`, `WSPSendTo`.
    Sent,
    /// To the client: `WSPRecv`, `WSPRecvFrom`.
    Received,
    /// In a `WSPIoctl`.
    Controlled,
}

impl Moved {
    /// The number of bytes that were transferred. Beside an error, some calls give another number: how many bytes
    /// are needed.
    pub(super) fn bytes(self, outcome: &Outcome<u32>) -> Option<u32> {
        match outcome {
            Outcome::Done(bytes) => Some(*bytes),
            Outcome::Partial(bytes, _) => (self == Self::Received).then_some(*bytes),
        }
    }
}

/// The requests that are pending below, and the callback for their completion.
pub(super) struct OverlappedRequests {
    /// The layer's callback, which runs before the completion is reported to the client.
    told: Box<Told>,
    pend: Pend,
    /// The records of the pending requests, by the addresses of the client's structure and of the record. A
    /// client that reuses a structure too early has several records for it.
    under_way: Mutex<BTreeMap<(usize, usize), &'static Record>>,
    changed: Condvar,
    ended: AtomicBool,
    /// Whether the providers below have been cleaned up, so that none of them completes a request.
    abandoned: AtomicBool,
}

type Told = dyn Fn(SOCKET, Moved, &CompletionResult) + Send + Sync;

/// The layer's own structure for one request, which the provider below receives.
///
/// It is never freed, and is reused after the provider below has completed its request. If a provider never
/// completes a request, it may write to the structure at any time.
#[repr(C)]
struct Record {
    overlapped: UnsafeCell<WSAOVERLAPPED>,
    stage: Mutex<Stage>,
    /// Other memory that the provider below may use until then and that does not belong to the client.
    kept: Mutex<Option<Kept>>,
}

/// Tells the client the completion.
type Tell = Box<dyn FnOnce(CompletionResult) + Send>;

enum Stage {
    /// Not in use.
    Idle,
    /// The call that starts the request has not returned. The request may be complete already.
    Beginning(Option<CompletionResult>),
    /// The client waits for the completion.
    Owed(Tell),
    /// The call returned the result, and the routine has not run yet.
    Answered,
    /// The client was told that the request is aborted. The provider below may use the memory at any time, so the
    /// record is never reused.
    Abandoned,
}

// SAFETY: while a request is pending, the structure belongs to the provider below, and otherwise to the
// thread that takes the record from the list of free ones. The other members are locks of types that are
// `Send`.
unsafe impl Sync for Record {}
// SAFETY: as above.
unsafe impl Send for Record {}

static FREE: Mutex<Vec<&'static Record>> = Mutex::new(Vec::new());
/// Every record. Those that a provider never completes are in no other list, and tools that look for lost memory
/// would report them.
static ALL: Mutex<Vec<&'static Record>> = Mutex::new(Vec::new());

impl Record {
    fn take() -> &'static Self {
        let free = lock(&FREE).pop();
        let record = free.unwrap_or_else(Self::new);
        // SAFETY: a new or free record belongs to this thread alone: it became free when the provider below
        // had completed or refused its request, after which the provider does not use the structure.
        unsafe { *record.overlapped.get() = WSAOVERLAPPED::ZERO };
        *lock(&record.stage) = Stage::Beginning(None);
        record
    }

    fn new() -> &'static Self {
        let overlapped = UnsafeCell::new(WSAOVERLAPPED::ZERO);
        let record = Self { overlapped, stage: Mutex::new(Stage::Idle), kept: Mutex::default() };
        let record = Box::leak(Box::new(record));
        lock(&ALL).push(record);
        record
    }

    /// Returns the record to the list of free ones.
    fn free(&'static self) {
        *lock(&self.stage) = Stage::Idle;
        drop(lock(&self.kept).take());
        lock(&FREE).push(self);
    }

    fn pointer(&'static self) -> NonNull<WSAOVERLAPPED> {
        // The pointer has the provenance of the whole record, so that the routine can recover the record from
        // it.
        NonNull::from(self).cast()
    }

    /// The provider below reports the completion. A second report is ignored.
    fn complete(&'static self, completion: CompletionResult) {
        let stage = {
            let mut stage = lock(&self.stage);
            if let Stage::Beginning(early) = &mut *stage {
                early.get_or_insert(completion);
                return;
            }
            std::mem::replace(&mut *stage, Stage::Idle)
        };
        match stage {
            Stage::Idle | Stage::Beginning(_) | Stage::Abandoned => {}
            Stage::Answered => self.free(),
            Stage::Owed(tell) => {
                // First: until then the request is under way, and a clean-up would take another one, which has got
                // the record, for it.
                tell(completion);
                self.free();
            }
        }
    }

    /// The call has returned, and the completion will be reported by `tell`.
    fn owe(&'static self, tell: Tell) {
        let early = {
            let mut stage = lock(&self.stage);
            match &mut *stage {
                Stage::Beginning(early) if early.is_some() => early.take(),
                _ => {
                    *stage = Stage::Owed(tell);
                    return;
                }
            }
        };
        // In this order for the same reason as in `complete`.
        if let Some(completion) = early {
            tell(completion);
        }
        self.free();
    }

    /// The provider below was cleaned up without a completion: if the client waits for it, the result is the function
    /// that tells it.
    fn abandon(&'static self) -> Option<Tell> {
        let mut stage = lock(&self.stage);
        match std::mem::replace(&mut *stage, Stage::Abandoned) {
            Stage::Owed(tell) => Some(tell),
            other => {
                *stage = other;
                None
            }
        }
    }

    /// The call has returned the result itself.
    fn answered(&'static self) {
        let early = {
            let mut stage = lock(&self.stage);
            let early = matches!(*stage, Stage::Beginning(Some(_)));
            *stage = Stage::Answered;
            early
        };
        if early {
            self.free();
        }
    }
}

/// The routine that a provider below runs on the worker thread when it has completed a request.
unsafe extern "system" fn completed(
    error: DWORD,
    count: DWORD,
    overlapped: *mut WSAOVERLAPPED,
    flags: DWORD,
) {
    if overlapped.is_null() {
        return;
    }
    // SAFETY: a provider passes the structure that came with the routine: that of a record, which is never
    // freed.
    let record: &'static Record = unsafe { &*overlapped.cast::<Record>() };
    record.complete(Ok(outcome(error, count, flags)));
}

/// What a provider below reports. The values beside an error pass on only where the documentation defines them.
fn outcome(error: DWORD, bytes: DWORD, flags: DWORD) -> Outcome<Transfer> {
    let transfer = Transfer { bytes, flags };
    match error {
        0 => Outcome::Done(transfer),
        error => Outcome::Partial(transfer, WsaError::new(i32::from_ne_bytes(error.to_ne_bytes()))),
    }
}

/// The functions for a provider below that is not reached through C: completions go to the record.
static COMPLETION: CompletionVtable = CompletionVtable {
    begin: |_| {},
    tell: |parts, completion| {
        // SAFETY: only `OverlappedRequests::begin` creates requests with this vtable, with a structure from
        // `Record::pointer`.
        unsafe { record(parts) }.complete(completion);
    },
    keep: |parts, kept| {
        // SAFETY: as above.
        *lock(&unsafe { record(parts) }.kept) = Some(kept);
    },
    // The record becomes free only when the request has completed, and then releases the memory.
    release: |_, _| {},
    end: || {},
};

/// The record whose structure a request has.
///
/// # Safety
///
/// `parts.overlapped` came from [`Record::pointer`].
unsafe fn record(parts: &RequestParts) -> &'static Record {
    // SAFETY: the caller guarantees that the pointer is that of a record; records are never freed.
    unsafe { parts.overlapped.cast::<Record>().as_ref() }
}

impl OverlappedRequests {
    /// Creates the set for the layer `L`.
    pub(super) fn new<L: Completes>(
        told: impl Fn(SOCKET, Moved, &CompletionResult) + Send + Sync + 'static,
    ) -> Self {
        let (under_way, changed) = (Mutex::default(), Condvar::new());
        let (ended, abandoned) = (AtomicBool::new(false), AtomicBool::new(false));
        Self {
            told: Box::new(told),
            pend: |request| request.pend::<L>(),
            under_way,
            changed,
            ended,
            abandoned,
        }
    }

    /// Passes a request down. `call` makes the call below, with a request of the layer in place of the
    /// client's.
    ///
    /// If the provider below completes the request immediately, the result is returned and its routine
    /// reports nothing. If the provider refuses the request, the error is returned. If the request is
    /// pending, its completion is reported when the routine has run.
    pub(super) fn begin<S: Loader, T>(
        self: &Arc<Self>,
        worker: &Shared,
        socket: &Arc<Socket<S>>,
        moved: Moved,
        mut request: Request<'_>,
        call: impl FnOnce(&S::Provider, SOCKET, Request<'_>) -> Result<Progress<T>, WsaError>,
    ) -> Result<Progress<T>, WsaError> {
        let Some((client, asked)) = request.parts().map(|parts| (parts.overlapped, request.asked())) else {
            return Err(WsaError::WSASYSCALLFAILURE);
        };
        let (record, partial) = (Record::take(), request.partial());
        let state = Cell::new(RequestState::Fresh);
        let lent = &mut request;
        let call = |thread: ThreadId<'_>| {
            let parts = RequestParts {
                socket: socket.lower,
                overlapped: record.pointer(),
                routine: Some(completed),
                thread: Some(thread.raw()),
            };
            let given = RequestContext { parts, completion: &COMPLETION, state: &state, asked, partial };
            // SAFETY: the record and the worker outlive the request. The client's request completes after
            // this one, or its result is returned when this one has completed.
            let own = unsafe { lent.instead(&given) };
            call(&socket.below.provider, socket.lower, own)
        };
        // SAFETY: the call uses plain memory of the client and of this thread, which does not access it while
        // it waits; the same holds for the result. Any thread may call a provider.
        let begun = unsafe { worker.run(call) };
        // If running the call fails, the state of the record is unknown, so it is never reused.
        match begun? {
            Err(error) => {
                record.free();
                Err(error)
            }
            // No completion follows.
            Ok(Progress::Partial(answer, error)) => {
                record.free();
                Ok(Progress::Partial(answer, error))
            }
            Ok(Progress::Done(answer)) => {
                match state.get() {
                    RequestState::Fresh => record.free(),
                    _ => record.answered(),
                }
                Ok(Progress::Done(answer))
            }
            Ok(Progress::Pending(_)) => {
                let key = (client.addr().get(), record.pointer().addr().get());
                lock(&self.under_way).insert(key, record);
                // The provider below has the client's memory already, so the request must become pending.
                // There is nothing left to copy.
                let pended = contain(|| (self.pend)(request).ok()).flatten();
                let (pending, pended) = pended.unwrap_or_else(|| std::process::abort());
                let (this, held) = (Arc::clone(self), Arc::clone(socket));
                record.owe(Box::new(move |completion| {
                    this.finish(key, moved, pended, completion);
                    // The socket's handle is closed after the last request on it has completed.
                    drop(held);
                }));
                if self.abandoned.load(Ordering::SeqCst) {
                    // The clean-up has not found this request, or finds it at the same time.
                    self.abandon();
                }
                Ok(Progress::Pending(pending))
            }
        }
    }

    fn finish(
        &self,
        key: (usize, usize),
        moved: Moved,
        pended: PendingRequest,
        completion: CompletionResult,
    ) {
        let completion = pended.defined(completion);
        if !self.ended.load(Ordering::Acquire) {
            // After a panic of the layer's callback the completion is still reported to the client.
            let _ = contain(|| (self.told)(pended.socket(), moved, &completion));
        }
        // Removed first: once the completion is reported, the client may query the result, or reuse its
        // structure.
        lock(&self.under_way).remove(&key);
        pended.complete(completion);
        self.changed.notify_all();
    }

    /// The result of the request of `overlapped`, which must be a replaced request.
    pub(super) fn result(
        &self,
        overlapped: ClientMut<'_, WSAOVERLAPPED>,
        wait: bool,
    ) -> Result<Outcome<Transferred>, WsaError> {
        let client = overlapped.as_ptr().addr();
        let is_in = |under_way: &BTreeMap<(usize, usize), _>| {
            under_way.range((client, 0)..=(client, usize::MAX)).next().is_some()
        };
        loop {
            if wait {
                // The worker completes requests, and may be gone.
                ending::check_others_live()?;
            }
            let mut under_way = lock(&self.under_way);
            while wait && is_in(&under_way) && !self.ended.load(Ordering::Acquire) {
                // It depends on the provider below, which completes each request; the last clean-up of the layer ends
                // the wait as well. Both notify, so the timeout is only a safeguard.
                let waited = self.changed.wait_timeout(under_way, Duration::from_secs(1));
                under_way = waited.unpoisoned().0;
            }
            let pending = is_in(&under_way);
            drop(under_way);
            if self.ended.load(Ordering::Acquire) {
                return Err(WsaError::WSA_OPERATION_ABORTED);
            }
            match (crate::overlapped_result(overlapped).filter(|_| !pending), wait) {
                (Some(result), _) => return Ok(result),
                (None, false) => return Err(WsaError::WSA_IO_INCOMPLETE),
                // Ws2_32 may write the structure shortly after the upcall that completes the request. It depends on
                // that, and on the last clean-up.
                (None, true) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
    }

    /// From now on no completion is reported to the layer; in the last clean-up none is reported to clients
    /// either.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        // A thread that has just read the mark is waiting by the time this lock is free.
        drop(lock(&self.under_way));
        self.changed.notify_all();
    }

    /// Aborts the requests that the providers below have not completed in their last clean-up. A call that has not
    /// returned aborts its request itself.
    pub(super) fn abandon(&self) {
        self.abandoned.store(true, Ordering::SeqCst);
        let mut owed = Vec::new();
        lock(&self.under_way).retain(|_, record| match record.abandon() {
            Some(tell) => {
                owed.push(tell);
                false
            }
            None => true,
        });
        for tell in owed {
            tell(Err(WsaError::WSA_OPERATION_ABORTED));
        }
    }
}

impl fmt::Debug for OverlappedRequests {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("OverlappedRequests")
            .field("under_way", &lock(&self.under_way).len())
            .finish_non_exhaustive()
    }
}
