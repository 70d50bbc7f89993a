//! Contains panics, so that none crosses into the code of a provider.

use wpu_sys::{WsaError, rt};

/// Runs `body`. A panic becomes an error, since none may cross into the code of a provider.
pub(crate) fn contain<R>(body: impl FnOnce() -> R) -> Result<R, WsaError> {
    rt::panic::contain(body).ok_or(WsaError::WSASYSCALLFAILURE)
}
