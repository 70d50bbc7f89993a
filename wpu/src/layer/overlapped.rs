//! Overlapped requests that a layer moves: down with a structure and routine of its own, and up again
//! when the provider below has completed them.

use super::loader::Loader;
use super::sockets::Socket;
use super::sys::facts::Completes;
use super::sys::ffi::{DWORD, SOCKET, WSAOVERLAPPED};
use super::sys::{
    ClientMut, CompletionVtable, Kept, Outcome, PendingRequest, Progress, Request, RequestContext,
    RequestParts, RequestState, ThreadId, WsaError,
};
use super::worker::Shared;
use crate::completion::Pend;
use crate::panic::contain;
use crate::sync::{Unpoisoned as _, lock};
use std::cell::{Cell, UnsafeCell};
use std::collections::BTreeMap;
use std::fmt;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// Which way the bytes of a request went.
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

/// The requests that are under way below, and who is told of their end.
pub(super) struct OverlappedRequests {
    /// The layer, which is told of each end before the client is.
    told: Box<Told>,
    pend: Pend,
    /// The records that stand for the clients' structures, by the address of these and by their own: a
    /// client that uses a structure too early has several.
    under_way: Mutex<BTreeMap<(usize, usize), &'static Record>>,
    changed: Condvar,
    ended: AtomicBool,
}

type Told = dyn Fn(SOCKET, Moved, &Outcome) + Send + Sync;

/// The layer's own structure for one request, as the provider below sees it.
///
/// It lives for ever, and is used again once the provider below has completed its request: one that a
/// provider never completes may be written to at any time.
#[repr(C)]
struct Record {
    overlapped: UnsafeCell<WSAOVERLAPPED>,
    stage: Mutex<Stage>,
    /// What else the provider below may use until then, and which is not the client's.
    kept: Mutex<Option<Kept>>,
}

enum Stage {
    /// Not in use.
    Idle,
    /// The call that begins it has not returned. It may have been completed already.
    Beginning(Option<Outcome>),
    /// A client waits for its end.
    Owed(Box<dyn FnOnce(Outcome) + Send>),
    /// The call returned its end, of which the routine is still to tell.
    Answered,
}

// SAFETY: the structure is the provider's below while a request is under way, and otherwise of the thread that takes the
// record from the list of free ones. The other members are locks of what may be sent.
unsafe impl Sync for Record {}
// SAFETY: as above.
unsafe impl Send for Record {}

static FREE: Mutex<Vec<&'static Record>> = Mutex::new(Vec::new());

impl Record {
    fn take() -> &'static Self {
        let free = lock(&FREE).pop();
        let record = free.unwrap_or_else(|| {
            let overlapped = UnsafeCell::new(WSAOVERLAPPED::ZERO);
            Box::leak(Box::new(Self { overlapped, stage: Mutex::new(Stage::Idle), kept: Mutex::default() }))
        });
        // SAFETY: a record that is new or was free is this thread's alone: it became free when the provider below had
        // completed or refused its request, after which that does not use the structure.
        unsafe { *record.overlapped.get() = WSAOVERLAPPED::ZERO };
        *lock(&record.stage) = Stage::Beginning(None);
        record
    }

    /// It is used no more.
    fn free(&'static self) {
        *lock(&self.stage) = Stage::Idle;
        drop(lock(&self.kept).take());
        lock(&FREE).push(self);
    }

    fn pointer(&'static self) -> NonNull<WSAOVERLAPPED> {
        // The whole record is meant, so that the routine finds it again.
        NonNull::from(self).cast()
    }

    /// The provider below tells of the end. Whatever it tells a second time is told to nobody.
    fn complete(&'static self, outcome: Outcome) {
        let stage = {
            let mut stage = lock(&self.stage);
            if let Stage::Beginning(early) = &mut *stage {
                early.get_or_insert(outcome);
                return;
            }
            std::mem::replace(&mut *stage, Stage::Idle)
        };
        match stage {
            Stage::Idle | Stage::Beginning(_) => {}
            Stage::Answered => self.free(),
            Stage::Owed(tell) => {
                self.free();
                tell(outcome);
            }
        }
    }

    /// The call has returned, and the client is owed the end.
    fn owe(&'static self, tell: Box<dyn FnOnce(Outcome) + Send>) {
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
        self.free();
        if let Some(outcome) = early {
            tell(outcome);
        }
    }

    /// The provider below is gone, and has not told of the end. The record is never used again.
    fn abandon(&'static self) {
        let stage = std::mem::replace(&mut *lock(&self.stage), Stage::Idle);
        if let Stage::Owed(tell) = stage {
            tell(Err(WsaError::WSA_OPERATION_ABORTED));
        }
    }

    /// The call has returned the end itself.
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

/// The routine that a provider below runs on the worker when it has completed a request.
unsafe extern "system" fn completed(
    error: DWORD,
    count: DWORD,
    overlapped: *mut WSAOVERLAPPED,
    flags: DWORD,
) {
    if overlapped.is_null() {
        return;
    }
    // SAFETY: a provider hands back the structure that came with the routine: a record's, which lives
    // for ever.
    let record: &'static Record = unsafe { &*overlapped.cast::<Record>() };
    record.complete(outcome(error, count, flags));
}

fn outcome(error: DWORD, count: DWORD, flags: DWORD) -> Outcome {
    match error {
        0 => Ok((count, flags)),
        error => Err(WsaError::new(i32::from_ne_bytes(error.to_ne_bytes()))),
    }
}

