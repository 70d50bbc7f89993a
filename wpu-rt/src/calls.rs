//! Counts the calls that are inside a provider and the requests that it has not completed.

use crate::panic::contain;
use crate::sync::lock;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::Cell;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::{Condvar, Mutex, MutexGuard};

/// The number of calls inside a provider and of its pending requests.
#[doc(hidden)]
#[derive(Default)]
pub struct Calls {
    /// The number of calls inside the provider.
    inside: AtomicUsize,
    /// The number of pending requests, whose memory belongs to clients.
    requests: AtomicUsize,
    /// Whether a thread waits until a call leaves or a request completes.
    watched: AtomicBool,
    waiting: Mutex<()>,
    left: Condvar,
    /// What must run when no call is inside.
    behind: Mutex<Vec<Behind>>,
}

type Behind = Box<dyn FnOnce() + Send>;

/// A call on the stack of its thread. The nested calls of a thread form a list.
struct Frame {
    calls: *const Calls,
    outer: *const Frame,
}

std::thread_local! {
    static INNERMOST: Cell<*const Frame> = const { Cell::new(core::ptr::null()) };
}

impl Calls {
    /// Counters with no call and no request.
    #[must_use]
    #[inline]
    pub const fn new() -> Self {
        Self {
            inside: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
            watched: AtomicBool::new(false),
            waiting: Mutex::new(()),
            left: Condvar::new(),
            behind: Mutex::new(Vec::new()),
        }
    }

    /// Counts a call while `body` runs. If `body` panics, the call counts as inside for ever. An object that
    /// `body` loads after the call was counted is not freed by a thread that first removes the object and then
    /// [`wait`](Self::wait)s.
    #[inline]
    pub fn count<R>(&self, body: impl FnOnce() -> R) -> R {
        self.inside.fetch_add(1, Ordering::SeqCst);
        let answer = body();
        self.inside.fetch_sub(1, Ordering::SeqCst);
        self.tell_if_watched();
        answer
    }

    /// Registers the call on its thread while `body` runs. A panic is contained.
    #[inline]
    pub fn note<R>(&self, body: impl FnOnce() -> R) -> Option<R> {
        let frame = Frame { calls: self, outer: INNERMOST.get() };
        INNERMOST.set(&raw const frame);
        let answer = contain(body);
        INNERMOST.set(frame.outer);
        answer
    }

    /// Whether this thread is inside a call.
    #[must_use]
    #[inline]
    pub fn is_own(&self) -> bool {
        let mut at = INNERMOST.get();
        // SAFETY: `note` links a frame of its own stack into the list and unlinks it before it returns, which
        // it does in any case, since it contains panics. So all frames in the list belong to calls that have not returned.
        while let Some(frame) = unsafe { at.as_ref() } {
            if core::ptr::eq(frame.calls, self) {
                return true;
            }
            at = frame.outer;
        }
        false
    }

    /// Counts a request that becomes pending in a call inside the provider.
    #[inline]
    pub fn add_request(&self) {
        self.requests.fetch_add(1, Ordering::SeqCst);
    }

    /// Counts the completion of a request.
    ///
    /// # Safety
    ///
    /// The request was [counted](Self::add_request), its completion was not, and the memory that was lent with
    /// it is not accessed any more.
    #[inline]
    pub unsafe fn remove_request(&self) {
        self.requests.fetch_sub(1, Ordering::SeqCst);
        self.tell_if_watched();
    }

    /// Waits until no call is inside the provider, for at most `patience`. This thread must not be in one. Returns
    /// whether no call is inside.
    ///
    /// It depends on the threads of clients. One may be blocked in a provider below, or in a function of its
    /// client, and never return, so the wait has a limit.
    #[inline]
    #[must_use]
    pub fn wait(&self, patience: Duration) -> bool {
        let inside = || self.inside.load(Ordering::SeqCst) > 0;
        self.watch(|| drop(self.left.wait_timeout_while(self.lock(), patience, |()| inside())));
        !inside()
    }

    /// Runs `last` when no call is inside the provider: now, or on the thread whose call leaves last. If there are always
    /// calls inside, it never runs.
    pub fn when_left(&self, last: impl FnOnce() + Send + 'static) {
        lock(&self.behind).push(Box::new(last));
        self.watched.store(true, Ordering::SeqCst);
        self.run_behind();
    }

    fn run_behind(&self) {
        let behind = {
            let mut behind = lock(&self.behind);
            // Checked under the lock: what another thread adds from now on waits for calls that may be inside.
            if self.inside.load(Ordering::SeqCst) > 0 {
                return;
            }
            core::mem::take(&mut *behind)
        };
        for last in behind {
            last();
        }
    }

