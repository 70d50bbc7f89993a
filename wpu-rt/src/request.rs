//! Overlapped requests: what a client asks for now, and is told of later, exactly once.

use crate::buffers::{Gather, Scatter, Slice};
use crate::memory::{Bytes, ClientSlice, OutBuf};
use crate::owned::{Kept, Owned};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::Cell;
use core::ptr::NonNull;

/// The C types that requests are made of.
pub trait RequestTypes: Sized + 'static {
    /// A socket, as the client knows it.
    type Socket: Copy + core::fmt::Debug;
    /// The client's structure that stands for the operation.
    type Overlapped: core::fmt::Debug;
    /// The client's completion routine.
    type Routine: Copy + core::fmt::Debug;
    /// The thread that the routine is to run on.
    type Thread: Copy + core::fmt::Debug;
    /// A buffer, in an array of them.
    type Slice: Slice + core::fmt::Debug;
    /// An error code.
    type Error: Copy + PartialEq + core::fmt::Debug;
    /// What a client gets when the provider breaks the contract.
    const BROKEN: Self::Error;
    /// What a client gets for an operation that will be completed later.
    const PENDING: Self::Error;
    /// What a client gets for an operation that nobody completed.
    const ABORTED: Self::Error;
}

/// Interfaces whose requests this provider may take on: it must have declared the upcalls that clients are told with.
///
/// The bindings implement it for each provider that has.
pub trait PendsFor<P: ?Sized>: RequestTypes {}

/// What identifies a request and says whom to tell. The thread is a copy.
#[derive(Debug)]
pub struct RequestParts<W: RequestTypes> {
    /// The socket, as the client knows it.
    pub socket: W::Socket,
    /// The client's structure.
    pub overlapped: NonNull<W::Overlapped>,
    /// The client's routine, if it wants one to be run.
    pub routine: Option<W::Routine>,
    /// The thread for the routine, if the client says which.
    pub thread: Option<W::Thread>,
}

impl<W: RequestTypes> Clone for RequestParts<W> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<W: RequestTypes> Copy for RequestParts<W> {}

/// How an operation ended: bytes and flags, or an error.
pub type Outcome<W> = Result<(u32, u32), <W as RequestTypes>::Error>;

/// How a request is begun and told of. Functions, because C carries no context.
///
/// Each can be called while the client lends the structure that `parts` names. [`release`](Self::release) can be called
/// after that too, as the client may have been told already: it takes no more than the address of the structure.
#[derive(Debug)]
pub struct CompletionVtable<W: RequestTypes> {
    /// A request is taken on: marks the client's structure as in use.
    pub begin: unsafe fn(&RequestParts<W>),
    /// Tells the client how the operation ended.
    pub tell: unsafe fn(&RequestParts<W>, Outcome<W>),
    /// A provider below is about to get memory that is not the client's: keeps that until the request has
    /// ended.
    pub keep: unsafe fn(&RequestParts<W>, Kept),
    /// The provider below has no use for it any more.
    pub release: unsafe fn(&RequestParts<W>, &Kept),
    /// Nothing of a request that was taken on is used any more.
    pub end: fn(),
}

/// What a request lends, until it is completed.
#[derive(Debug)]
pub struct RequestBuffers<'a, S> {
    /// Buffers to read from.
    pub gather: Option<Gather<'a, S>>,
    /// Buffers to fill.
    pub scatter: Option<Scatter<'a, S>>,
    /// Bytes to read that are not in buffers, such as an address.
    pub input: Option<Bytes<'a>>,
    /// Room to fill that is not in buffers, such as that for an address.
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
    /// Nothing.
    pub const NOTHING: Self = Self { gather: None, scatter: None, input: None, room: None };

    /// How many bytes can be moved at most.
    #[must_use]
    #[inline]
    pub fn total(&self) -> usize {
        let buffers = self.gather.map(Gather::total).or(self.scatter.map(Scatter::total));
        buffers.or(self.room.map(OutBuf::capacity)).unwrap_or(0)
    }
}

/// What became of a request in the call that brought it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequestState {
    /// Nothing yet: whoever called tells the client, if the call succeeds.
    #[default]
    Fresh,
    /// Somebody holds the [`PendingRequest`], and will complete it.
    PendingRequest,
    /// The provider below has it, or has done it and told the client.
    Forwarded,
    /// The same, and the provider below has promised to complete it later.
    ForwardedPending,
}

/// How far a request has come when the call returns.
#[derive(Debug)]
pub enum Progress<T> {
    /// It is done.
    Done(T),
    /// It will be completed later.
    Pending(PendingToken),
}

/// Proof that a request will be completed later: from [`Request::pend`], or from the provider below.
#[derive(Debug)]
#[must_use = "the client must be told that its request is pending"]
pub struct PendingToken(pub(crate) ());

