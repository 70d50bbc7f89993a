//! Overlapped structures that belong to a provider.

use std::cell::UnsafeCell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use wpu_sys::ffi::{WSAOVERLAPPED, WSS_OPERATION_IN_PROGRESS};
use wpu_sys::{EventRef, Operation};

/// A `WSAOVERLAPPED` that belongs to the provider, as a layer passes it to the provider below.
///
/// It must be a static, because a host may write to it even after the call that completes the operation has
/// returned.
#[derive(Debug)]
#[repr(transparent)]
pub struct Overlapped(UnsafeCell<WSAOVERLAPPED>);

// SAFETY: `Internal`, which determines who may write, is only accessed atomically; the rest belongs to the
// holder of the one `Operation`, and afterwards to the host.
unsafe impl Sync for Overlapped {}
// SAFETY: an event handle is an index into the tables of the host, which synchronises its use; the structure
// contains no other pointer.
unsafe impl Send for Overlapped {}

impl Overlapped {
    /// Creates a structure that is not in use and has no event.
    #[must_use]
    #[inline]
    pub const fn new() -> Self {
        Self(UnsafeCell::new(WSAOVERLAPPED::ZERO))
    }

    /// Creates a structure whose completion sets `event`.
    #[must_use]
    #[inline]
    pub const fn with_event(event: EventRef<'static>) -> Self {
        Self(UnsafeCell::new(WSAOVERLAPPED { hEvent: event.raw(), ..WSAOVERLAPPED::ZERO }))
    }

    /// Starts an operation: marks the structure as in use. `None` if it is in use already.
    #[inline]
    pub fn begin(&'static self) -> Option<Operation> {
        let before = self.internal().swap(WSS_OPERATION_IN_PROGRESS, Ordering::AcqRel);
        // SAFETY: the structure is a static, and the mark permits only one operation at a time.
        (before != WSS_OPERATION_IN_PROGRESS)
            .then(|| unsafe { Operation::from_raw(NonNull::from(&self.0).cast()) })
    }

    /// Whether an operation is pending.
    #[must_use]
    #[inline]
    pub fn in_progress(&self) -> bool {
        self.internal().load(Ordering::Acquire) == WSS_OPERATION_IN_PROGRESS
    }

    /// The number of bytes that the last operation transferred; `None` while one is pending.
    #[must_use]
    #[inline]
    pub fn transferred(&self) -> Option<usize> {
        if self.in_progress() {
            return None;
        }
        // SAFETY: the result points to a member of the structure.
        let count = unsafe { &raw mut (*self.0.get()).InternalHigh };
        // SAFETY: the member lives and is aligned; the host wrote it before `Internal`, which was just read.
        Some(unsafe { AtomicUsize::from_ptr(count) }.load(Ordering::Acquire))
    }

    #[inline]
    fn internal(&self) -> &AtomicUsize {
        // SAFETY: the result points to a member of the structure.
        let internal = unsafe { &raw mut (*self.0.get()).Internal };
        // SAFETY: the member is aligned, lives as long as `self`, and is accessed elsewhere only atomically.
        unsafe { AtomicUsize::from_ptr(internal) }
    }
}

impl Default for Overlapped {
    #[inline]
    fn default() -> Self {
        Self::new()
    }
}
