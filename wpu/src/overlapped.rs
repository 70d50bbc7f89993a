//! Overlapped structures that a provider owns.

use std::cell::UnsafeCell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use wpu_sys::ffi::{WSAOVERLAPPED, WSS_OPERATION_IN_PROGRESS};
use wpu_sys::{EventRef, Operation};

/// A `WSAOVERLAPPED` of the provider's own, as a layer passes it to the provider below.
///
/// It lives for ever, because a host may write to it even after the call that completes it has returned.
#[derive(Debug)]
#[repr(transparent)]
pub struct Overlapped(UnsafeCell<WSAOVERLAPPED>);

// SAFETY: `Internal`, which says who may write, is only touched atomically; the rest belongs to the
// holder of the one `Operation`, and after it to the host.
unsafe impl Sync for Overlapped {}
// SAFETY: an event handle names something that the host guards; nothing else in it is a pointer.
unsafe impl Send for Overlapped {}

impl Overlapped {
    /// One that is not in use and names no event.
    #[must_use]
    pub const fn new() -> Self {
        Self(UnsafeCell::new(WSAOVERLAPPED::ZERO))
    }

    /// One whose completion sets `event`.
    #[must_use]
    pub const fn with_event(event: EventRef<'static>) -> Self {
        Self(UnsafeCell::new(WSAOVERLAPPED { hEvent: event.raw(), ..WSAOVERLAPPED::ZERO }))
    }

    /// Begins an operation: marks the structure as in use. `None` if it is in use already.
    pub fn begin(&'static self) -> Option<Operation> {
        let before = self.internal().swap(WSS_OPERATION_IN_PROGRESS, Ordering::AcqRel);
        // SAFETY: the structure lives for ever, and the mark lets only one operation be under way.
        (before != WSS_OPERATION_IN_PROGRESS)
            .then(|| unsafe { Operation::from_raw(NonNull::from(&self.0).cast()) })
    }

    /// Whether an operation is under way.
    #[must_use]
    pub fn in_progress(&self) -> bool {
        self.internal().load(Ordering::Acquire) == WSS_OPERATION_IN_PROGRESS
    }

    /// How many bytes the last operation moved; `None` while one is under way.
    #[must_use]
    pub fn transferred(&self) -> Option<usize> {
        if self.in_progress() {
            return None;
        }
        // SAFETY: the pointer stays within the structure.
        let count = unsafe { &raw mut (*self.0.get()).InternalHigh };
        // SAFETY: aligned and alive; the host wrote it before `Internal`, which was just read.
        Some(unsafe { AtomicUsize::from_ptr(count) }.load(Ordering::Acquire))
    }

    fn internal(&self) -> &AtomicUsize {
        // SAFETY: the pointer stays within the structure.
        let internal = unsafe { &raw mut (*self.0.get()).Internal };
        // SAFETY: aligned, alive as long as `self`, and touched by others only atomically.
        unsafe { AtomicUsize::from_ptr(internal) }
    }
}

impl Default for Overlapped {
    fn default() -> Self {
        Self::new()
    }
}
