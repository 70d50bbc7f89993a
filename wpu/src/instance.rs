//! What every downcall passes on its way to the provider: it holds the provider while it is started, and counts calls.

use crate::Provider;
use crate::calls::Calls;
use crate::panic::contain;
use std::fmt;
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::{AtomicPtr, Ordering};
use std::time::Duration;
use wpu_sys::WsaError;

/// For how long the last clean-up waits for requests without a word.
const PATIENCE: Duration = Duration::from_secs(5);

/// Leads downcalls to the provider's instance while there is one. The counts are in the run of the provider.
pub struct Instance<P> {
    /// The instance, a box's; null while it is closed.
    instance: AtomicPtr<P>,
}

impl<P> Instance<P> {
    /// One that is closed.
    #[must_use]
    pub const fn new() -> Self {
        Self { instance: AtomicPtr::new(null_mut()) }
    }
}

impl<P: Provider + Send + Sync> Instance<P> {
    /// What counts the calls through this: a constant of the type, so always the same.
    #[inline]
    fn calls() -> &'static Calls {
        P::__RUN.get().calls()
    }

    /// Takes the provider in.
    pub(crate) fn open(&self, instance: P) {
        let before = self.instance.swap(Box::into_raw(Box::new(instance)), Ordering::SeqCst);
        debug_assert!(before.is_null(), "the last clean-up closes this");
    }

    /// Runs `body` with the instance. A panic ends here.
    ///
    /// # Errors
    ///
    /// `WSANOTINITIALISED` when this is closed, `WSASYSCALLFAILURE` after a panic, and those of `body`.
    #[inline]
    pub(crate) fn with<R>(&self, body: impl FnOnce(&P) -> Result<R, WsaError>) -> Result<R, WsaError> {
        // First the count, then the instance: whoever closes does it the other way round.
        Self::calls().count(|| {
            // SAFETY: only `close` frees an instance. It takes the pointer away first and then waits until no
            // call is counted. All of that is in one order: this call was counted before it looked, so either
            // it looked after the pointer was gone, or `close` waits for it.
            match unsafe { self.instance.load(Ordering::SeqCst).as_ref() } {
                None => Err(WsaError::WSANOTINITIALISED),
                Some(instance) => {
                    Self::calls().note(|| contain(|| body(instance))).unwrap_or_else(|| panicked())
                }
            }
        })
    }

    /// Closes this: no further call comes in. `last` runs with the instance, and is to end what
    /// blocks the calls inside; then this waits until those have left, frees the instance, and waits
    /// until no request is owed any more. If that takes long, `late` is told how many are. No call of this
    /// thread may be inside.
    pub(crate) fn close<R>(&self, last: impl FnOnce(&P) -> R, late: impl FnOnce(usize)) -> Option<R> {
        let instance = NonNull::new(self.instance.swap(null_mut(), Ordering::SeqCst))?;
        // SAFETY: it came from a box, and only whoever takes the pointer out of this frees it: this call,
        // below.
        let answer = contain(|| last(unsafe { instance.as_ref() }));
        Self::calls().wait();
        // SAFETY: it came from a box. Calls that were counted when this was closed have left, and
        // later ones found no instance, as `with` shows. So nobody has a reference.
        let instance = unsafe { Box::from_raw(instance.as_ptr()) };
        // Nobody is there to be told of a panic.
        let _ = contain(|| drop(instance));
        Self::calls().wait_for_requests(PATIENCE, late);
        answer
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