/// For a provider below that is not reached through C: it tells the record.
static COMPLETION: CompletionVtable = CompletionVtable {
    begin: |_| {},
    tell: |parts, outcome| {
        // SAFETY: only `OverlappedRequests::begin` makes requests with this completion, and of what `Record::pointer` gave.
        unsafe { record(parts) }.complete(outcome);
    },
    keep: |parts, kept| {
        // SAFETY: as above.
        *lock(&unsafe { record(parts) }.kept) = Some(kept);
    },
    // The record is free only when the request has ended, and then lets go.
    release: |_, _| {},
    end: || {},
};

/// The record whose structure a request was made of.
///
/// # Safety
///
/// `parts` lead to what [`Record::pointer`] gave.
unsafe fn record(parts: &RequestParts) -> &'static Record {
    // SAFETY: the contract of this function; records live for ever.
    unsafe { parts.overlapped.cast::<Record>().as_ref() }
}

impl OverlappedRequests {
    /// For the layer `L`.
    pub(super) fn new<L: Completes>(told: impl Fn(SOCKET, Moved, &Outcome) + Send + Sync + 'static) -> Self {
        let (under_way, changed, ended) = (Mutex::default(), Condvar::new(), AtomicBool::new(false));
        Self { told: Box::new(told), pend: |request| request.pend::<L>(), under_way, changed, ended }
    }

    /// Moves a request down. `call` makes the call below, with a request of the layer's own in place of
    /// the client's.
    ///
    /// What the provider below finishes at once is answered at once, and its routine tells nobody. What
    /// it refuses is refused. What it promises is promised, and told of when its routine has run.
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
        let record = Record::take();
        let state = Cell::new(RequestState::Fresh);
        let lent = &mut request;
        let call = |thread: ThreadId<'_>| {
            let parts = RequestParts {
                socket: socket.lower,
                overlapped: record.pointer(),
                routine: Some(completed),
                thread: Some(thread.raw()),
            };
            let given = RequestContext { parts, completion: &COMPLETION, state: &state, asked };
            // SAFETY: the record and the worker outlive the request. The client's request is completed after this
            // one, or answered when this one has ended.
            let own = unsafe { lent.instead(&given) };
            call(&socket.below.provider, socket.lower, own)
        };
        // SAFETY: what the call uses is plain memory of the client, and of this thread, which touches none of it while it
        // waits; so is the answer. Any thread may call a provider.
        let begun = unsafe { worker.run(call) };
        // Where that itself fails nobody knows what became of the record, so it is never used again.
        match begun? {
            Err(error) => {
                record.free();
                Err(error)
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
                // The provider below has the client's memory by now: there is no way back. Nothing is left to copy.
                let pended = contain(|| (self.pend)(request).ok()).flatten();
                let (pending, pended) = pended.unwrap_or_else(|| std::process::abort());
                let (this, held) = (Arc::clone(self), Arc::clone(socket));
                record.owe(Box::new(move |outcome| {
                    this.finish(key, moved, pended, outcome);
                    // Its handle is given back after the last request on it was completed.
                    drop(held);
                }));
                Ok(Progress::Pending(pending))
            }
        }
    }

    fn finish(&self, key: (usize, usize), moved: Moved, pended: PendingRequest, outcome: Outcome) {
        if !self.ended.load(Ordering::Acquire) {
            // A panic of the layer must not cost the client its completion.
            let _ = contain(|| (self.told)(pended.socket(), moved, &outcome));
        }
        // First: once the client is told it may ask for the result, or use its structure again.
        lock(&self.under_way).remove(&key);
        pended.complete(outcome);
        self.changed.notify_all();
    }

    /// How the request that `overlapped` stands for has ended. It must be one that was moved.
    pub(super) fn result(&self, overlapped: ClientMut<'_, WSAOVERLAPPED>, wait: bool) -> Outcome {
        let client = overlapped.as_ptr().addr();
        let is_in = |under_way: &BTreeMap<(usize, usize), _>| {
            under_way.range((client, 0)..=(client, usize::MAX)).next().is_some()
        };
        loop {
            let mut under_way = lock(&self.under_way);
            while wait && is_in(&under_way) && !self.ended.load(Ordering::Acquire) {
                // The end of all is told too, so the time only makes sure.
                let waited = self.changed.wait_timeout(under_way, Duration::from_secs(1));
                under_way = waited.unpoisoned().0;
            }
            let pending = is_in(&under_way);
            drop(under_way);
            if self.ended.load(Ordering::Acquire) {
                return Err(WsaError::WSA_OPERATION_ABORTED);
            }
            match (crate::overlapped_result(overlapped).filter(|_| !pending), wait) {
                (Some(result), _) => return result,
                (None, false) => return Err(WsaError::WSA_IO_INCOMPLETE),
                // Ws2_32 may write to the structure somewhat later than it was told.
                (None, true) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
    }

    /// From here on the layer is told of nothing; clients are not either, in the last clean-up.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        // Whoever just looked at the mark is waiting by the time this lock is free.
        drop(lock(&self.under_way));
        self.changed.notify_all();
    }

    /// Aborts what the providers below have not completed in their last clean-up. A request whose call has
    /// not returned is not owed yet: once all calls have, this is to be called again.
    pub(super) fn abandon(&self) {
        let mut owed = Vec::new();
        lock(&self.under_way).retain(|_, record| {
            let is_owed = matches!(*lock(&record.stage), Stage::Owed(_));
            if is_owed {
                owed.push(*record);
            }
            !is_owed
        });
        for record in owed {
            record.abandon();
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
