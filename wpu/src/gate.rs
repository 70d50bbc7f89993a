//! The gate that every downcall passes: it leads to the provider's instance, and counts who is inside,
//! and which requests were taken on there.

use crate::contain::contain;
use std::any::TypeId;
use std::cell::Cell;
use std::fmt;
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wpu_sys::WsaError;

/// For how long the last clean-up waits without a word.
const PATIENCE: Duration = if cfg!(test) { Duration::from_millis(20) } else { Duration::from_secs(5) };

/// Leads downcalls to the provider's instance while there is one.
pub(crate) struct Gate {
    /// The instance, a box's; null while the gate is closed.
    instance: AtomicPtr<()>,
    /// How many calls are inside.
    inside: AtomicUsize,
    /// How many requests were taken on and not completed: their memory is the client's.
    owed: AtomicUsize,
    /// Whether somebody wants to know when a call leaves, or a request is completed.
    watched: AtomicBool,
    inner: Mutex<Inner>,
    left: Condvar,
}

struct Inner {
    /// What instances are, ever since the first.
    of: Option<TypeId>,
    /// Instances that calls of the thread that closed the gate may still use.
    retired: Vec<Instance>,
}

struct Instance {
    at: NonNull<()>,
    free: unsafe fn(NonNull<()>),
}

// SAFETY: instances are `Send` and `Sync`; the function only frees one.
unsafe impl Send for Instance {}

impl Drop for Instance {
    fn drop(&mut self) {
        // Nobody is there to be told of a panic.
        // SAFETY: it came from a box of the type that the function frees, and nobody else has it.
        let _ = contain(|| unsafe { (self.free)(self.at) });
    }
}

/// A call on its thread's stack: those inside each other form a list.
struct Frame {
    gate: *const Gate,
    outer: *const Frame,
}

thread_local! {
    static INNERMOST: Cell<*const Frame> = const { Cell::new(std::ptr::null()) };
}

impl Gate {
    /// One that is closed.
    pub(crate) const fn new() -> Self {
        Self {
            instance: AtomicPtr::new(null_mut()),
            inside: AtomicUsize::new(0),
            owed: AtomicUsize::new(0),
            watched: AtomicBool::new(false),
            inner: Mutex::new(Inner { of: None, retired: Vec::new() }),
            left: Condvar::new(),
        }
    }

