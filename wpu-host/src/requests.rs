//! Overlapped requests: their structures, and that each is completed once.

use crate::trace;
use std::cell::UnsafeCell;
use std::collections::BTreeMap;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use wpu_sys::ffi::{WSAEVENT, WSAOVERLAPPED, WSS_OPERATION_IN_PROGRESS};

/// An overlapped request of the client, in memory that lives as long as its host.
///
/// So a provider that completes it twice, or too late, gets an error and does no harm, which
/// cannot be said of a structure that the client frees. It begins as pending.
#[derive(Debug, Clone)]
pub struct HostRequest(Arc<Block>);

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Completion {
    /// The error that the provider reported, 0 for success.
    pub error: u32,
    /// How many bytes were moved.
    pub transferred: usize,
}

#[derive(Debug)]
struct Block {
    overlapped: UnsafeCell<WSAOVERLAPPED>,
    pending: AtomicBool,
    error: AtomicU32,
}

// SAFETY: this crate reads `hEvent`, which nobody writes, and touches `Internal` and
// `InternalHigh` through atomics only. The rest of `overlapped` belongs to the provider.
unsafe impl Send for Block {}
// SAFETY: as above.
unsafe impl Sync for Block {}

impl HostRequest {
    pub(crate) fn new(event: WSAEVENT) -> Self {
        let overlapped =
            WSAOVERLAPPED { Internal: WSS_OPERATION_IN_PROGRESS, hEvent: event, ..WSAOVERLAPPED::ZERO };
        Self(Arc::new(Block {
            overlapped: UnsafeCell::new(overlapped),
            pending: AtomicBool::new(true),
            error: AtomicU32::new(0),
        }))
    }

    /// The structure, for the provider. Its `Internal` and `InternalHigh` are shared with other
    /// threads: access them through atomics.
    #[must_use]
    pub fn as_ptr(&self) -> *mut WSAOVERLAPPED {
        self.0.overlapped.get()
    }

    /// The event that it began with.
    pub(crate) fn event(&self) -> WSAEVENT {
        // SAFETY: the structure lives in the cell, as long as `self`.
        let event = unsafe { &raw const (*self.as_ptr()).hEvent };
        // SAFETY: nobody writes this member.
        unsafe { event.read() }
    }

    /// How the request ended; `None` while it is pending.
    #[must_use]
    pub fn completion(&self) -> Option<Completion> {
        let members = self.members();
        let internal = members.internal.load(Ordering::Acquire);
        (internal != WSS_OPERATION_IN_PROGRESS).then(|| Completion {
            error: if self.0.pending.load(Ordering::Acquire) {
                // The provider wrote it itself, as for a file handle, or when it was cleaned up.
                error_in(internal)
            } else {
                self.0.error.load(Ordering::Relaxed)
            },
            transferred: members.internal_high.load(Ordering::Relaxed),
        })
    }

    /// Makes a completed request pending again, so that it can be handed to the provider anew.
    /// One that is pending stays as it is.
    pub fn restart(&self) {
        if self.completion().is_none() {
            return;
        }
        let members = self.members();
        members.internal_high.store(0, Ordering::Relaxed);
        members.internal.store(WSS_OPERATION_IN_PROGRESS, Ordering::Release);
        self.0.pending.store(true, Ordering::Release);
    }

    fn members(&self) -> Members<'_> {
        // SAFETY: the structure lives in the cell, as long as `self`, and the documentation of
        // `as_ptr` asks everyone else to go through atomics too.
        unsafe { Members::of(self.as_ptr()) }
    }
}

/// The requests that a host knows.
#[derive(Default)]
pub(crate) struct Requests {
    /// Those of [`HostRequest`], by address.
    own: BTreeMap<usize, HostRequest>,
    /// What was written to `Internal` of others, by address.
    completed: BTreeMap<usize, usize>,
}

/// The request was completed before, and not started again since.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AlreadyCompleted;

impl Requests {
    /// Whether the structure of a [`HostRequest`] shows that it is done.
    pub(crate) fn shows_end(&self, address: usize) -> bool {
        self.own.get(&address).is_some_and(|request| request.completion().is_some())
    }

    pub(crate) fn keep(&mut self, request: &HostRequest) {
        self.own.insert(request.as_ptr().addr(), request.clone());
    }

    /// Writes how an operation ended: `InternalHigh` first, and then `Internal`. Answers with the
    /// event that was in the structure, which is not touched any more after that.
    ///
    /// Of a structure that is no [`HostRequest`] of this host nobody can tell whether it was completed
    /// before: `Internal` that still holds what its last completion wrote gets a note in the trace.
    ///
    /// # Safety
    ///
    /// `operation` is a structure that lives and is aligned, and whose `Internal` and
    /// `InternalHigh` nobody accesses at the same time other than through atomics.
    pub(crate) unsafe fn complete(
        &mut self,
        operation: NonNull<WSAOVERLAPPED>,
        error: u32,
        transferred: u32,
    ) -> Result<WSAEVENT, AlreadyCompleted> {
        let address = operation.addr().get();
        // SAFETY: the caller promises all of it.
        let members = unsafe { Members::of(operation.as_ptr()) };
        if let Some(HostRequest(block)) = self.own.get(&address) {
            if !block.pending.swap(false, Ordering::AcqRel) {
                return Err(AlreadyCompleted);
            }
            block.error.store(error, Ordering::Relaxed);
        } else {
            let before = self.completed.insert(address, status(error));
            if before == Some(members.internal.load(Ordering::Acquire)) {
                trace::note(
                    "Internal is as its last completion left it: completed twice, or not marked when it began",
                );
            }
        }
        // SAFETY: the structure lives and is aligned, and its client does not change `hEvent`
        // before the operation is done.
        let event = unsafe { (*operation.as_ptr()).hEvent };
        members.internal_high.store(transferred as usize, Ordering::Release);
        members.internal.store(status(error), Ordering::Release);
        Ok(event)
    }
}