    /// Waits until no request is pending. If that takes longer than `patience`, calls `late` with their
    /// number.
    ///
    /// After the clean-up, a client may free the memory that it lent with its requests, so there is no limit. It depends on
    /// the code that holds a request: kits have dropped all of theirs before, and the author of a provider is told to.
    pub fn wait_for_requests(&self, patience: Duration, late: impl FnOnce(usize)) {
        let requests = || self.requests.load(Ordering::SeqCst);
        self.watch(|| {
            drop(self.left.wait_timeout_while(self.lock(), patience, |()| requests() > 0));
            let left = requests();
            if left > 0 {
                late(left);
                drop(self.left.wait_while(self.lock(), |()| requests() > 0));
            }
        });
    }

    fn watch(&self, wait: impl FnOnce()) {
        self.watched.store(true, Ordering::SeqCst);
        wait();
        self.watched.store(!lock(&self.behind).is_empty(), Ordering::SeqCst);
    }

    #[inline]
    fn tell_if_watched(&self) {
        if self.watched.load(Ordering::SeqCst) {
            self.tell();
        }
    }

    /// Notifies a waiting thread that a call has left or a request has completed.
    #[cold]
    #[inline]
    fn tell(&self) {
        // A thread that has checked its condition is waiting by the time the lock is free.
        drop(self.lock());
        self.left.notify_all();
        self.run_behind();
    }

    #[inline]
    fn lock(&self) -> MutexGuard<'_, ()> {
        lock(&self.waiting)
    }
}

impl core::fmt::Debug for Calls {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.debug_struct("Calls")
            .field("inside", &self.inside)
            .field("requests", &self.requests)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Calls, Ordering};
    use std::boxed::Box;
    use std::sync::mpsc;
    use std::time::Duration;

    const PATIENCE: Duration = Duration::from_secs(if cfg!(miri) { 600 } else { 20 });

    #[test]
    fn a_clean_up_that_waits_reports_the_number_of_requests() {
        let calls = Calls::new();
        calls.add_request();
        calls.add_request();
        let (late, told) = mpsc::channel();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let short = Duration::from_millis(20);
                calls.wait_for_requests(short, |requests| late.send(requests).expect("the test waits"));
            });
            let said = told.recv_timeout(PATIENCE);
            // SAFETY: two requests are counted, of which no memory is accessed.
            unsafe { calls.remove_request() };
            std::thread::sleep(Duration::from_millis(20));
            let early = waiting.is_finished();
            // SAFETY: as above; this is the second one.
            unsafe { calls.remove_request() };
            assert_eq!((said, early), (Ok(2), false));
            waiting.join().expect("no panic");
        });
    }

    #[test]
    fn requests_that_complete_in_time_are_not_reported() {
        let calls = Calls::new();
        let early = |requests| panic!("{requests} requests are pending in time");
        calls.wait_for_requests(Duration::ZERO, early);
        calls.add_request();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| calls.wait_for_requests(PATIENCE, early));
            while !calls.watched.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            // The waiting thread holds the lock until it waits.
            std::thread::sleep(Duration::from_millis(20));
            drop(calls.lock());
            // SAFETY: a request is counted, of which no memory is accessed.
            unsafe { calls.remove_request() };
            waiting.join().expect("no completion is reported");
        });
    }

    #[test]
    fn a_thread_recognises_its_own_nested_calls_only() {
        let (one, other) = (Calls::new(), Calls::new());
        assert!(!one.is_own());
        let own = || (one.is_own(), other.is_own());
        let within = one.note(|| {
            let elsewhere = std::thread::scope(|scope| scope.spawn(own).join().ok());
            (other.note(own), own(), elsewhere)
        });
        assert_eq!(within, Some((Some((true, true)), (true, false), Some((false, false)))));
        assert!(!one.is_own());
    }

    #[test]
    fn a_call_that_panics_is_left() {
        let calls = Calls::new();
        let within = calls.count(|| calls.note(|| std::panic::resume_unwind(Box::new(()))));
        assert_eq!((within, calls.is_own()), (None::<()>, false));
        assert!(calls.wait(PATIENCE));
    }

    #[test]
    fn a_call_that_does_not_return_is_not_waited_for_and_ends_what_it_left_behind() {
        let calls = Calls::new();
        let (inside, entered) = mpsc::channel();
        let (leave, left) = mpsc::channel::<()>();
        let (freed, free) = mpsc::channel();
        std::thread::scope(|scope| {
            let calls = &calls;
            scope.spawn(move || {
                calls.count(|| {
                    inside.send(()).expect("the test waits");
                    left.recv().expect("the test goes on");
                });
            });
            entered.recv_timeout(PATIENCE).expect("a call");
            assert!(!calls.wait(Duration::from_millis(1)));
            let also = freed.clone();
            calls.when_left(move || freed.send(std::thread::current().id()).expect("the test waits"));
            assert_eq!(free.try_recv().ok(), None, "the call is inside");
            leave.send(()).expect("the call waits");
            let by = free.recv_timeout(PATIENCE).expect("the call has left");
            assert_ne!(by, std::thread::current().id());
            calls.when_left(move || also.send(std::thread::current().id()).expect("the test waits"));
            assert_eq!(free.try_recv().ok(), Some(std::thread::current().id()), "no call is inside");
        });
    }
}
