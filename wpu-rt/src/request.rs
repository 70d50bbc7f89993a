//! Overlapped requests, whose completion is reported to the client exactly once.

use crate::buffers::{Gather, Scatter, Slice};
use crate::memory::{Bytes, ClientSlice, LentBuf, OutBuf};
use crate::owned::Owned;
use alloc::boxed::Box;
use alloc::vec::Vec;

pub use crate::completion::{
    CompletionResult, CompletionVtable, PendsFor, RequestContext, RequestParts, RequestState, RequestTypes,
    settle,
};
pub use crate::outcome::{Outcome, Transfer};
pub use crate::pending::PendingRequest;

/// The memory that a request lends until it completes.
#[derive(Debug)]
pub struct RequestBuffers<'a, S> {
    /// Buffers to read.
    pub gather: Option<Gather<'a, S>>,
    /// Buffers to fill.
    pub scatter: Option<Scatter<'a, S>>,
    /// Bytes to read that are not in buffers, such as an address.
    pub input: Option<Bytes<'a>>,
    /// Memory to fill that is not in buffers, such as an address.
    pub room: Option<OutBuf<'a>>,
}

impl<S> Clone for RequestBuffers<'_, S> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for RequestBuffers<'_, S> {}

impl<S: Slice> RequestBuffers<'_, S> {
    /// A request without memory.
    pub const NOTHING: Self = Self { gather: None, scatter: None, input: None, room: None };

    /// The maximum number of bytes that can be transferred.
    #[must_use]
    #[inline]
    pub fn total(&self) -> usize {
        let buffers = self.gather.map(Gather::total).or(self.scatter.map(Scatter::total));
        buffers.or(self.room.map(OutBuf::capacity)).unwrap_or(0)
    }
}

/// The progress of a request when its call returns.
#[derive(Debug)]
pub enum Progress<T, E> {
    /// The request is complete.
    Done(T),
    /// The request has failed, and the documentation defines these values beside the error. Beside any other
    /// error the client gets no values.
    Partial(T, E),
    /// The request will be completed later.
    Pending(PendingToken),
}

/// Proof that a request will be completed later: from [`Request::pend`], or from the provider below.
#[derive(Debug)]
#[must_use = "the client must be notified that its request is pending"]
pub struct PendingToken(pub(crate) ());

impl<T, E> Progress<T, E> {
    /// The result, if the request is complete.
    #[must_use]
    #[inline]
    pub const fn done(&self) -> Option<&T> {
        match self {
            Self::Done(answer) => Some(answer),
            Self::Partial(..) | Self::Pending(_) => None,
        }
    }

    /// Changes the type of the result.
    #[inline]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Progress<U, E> {
        match self {
            Self::Done(answer) => Progress::Done(change(answer)),
            Self::Partial(answer, error) => Progress::Partial(change(answer), error),
            Self::Pending(pending) => Progress::Pending(pending),
        }
    }

    /// What the request gave.
    ///
    /// # Errors
    ///
    /// `pending` if the request will be completed later.
    #[doc(hidden)]
    #[inline]
    pub fn outcome(self, pending: E) -> Result<Outcome<T, E>, E> {
        match self {
            Self::Done(answer) => Ok(Outcome::Done(answer)),
            Self::Partial(answer, error) => Ok(Outcome::Partial(answer, error)),
            Self::Pending(_) => Err(pending),
        }
    }
}

impl<T, E> From<Outcome<T, E>> for Progress<T, E> {
    #[inline]
    fn from(outcome: Outcome<T, E>) -> Self {
        match outcome {
            Outcome::Done(answer) => Self::Done(answer),
            Outcome::Partial(answer, error) => Self::Partial(answer, error),
        }
    }
}

/// A request of a client in a call that can be overlapped, with the memory that the client lends for it.
///
/// A client may free this memory as soon as its request completes. Views of the memory therefore borrow from
/// the request, and every method that may complete the request consumes it: [`pend`](Self::pend), and passing
/// the request on to another provider.
///
/// If the call is overlapped, a provider that finishes the work within the call returns [`Progress::Done`],
/// and the completion is reported to the client. Otherwise the provider makes the request pending. If the
/// call is not overlapped, the memory is lent until the call returns: see [`blocking`](Self::blocking).
#[derive(Debug)]
#[must_use = "a request must be completed, made pending or passed on"]
pub struct Request<'a, W: RequestTypes> {
    lent: RequestBuffers<'a, W::Slice>,
    /// Whether the client lent buffers to fill.
    fill: bool,
    /// `None` if the call is not overlapped.
    pub(crate) given: Option<&'a RequestContext<'a, W>>,
    /// Memory that replaces memory of the client.
    pub(crate) owned: Option<Box<Owned<W::Slice>>>,
    /// Whether memory of the client was replaced.
    replaced: bool,
    /// Whether the input has a tag, which states what it contains; safe code may have created other input.
    is_tagged: bool,
    tag: u32,
}

