//! How a request is identified, started, and its completion reported.

use crate::buffers::Slice;
use crate::outcome::{Outcome, Transfer};
use crate::owned::Kept;
use core::cell::Cell;
use core::ptr::NonNull;

/// The C types of requests.
///
/// # Safety
///
/// Every value of `Socket`, `Routine`, `Thread` and `Slice` may be used on any thread, whatever their other traits
/// say: a [`PendingRequest`](crate::request::PendingRequest) takes them there.
pub unsafe trait RequestTypes: Sized + 'static {
    /// A socket, as the client knows it.
    type Socket: Copy + core::fmt::Debug;
    /// The client's overlapped structure.
    type Overlapped: core::fmt::Debug;
    /// The client's completion routine.
    type Routine: Copy + core::fmt::Debug;
    /// The thread on which the routine runs.
    type Thread: Copy + core::fmt::Debug;
    /// A buffer, as in an array of buffers.
    type Slice: Slice + core::fmt::Debug;
    /// An error code.
    type Error: Copy + PartialEq + core::fmt::Debug;
    /// The error for a client whose provider broke the contract.
    const BROKEN: Self::Error;
    /// The error for a client whose operation will complete later.
    const PENDING: Self::Error;
    /// The error for a client whose operation was never completed.
    const ABORTED: Self::Error;
    /// The error for a client whose buffer is too small. The number beside it is the one that is needed.
    const TOO_SMALL: Self::Error;
}

/// Interfaces whose requests this provider may leave pending: it must have declared the upcalls that report
/// completions.
///
/// The bindings implement it for each provider that has declared them.
///
/// # Safety
///
/// `P` has declared these upcalls, or gets no overlapped request.
pub unsafe trait PendsFor<P: ?Sized>: RequestTypes {}

/// The data that identifies a request and its completion notification. The thread is a copy.
#[derive(Debug)]
pub struct RequestParts<W: RequestTypes> {
    /// The socket, as the client knows it.
    pub socket: W::Socket,
    /// The client's overlapped structure.
    pub overlapped: NonNull<W::Overlapped>,
    /// The client's completion routine, if it gave one.
    pub routine: Option<W::Routine>,
    /// The thread for the routine, if the client named one.
    pub thread: Option<W::Thread>,
}

impl<W: RequestTypes> Clone for RequestParts<W> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<W: RequestTypes> Copy for RequestParts<W> {}

/// How an operation ended: with values, or with an error alone.
pub type CompletionResult<W> =
    Result<Outcome<Transfer, <W as RequestTypes>::Error>, <W as RequestTypes>::Error>;

/// The functions that start requests and report completions. They are function pointers because C carries no
/// context.
///
/// Each can be called while the client lends the structure that `parts` names. [`release`](Self::release) can
/// also be called later, when the completion may already have been reported: it uses only the address of the
/// structure.
#[derive(Debug)]
pub struct CompletionVtable<W: RequestTypes> {
    /// Marks the client's structure as in use, when a request becomes pending.
    pub begin: unsafe fn(&RequestParts<W>),
    /// Reports the result of the operation to the client.
    pub tell: unsafe fn(&RequestParts<W>, CompletionResult<W>),
    /// Keeps memory that does not belong to the client and is passed to a provider below, until the request
    /// completes there. Who supplies the functions guarantees that.
    pub keep: unsafe fn(&RequestParts<W>, Kept),
    /// Releases memory that the provider below no longer needs.
    pub release: unsafe fn(&RequestParts<W>, &Kept),
    /// Called once for each request that was [begun](Self::begin), when its client was told and its memory is not
    /// used any more.
    pub end: unsafe fn(),
}

impl<W: RequestTypes> Clone for CompletionVtable<W> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<W: RequestTypes> Copy for CompletionVtable<W> {}

/// The state of a request within the call that received it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequestState {
    /// No completion is owed yet: if the call succeeds, its caller reports the completion.
    #[default]
    Fresh,
    /// A [`PendingRequest`](crate::request::PendingRequest) exists, which will complete the request.
    PendingRequest,
    /// The provider below has the request, or has completed it and reported the completion.
    Forwarded,
    /// The provider below has the request and will complete it later.
    ForwardedPending,
}

/// The data that makes a request overlapped. Requests refer to it, so that they are cheap to pass on.
#[derive(Debug)]
pub struct RequestContext<'a, W: RequestTypes> {
    /// The data that identifies the request.
    pub parts: RequestParts<W>,
    /// The functions that report its completion.
    pub completion: &'a CompletionVtable<W>,
    /// The state of the request.
    pub state: &'a Cell<RequestState>,
    /// The number of bytes that the client asks to transfer.
    pub asked: usize,
    /// The errors beside which the documentation defines values.
    pub partial: &'static [W::Error],
}

/// The error code of a failed call: `PENDING` if the request has been passed on or made pending, since any
/// other error would mean that no completion follows; otherwise an error other than `PENDING`.
#[doc(hidden)]
#[must_use]
pub fn settle<W: RequestTypes>(state: RequestState, error: W::Error) -> W::Error {
    match state {
        RequestState::Fresh if error == W::PENDING => W::BROKEN,
        RequestState::Fresh => error,
        _ => W::PENDING,
    }
}
