//! Requests that are completed after the call that brought them.

use crate::buffers::{Gather, Scatter};
use crate::completion::{CompletionVtable, Outcome, RequestParts, RequestTypes};
use crate::memory::{Bytes, ClientSlice, OutBuf};
use crate::owned::Owned;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// A pending request. It completes once: by [`complete`](Self::complete), or as aborted when it is dropped.
/// The provider's last clean-up waits for its completion.
#[derive(Debug)]
#[must_use = "dropping it aborts the client's operation"]
pub struct PendingRequest<W: RequestTypes> {
    pub(crate) parts: RequestParts<W>,
    /// The maximum number of bytes that can be transferred.
    pub(crate) asked: usize,
    pub(crate) fill: bool,
    pub(crate) slices: Vec<W::Slice>,
    pub(crate) input: Option<(*const u8, usize)>,
    pub(crate) room: Option<(*mut u8, usize, *mut u32)>,
    pub(crate) owned: Option<Box<Owned<W::Slice>>>,
    pub(crate) replaced: bool,
    pub(crate) completion: CompletionVtable<W>,
}

// SAFETY: until the request completes, a client lends the memory of the pointers to the thread that completes
// it, whichever that is, and does not access it; owned memory moves along. The values of `W` may be used on any
// thread, as its contract says. The type is not `Sync`, since two threads that share it could write to the
// client's memory at the same time.
unsafe impl<W: RequestTypes> Send for PendingRequest<W> {}

impl<W: RequestTypes> PendingRequest<W> {
    /// The socket, as the client knows it.
    #[must_use]
    #[inline]
    pub const fn socket(&self) -> W::Socket {
        self.parts.socket
    }

    /// The data that identifies the request.
    #[must_use]
    #[inline]
    pub const fn parts(&self) -> &RequestParts<W> {
        &self.parts
    }

    /// Whether the client gave a completion routine.
    #[must_use]
    #[inline]
    pub const fn has_routine(&self) -> bool {
        self.parts.routine.is_some()
    }

    /// The buffers to read; empty if the request had none.
    #[must_use]
    #[inline]
    pub fn gather(&self) -> Gather<'_, W::Slice> {
        let slices: &[_] = if self.fill { &[] } else { &self.slices };
        // SAFETY: the structures were checked when the request arrived, and their bytes are lent until it
        // completes.
        unsafe { Gather::from_raw(slices.as_ptr(), slices.len()) }.unwrap_or_else(Gather::nothing)
    }

    /// The buffers to fill; empty if the request had none.
    #[must_use]
    #[inline]
    pub fn scatter(&self) -> Scatter<'_, W::Slice> {
        let slices: &[_] = if self.fill { &self.slices } else { &[] };
        // SAFETY: the structures were checked when the request arrived, and their bytes are lent until it
        // completes.
        unsafe { Scatter::from_raw(slices.as_ptr(), slices.len()) }.unwrap_or_else(Scatter::nothing)
    }

    /// The bytes to read that are not in buffers, such as an address.
    #[must_use]
    #[inline]
    pub fn input(&self) -> Option<Bytes<'_>> {
        let (at, len) = self.input?;
        // SAFETY: the pointer was checked when the request arrived, and its bytes are lent until the request
        // completes.
        unsafe { ClientSlice::from_raw(at, len) }
    }

    /// The memory to fill that is not in buffers, such as an address.
    #[must_use]
    #[inline]
    pub fn room(&self) -> Option<OutBuf<'_>> {
        let (at, len, used) = self.room?;
        // SAFETY: the pointers were checked when the request arrived, and their memory is lent until the
        // request completes.
        unsafe { OutBuf::from_raw(at, len, used) }
    }

    /// Reports the result of the operation to the client: transferred bytes and flags, or an error.
    ///
    /// A count of more bytes than the client asked for is a fault of the provider, and is reported to the
    /// client as an error. If the client's bytes were replaced, the count is limited to the number that the
    /// client asked for.
    #[inline]
    pub fn complete(self, outcome: Outcome<W>) {
        let mut this = core::mem::ManuallyDrop::new(self);
        let outcome = match outcome {
            Ok((count, flags)) if count as usize > this.asked => match u32::try_from(this.asked) {
                Ok(asked) if this.replaced => Ok((asked, flags)),
                _ => Err(W::BROKEN),
            },
            outcome => outcome,
        };
        drop((core::mem::take(&mut this.slices), this.owned.take()));
        this.end(outcome);
    }

    fn end(&self, outcome: Outcome<W>) {
        // SAFETY: the client lends the structure until its completion is reported, which this call does,
        // once.
        unsafe { (self.completion.tell)(&self.parts, outcome) };
        // SAFETY: `self` was made when the request was begun, and ends it here, once; it is not used any more.
        unsafe { (self.completion.end)() };
    }
}

impl<W: RequestTypes> Drop for PendingRequest<W> {
    #[inline]
    fn drop(&mut self) {
        self.end(Err(W::ABORTED));
    }
}
