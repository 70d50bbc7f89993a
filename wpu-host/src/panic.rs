//! Contains panics, so that none crosses into the code of a provider.

use std::panic::{AssertUnwindSafe, catch_unwind};
use wpu_sys::WsaError;

/// Runs `body`. A panic becomes an error, since none may cross into the code of a provider.
pub(crate) fn contain<R>(body: impl FnOnce() -> R) -> Result<R, WsaError> {
    catch_unwind(AssertUnwindSafe(body)).map_err(|panic| {
        // Dropping the payload of the panic can panic too. The payload of that second panic is leaked.
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(panic)));
        std::mem::forget(dropped);
        WsaError::WSASYSCALLFAILURE
    })
}
