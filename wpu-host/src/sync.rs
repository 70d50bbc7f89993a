//! Locks that survive a panic, and waits with a time limit.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Takes a lock. A panic of another holder is no reason to stop: every change under a lock of this
/// crate is complete before anything that can panic is called.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The moment at which a wait gives up, if there is one.
#[derive(Clone, Copy)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// `timeout` from now. A time beyond the clock's range, such as `Duration::MAX`, never comes.
    pub(crate) fn after(timeout: Duration) -> Self {
        Self(Instant::now().checked_add(timeout))
    }

    /// Waits for a change; `None` when the time is up.
    pub(crate) fn wait<'a, T>(
        self,
        changed: &Condvar,
        guard: MutexGuard<'a, T>,
    ) -> Option<MutexGuard<'a, T>> {
        let Some(end) = self.0 else {
            return Some(changed.wait(guard).unwrap_or_else(PoisonError::into_inner));
        };
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        let (guard, _) = changed.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner);
        Some(guard)
    }
}
