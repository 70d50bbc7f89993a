//! Requests on their way to a provider below that is reached through C.

use crate::owned::{Kept, Owned, Parcel};
use crate::request::{PendingToken, Request, RequestContext, RequestState, RequestTypes};
use alloc::boxed::Box;
use core::ptr;

impl<'a, W: RequestTypes> Request<'a, W> {
    /// Hands it to a provider below that is reached through C, with the place where that writes what it answers:
    /// here in this call, or, for what it may do later, in memory that is kept until then, with everything else
    /// that goes down and is not the client's.
    ///
    /// # Safety
    ///
    /// That provider is called with what the result says, and the result is told how the call ended: by
    /// [`done`](Forward::done) or [`promised`](Forward::promised).
    #[doc(hidden)]
    #[inline]
    pub unsafe fn forward<T: Copy + 'static>(self, here: &mut T) -> (Forward<'a, W>, *mut T) {
        let Some(given) = self.given else {
            return (Forward { given: None, owned: self.owned, kept: None }, here);
        };
        given.state.set(RequestState::Forwarded);
        let (at, kept) = keep(given, *here, self.owned);
        (Forward { given: self.given, owned: None, kept: Some(kept) }, at)
    }
}

/// A request in the hands of a provider below that is reached through C.
#[doc(hidden)]
pub struct Forward<'a, W: RequestTypes> {
    given: Option<&'a RequestContext<'a, W>>,
    owned: Option<Box<Owned<W::Slice>>>,
    /// Held here as well until the call has returned: the client may be told, and use its structure again,
    /// before that.
    kept: Option<Kept>,
}

impl<W: RequestTypes> Forward<'_, W> {
    /// The client's structure, or null.
    #[must_use]
    #[inline]
    pub fn overlapped(&self) -> *mut W::Overlapped {
        self.given.map_or(ptr::null_mut(), |given| given.parts.overlapped.as_ptr())
    }

    /// The client's routine.
    #[must_use]
    #[inline]
    pub fn routine(&self) -> Option<W::Routine> {
        self.given.and_then(|given| given.parts.routine)
    }

    /// The thread for the routine, or null. It is copied in the call.
    #[must_use]
    #[inline]
    pub fn thread(&self) -> *const W::Thread {
        self.given.and_then(|given| given.parts.thread.as_ref()).map_or(ptr::null(), ptr::from_ref)
    }

    /// The provider below has done it.
    #[inline]
    pub fn done(self) {
        self.finish(false);
    }

    /// The provider below has taken the request on; or it has refused it, and tells nobody.
    #[must_use]
    #[inline]
    pub fn promised(self, pending: bool) -> Option<PendingToken> {
        let given = self.given;
        self.finish(pending);
        given?.state.set(if pending { RequestState::ForwardedPending } else { RequestState::Fresh });
        pending.then_some(PendingToken(()))
    }

    /// Lets go of what is not needed any more. A call that is not overlapped has nothing, as a rule: that way stays
    /// short.
    #[inline]
    fn finish(self, pending: bool) {
        let Self { given, owned, kept } = self;
        if owned.is_none() && kept.is_none() {
            core::mem::forget((owned, kept));
        } else {
            let_go(given, owned, kept, pending);
        }
    }
}

#[inline(never)]
fn let_go<W: RequestTypes>(
    given: Option<&RequestContext<'_, W>>,
    owned: Option<Box<Owned<W::Slice>>>,
    kept: Option<Kept>,
    pending: bool,
) {
    if let (Some(given), Some(kept), false) = (given, &kept, pending) {
        // SAFETY: `release` can be called whether or not the client still lends the structure.
        unsafe { (given.completion.release)(&given.parts, kept) };
    }
    drop((owned, kept));
}

/// Not inlined, so that the way of a call that is not overlapped stays short.
#[inline(never)]
fn keep<T: Copy + 'static, W: RequestTypes>(
    given: &RequestContext<'_, W>,
    outs: T,
    owned: Option<Box<Owned<W::Slice>>>,
) -> (*mut T, Kept) {
    let (at, kept) = Parcel::pack(outs, owned);
    // SAFETY: the client lends the structure until it is told.
    unsafe { (given.completion.keep)(&given.parts, kept.clone()) };
    (at, kept)
}
