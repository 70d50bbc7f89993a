//! The control codes that the kit leaves to the transport, and the errors of those that nobody handles.

use super::connect::Phase;
use super::driver::Socket;
use crate::base::transport::{Endpoint, Kind};
use wpu_sys::WsaError;
use wpu_sys::ffi::{
    IOC_PROTOCOL, IOC_VENDOR, IOC_WS2, SIO_ASSOCIATE_HANDLE, SIO_ENABLE_CIRCULAR_QUEUEING, SIO_GET_GROUP_QOS,
    SIO_GET_QOS, SIO_IDEAL_SEND_BACKLOG_CHANGE, SIO_IDEAL_SEND_BACKLOG_QUERY, SIO_KEEPALIVE_VALS,
    SIO_SET_QOS, SIO_TRANSLATE_HANDLE, SIOCATMARK, SOCK_STREAM,
};

/// The bits of a control code for its type.
const TYPE: u32 = IOC_WS2 | IOC_PROTOCOL | IOC_VENDOR;

impl<E: Endpoint> Socket<E> {
    /// Handles a control code that the kit does not know.
    pub fn control(&self, code: u32, input: &[u8]) -> Result<Vec<u8>, WsaError> {
        check(code, self.context.kind, || self.lock().connection.phase == Phase::Connected)?;
        match self.endpoint.ioctl(code, input) {
            Err(WsaError::WSAEOPNOTSUPP) if is_optional(code) => Err(WsaError::WSAENOPROTOOPT),
            answer => answer,
        }
    }
}

/// Checks that a code is valid for a socket of this kind in its state.
fn check(code: u32, kind: Kind, is_connected: impl Fn() -> bool) -> Result<(), WsaError> {
    let family = i32::try_from(code >> 16 & 0x7ff).unwrap_or(0);
    match code {
        _ if code & TYPE == IOC_PROTOCOL && family != kind.family => Err(WsaError::WSAEINVAL),
        SIOCATMARK if kind.socket_type != SOCK_STREAM => Err(WsaError::WSAEINVAL),
        SIO_KEEPALIVE_VALS if kind.is_datagram() => Err(WsaError::WSAENOPROTOOPT),
        SIO_IDEAL_SEND_BACKLOG_QUERY | SIO_IDEAL_SEND_BACKLOG_CHANGE if kind.is_datagram() => {
            Err(WsaError::WSAEOPNOTSUPP)
        }
        SIO_IDEAL_SEND_BACKLOG_QUERY | SIO_IDEAL_SEND_BACKLOG_CHANGE if !is_connected() => {
            Err(WsaError::WSAENOTCONN)
        }
        _ => Ok(()),
    }
}

/// The codes for which the documentation has an error of their own if a provider lacks them.
const fn is_optional(code: u32) -> bool {
    matches!(
        code,
        SIO_ASSOCIATE_HANDLE
            | SIO_TRANSLATE_HANDLE
            | SIO_ENABLE_CIRCULAR_QUEUEING
            | SIO_GET_QOS
            | SIO_SET_QOS
            | SIO_GET_GROUP_QOS
    )
}