impl<'a, W: RequestTypes> Request<'a, W> {
    /// Creates an overlapped request.
    ///
    /// # Safety
    ///
    /// One request is created for `given`, whose `completion.keep` does what its documentation says. The client's
    /// structure, and the bytes of everything that is lent, stay valid until the request completes; so does the
    /// thread, and the routine can be called on it once.
    #[inline]
    pub const unsafe fn new(given: &'a RequestContext<'a, W>, lent: RequestBuffers<'a, W::Slice>) -> Self {
        Self::made(Some(given), lent)
    }

    /// Creates the request of a call, which is overlapped if there is `given`. Such a caller must not choose between
    /// [`new`](Self::new) and [`lending`](Self::lending): the compiler would then copy the members of two requests.
    ///
    /// # Safety
    ///
    /// As for [`new`](Self::new), if there is `given`.
    #[doc(hidden)]
    #[inline]
    pub const unsafe fn of_call(
        given: Option<&'a RequestContext<'a, W>>,
        lent: RequestBuffers<'a, W::Slice>,
    ) -> Self {
        Self::made(given, lent)
    }

    /// Creates a request that is not overlapped, for memory of the caller.
    #[inline]
    pub const fn lending(lent: RequestBuffers<'a, W::Slice>) -> Self {
        Self::made(None, lent)
    }

    #[inline]
    const fn made(given: Option<&'a RequestContext<'a, W>>, lent: RequestBuffers<'a, W::Slice>) -> Self {
        let fill = lent.scatter.is_some();
        Self { lent, fill, given, owned: None, replaced: false, is_tagged: false, tag: 0 }
    }

    /// Creates a request that is not overlapped and sends the bytes of buffers.
    #[inline]
    pub fn sending(buffers: Gather<'a, W::Slice>) -> Self {
        Self::lending(RequestBuffers { gather: Some(buffers), ..RequestBuffers::NOTHING })
    }

    /// Creates a request that is not overlapped and receives into buffers.
    #[inline]
    pub fn receiving(buffers: Scatter<'a, W::Slice>) -> Self {
        Self::lending(RequestBuffers { scatter: Some(buffers), ..RequestBuffers::NOTHING })
    }

    /// Whether the call is overlapped, so that the request may complete after the call has returned.
    #[must_use]
    #[inline]
    pub const fn is_overlapped(&self) -> bool {
        self.given.is_some()
    }

    /// The number of bytes that the client asks to transfer.
    #[must_use]
    #[inline]
    pub fn asked(&self) -> usize {
        self.given.map_or_else(|| self.lent.total(), |given| given.asked)
    }

