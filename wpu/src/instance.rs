//! The instance of a provider: every downcall reaches it through a counter, and it lives while the provider
//! is started.

use crate::Provider;
use crate::provider::run_of;
use std::fmt;
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::{AtomicPtr, Ordering};
use std::time::Duration;
use wpu_sys::WsaError;
use wpu_sys::rt::calls::Calls;
use wpu_sys::rt::panic::contain;

/// The time after which the last clean-up reports that it waits for requests, and no longer waits for calls.
const PATIENCE: Duration = Duration::from_secs(if cfg!(miri) { 600 } else { 5 });

/// The time for which it waits for calls that may be in a provider below. Nothing that this provider does ends such a
/// call if the host has started the provider below too, and cleans that up later.
const PATIENCE_ABOVE: Duration = Duration::from_secs(if cfg!(miri) { 600 } else { 1 });

/// What the last clean-up found after it had waited for a while.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Late {
    /// Calls that have not returned, which it leaves behind.
    Calls,
    /// This number of requests that are pending, for which it goes on waiting.
    Requests(usize),
}

/// Passes downcalls to the provider's instance while there is one. The counters are in the `Run` of the
/// provider.
pub struct Instance<P> {
    /// The instance, from a box; null while closed.
    instance: AtomicPtr<P>,
}

impl<P> Instance<P> {
    /// Creates a closed `Instance`.
    #[must_use]
    pub const fn new() -> Self {
        Self { instance: AtomicPtr::new(null_mut()) }
    }
}

impl<P: Provider + Send + Sync + 'static> Instance<P> {
    /// The counters of calls, through a constant of the type and therefore always the same.
    #[inline]
    fn calls() -> &'static Calls {
        run_of::<P>().calls()
    }

    /// Stores the instance of a started provider.
    pub(crate) fn open(&self, instance: P) {
        let before = self.instance.swap(Box::into_raw(Box::new(instance)), Ordering::SeqCst);
        debug_assert!(before.is_null(), "the last clean-up closes this");
    }

    /// Runs `body` with the instance. A panic is contained.
    ///
    /// # Errors
    ///
    /// `WSANOTINITIALISED` if this is closed, `WSASYSCALLFAILURE` after a panic, and the errors of `body`.
    #[inline]
    pub(crate) fn with<R>(&self, body: impl FnOnce(&P) -> Result<R, WsaError>) -> Result<R, WsaError> {
        // The call is counted before the instance is loaded; `close` works in the reverse order.
        Self::calls().count(|| {
            // SAFETY: only `close` frees an instance. It removes the pointer first and then waits until no
            // call is counted. All of these operations have one total order: this call was counted before it
            // loaded the pointer, so either it loads null, or `close` waits for it.
            match unsafe { self.instance.load(Ordering::SeqCst).as_ref() } {
                None => Err(WsaError::WSANOTINITIALISED),
                Some(instance) => Self::calls().note(|| body(instance)).unwrap_or_else(|| panicked()),
            }
        })
    }

    /// Closes this, so that no further call enters. Runs `last` with the instance, which should end whatever
    /// blocks the calls inside. Then waits until those have left, frees the instance, and waits until no
    /// request is pending. No call of this thread may be inside.
    ///
    /// A call may be blocked by somebody else: a provider `below` that the host cleans up later, or a function of the
    /// client. Such calls are left behind: the library stays loaded, and the last one that returns frees the instance.
    pub(crate) fn close<R>(&self, last: impl FnOnce(&P) -> R, below: bool, late: fn(Late)) -> Option<R> {
        let instance = NonNull::new(self.instance.swap(null_mut(), Ordering::SeqCst))?;
        // SAFETY: the pointer came from a box, and only the code that removes it from this frees it: this
        // call, below.
        let answer = contain(|| last(unsafe { instance.as_ref() }));
        let closed = Closed(instance);
        if Self::calls().wait(if below { PATIENCE_ABOVE } else { PATIENCE }) {
            // SAFETY: calls that were counted when this was closed have left, and later ones found null, as
            // explained in `with`. So no reference to the instance exists.
            unsafe { closed.free() };
        } else {
            if !below {
                late(Late::Calls);
            }
            // These calls return into this library.
            crate::module::stay();
            Self::calls().when_left(move || {
                // SAFETY: as above, since this runs when no call is counted.
                run_of::<P>().free_behind(move || unsafe { closed.free() });
            });
        }
        Self::calls().wait_for_requests(PATIENCE, |requests| late(Late::Requests(requests)));
        answer
    }
}

/// An instance that no further call reaches.
struct Closed<P>(NonNull<P>);

// SAFETY: the pointer is that of a box, which may go to any thread, as its content may.
unsafe impl<P: Send> Send for Closed<P> {}

impl<P> Closed<P> {
    /// # Safety
    ///
    /// The pointer came from a box, and there is no reference to its content.
    unsafe fn free(self) {
        // SAFETY: the contract of this function.
        let instance = unsafe { Box::from_raw(self.0.as_ptr()) };
        // There is no caller to which a panic could be reported.
        let _ = contain(|| drop(instance));
    }
}

#[cold]
fn panicked<R>() -> Result<R, WsaError> {
    Err(WsaError::WSASYSCALLFAILURE)
}

impl<P> Default for Instance<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P> fmt::Debug for Instance<P> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = !self.instance.load(Ordering::SeqCst).is_null();
        out.debug_struct("Instance").field("open", &open).finish()
    }
}
