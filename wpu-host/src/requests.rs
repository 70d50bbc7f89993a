//! Overlapped structures, and the check that each request is completed once.

use crate::trace;
use std::cell::UnsafeCell;
use std::collections::BTreeMap;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use wpu_sys::ffi::{WSAEVENT, WSAOVERLAPPED, WSS_OPERATION_IN_PROGRESS};

/// An overlapped request of the client, in memory that lives as long as its host.
///
/// A provider that completes it twice or too late therefore receives an error and does no harm, unlike with a
/// structure that the client frees. It is created as pending.
#[derive(Debug, Clone)]
pub struct HostRequest(Arc<Block>);

/// The result of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Completion {
    /// The error code that the provider reported, 0 for success.
    pub error: u32,
    /// The number of transferred bytes.
    pub transferred: usize,
}

#[derive(Debug)]
struct Block {
    overlapped: UnsafeCell<WSAOVERLAPPED>,
    pending: AtomicBool,
    error: AtomicU32,
}

// SAFETY: this crate only reads `hEvent`, which nobody writes, as `as_ptr` demands, and accesses `Internal` and
// `InternalHigh` only through atomics. The other members of `overlapped` belong to the provider.
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

    /// The address of the structure, for the provider. Other threads share its `Internal` and `InternalHigh`:
    /// access them through atomics. Its `hEvent` must not be written to.
    #[must_use]
    pub fn as_ptr(&self) -> *mut WSAOVERLAPPED {
        self.0.overlapped.get()
    }

    /// The event with which the request was created.
    pub(crate) fn event(&self) -> WSAEVENT {
        // SAFETY: the structure lives in the cell, as long as `self`.
        let event = unsafe { &raw const (*self.as_ptr()).hEvent };
        // SAFETY: the member lives as long as `self`, and no code writes it.
        unsafe { event.read() }
    }

    /// The result of the request; `None` while it is pending.
    #[must_use]
    pub fn completion(&self) -> Option<Completion> {
        let members = self.members();
        let internal = members.internal.load(Ordering::Acquire);
        (internal != WSS_OPERATION_IN_PROGRESS).then(|| Completion {
            error: if self.0.pending.load(Ordering::Acquire) {
                // The provider wrote it itself, as for a file handle, or in its clean-up.
                error_in(internal)
            } else {
                self.0.error.load(Ordering::Relaxed)
            },
            transferred: members.internal_high.load(Ordering::Relaxed),
        })
    }

    /// Marks a completed request as pending, so that it can be passed to the provider again. A pending
    /// request does not change.
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
        // SAFETY: the structure lives in the cell, as long as `self`, and the documentation of `as_ptr`
        // demands that all other code uses atomics too.
        unsafe { Members::of(self.as_ptr()) }
    }
}

/// The requests that a host has seen.
#[derive(Default)]
pub(crate) struct Requests {
    /// The requests of type [`HostRequest`], by address.
    own: BTreeMap<usize, HostRequest>,
    /// The value that was last written to `Internal` of each other request, by address.
    completed: BTreeMap<usize, usize>,
}

/// A completed operation.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The event in the structure.
    pub(crate) event: WSAEVENT,
    /// Whether the structure of a [`HostRequest`] had a result before.
    pub(crate) written: bool,
}

/// The error for a request that was already completed and not restarted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AlreadyCompleted;

impl Requests {
    /// Whether the structure of a [`HostRequest`] shows that the request is complete.
    pub(crate) fn shows_end(&self, address: usize) -> bool {
        self.own.get(&address).is_some_and(|request| request.completion().is_some())
    }

    pub(crate) fn keep(&mut self, request: &HostRequest) {
        self.own.insert(request.as_ptr().addr(), request.clone());
    }