impl<T> Progress<T> {
    /// The answer, if it is done.
    #[must_use]
    #[inline]
    pub fn done(&self) -> Option<&T> {
        match self {
            Self::Done(answer) => Some(answer),
            Self::Pending(_) => None,
        }
    }

    /// The same progress with another answer.
    #[inline]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Progress<U> {
        match self {
            Self::Done(answer) => Progress::Done(change(answer)),
            Self::Pending(pending) => Progress::Pending(pending),
        }
    }
}

/// What makes a request an overlapped one. It stays where it is, so that requests are passed on cheaply.
#[derive(Debug)]
pub struct RequestContext<'a, W: RequestTypes> {
    /// What identifies the request.
    pub parts: RequestParts<W>,
    /// How it is told of.
    pub completion: &'a CompletionVtable<W>,
    /// What becomes of it.
    pub state: &'a Cell<RequestState>,
    /// How many bytes the client asks to be moved, at most.
    pub asked: usize,
}

/// What a client asks for in a call that can be overlapped, with the memory that it lends for that.
///
/// A client may free what it lent as soon as its request is completed. So whatever leads to that memory borrows
/// from the request, and what ends the request consumes it: [`pend`](Self::pend), and passing it on to another
/// provider.
///
/// If the call is overlapped, a provider that finishes the work within the call just answers
/// [`Progress::Done`]: the client is told. One that cannot pends the request. If it is not, the
/// memory is lent until the call returns: see [`blocking`](Self::blocking).
#[derive(Debug)]
#[must_use = "a request is answered, pended or passed on"]
pub struct Request<'a, W: RequestTypes> {
    lent: RequestBuffers<'a, W::Slice>,
    /// `None` if the call is not overlapped.
    pub(crate) given: Option<&'a RequestContext<'a, W>>,
    /// What has taken the place of parts that the client lent.
    pub(crate) owned: Option<Box<Owned<W::Slice>>>,
    /// Whether something has.
    replaced: bool,
    /// The number that the input came with, which says what is in it; `None` for input that safe code may have made.
    tag: Option<u32>,
}

impl<'a, W: RequestTypes> Request<'a, W> {
    /// An overlapped request.
    ///
    /// # Safety
    ///
    /// It is made once for `given`. The client's structure, and the bytes behind everything that is lent, stay
    /// valid until the request is completed; so does the thread, and the routine can be called once on it.
    #[inline]
    pub const unsafe fn new(given: &'a RequestContext<'a, W>, lent: RequestBuffers<'a, W::Slice>) -> Self {
        Self { lent, given: Some(given), owned: None, replaced: false, tag: None }
    }

    /// A request that is not overlapped, for memory of the caller's own.
    #[inline]
    pub const fn lending(lent: RequestBuffers<'a, W::Slice>) -> Self {
        Self { lent, given: None, owned: None, replaced: false, tag: None }
    }

    /// The same, to send what is in buffers.
    #[inline]
    pub fn sending(buffers: Gather<'a, W::Slice>) -> Self {
        Self::lending(RequestBuffers { gather: Some(buffers), ..RequestBuffers::NOTHING })
    }

    /// The same, to receive into buffers.
    #[inline]
    pub fn receiving(buffers: Scatter<'a, W::Slice>) -> Self {
        Self::lending(RequestBuffers { scatter: Some(buffers), ..RequestBuffers::NOTHING })
    }

    /// Whether the call is overlapped: the request may be completed after it has returned.
    #[must_use]
    #[inline]
    pub const fn is_overlapped(&self) -> bool {
        self.given.is_some()
    }

    /// How many bytes the client asks to be moved, at most.
    #[must_use]
    #[inline]
    pub fn asked(&self) -> usize {
        self.given.map_or_else(|| self.lent.total(), |given| given.asked)
    }

    /// What identifies it, if it is overlapped.
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

    /// Whether the client wants a routine to be run, rather than an event or a port to tell it.
    #[must_use]
    #[inline]
    pub fn has_routine(&self) -> bool {
        self.parts().is_some_and(|parts| parts.routine.is_some())
    }

