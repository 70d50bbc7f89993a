//! Locks that stay usable after a panic of a holder.

use std::sync::{LockResult, Mutex, MutexGuard, PoisonError};

/// Ignores the poison flag of a lock. A panic is contained in the call in which it occurs, and later calls
/// must work. It is for locks under which no foreign code runs, so that their data is consistent after a panic.
#[doc(hidden)]
pub trait Unpoisoned<T> {
    /// The result of the lock, poisoned or not.
    fn unpoisoned(self) -> T;
}

impl<T> Unpoisoned<T> for LockResult<T> {
    #[inline]
    fn unpoisoned(self) -> T {
        self.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a lock, poisoned or not.
#[doc(hidden)]
#[inline]
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unpoisoned()
}
