//! Blocking calls: a thread waits for a change, and calls its client's blocking hook meanwhile.

use crate::ending;
use std::cell::Cell;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use wpu_sys::rt::sync::{Unpoisoned as _, lock};
use wpu_sys::{BlockingHook, Upcalls, WsaError};

/// The interval between calls of a blocking hook. The hook processes the client's messages, so it is called
/// repeatedly.
const BETWEEN_HOOKS: Duration = Duration::from_millis(10);

thread_local! {
    static CALL: Cell<Hooked> = const { Cell::new(Hooked::No) };
}

/// Whether this thread is inside a blocking hook.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hooked {
    No,
    Running,
    Cancelled,
}

/// Fails with `WSAEINPROGRESS` in a call that this thread's blocking hook makes.
pub fn check_no_hook() -> Result<(), WsaError> {
    if CALL.get() == Hooked::No { Ok(()) } else { Err(WsaError::WSAEINPROGRESS) }
}

/// Cancels the blocking call of this thread, from within its hook.
pub fn cancel() -> Result<(), WsaError> {
    if CALL.get() == Hooked::No {
        // The documented result when no call blocks.
        return Err(WsaError::WSAEINVAL);
    }
    CALL.set(Hooked::Cancelled);
    Ok(())
}

/// The waiting of one blocking call.
pub struct Wait {
    upcalls: Upcalls,
    entry: u32,
    deadline: Option<Instant>,
    /// Whether the thread has a hook. The host is queried when the call first waits.
    hook: Option<bool>,
}

impl Wait {
    /// A wait of at most `timeout`. If `hooked` is true, the thread's hook is called meanwhile.
    pub fn new(upcalls: Upcalls, entry: u32, timeout: Option<Duration>, hooked: bool) -> Self {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        Self { upcalls, entry, deadline, hook: if hooked { None } else { Some(false) } }
    }

    /// Unlocks `state` until a notification arrives. It can return without a change, so the caller checks its
    /// condition again.
    ///
    /// It depends on the transport, which notifies of what arrives from a peer, and on the calls of other threads: each
    /// notifies of what it changes, and so do closing the socket and the last clean-up. While the process is ending the
    /// threads of both may be gone, and this fails.
    pub fn on<'a, T>(
        &mut self,
        mutex: &'a Mutex<T>,
        changed: &Condvar,
        state: MutexGuard<'a, T>,
    ) -> Result<MutexGuard<'a, T>, WsaError> {
        ending::check_others_live()?;
        let Some(hooked) = self.hook else {
            drop(state);
            // A failed query counts as no hook.
            let found = self.upcalls.query_blocking_callback(self.entry, |hook| hook.is_some());
            self.hook = Some(found.unwrap_or(false));
            return Ok(lock(mutex));
        };
        let left = match self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
            Some(Duration::ZERO) => return Err(WsaError::WSAETIMEDOUT),
            left => left,
        };
        let slice = if hooked { Some(left.unwrap_or(BETWEEN_HOOKS).min(BETWEEN_HOOKS)) } else { left };
        let Some(slice) = slice else {
            return Ok(changed.wait(state).unpoisoned());
        };
        let (state, out) = changed.wait_timeout(state, slice).unpoisoned();
        if !out.timed_out() || !hooked {
            return Ok(state);
        }
        drop(state);
        // The hook is valid within one upcall only, so it is queried each time.
        let go_on =
            self.upcalls.query_blocking_callback(self.entry, |hook| hook.is_none_or(|hook| call(&hook)));
        if go_on.unwrap_or(true) { Ok(lock(mutex)) } else { Err(WsaError::WSAEINTR) }
    }
}

/// Calls a hook. Returns whether the call should continue.
fn call(hook: &BlockingHook<'_>) -> bool {
    let _over = OnDrop(|| CALL.set(Hooked::No));
    CALL.set(Hooked::Running);
    let go_on = hook.call();
    go_on && CALL.get() != Hooked::Cancelled
}

/// A waiting `WSPSelect`: a change of any of its sockets wakes it.
#[derive(Debug, Default)]
pub struct Watch {
    woken: Mutex<bool>,
    changed: Condvar,
}

impl Watch {
    pub fn wake(&self) {
        *lock(&self.woken) = true;
        self.changed.notify_all();
    }

    /// Waits until a change has occurred since the previous call.
    pub fn wait(&self, wait: &mut Wait) -> Result<(), WsaError> {
        let mut woken = lock(&self.woken);
        while !*woken {
            woken = wait.on(&self.woken, &self.changed, woken)?;
        }
        *woken = false;
        Ok(())
    }
}

/// Runs a closure when it is dropped, also during a panic.
pub struct OnDrop<F: FnMut()>(pub F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::thread;

    static CELL: wpu_sys::Cell = wpu_sys::Cell::new();

    fn wait(timeout: Option<Duration>) -> Wait {
        Wait::new(Upcalls::new(&CELL), 1, timeout, true)
    }

    #[test]
    fn a_wait_ends_when_something_changes() {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            *lock(&other.0) = true;
            other.1.notify_all();
        });
        let mut wait = wait(None);
        let mut state = lock(&shared.0);
        while !*state {
            state = wait.on(&shared.0, &shared.1, state).unwrap();
        }
        drop(state);
        thread.join().unwrap();
    }

    #[test]
    fn a_wait_ends_when_its_timeout_expires() {
        let (mutex, changed) = (Mutex::new(()), Condvar::new());
        let mut wait = wait(Some(Duration::from_millis(1)));
        let mut state = lock(&mutex);
        let error = loop {
            match wait.on(&mutex, &changed, state) {
                Ok(again) => state = again,
                Err(error) => break error,
            }
        };
        assert_eq!(error, WsaError::WSAETIMEDOUT);
    }

    #[test]
    fn there_is_nothing_to_cancel_outside_of_a_hook() {
        let _shows = wpu_evidence::tested(["WSPCancelBlockingCall.WSAEINVAL"]);
        assert_eq!(check_no_hook(), Ok(()));
        assert_eq!(cancel(), Err(WsaError::WSAEINVAL));
    }
}