    /// The buffers to read from; none if the request brings none.
    #[must_use]
    #[inline]
    pub fn gather(&self) -> Gather<'_, W::Slice> {
        self.lent.gather.unwrap_or_else(Gather::nothing)
    }

    /// The buffers to fill; none if the request brings none.
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

    /// The room to fill that is not in buffers, such as that for an address.
    ///
    /// There is none where the client lent the same memory as input that came with a [number](Self::tagged): whoever
    /// filled it would write pointers that somebody follows.
    #[must_use]
    #[inline]
    pub fn room(&self) -> Option<OutBuf<'_>> {
        self.fillable()
    }

    /// What is lent until the call returns, whatever becomes of the request: `None` if the call is overlapped, and
    /// if memory of a provider's own has taken the place of what the client lent.
    #[must_use]
    #[inline]
    pub fn blocking(&self) -> Option<RequestBuffers<'a, W::Slice>> {
        (self.given.is_none() && !self.replaced)
            .then(|| RequestBuffers { room: self.fillable(), ..self.lent })
    }

    /// The same request with other bytes in place of those in its buffers. They are kept until it is completed. A
    /// request that brings no buffers to read from stays as it is.
    ///
    /// The provider below counts these bytes, not the client's, and a layer has to answer in the client's. Where
    /// the layer does not see the end of a request, the client is told what the provider below counted; where it
    /// does, it is told no more than it asked for.
    #[inline]
    pub fn with_gather(mut self, bytes: Vec<u8>) -> Self {
        if self.lent.gather.is_some() {
            let owned = self.own(bytes);
            // SAFETY: it stays where it is until the request is completed, or dropped.
            self.lent.gather = unsafe { owned.gather() };
        }
        self
    }

    /// The same request with other bytes in place of those that are not in buffers. They are kept until it is
    /// completed.
    #[inline]
    pub fn with_input(mut self, bytes: Vec<u8>) -> Self {
        let owned = self.own(bytes);
        // SAFETY: as for the buffers.
        self.lent.input = unsafe { owned.bytes() };
        self.tag = None;
        self
    }

    /// The same request, whose input came with this number. Other input has none.
    ///
    /// # Safety
    ///
    /// Whoever is given the input with this number may follow each pointer in it that the documentation has there, until
    /// the request is completed.
    #[inline]
    pub const unsafe fn tagged(mut self, tag: u32) -> Self {
        self.tag = Some(tag);
        self
    }

    /// Whether safe code may have put together what somebody reads who is given the input with this number: then no
    /// pointer in it may be followed.
    #[must_use]
    #[inline]
    pub fn is_made_up(&self, tag: u32) -> bool {
        self.tag != Some(tag) && self.lent.input.is_some_and(|input| !input.is_empty())
    }

    fn fillable(&self) -> Option<OutBuf<'a>> {
        self.lent.room.filter(|room| !self.is_input(*room))
    }

    /// Whether it is the memory of input in which somebody follows pointers.
    fn is_input(&self, room: OutBuf<'_>) -> bool {
        let range = |at: usize, len: usize| at..at.saturating_add(len);
        self.tag.is_some()
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

    /// Takes an overlapped request on: from here on it is owed exactly one completion, which must not wait for
    /// this call to return. Answer the call with the [`PendingToken`].
    ///
    /// `P` is the provider, as `Self` in its own methods: it must have declared the upcalls that clients are told with.
    ///
    /// # Errors
    ///
    /// The request itself, if it is not overlapped.
    ///
    /// # Panics
    ///
    /// If there is no memory for a copy of the array of buffers. Nothing was taken on then.
    #[inline]
    pub fn pend<P: ?Sized>(self) -> Result<(PendingToken, PendingRequest<W>), Self>
    where
        W: PendsFor<P>,
    {
        let Some(given) = self.given else { return Err(self) };
        let Self { lent, owned, replaced, .. } = self;
        let scatter = lent.scatter.map(|lent| (lent.as_ptr(), lent.count()));
        let slices = lent.gather.map(|lent| (lent.as_ptr(), lent.count())).or(scatter);
        let slices = slices.map_or_else(Vec::new, |(at, len)| {
            // SAFETY: whoever made the array's view vouched for so many, which are checked already.
            unsafe { ClientSlice::from_raw(at, len) }.map_or_else(Vec::new, ClientSlice::to_vec)
        });
        // Only now: what is above may panic, and then nothing was taken on.
        given.state.set(RequestState::PendingRequest);
        // SAFETY: the client lends the structure from now on until it is told.
        unsafe { (given.completion.begin)(&given.parts) };
        let pended = PendingRequest {
            parts: given.parts,
            asked: given.asked,
            fill: lent.scatter.is_some(),
            slices,
            input: lent.input.map(|input| (input.as_ptr(), input.len())),
            room: lent.room.map(|room| (room.as_ptr(), room.capacity(), room.used_ptr())),
            owned,
            replaced,
            completion: *given.completion,
        };
        Ok((PendingToken(()), pended))
    }

    /// Another overlapped request for the same memory, which goes down in place of this one. What this one owns
    /// goes along; nothing leads from here to the memory any more.
    ///
    /// # Safety
    ///
    /// As for [`new`](Self::new); and the new request is completed before this one is.
    #[inline]
    pub unsafe fn instead<'b>(&mut self, given: &'b RequestContext<'b, W>) -> Request<'b, W>
    where
        'a: 'b,
    {
        let lent = core::mem::replace(&mut self.lent, RequestBuffers::NOTHING);
        Request { lent, given: Some(given), owned: self.owned.take(), replaced: self.replaced, tag: self.tag }
    }

    /// What is lent, for whoever passes it on at once.
    ///
    /// # Safety
    ///
    /// Nothing of it is used once the request is completed, or passed on and back.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub const unsafe fn lent(&self) -> RequestBuffers<'a, W::Slice> {
        self.lent
    }
}

