//! How a thread waits: natively, or with the blocking hook of its client in between.

use std::cell::Cell;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use wpu_sys::{BlockingHook, Upcalls, WsaError};

/// How long a thread with a hook waits before it calls the hook again: the hook keeps the client's
/// messages moving, so that it has to be called again and again.
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

/// Fails where this thread waits further down the stack, and its hook calls in.
pub fn check_no_hook() -> Result<(), WsaError> {
    if CALL.get() == Hooked::No { Ok(()) } else { Err(WsaError::WSAEINPROGRESS) }
}

/// Cancels the call that this thread waits in, from within its hook.
pub fn cancel() -> Result<(), WsaError> {
    if CALL.get() == Hooked::No {
        // The documented answer when no call blocks.
        return Err(WsaError::WSAEINVAL);
    }
    CALL.set(Hooked::Cancelled);
    Ok(())
}

/// What is known of the thread's hook.
enum Hook {
    /// Nothing: it is asked for when the call has to wait.
    Unknown,
    None,
    Some,
}

/// One blocking call.
pub struct Wait {
    upcalls: Upcalls,
    entry: u32,
    deadline: Option<Instant>,
    hook: Hook,
}

impl Wait {
    /// Waits for `timeout` at the longest; `hooked` if the thread's hook is to be called meanwhile.
    pub fn new(upcalls: Upcalls, entry: u32, timeout: Option<Duration>, hooked: bool) -> Self {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let hook = if hooked { Hook::Unknown } else { Hook::None };
        Self { upcalls, entry, deadline, hook }
    }

    /// Lets go of `state` until something changes, or for no reason at all: look again afterwards.
    pub fn on<'a, T>(
        &mut self,
        lock: &'a Mutex<T>,
        changed: &Condvar,
        state: MutexGuard<'a, T>,
    ) -> Result<MutexGuard<'a, T>, WsaError> {
        if let Hook::Unknown = self.hook {
            drop(state);
            // A host that cannot answer has no hook.
            let found = self.upcalls.query_blocking_callback(self.entry, |hook| hook.is_some());
            self.hook = if found.unwrap_or(false) { Hook::Some } else { Hook::None };
            return Ok(locked(lock));
        }
        let left = match self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
            Some(Duration::ZERO) => return Err(WsaError::WSAETIMEDOUT),
            left => left,
        };
        let slice = match self.hook {
            Hook::Some => Some(left.map_or(BETWEEN_HOOKS, |left| left.min(BETWEEN_HOOKS))),
            Hook::Unknown | Hook::None => left,
        };
        let Some(slice) = slice else {
            return Ok(changed.wait(state).unwrap_or_else(PoisonError::into_inner));
        };
        let (state, out) = changed.wait_timeout(state, slice).unwrap_or_else(PoisonError::into_inner);
        if !out.timed_out() || !matches!(self.hook, Hook::Some) {
            return Ok(state);
        }
        drop(state);
        // The host lends its hook each time: what was lent must not be kept.
        let go_on =
            self.upcalls.query_blocking_callback(self.entry, |hook| hook.is_none_or(|hook| call(&hook)));
        if go_on.unwrap_or(true) { Ok(locked(lock)) } else { Err(WsaError::WSAEINTR) }
    }
}

/// Calls a hook; whether to go on waiting.
fn call(hook: &BlockingHook<'_>) -> bool {
    /// A hook that panics is over too.
    struct Over;
    impl Drop for Over {
        fn drop(&mut self) {
            CALL.set(Hooked::No);
        }
    }
    let _over = Over;
    CALL.set(Hooked::Running);
    let go_on = hook.call();
    go_on && CALL.get() != Hooked::Cancelled
}

/// Locks; what a panic left behind is still right, since nobody else's code runs under a lock.
pub fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
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
            *locked(&other.0) = true;
            other.1.notify_all();
        });
        let mut wait = wait(None);
        let mut state = locked(&shared.0);
        while !*state {
            state = wait.on(&shared.0, &shared.1, state).unwrap();
        }
        drop(state);
        thread.join().unwrap();
    }

    #[test]
    fn a_wait_ends_with_its_time() {
        let (lock, changed) = (Mutex::new(()), Condvar::new());
        let mut wait = wait(Some(Duration::from_millis(1)));
        let mut state = locked(&lock);
        let error = loop {
            match wait.on(&lock, &changed, state) {
                Ok(again) => state = again,
                Err(error) => break error,
            }
        };
        assert_eq!(error, WsaError::WSAETIMEDOUT);
    }

    #[test]
    fn outside_of_a_hook_there_is_nothing_to_cancel() {
        assert_eq!(check_no_hook(), Ok(()));
        assert_eq!(cancel(), Err(WsaError::WSAEINVAL));
    }
}
