//! A client's condition function, asked in safe code.

use crate::Address;
use std::ptr::null_mut;
use wpu_sys::ffi::{CF_ACCEPT, CF_DEFER, CF_REJECT, WSABUF};
use wpu_sys::{Condition, WsaError};

/// What a condition function says of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// `WSPAccept` makes a socket for it.
    Accept,
    /// The peer is refused, and `WSPAccept` fails with `WSAECONNREFUSED`.
    Reject,
    /// It stays where it is, to be asked about again, and `WSPAccept` fails with `WSATRY_AGAIN`.
    Defer,
}

/// Asks the client's condition function about a connection from `peer` to the own address `local`. No data came with it,
/// none goes back, and nothing is said about its quality of service.
///
/// The function may make calls of the same provider, so no lock may be held.
///
/// # Errors
///
/// `WSAEINVAL` if the function answers with none of the three values that there are.
///
/// ```
/// # use wpu::prelude::*;
/// use wpu::{Decision, decide};
///
/// /// What `WSPAccept` does with the next connection.
/// fn asked(condition: Option<Condition<'_>>, peer: &Address, local: &Address) -> Result<(), WsaError> {
///     match condition.map_or(Ok(Decision::Accept), |condition| decide(condition, peer, local))? {
///         Decision::Accept => Ok(()),
///         Decision::Reject => Err(WsaError::WSAECONNREFUSED),
///         Decision::Defer => Err(WsaError::WSATRY_AGAIN),
///     }
/// }
/// ```
pub fn decide(condition: Condition<'_>, peer: &Address, local: &Address) -> Result<Decision, WsaError> {
    match ask(condition, peer, local) {
        CF_ACCEPT => Ok(Decision::Accept),
        CF_REJECT => Ok(Decision::Reject),
        CF_DEFER => Ok(Decision::Defer),
        _ => Err(WsaError::WSAEINVAL),
    }
}

/// What the function answers.
fn ask(condition: Condition<'_>, peer: &Address, local: &Address) -> i32 {
    let (function, context) = condition.parts();
    let (mut from, mut to) = (peer.as_bytes().to_vec(), local.as_bytes().to_vec());
    let lend = |bytes: &mut [u8]| WSABUF {
        len: u32::try_from(bytes.len()).unwrap_or(0),
        buf: bytes.as_mut_ptr().cast(),
    };
    let (mut caller, mut own) = (lend(&mut from), lend(&mut to));
    let nothing = WSABUF { len: 0, buf: null_mut() };
    let (mut data, mut answer) = (nothing, nothing);
    let (no_quality, mut group) = (null_mut(), 0);
    // SAFETY: a `Condition` lives no longer than the call that brought it and stays on its thread, so its function can be
    // called with its context, as the documentation says: the quality of service may be null, and all pointers of the call
    // lead to locals that nothing else uses until the end of this function. Each buffer is as long as it says.
    unsafe {
        function(
            &raw mut caller,
            &raw mut data,
            no_quality,
            no_quality,
            &raw mut own,
            &raw mut answer,
            &raw mut group,
            context,
        )
    }
}