    /// Opens the gate to an instance.
    ///
    /// # Errors
    ///
    /// If the gate has led to instances of another type before: tables that lead there may be about.
    pub(crate) fn open<P: Send + Sync + 'static>(&self, instance: P) -> Result<(), WsaError> {
        let mut inner = self.lock();
        if *inner.of.get_or_insert_with(TypeId::of::<P>) != TypeId::of::<P>() {
            return Err(WsaError::WSASYSNOTREADY);
        }
        drop(inner);
        let before = self.instance.swap(Box::into_raw(Box::new(instance)).cast(), Ordering::SeqCst);
        debug_assert!(before.is_null(), "the last clean-up closes the gate");
        Ok(())
    }

    /// Runs `body` with the instance. A panic ends here.
    ///
    /// # Errors
    ///
    /// `WSANOTINITIALISED` when the gate is closed, `WSASYSCALLFAILURE` after a panic, and those of `body`.
    ///
    /// # Safety
    ///
    /// `P` is what the gate is opened to.
    #[inline]
    pub(crate) unsafe fn with<P, R>(
        &self,
        body: impl FnOnce(&P) -> Result<R, WsaError>,
    ) -> Result<R, WsaError> {
        // First the count, then the instance: whoever closes does it the other way round.
        self.inside.fetch_add(1, Ordering::SeqCst);
        let instance = self.instance.load(Ordering::SeqCst).cast::<P>();
        // SAFETY: if there is one it is alive: whoever frees it waits for this call, or leaves that to it.
        let answer = match unsafe { instance.as_ref() } {
            None => Err(WsaError::WSANOTINITIALISED),
            Some(instance) => {
                let frame = Frame { gate: self, outer: INNERMOST.get() };
                INNERMOST.set(&raw const frame);
                let answer = contain(|| body(instance));
                INNERMOST.set(frame.outer);
                answer.unwrap_or(Err(WsaError::WSASYSCALLFAILURE))
            }
        };
        // Nothing above unwinds.
        self.inside.fetch_sub(1, Ordering::SeqCst);
        if self.watched.load(Ordering::SeqCst) {
            self.tell();
        }
        answer
    }

    /// Closes the gate: no further call comes in. `last` runs with the instance, and is to end what
    /// blocks the calls inside; then the gate waits until those of other threads have left, frees the
    /// instance, and waits until nobody owes a request any more. If that takes long, `late` is told how
    /// many are owed. If calls of this thread are inside, the last of them frees the instance, and nobody
    /// waits for requests: such calls may hold some.
    ///
    /// # Safety
    ///
    /// `P` is what the gate is opened to.
    pub(crate) unsafe fn close<P, R>(
        &self,
        last: impl FnOnce(&P) -> R,
        late: impl FnOnce(usize),
    ) -> Option<R> {
        let instance = NonNull::new(self.instance.swap(null_mut(), Ordering::SeqCst))?;
        // SAFETY: the contract of this function; only this thread can free it now.
        let answer = contain(|| last(unsafe { instance.cast::<P>().as_ref() }));
        let own = self.own_calls();
        self.watched.store(true, Ordering::SeqCst);
        let mut inner = self.lock();
        while self.inside.load(Ordering::SeqCst) > own {
            inner = self.left.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
        inner.retired.push(Instance { at: instance, free: free::<P> });
        if own == 0 {
            let gone = std::mem::take(&mut inner.retired);
            drop(inner);
            drop(gone);
            self.wait_for_requests(late);
            self.watched.store(false, Ordering::SeqCst);
        }
        answer
    }

    /// Whoever has cleaned up may free the memory that it lent along with requests.
    fn wait_for_requests(&self, late: impl FnOnce(usize)) {
        let owing = |_: &mut Inner| self.owed.load(Ordering::SeqCst) > 0;
        let waited = self.left.wait_timeout_while(self.lock(), PATIENCE, owing);
        let (inner, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if !timeout.timed_out() {
            return;
        }
        drop(inner);
        late(self.owed.load(Ordering::SeqCst));
        drop(self.left.wait_while(self.lock(), owing));
    }

    /// A request was taken on, in a call that is inside.
    pub(crate) fn owe(&self) {
        self.owed.fetch_add(1, Ordering::SeqCst);
    }

    /// Such a request was completed, and nothing that was lent with it is touched any more.
    pub(crate) fn settle(&self) {
        self.owed.fetch_sub(1, Ordering::SeqCst);
        if self.watched.load(Ordering::SeqCst) {
            self.tell();
        }
    }

    /// How many calls of this thread are inside.
    pub(crate) fn own_calls(&self) -> usize {
        let mut count = 0;
        let mut at = INNERMOST.get();
        // SAFETY: the frames of this thread's calls live on its stack until the calls return.
        while let Some(frame) = unsafe { at.as_ref() } {
            count += usize::from(std::ptr::eq(frame.gate, self));
            at = frame.outer;
        }
        count
    }

    /// A call has left, or a request is completed, and somebody wants to know.
    #[cold]
    fn tell(&self) {
        let mut inner = self.lock();
        let quiet = self.inside.load(Ordering::SeqCst) == 0;
        let gone = if quiet { std::mem::take(&mut inner.retired) } else { Vec::new() };
        self.left.notify_all();
        drop(inner);
        drop(gone);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing is half done whatever panicked while it was held.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// # Safety
///
/// `instance` is a box's, of this type, and nobody else has it.
unsafe fn free<P>(instance: NonNull<()>) {
    // SAFETY: the contract of this function.
    drop(unsafe { Box::from_raw(instance.cast::<P>().as_ptr()) });
}

impl fmt::Debug for Gate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = !self.instance.load(Ordering::SeqCst).is_null();
        out.debug_struct("Gate").field("open", &open).field("inside", &self.inside).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Gate;
    use std::sync::mpsc;

    #[test]
    fn a_clean_up_that_waits_for_requests_says_for_how_many_and_ends_with_the_last_of_them() {
        let gate = Gate::new();
        gate.open(7_u8).expect("the first instance");
        gate.owe();
        gate.owe();
        let (late, told) = mpsc::channel();
        std::thread::scope(|scope| {
            // SAFETY: the gate is opened to such an instance.
            let closing = scope.spawn(|| unsafe {
                gate.close(|instance: &u8| *instance, |owed| late.send(owed).expect("the test waits"))
            });
            assert_eq!(told.recv(), Ok(2));
            gate.settle();
            assert!(!closing.is_finished());
            gate.settle();
            assert_eq!(closing.join().expect("no panic"), Some(7));
        });
    }
}