impl<W: RequestTypes> Clone for CompletionVtable<W> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<W: RequestTypes> Copy for CompletionVtable<W> {}

/// What the client is told of its request when the call fails: that it is pending, if somebody has it, or has had it, since a
/// failure would say that nobody tells; and otherwise that it is not.
#[doc(hidden)]
#[must_use]
pub fn settle<W: RequestTypes>(state: RequestState, error: W::Error) -> W::Error {
    match state {
        RequestState::Fresh if error == W::PENDING => W::BROKEN,
        RequestState::Fresh => error,
        _ => W::PENDING,
    }
}

/// A request that was taken on. It is completed once: by [`complete`](Self::complete), or as aborted
/// when it is dropped. The provider's last clean-up waits for that.
#[derive(Debug)]
#[must_use = "dropping it aborts the client's operation"]
pub struct PendingRequest<W: RequestTypes> {
    parts: RequestParts<W>,
    /// How many bytes can be moved at most.
    asked: usize,
    fill: bool,
    slices: Vec<W::Slice>,
    input: Option<(*const u8, usize)>,
    room: Option<(*mut u8, usize, *mut u32)>,
    owned: Option<Box<Owned<W::Slice>>>,
    replaced: bool,
    completion: CompletionVtable<W>,
}

// SAFETY: a client lends what the pointers lead to until the request is completed, to whichever
// thread completes it, and does not touch it meanwhile; what is owned goes along. It is not `Sync`: two threads
// that share one would write to the client's memory at the same time.
unsafe impl<W: RequestTypes> Send for PendingRequest<W> {}

impl<W: RequestTypes> PendingRequest<W> {
    /// The socket, as the client knows it.
    #[must_use]
    #[inline]
    pub const fn socket(&self) -> W::Socket {
        self.parts.socket
    }

    /// What identifies it.
    #[must_use]
    #[inline]
    pub const fn parts(&self) -> &RequestParts<W> {
        &self.parts
    }

    /// Whether the client wants a routine to be run.
    #[must_use]
    #[inline]
    pub const fn has_routine(&self) -> bool {
        self.parts.routine.is_some()
    }

    /// The buffers to read from; none if the request brought none.
    #[must_use]
    #[inline]
    pub fn gather(&self) -> Gather<'_, W::Slice> {
        let slices: &[_] = if self.fill { &[] } else { &self.slices };
        // SAFETY: they were checked when the request came, and are lent until it is completed.
        unsafe { Gather::from_raw(slices.as_ptr(), slices.len()) }.unwrap_or_else(Gather::nothing)
    }

    /// The buffers to fill; none if the request brought none.
    #[must_use]
    #[inline]
    pub fn scatter(&self) -> Scatter<'_, W::Slice> {
        let slices: &[_] = if self.fill { &self.slices } else { &[] };
        // SAFETY: they were checked when the request came, and are lent until it is completed.
        unsafe { Scatter::from_raw(slices.as_ptr(), slices.len()) }.unwrap_or_else(Scatter::nothing)
    }

    /// The bytes to read that are not in buffers, such as an address.
    #[must_use]
    #[inline]
    pub fn input(&self) -> Option<Bytes<'_>> {
        let (at, len) = self.input?;
        // SAFETY: checked when the request came, and lent until it is completed.
        unsafe { ClientSlice::from_raw(at, len) }
    }

    /// The room to fill that is not in buffers, such as that for an address.
    #[must_use]
    #[inline]
    pub fn room(&self) -> Option<OutBuf<'_>> {
        let (at, len, used) = self.room?;
        // SAFETY: checked when the request came, and lent until it is completed.
        unsafe { OutBuf::from_raw(at, len, used) }
    }

    /// Tells the client how its operation ended: bytes moved and flags, or the error.
    ///
    /// More bytes than the client asked for are a fault of the provider, which the client is told. If other bytes
    /// went down in place of the client's, as many as it asked for have been moved then.
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
        // SAFETY: the client lends the structure until it is told, which this does; it is called once.
        unsafe { (self.completion.tell)(&self.parts, outcome) };
        (self.completion.end)();
    }
}

impl<W: RequestTypes> Drop for PendingRequest<W> {
    #[inline]
    fn drop(&mut self) {
        self.end(Err(W::ABORTED));
    }
}