/// The two members that the host writes, and a client may read at any time.
struct Members<'a> {
    internal: &'a AtomicUsize,
    internal_high: &'a AtomicUsize,
}

impl Members<'_> {
    /// # Safety
    ///
    /// For as long as the result is used, `operation` is a structure that lives and is aligned, and
    /// nobody accesses these members at the same time other than through atomics.
    unsafe fn of(operation: *mut WSAOVERLAPPED) -> Self {
        // SAFETY: the structure lives, so its members have addresses.
        let internal = unsafe { &raw mut (*operation).Internal };
        // SAFETY: as above.
        let internal_high = unsafe { &raw mut (*operation).InternalHigh };
        Self {
            // SAFETY: the member lives and is aligned, and is shared through atomics only.
            internal: unsafe { AtomicUsize::from_ptr(internal) },
            // SAFETY: as above.
            internal_high: unsafe { AtomicUsize::from_ptr(internal_high) },
        }
    }
}

/// The marks of a failure in `Internal`, and of a code of applications.
const FAILURE: u32 = 0xE000_0000;

/// What `Internal` holds when an operation is done: a status in the style of the kernel, with the
/// bit that marks codes of applications. It is neither the mark of a pending operation nor the
/// zero of a new structure, so that a structure shows that it was completed.
fn status(error: u32) -> usize {
    const SUCCESS: u32 = 0x2000_0000;
    (if error == 0 { SUCCESS } else { FAILURE | error }) as usize
}

/// The error in an `Internal` that somebody else wrote: of an application in the style of
/// [`status`], or a status of the kernel as it is.
fn error_in(internal: usize) -> u32 {
    const FAILED: u32 = 0x8000_0000;
    let status = u32::try_from(internal).unwrap_or(u32::MAX);
    match status {
        _ if status & FAILURE == FAILURE => status & !FAILURE,
        _ if status & FAILED != 0 => status,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr;

    fn complete(requests: &mut Requests, operation: *mut WSAOVERLAPPED, error: u32) -> bool {
        let operation = NonNull::new(operation).expect("a structure");
        // SAFETY: the tests pass structures that live, and touch them through raw pointers.
        unsafe { requests.complete(operation, error, 5) }.is_ok()
    }

    #[test]
    fn a_request_is_completed_once_for_each_start() {
        let (mut requests, request) = (Requests::default(), HostRequest::new(ptr::null_mut()));
        requests.keep(&request);
        request.restart();
        assert_eq!(request.completion(), None);
        assert!(complete(&mut requests, request.as_ptr(), 0));
        assert_eq!(request.completion(), Some(Completion { error: 0, transferred: 5 }));
        assert!(!complete(&mut requests, request.as_ptr(), 995));
        assert_eq!(request.completion(), Some(Completion { error: 0, transferred: 5 }));
        request.restart();
        assert_eq!(request.completion(), None);
        assert!(complete(&mut requests, request.as_ptr(), 995));
        assert_eq!(request.completion(), Some(Completion { error: 995, transferred: 5 }));
    }

    #[test]
    fn any_other_structure_can_be_used_again_whether_or_not_its_start_was_marked() {
        let mut requests = Requests::default();
        let mut other = WSAOVERLAPPED::ZERO;
        let pointer = &raw mut other;
        assert!(complete(&mut requests, pointer, 0));
        assert!(complete(&mut requests, pointer, 995), "nobody has to mark the start");
        // SAFETY: the structure is this function's own.
        unsafe { (*pointer).Internal = WSS_OPERATION_IN_PROGRESS };
        assert!(complete(&mut requests, pointer, 0));
    }

    #[test]
    fn what_a_provider_wrote_itself_is_read_as_well() {
        for (internal, error) in [
            (0, 0),
            (0x2000_0000, 0),
            (0xE000_03E3, 995),
            (0xC000_0120, 0xC000_0120),
            (0x8000_0005, 0x8000_0005),
        ] {
            let request = HostRequest::new(ptr::null_mut());
            request.members().internal_high.store(4, Ordering::Relaxed);
            request.members().internal.store(internal, Ordering::Release);
            assert_eq!(request.completion(), Some(Completion { error, transferred: 4 }));
        }
    }

    #[test]
    fn no_error_looks_like_a_pending_or_a_new_operation() {
        let errors = [0, 1, 995, 0x103, 10054, 0xC000_0120, u32::MAX];
        for status in errors.map(status) {
            assert!(status != WSS_OPERATION_IN_PROGRESS && status != 0);
        }
    }
}
