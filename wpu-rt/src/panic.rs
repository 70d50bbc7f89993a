//! Contains panics, so that none crosses the border to a host.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `body`; `None` if it panicked. A state that `body` leaves half changed must not be observable.
#[doc(hidden)]
pub fn contain<R>(body: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(answer) => Some(answer),
        Err(panic) => {
            // The payload may panic when it is dropped.
            core::mem::forget(panic);
            None
        }
    }
}
