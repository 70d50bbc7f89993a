//! Who is busy in a provider: the calls that are inside, and the requests that were taken on there.

use crate::sync::lock;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// Counts the calls that are inside a provider, and the requests that it owes.
#[derive(Debug)]
pub(crate) struct Calls {
    /// How many calls are inside.
    inside: AtomicUsize,
    /// How many requests were taken on and not completed: their memory is the client's.
    owed: AtomicUsize,
    /// Whether somebody wants to know when a call leaves, or a request is completed.
    watched: AtomicBool,
    waiting: Mutex<()>,
    left: Condvar,
}

/// A call on its thread's stack: those inside each other form a list.
struct Frame {
    calls: *const Calls,
    outer: *const Frame,
}

thread_local! {
    static INNERMOST: Cell<*const Frame> = const { Cell::new(std::ptr::null()) };
}

impl Calls {
    /// Nobody is inside, and nothing is owed.
    pub(crate) const fn new() -> Self {
        Self {
            inside: AtomicUsize::new(0),
            owed: AtomicUsize::new(0),
            watched: AtomicBool::new(false),
            waiting: Mutex::new(()),
            left: Condvar::new(),
        }
    }

    /// Counts a call while `body` runs, which must not unwind. What `body` looks at after it was counted is
    /// not freed by whoever takes it away before [`wait`](Self::wait).
    #[inline]
    pub(crate) fn count<R>(&self, body: impl FnOnce() -> R) -> R {
        self.inside.fetch_add(1, Ordering::SeqCst);
        let answer = body();
        self.inside.fetch_sub(1, Ordering::SeqCst);
        self.tell_if_watched();
        answer
    }

    /// Makes the call known on its thread while `body` runs, which must not unwind.
    #[inline]
    pub(crate) fn note<R>(&self, body: impl FnOnce() -> R) -> R {
        let frame = Frame { calls: self, outer: INNERMOST.get() };
        INNERMOST.set(&raw const frame);
        let answer = body();
        INNERMOST.set(frame.outer);
        answer
    }

    /// Whether this thread is in a call.
    pub(crate) fn is_own(&self) -> bool {
        let mut at = INNERMOST.get();
        // SAFETY: `note` puts a frame of its own stack here and takes it away before it returns, and
        // nothing that it runs unwinds. So the frames in the list are those of calls that have not returned.
        while let Some(frame) = unsafe { at.as_ref() } {
            if std::ptr::eq(frame.calls, self) {
                return true;
            }
            at = frame.outer;
        }
        false
    }

    /// A request was taken on, in a call that is inside.
    pub(crate) fn owe(&self) {
        self.owed.fetch_add(1, Ordering::SeqCst);
    }

    /// Such a request was completed, and nothing that was lent with it is touched any more.
    pub(crate) fn paid(&self) {
        self.owed.fetch_sub(1, Ordering::SeqCst);
        self.tell_if_watched();
    }

    /// Waits until no call is inside. This thread must not be in one.
    pub(crate) fn wait(&self) {
        self.watch(|| drop(self.left.wait_while(self.lock(), |()| self.inside.load(Ordering::SeqCst) > 0)));
    }

    /// Waits until no request is owed. If that takes longer than `patience`, `late` is told how many are.
    ///
    /// Whoever has cleaned up may free the memory that it lent along with requests.
    pub(crate) fn wait_for_requests(&self, patience: Duration, late: impl FnOnce(usize)) {
        let owed = || self.owed.load(Ordering::SeqCst);
        self.watch(|| {
            drop(self.left.wait_timeout_while(self.lock(), patience, |()| owed() > 0));
            let left = owed();
            if left > 0 {
                late(left);
                drop(self.left.wait_while(self.lock(), |()| owed() > 0));
            }
        });
    }

    fn watch(&self, wait: impl FnOnce()) {
        self.watched.store(true, Ordering::SeqCst);
        wait();
        self.watched.store(false, Ordering::SeqCst);
    }

    #[inline]
    fn tell_if_watched(&self) {
        if self.watched.load(Ordering::SeqCst) {
            self.tell();
        }
    }

    /// A call has left, or a request is completed, and somebody wants to know.
    #[cold]
    fn tell(&self) {
        // Whoever looked before this is waiting by the time the lock is free.
        drop(self.lock());
        self.left.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        lock(&self.waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::{Calls, Ordering};
    use std::sync::mpsc;
    use std::time::Duration;

    const PATIENCE: Duration = Duration::from_secs(if cfg!(miri) { 600 } else { 20 });

    #[test]
    fn a_clean_up_that_waits_for_requests_says_for_how_many_and_ends_with_the_last_of_them() {
        let calls = Calls::new();
        calls.owe();
        calls.owe();
        let (late, told) = mpsc::channel();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let short = Duration::from_millis(20);
                calls.wait_for_requests(short, |owed| late.send(owed).expect("the test waits"));
            });
            let said = told.recv_timeout(PATIENCE);
            calls.paid();
            std::thread::sleep(Duration::from_millis(20));
            let early = waiting.is_finished();
            calls.paid();
            assert_eq!((said, early), (Ok(2), false));
            waiting.join().expect("no panic");
        });
    }

    #[test]
    fn nobody_is_told_of_requests_that_are_completed_in_time() {
        let calls = Calls::new();
        let early = |owed| panic!("{owed} are owed, and there is time");
        calls.wait_for_requests(Duration::ZERO, early);
        calls.owe();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| calls.wait_for_requests(PATIENCE, early));
            while !calls.watched.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            // The one that waits holds the lock until it does.
            std::thread::sleep(Duration::from_millis(20));
            drop(calls.lock());
            calls.paid();
            waiting.join().expect("nobody is told");
        });
    }

    #[test]
    fn a_thread_knows_its_own_calls_however_deep_and_no_others() {
        let (one, other) = (Calls::new(), Calls::new());
        assert!(!one.is_own());
        one.note(|| {
            other.note(|| assert!(one.is_own() && other.is_own()));
            assert!(one.is_own() && !other.is_own());
            std::thread::scope(|scope| scope.spawn(|| assert!(!one.is_own())).join()).expect("no panic");
        });
        assert!(!one.is_own());
    }
}
