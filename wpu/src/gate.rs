//! The gate that every downcall passes: it leads to the provider's instance, and counts the calls that
//! are inside, and the requests that were taken on there.

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
    /// What instances are, ever since the first.
    of: Mutex<Option<TypeId>>,
    left: Condvar,
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
            of: Mutex::new(None),
            left: Condvar::new(),
        }
    }

    /// Opens the gate to an instance.
    ///
    /// # Errors
    ///
    /// If the gate has led to instances of another type before: tables that lead there may be about.
    pub(crate) fn open<P: Send + Sync + 'static>(&self, instance: P) -> Result<(), WsaError> {
        if *self.lock().get_or_insert_with(TypeId::of::<P>) != TypeId::of::<P>() {
            return Err(WsaError::WSASYSNOTREADY);
        }
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
        // SAFETY: if there is one it is alive: whoever frees it waits for this call.
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
    /// blocks the calls inside; then the gate waits until those have left, frees the instance, and waits
    /// until no request is owed any more. If that takes long, `late` is told how many are. No call of this
    /// thread may be inside.
    ///
    /// # Safety
    ///
    /// `P` is what the gate is opened to.
    pub(crate) unsafe fn close<P, R>(
        &self,
        last: impl FnOnce(&P) -> R,
        late: impl FnOnce(usize),
    ) -> Option<R> {
        let instance = NonNull::new(self.instance.swap(null_mut(), Ordering::SeqCst))?.cast::<P>();
        // SAFETY: the contract of this function; only this thread frees it.
        let answer = contain(|| last(unsafe { instance.as_ref() }));
        self.watched.store(true, Ordering::SeqCst);
        drop(self.left.wait_while(self.lock(), |_| self.inside.load(Ordering::SeqCst) > 0));
        // SAFETY: it came from a box, and nobody is left who has it.
        let instance = unsafe { Box::from_raw(instance.as_ptr()) };
        // Nobody is there to be told of a panic.
        let _ = contain(|| drop(instance));
        self.wait_for_requests(late);
        self.watched.store(false, Ordering::SeqCst);
        answer
    }

    /// Whoever has cleaned up may free the memory that it lent along with requests.
    fn wait_for_requests(&self, late: impl FnOnce(usize)) {
        let owed = || self.owed.load(Ordering::SeqCst);
        let waited = self.left.wait_timeout_while(self.lock(), PATIENCE, |_| owed() > 0);
        drop(waited);
        let left = owed();
        if left > 0 {
            late(left);
            drop(self.left.wait_while(self.lock(), |_| owed() > 0));
        }
    }

    /// A request was taken on, in a call that is inside.
    pub(crate) fn owe(&self) {
        self.owed.fetch_add(1, Ordering::SeqCst);
    }

    /// Such a request was completed, and nothing that was lent with it is touched any more.
    pub(crate) fn paid(&self) {
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
        // Whoever looked before this is waiting by the time the lock is free.
        drop(self.lock());
        self.left.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Option<TypeId>> {
        // Nothing is half done whatever panicked while it was held.
        self.of.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
    use std::time::Duration;

    const PATIENCE: Duration = Duration::from_secs(if cfg!(miri) { 600 } else { 20 });

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
            let said = told.recv_timeout(PATIENCE);
            gate.paid();
            std::thread::sleep(Duration::from_millis(20));
            let early = closing.is_finished();
            gate.paid();
            assert_eq!((said, early), (Ok(2), false));
            assert_eq!(closing.join().expect("no panic"), Some(7));
        });
    }
}
