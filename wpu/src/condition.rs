//! Calls a client's condition function from safe code.

use crate::Address;
use std::ptr::null_mut;
use wpu_sys::ffi::{CF_ACCEPT, CF_DEFER, CF_REJECT, WSABUF};
use wpu_sys::{Condition, WsaError};

/// The result of a condition function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// `WSPAccept` creates a socket for the connection.
    Accept,
    /// The connection is rejected, and `WSPAccept` fails with `WSAECONNREFUSED`.
    Reject,
    /// The connection stays in the queue, to be decided later, and `WSPAccept` fails with `WSATRY_AGAIN`.
    Defer,
}

/// Calls the client's condition function for a connection from `peer` to the local address `local`, without
/// connect data and without quality of service.
///
/// The function may call the same provider, so the caller must hold no lock.
///
/// # Errors
///
/// `WSAEINVAL` if the function returns none of the three documented values.
///
/// ```
/// # use wpu::prelude::*;
/// use wpu::{Decision, decide};
///
/// /// Decides whether `WSPAccept` accepts the next connection.
/// fn asked(condition: Option<Condition<'_>>, peer: &Address, local: &Address) -> Result<(), WsaError> {
///     match condition.map_or(Ok(Decision::Accept), |condition| decide(condition, peer, local))? {
///         Decision::Accept => Ok(()),
///         Decision::Reject => Err(WsaError::WSAECONNREFUSED),
///         Decision::Defer => Err(WsaError::WSATRY_AGAIN),
///     }
/// }
/// ```
#[inline]
pub fn decide(condition: Condition<'_>, peer: &Address, local: &Address) -> Result<Decision, WsaError> {
    match ask(condition, peer, local) {
        CF_ACCEPT => Ok(Decision::Accept),
        CF_REJECT => Ok(Decision::Reject),
        CF_DEFER => Ok(Decision::Defer),
        _ => Err(WsaError::WSAEINVAL),
    }
}

/// Calls the function and returns its result.
#[inline]
fn ask(condition: Condition<'_>, peer: &Address, local: &Address) -> i32 {
    let (function, context) = condition.parts();
    let (mut from, mut to) = (peer.as_bytes().to_vec(), local.as_bytes().to_vec());
    let lend = |bytes: &mut [u8]| WSABUF {
        len: u32::try_from(bytes.len()).unwrap_or(0),
        buf: bytes.as_mut_ptr().cast(),
    };
    let (mut caller, mut own) = (lend(&mut from), lend(&mut to));
    let mut answer = WSABUF { len: 0, buf: null_mut() };
    let (no_data, no_quality, mut group) = (null_mut(), null_mut(), 0);
    // SAFETY: a `Condition` lives no longer than the call that received it and stays on its thread, so its
    // function can be called with its context, as the documentation says. Connect data and quality of service
    // may be null, and all other pointers point to locals that are not accessed otherwise until this function returns.
    // Each buffer states its own length.
    unsafe {
        function(
            &raw mut caller,
            no_data,
            no_quality,
            no_quality,
            &raw mut own,
            &raw mut answer,
            &raw mut group,
            context,
        )
    }
}
