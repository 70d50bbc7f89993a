//! Memory of a provider that is passed down with a client's request and kept until the request completes.

use crate::buffers::{Gather, Slice};
use crate::memory::{Bytes, ClientSlice};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::any::Any;
use core::cell::UnsafeCell;

/// Bytes that replace bytes of a client. Their address does not change when this is moved.
#[derive(Debug)]
pub(crate) struct Owned<S> {
    _bytes: Vec<u8>,
    /// The array of buffers that points to the bytes.
    array: Vec<S>,
    /// An earlier replacement, which may be in use as another part of the request.
    _before: Option<Box<Self>>,
}

impl<S: Slice> Owned<S> {
    pub(crate) fn new(mut bytes: Vec<u8>, before: Option<Box<Self>>) -> Self {
        // C cannot express a greater length; the rest is not sent.
        let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let array = vec![S::from_parts(bytes.as_mut_ptr(), len)];
        Self { _bytes: bytes, array, _before: before }
    }

    /// The bytes, as the only buffer of an array.
    ///
    /// # Safety
    ///
    /// The result is not used after `self` is dropped.
    pub(crate) unsafe fn gather<'a>(&self) -> Option<Gather<'a, S>> {
        // SAFETY: the array points to the bytes, and both live as long as `self`.
        unsafe { Gather::from_raw(self.array.as_ptr(), self.array.len()) }
    }

    /// The bytes.
    ///
    /// # Safety
    ///
    /// The result is not used after `self` is dropped.
    pub(crate) unsafe fn bytes<'a>(&self) -> Option<Bytes<'a>> {
        // SAFETY: the array points to the bytes, which live as long as `self`. The pointer is read from the
        // array and not taken from the vector, so that all pointers to the bytes have the same provenance.
        let (at, len) = self.array.first().map(Slice::parts)?;
        // SAFETY: as above.
        unsafe { ClientSlice::from_raw(at, len) }
    }
}

/// A reference that keeps memory alive and gives no access to it.
pub type Kept = Arc<dyn Any + Send + Sync>;

/// All memory of one request that a provider below receives and that does not belong to the client.
pub(crate) struct Parcel<T, S> {
    /// The location to which the provider below writes its results.
    outs: UnsafeCell<T>,
    _owned: Option<Box<Owned<S>>>,
}

// SAFETY: the shared references give no access to the content. Its creator and the provider below access it
// one after the other through pointers; other threads only drop it.
unsafe impl<T, S> Send for Parcel<T, S> {}
// SAFETY: as above.
unsafe impl<T, S> Sync for Parcel<T, S> {}

impl<T: Copy + 'static, S: 'static> Parcel<T, S> {
    /// Packs what is passed down. Returns the location for the results.
    pub(crate) fn pack(outs: T, owned: Option<Box<Owned<S>>>) -> (*mut T, Kept) {
        let parcel = Arc::new(Self { outs: UnsafeCell::new(outs), _owned: owned });
        (parcel.outs.get(), parcel)
    }
}
