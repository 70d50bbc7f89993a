//! What a host is told of a failure, and whoever watches the process.

use std::fmt;
use std::io::Write as _;
use wpu_sys::WsaError;

/// What the host is to read as a failure: 0 would be success.
pub(crate) fn failure(error: WsaError) -> i32 {
    if error.code() == 0 { WsaError::WSASYSCALLFAILURE.code() } else { error.code() }
}

/// Says something to whoever watches the process.
pub(crate) fn complain(what: fmt::Arguments<'_>) {
    // In one piece, since other threads say things too. Nobody may be there to read it.
    let _ = std::io::stderr().write_all(format!("wpu: {what}\n").as_bytes());
}
