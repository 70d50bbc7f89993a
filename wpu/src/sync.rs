//! Locks, also after a panic of whoever held one.

use std::sync::{LockResult, Mutex, MutexGuard, PoisonError};

/// Goes on where a thread has panicked that held the lock. A panic ends in the call in which it happens, and the next call
/// has to work; what the locks of this library guard is consistent then, since no code of others runs under them.
pub(crate) trait Unpoisoned<T> {
    /// What the lock answers, poisoned or not.
    fn unpoisoned(self) -> T;
}

impl<T> Unpoisoned<T> for LockResult<T> {
    #[inline]
    fn unpoisoned(self) -> T {
        self.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a lock, poisoned or not.
#[inline]
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unpoisoned()
}