    /// Writes the result of an operation: `InternalHigh` first, then `Internal`. The structure is not accessed
    /// after that.
    ///
    /// For a structure that is not a [`HostRequest`] of this host, an earlier completion cannot be detected
    /// reliably. If `Internal` still holds the value of its last completion, the trace gets a note.
    ///
    /// # Safety
    ///
    /// During the call `operation` points to a live, aligned structure, whose `Internal` and `InternalHigh`
    /// other code accesses only through atomics, and whose `hEvent` it does not write.
    pub(crate) unsafe fn complete(
        &mut self,
        operation: NonNull<WSAOVERLAPPED>,
        error: u32,
        transferred: u32,
    ) -> Result<Ended, AlreadyCompleted> {
        let address = operation.addr().get();
        // SAFETY: the caller guarantees the contract of `of` for this call.
        let members = unsafe { Members::of(operation.as_ptr()) };
        let mut written = false;
        if let Some(HostRequest(block)) = self.own.get(&address) {
            written = members.internal.load(Ordering::Acquire) != WSS_OPERATION_IN_PROGRESS
                || members.internal_high.load(Ordering::Relaxed) != 0;
            if !block.pending.swap(false, Ordering::AcqRel) {
                return Err(AlreadyCompleted);
            }
            block.error.store(error, Ordering::Relaxed);
        } else {
            let before = self.completed.insert(address, status(error));
            if before == Some(members.internal.load(Ordering::Acquire)) {
                trace::note(
                    "`Internal` is unchanged since its last completion: completed twice, or not marked as pending",
                );
            }
        }
        // SAFETY: the caller guarantees that the structure lives and is aligned, and that nobody writes the
        // member meanwhile. The client may free it only when the operation shows as complete, below.
        let event = unsafe { (*operation.as_ptr()).hEvent };
        members.internal_high.store(transferred as usize, Ordering::Release);
        members.internal.store(status(error), Ordering::Release);
        Ok(Ended { event, written })
    }
}

/// The two members that the host writes, and that a client may read at any time.
struct Members<'a> {
    internal: &'a AtomicUsize,
    internal_high: &'a AtomicUsize,
}

impl Members<'_> {
    /// # Safety
    ///
    /// For the lifetime of the result, `operation` points to a live, aligned structure, and other code
    /// accesses these members only through atomics.
    unsafe fn of(operation: *mut WSAOVERLAPPED) -> Self {
        // SAFETY: the structure lives, so that the address of a member is in bounds.
        let internal = unsafe { &raw mut (*operation).Internal };
        // SAFETY: as above.
        let internal_high = unsafe { &raw mut (*operation).InternalHigh };
        Self {
            // SAFETY: the member lives for `'a`, is aligned, and is accessed only through atomics.
            internal: unsafe { AtomicUsize::from_ptr(internal) },
            // SAFETY: as above.
            internal_high: unsafe { AtomicUsize::from_ptr(internal_high) },
        }
    }
}

/// The bits in `Internal` that mark a failure and an application-defined code.
const FAILURE: u32 = 0xE000_0000;

/// The value of `Internal` for a completed operation: an `NTSTATUS` with the bit for application-defined
/// codes. It is neither the value of a pending operation nor the zero of a new structure, so that it shows
/// that the structure was completed.
fn status(error: u32) -> usize {
    const SUCCESS: u32 = 0x2000_0000;
    (if error == 0 { SUCCESS } else { FAILURE | error }) as usize
}

/// The error in an `Internal` that other code wrote: a value in the format of [`status`], or an `NTSTATUS` of
/// the kernel as it is.
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
        // SAFETY: the tests pass live structures, and access them through raw pointers.
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
        assert!(complete(&mut requests, pointer, 995), "the start need not be marked");
        // SAFETY: the structure is a local of this function.
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
        let _shows = wpu_evidence::tested(["WPUCompleteOverlappedRequest.status-ends-progress"]);
        let errors = [0, 1, 995, 0x103, 10054, 0xC000_0120, u32::MAX];
        for status in errors.map(status) {
            assert!(status != WSS_OPERATION_IN_PROGRESS && status != 0);
        }
    }

    #[test]
    fn the_error_can_be_read_from_the_status() {
        for error in [0, 1, 995, 10054, 0x1FFF_FFFF] {
            assert_eq!(error_in(status(error)), error);
        }
    }

    /// A provider whose handles are the system's may write `Internal` alone.
    #[test]
    fn a_restart_forgets_how_much_was_transferred() {
        let (mut requests, request) = (Requests::default(), HostRequest::new(ptr::null_mut()));
        requests.keep(&request);
        assert!(complete(&mut requests, request.as_ptr(), 0));
        request.restart();
        request.members().internal.store(0, Ordering::Release);
        assert_eq!(request.completion(), Some(Completion { error: 0, transferred: 0 }));
    }
}
