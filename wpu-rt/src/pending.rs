//! Requests that are completed after the call that brought them.

use crate::buffers::{Gather, Scatter};
use crate::completion::{CompletionResult, CompletionVtable, RequestParts, RequestTypes};
use crate::memory::{Bytes, ClientSlice, LentBuf, OutBuf};
use crate::outcome::{Outcome, Transfer};
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
    pub(crate) room: Option<LentBuf>,
    pub(crate) owned: Option<Box<Owned<W::Slice>>>,
    pub(crate) replaced: bool,
    /// The errors beside which the documentation defines values.
    pub(crate) partial: &'static [W::Error],
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
        // SAFETY: the pointers were checked when the request arrived, and their memory is lent until the
        // request completes.
        self.room.as_ref().map(|room| unsafe { room.buffer() })
    }

    /// Reports to the client how the operation ended: with what it has transferred, with an error, or with an
    /// error beside which the documentation defines what was transferred. Beside other errors the client gets
    /// no values.
    ///
    /// A count of more bytes than the client asked for is a fault of the provider, and is reported to the
    /// client as an error. If the client's bytes were replaced, the count is limited to the number that the
    /// client asked for.
    #[inline]
    pub fn complete(self, completion: CompletionResult<W>) {
        let mut this = core::mem::ManuallyDrop::new(self);
        let completion = this.defined(completion);
        drop((core::mem::take(&mut this.slices), this.owned.take()));
        this.end(completion);
    }

    /// What [`complete`](Self::complete) would report.
    #[doc(hidden)]
    #[inline]
    pub fn defined(&self, completion: CompletionResult<W>) -> CompletionResult<W> {
        let (mut transfer, error) = completion?.defined(self.partial)?;
        if !self.fill {
            // Only what was received has flags.
            transfer.flags = 0;
        }
        match error {
            None => Ok(Outcome::Done(self.limited(transfer)?)),
            // This is no count of transferred bytes.
            Some(error) if error == W::TOO_SMALL => Ok(Outcome::Partial(transfer, error)),
            Some(error) => Ok(Outcome::Partial(self.limited(transfer)?, error)),
        }
    }

    /// At most as many bytes as the client asked for.
    fn limited(&self, transfer: Transfer) -> Result<Transfer, W::Error> {
        if transfer.bytes as usize <= self.asked {
            return Ok(transfer);
        }
        match u32::try_from(self.asked) {
            Ok(bytes) if self.replaced => Ok(Transfer { bytes, ..transfer }),
            _ => Err(W::BROKEN),
        }
    }

    fn end(&self, completion: CompletionResult<W>) {
        // SAFETY: the client lends the structure until its completion is reported, which this call does,
        // once.
        unsafe { (self.completion.tell)(&self.parts, completion) };
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
