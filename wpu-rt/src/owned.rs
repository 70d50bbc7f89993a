//! Memory of a provider's own that goes down with a client's request, and is kept until nobody uses it.

use crate::buffers::{Gather, Slice};
use crate::memory::{Bytes, ClientSlice};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::any::Any;
use core::cell::UnsafeCell;

/// Bytes in place of some that a client lent. They stay where they are wherever this goes.
#[derive(Debug)]
pub(crate) struct Owned<S> {
    _bytes: Vec<u8>,
    /// The array of buffers that leads to them.
    array: Vec<S>,
    /// What was there before, and may be in use as another part of the request.
    _before: Option<Box<Self>>,
}

impl<S: Slice> Owned<S> {
    pub(crate) fn new(mut bytes: Vec<u8>, before: Option<Box<Self>>) -> Self {
        // More than that cannot be said to C; the rest is not sent.
        let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let array = vec![S::from_parts(bytes.as_mut_ptr(), len)];
        Self { _bytes: bytes, array, _before: before }
    }

    /// The bytes, as the one buffer of an array.
    ///
    /// # Safety
    ///
    /// The result is not used after this was dropped.
    pub(crate) unsafe fn gather<'a>(&self) -> Option<Gather<'a, S>> {
        // SAFETY: the array leads to the bytes, and both live as long as this.
        unsafe { Gather::from_raw(self.array.as_ptr(), self.array.len()) }
    }

    /// The bytes.
    ///
    /// # Safety
    ///
    /// The result is not used after this was dropped.
    pub(crate) unsafe fn bytes<'a>(&self) -> Option<Bytes<'a>> {
        // SAFETY: the array leads to the bytes, which live as long as this. It is asked rather than the vector,
        // so that all pointers to them are one.
        let (at, len) = self.array.first().map(Slice::parts)?;
        // SAFETY: as above.
        unsafe { ClientSlice::from_raw(at, len) }
    }
}

/// What is kept: nobody looks into it.
pub type Kept = Arc<dyn Any + Send + Sync>;

/// All that a provider below gets with one request, and which is not the client's.
pub(crate) struct Parcel<T, S> {
    /// Where the provider below writes what it answers.
    outs: UnsafeCell<T>,
    _owned: Option<Box<Owned<S>>>,
}

// SAFETY: nobody looks into it. Whoever made it and the provider below use pointers to what is in it, one after
// the other; other threads only drop it.
unsafe impl<T, S> Send for Parcel<T, S> {}
// SAFETY: as above.
unsafe impl<T, S> Sync for Parcel<T, S> {}

impl<T: Copy + 'static, S: 'static> Parcel<T, S> {
    /// Packs what goes down, and says where the answers are to be written.
    pub(crate) fn pack(outs: T, owned: Option<Box<Owned<S>>>) -> (*mut T, Kept) {
        let parcel = Arc::new(Self { outs: UnsafeCell::new(outs), _owned: owned });
        (parcel.outs.get(), parcel)
    }
}