    /// The errors beside which the documentation defines values, for an overlapped request in place of this one.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub fn partial(&self) -> &'static [W::Error] {
        self.given.map_or(&[], |given| given.partial)
    }

    /// The data that identifies the request, if it is overlapped.
    #[must_use]
    #[inline]
    pub const fn parts(&self) -> Option<&RequestParts<W>> {
        match self.given {
            Some(given) => Some(&given.parts),
            None => None,
        }
    }

    /// The socket of an overlapped request, as the client knows it.
    #[must_use]
    #[inline]
    pub fn socket(&self) -> Option<W::Socket> {
        self.parts().map(|parts| parts.socket)
    }

    /// Whether the client gave a completion routine, which replaces a notification by an event or a port.
    #[must_use]
    #[inline]
    pub fn has_routine(&self) -> bool {
        self.parts().is_some_and(|parts| parts.routine.is_some())
    }

    /// The buffers to read; empty if the request has none.
    #[must_use]
    #[inline]
    pub fn gather(&self) -> Gather<'_, W::Slice> {
        self.lent.gather.unwrap_or_else(Gather::nothing)
    }

    /// The buffers to fill; empty if the request has none.
    #[must_use]
    #[inline]
    pub fn scatter(&self) -> Scatter<'_, W::Slice> {
        self.lent.scatter.unwrap_or_else(Scatter::nothing)
    }

    /// The bytes to read that are not in buffers, such as an address.
    #[must_use]
    #[inline]
    pub fn input(&self) -> Option<Bytes<'_>> {
        self.lent.input
    }

    /// The memory to fill that is not in buffers, such as an address.
    ///
    /// `None` if the client lent the same memory as [tagged](Self::tagged) input: data written to it would be
    /// read as pointers that are dereferenced.
    #[must_use]
    #[inline]
    pub fn room(&self) -> Option<OutBuf<'_>> {
        self.fillable()
    }

    /// The memory that is lent until the call returns. `None` if the call is overlapped, or if memory of the
    /// client was replaced by memory of a provider.
    #[must_use]
    #[inline]
    pub fn blocking(&self) -> Option<RequestBuffers<'a, W::Slice>> {
        (self.given.is_none() && !self.replaced)
            .then(|| RequestBuffers { room: self.fillable(), ..self.lent })
    }

    /// Replaces the bytes in the buffers of the request. The new bytes are kept until the request completes.
    /// A request without buffers to read does not change.
    ///
    /// The provider below counts the new bytes, but a layer must report a count of the client's bytes. If the
    /// layer does not observe the completion of a request, the client receives the count of the provider
    /// below; if it does, the client receives at most the number that it asked for.
    #[inline]
    pub fn with_gather(mut self, bytes: Vec<u8>) -> Self {
        if self.lent.gather.is_some() {
            let owned = self.own(bytes);
            // SAFETY: the bytes do not move until the request completes or is dropped, and `self.owned` keeps
            // them.
            self.lent.gather = unsafe { owned.gather() };
        }
        self
    }

    /// Replaces the input bytes that are not in buffers. The new bytes are kept until the request completes.
    #[inline]
    pub fn with_input(mut self, bytes: Vec<u8>) -> Self {
        let owned = self.own(bytes);
        // SAFETY: the bytes do not move until the request completes or is dropped, and `self.owned` keeps
        // them.
        self.lent.input = unsafe { owned.bytes() };
        self.is_tagged = false;
        self
    }

    /// Tags the input of the request with a number. Untagged input has no number.
    ///
    /// # Safety
    ///
    /// A function that receives the input under this number may dereference each pointer that the
    /// documentation describes in it, until the request completes.
    #[inline]
    pub const unsafe fn tagged(mut self, tag: u32) -> Self {
        (self.is_tagged, self.tag) = (true, tag);
        self
    }

    /// Whether safe code may have created the input that a function receives under this number. No pointer in
    /// such input may be dereferenced.
    #[must_use]
    #[inline]
    pub fn is_made_up(&self, tag: u32) -> bool {
        !(self.is_tagged && self.tag == tag) && self.lent.input.is_some_and(|input| !input.is_empty())
    }

    fn fillable(&self) -> Option<OutBuf<'a>> {
        self.lent.room.filter(|room| !self.is_input(*room))
    }

    /// Whether `room` overlaps input in which pointers are dereferenced.
    fn is_input(&self, room: OutBuf<'_>) -> bool {
        let range = |at: usize, len: usize| at..at.saturating_add(len);
        self.is_tagged
            && self.lent.input.is_some_and(|input| {
                let (input, room) =
                    (range(input.as_ptr().addr(), input.len()), range(room.as_ptr().addr(), room.capacity()));
                input.start < room.end && room.start < input.end
            })
    }

    fn own(&mut self, bytes: Vec<u8>) -> &Owned<W::Slice> {
        self.replaced = true;
        let before = self.owned.take();
        self.owned.insert(Box::new(Owned::new(bytes, before)))
    }

    /// Makes an overlapped request pending: it then owes exactly one completion, which must not wait for this
    /// call to return. Return the [`PendingToken`] from the call.
    ///
    /// `P` is the provider, `Self` in its own methods: it must have declared the upcalls that report completions.
    ///
    /// # Errors
    ///
    /// The request itself, if it is not overlapped.
    ///
    /// # Panics
    ///
    /// Panics if there is not enough memory for a copy of the array of buffers. Then the request is not pending.
    #[inline]
    pub fn pend<P: ?Sized>(self) -> Result<(PendingToken, PendingRequest<W>), Self>
    where
        W: PendsFor<P>,
    {
        let Some(given) = self.given else { return Err(self) };
        let Self { lent, fill, owned, replaced, .. } = self;
        let scatter = lent.scatter.map(|lent| (lent.as_ptr(), lent.count()));
        let slices = lent.gather.map(|lent| (lent.as_ptr(), lent.count())).or(scatter);
        let slices = slices.map_or_else(Vec::new, |(at, len)| {
            // SAFETY: the creator of the view guarantees `len` readable structures, and their pointers were
            // checked then.
            unsafe { ClientSlice::from_raw(at, len) }.map_or_else(Vec::new, ClientSlice::to_vec)
        });
        // The code above may panic, so the state is changed only here.
        given.state.set(RequestState::PendingRequest);
        // SAFETY: the client lends the structure until its completion is reported.
        unsafe { (given.completion.begin)(&given.parts) };
        let pended = PendingRequest {
            parts: given.parts,
            asked: given.asked,
            fill,
            slices,
            input: lent.input.map(|input| (input.as_ptr(), input.len())),
            room: lent.room.map(LentBuf::of),
            owned,
            replaced,
            partial: given.partial,
            completion: *given.completion,
        };
        Ok((PendingToken(()), pended))
    }

    /// Creates another overlapped request for the same memory, which is passed down in place of this one. It
    /// takes over the owned memory; this request then has no memory.
    ///
    /// # Safety
    ///
    /// As for [`new`](Self::new), and the new request completes before this one.
    #[inline]
    pub unsafe fn instead<'b>(&mut self, given: &'b RequestContext<'b, W>) -> Request<'b, W>
    where
        'a: 'b,
    {
        let lent = core::mem::replace(&mut self.lent, RequestBuffers::NOTHING);
        Request {
            lent,
            fill: self.fill,
            given: Some(given),
            owned: self.owned.take(),
            replaced: self.replaced,
            is_tagged: self.is_tagged,
            tag: self.tag,
        }
    }

    /// The lent memory, for a caller that passes it on immediately.
    ///
    /// # Safety
    ///
    /// The memory is not used after the request completes, nor after it was passed on and returned.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub const unsafe fn lent(&self) -> RequestBuffers<'a, W::Slice> {
        self.lent
    }
}
