//! The system's errors as Winsock has them.

use std::io::{self, ErrorKind};
use wpu_sys::WsaError;

/// What a client of Winsock is to see of an error of the operating system, whichever that is.
#[must_use]
pub fn error_of(error: &io::Error) -> WsaError {
    match error.kind() {
        ErrorKind::WouldBlock => WsaError::WSAEWOULDBLOCK,
        ErrorKind::Interrupted => WsaError::WSAEINTR,
        ErrorKind::PermissionDenied => WsaError::WSAEACCES,
        ErrorKind::InvalidInput => WsaError::WSAEINVAL,
        ErrorKind::AddrInUse => WsaError::WSAEADDRINUSE,
        ErrorKind::AddrNotAvailable => WsaError::WSAEADDRNOTAVAIL,
        ErrorKind::NetworkDown => WsaError::WSAENETDOWN,
        ErrorKind::NetworkUnreachable => WsaError::WSAENETUNREACH,
        ErrorKind::HostUnreachable => WsaError::WSAEHOSTUNREACH,
        ErrorKind::ConnectionAborted => WsaError::WSAECONNABORTED,
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => WsaError::WSAECONNRESET,
        ErrorKind::ConnectionRefused => WsaError::WSAECONNREFUSED,
        ErrorKind::NotConnected => WsaError::WSAENOTCONN,
        ErrorKind::TimedOut => WsaError::WSAETIMEDOUT,
        ErrorKind::OutOfMemory => WsaError::WSAENOBUFS,
        ErrorKind::Unsupported => WsaError::WSAEOPNOTSUPP,
        _ => winsock_code(error).unwrap_or(WsaError::WSASYSCALLFAILURE),
    }
}

/// On Windows the system's code is Winsock's already.
fn winsock_code(error: &io::Error) -> Option<WsaError> {
    error.raw_os_error().filter(|code| cfg!(windows) && *code != 0).map(WsaError::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_code() {
        assert_eq!(error_of(&ErrorKind::WouldBlock.into()), WsaError::WSAEWOULDBLOCK);
        assert_eq!(error_of(&ErrorKind::ConnectionReset.into()), WsaError::WSAECONNRESET);
        assert_eq!(error_of(&io::Error::other("strange")), WsaError::WSASYSCALLFAILURE);
    }
}
