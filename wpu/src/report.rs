//! Error codes for the host, and messages on the standard error stream.

use std::fmt;
use std::io::Write as _;
use wpu_sys::WsaError;

/// The code that reports a failure to the host: 0 would mean success.
#[inline]
pub(crate) fn failure(error: WsaError) -> i32 {
    if error.code() == 0 { WsaError::WSASYSCALLFAILURE.code() } else { error.code() }
}

/// Writes a message to the standard error stream.
#[inline]
pub(crate) fn log(what: fmt::Arguments<'_>) {
    // Written at once, since other threads write too. The stream may be closed.
    let _ = std::io::stderr().write_all(format!("wpu: {what}\n").as_bytes());
}
