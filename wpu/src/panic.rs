//! Contains panics, so that none crosses the border to a host.

use std::panic::{AssertUnwindSafe, catch_unwind};

#[cfg(all(panic = "abort", feature = "provider"))]
compile_error!(
    "a provider must not be built with `panic = \"abort\"`: a panic would end the client's program, but must only fail \
     one call; write `panic = \"unwind\"` in the profile, or remove the line"
);

/// Runs `body`; `None` if it panicked. A state that `body` leaves half changed must not be observable.
pub(crate) fn contain<R>(body: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(answer) => Some(answer),
        Err(panic) => {
            // The payload may panic when it is dropped.
            std::mem::forget(panic);
            None
        }
    }
}
