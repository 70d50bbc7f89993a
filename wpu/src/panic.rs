//! Panics end here: none may cross the border to a host.

use std::panic::{AssertUnwindSafe, catch_unwind};

#[cfg(all(panic = "abort", feature = "provider"))]
compile_error!(
    "a provider must not be built with `panic = \"abort\"`: a panic would end the program of its client, where it is to be \
     an error of one call; write `panic = \"unwind\"` in the profile, or leave the line out"
);

/// Runs `body`; `None` if it panicked. What it left half done must not matter to anybody.
pub(crate) fn contain<R>(body: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(answer) => Some(answer),
        Err(panic) => {
            // A payload may panic when it is dropped.
            std::mem::forget(panic);
            None
        }
    }
}
