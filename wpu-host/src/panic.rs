//! Panics stay on this side of the border.

use std::panic::{AssertUnwindSafe, catch_unwind};
use wpu_sys::WsaError;

/// Runs `body` and keeps a panic of it in: none may cross into the code of a provider.
pub(crate) fn contain<R>(body: impl FnOnce() -> R) -> Result<R, WsaError> {
    catch_unwind(AssertUnwindSafe(body)).map_err(|panic| {
        // What was thrown can panic when it is dropped; what it throws then is let be.
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(panic)));
        std::mem::forget(dropped);
        WsaError::WSASYSCALLFAILURE
    })
}
