//! Contains panics, so that none crosses the border to a host.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `body`; `None` if it panicked. A state that `body` leaves half changed must not be observable.
#[doc(hidden)]
pub fn contain<R>(body: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(answer) => Some(answer),
        Err(panic) => {
            // Dropping the payload can panic too. The payload of that second panic is leaked.
            core::mem::forget(catch_unwind(AssertUnwindSafe(|| drop(panic))));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::contain;
    use std::boxed::Box;
    use std::panic::resume_unwind;
    use std::sync::Arc;

    /// A value that panics when it is dropped.
    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            resume_unwind(Box::new(()));
        }
    }

    #[test]
    fn the_payload_of_a_panic_is_dropped_and_may_panic_too() {
        let payload = Arc::new(());
        let thrown = Arc::clone(&payload);
        assert_eq!(contain(|| resume_unwind(Box::new(thrown))), None::<()>);
        assert_eq!(Arc::strong_count(&payload), 1, "nothing is leaked");
        assert_eq!(contain(|| resume_unwind(Box::new(Bomb))), None::<()>);
        assert_eq!(contain(|| 5), Some(5));
    }
}
