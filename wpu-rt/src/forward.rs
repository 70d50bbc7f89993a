//! Requests that are forwarded to a provider below through C.

use crate::owned::{Kept, Owned, Parcel};
use crate::request::{PendingToken, Request, RequestContext, RequestState, RequestTypes};
use alloc::boxed::Box;
use core::ptr;

impl<'a, W: RequestTypes> Request<'a, W> {
    /// Prepares the request for the call to the provider below, and returns the location for its results. For
    /// a call that is not overlapped the location is `here`. Otherwise it is in memory that is kept until the
    /// request completes, together with everything else that is passed down and does not belong to the
    /// client.
    ///
    /// # Safety
    ///
    /// The provider below is called with the values of the result, and the result is then informed of how the
    /// call ended, by [`done`](Forward::done) or [`promised`](Forward::promised).
    #[doc(hidden)]
    #[inline]
    pub unsafe fn forward<T: Copy + 'static>(self, here: &mut T) -> (Forward<'a, W>, *mut T) {
        let Some(given) = self.given else {
            return (Forward { given: None, kept: self.owned.map(keep_owned) }, here);
        };
        given.state.set(RequestState::Forwarded);
        let (at, kept) = keep(given, *here, self.owned);
        (Forward { given: self.given, kept: Some(kept) }, at)
    }
}

/// A request that was passed to a provider below through C.
#[doc(hidden)]
pub struct Forward<'a, W: RequestTypes> {
    given: Option<&'a RequestContext<'a, W>>,
    /// What is kept until the call returns; always present if the call is overlapped. Then it is a second reference:
    /// the client may be notified, and reuse its structure, before the call returns.
    kept: Option<Kept>,
}

impl<W: RequestTypes> Forward<'_, W> {
    /// The client's overlapped structure, or null.
    #[must_use]
    #[inline]
    pub fn overlapped(&self) -> *mut W::Overlapped {
        self.given.map_or(ptr::null_mut(), |given| given.parts.overlapped.as_ptr())
    }

    /// The client's completion routine.
    #[must_use]
    #[inline]
    pub fn routine(&self) -> Option<W::Routine> {
        self.given.and_then(|given| given.parts.routine)
    }

    /// The thread for the completion routine, or null. The provider below copies it during the call.
    #[must_use]
    #[inline]
    pub fn thread(&self) -> *const W::Thread {
        self.given.and_then(|given| given.parts.thread.as_ref()).map_or(ptr::null(), ptr::from_ref)
    }

    /// Records that the provider below has completed the request.
    #[inline]
    pub fn done(self) {
        let _ = self.finish(RequestState::Forwarded);
    }

    /// Records that the call returned without a completion: the provider below has accepted the request if
    /// `pending` is true, and has refused it otherwise.
    #[must_use]
    #[inline]
    pub fn promised(self, pending: bool) -> Option<PendingToken> {
        self.finish(if pending { RequestState::ForwardedPending } else { RequestState::Fresh })
    }

    /// Releases what is no longer needed, and sets the state of the request. A call that is not overlapped usually
    /// has nothing to release and has no state, so that its path is one test. The parts are passed on one by one: a
    /// reference to `self` would force them into memory, on that path too.
    #[inline]
    fn finish(self, state: RequestState) -> Option<PendingToken> {
        let Self { given, kept } = self;
        release(given, kept?, state)
    }
}

#[inline(never)]
fn release<W: RequestTypes>(
    given: Option<&RequestContext<'_, W>>,
    kept: Kept,
    state: RequestState,
) -> Option<PendingToken> {
    let pending = state == RequestState::ForwardedPending;
    if let (Some(given), false) = (given, pending) {
        // SAFETY: `release` may be called whether or not the client still lends the structure.
        unsafe { (given.completion.release)(&given.parts, &kept) };
    }
    drop(kept);
    given?.state.set(state);
    pending.then_some(PendingToken(()))
}

/// Not inlined, as below: few calls pass memory of their own.
#[inline(never)]
fn keep_owned<S: 'static>(owned: Box<Owned<S>>) -> Kept {
    Parcel::pack((), Some(owned)).1
}

/// Not inlined, so that the path of a call that is not overlapped stays short.
#[inline(never)]
fn keep<T: Copy + 'static, W: RequestTypes>(
    given: &RequestContext<'_, W>,
    outs: T,
    owned: Option<Box<Owned<W::Slice>>>,
) -> (*mut T, Kept) {
    let (at, kept) = Parcel::pack(outs, owned);
    // SAFETY: the client lends the structure until the completion is reported, and the request is not
    // complete yet.
    unsafe { (given.completion.keep)(&given.parts, kept.clone()) };
    (at, kept)
}
