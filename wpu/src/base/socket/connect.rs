//! The connection state of a socket: its phase, the shut-down directions and the incoming connections.

use super::queue::Way;
use crate::Address;
use crate::base::notify::Notify;
use std::collections::VecDeque;
use std::time::Instant;
use wpu_sys::WsaError;

/// The phase of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// New, bound, or after a failed connect.
    Idle,
    Listening,
    Connecting,
    /// Connecting, after the client has cancelled the call that waited.
    Abandoned,
    Connected,
}

/// The endpoint of a socket without a handle, such as a connection that was not accepted yet.
pub struct Incoming<E> {
    pub endpoint: E,
    pub notify: Notify,
}

/// The connection state of a socket.
pub struct Connection<E> {
    datagram: bool,
    pub phase: Phase,
    /// The peer of a connected datagram socket.
    pub peer: Option<Address>,
    pub bound: bool,
    /// The error of a completed connect, or 0, which `FD_CONNECT` reports.
    pub connected: Option<i32>,
    /// The error of the last connect, if it failed: the socket is exceptional for `WSPSelect`.
    pub failed: Option<WsaError>,
    /// The last error of a connect or of the connection until `SO_ERROR` is read.
    pub error: Option<WsaError>,
    /// When the socket got its connection.
    pub since: Option<Instant>,
    shut: [bool; 2],
    /// The last send would have blocked, and the endpoint has not become writable since.
    pub full: bool,
    pub incoming: VecDeque<Incoming<E>>,
}

impl<E> Connection<E> {
    pub const fn new(datagram: bool) -> Self {
        Self {
            datagram,
            phase: Phase::Idle,
            peer: None,
            bound: false,
            connected: None,
            failed: None,
            error: None,
            since: None,
            shut: [false; 2],
            full: false,
            incoming: VecDeque::new(),
        }
    }

    /// The state of an accepted connection.
    pub fn accepted() -> Self {
        let since = Some(Instant::now());
        Self { phase: Phase::Connected, bound: true, connected: Some(0), since, ..Self::new(false) }
    }

    /// Checks that the socket may listen.
    pub fn check_listen(&self) -> Result<(), WsaError> {
        match self.phase {
            _ if self.datagram => Err(WsaError::WSAEOPNOTSUPP),
            Phase::Connected | Phase::Connecting | Phase::Abandoned => Err(WsaError::WSAEISCONN),
            Phase::Idle if !self.bound => Err(WsaError::WSAEINVAL),
            Phase::Idle | Phase::Listening => Ok(()),
        }
    }

    /// Starts a connect.
    pub fn begin(&mut self) -> Result<(), WsaError> {
        match self.phase {
            Phase::Listening => return Err(WsaError::WSAEINVAL),
            Phase::Connecting | Phase::Abandoned => return Err(WsaError::WSAEALREADY),
            Phase::Connected if !self.datagram => return Err(WsaError::WSAEISCONN),
            Phase::Idle | Phase::Connected => {}
        }
        self.phase = Phase::Connecting;
        (self.peer, self.failed, self.connected, self.since) = (None, None, None, None);
        Ok(())
    }

    /// Ends a connect. Returns whether it has made a connection that the client does not want any more.
    pub fn end(&mut self, result: Result<(), WsaError>) -> bool {
        if !matches!(self.phase, Phase::Connecting | Phase::Abandoned) {
            return false;
        }
        let unwanted = self.phase == Phase::Abandoned && result.is_ok();
        let result = if unwanted { Err(WsaError::WSAECONNABORTED) } else { result };
        self.connected = Some(result.map_or_else(WsaError::code, |()| 0));
        self.failed = result.err();
        self.error = self.failed.or(self.error);
        self.since = result.is_ok().then(Instant::now);
        self.phase = if result.is_ok() { Phase::Connected } else { Phase::Idle };
        self.full = false;
        unwanted
    }

    /// Stores the peer that a datagram socket was connected to. An address of zeros takes the peer away.
    pub fn set_peer(&mut self, to: &Address) {
        self.peer = (!to.is_null()).then_some(*to);
        if self.peer.is_none() {
            self.phase = Phase::Idle;
            self.since = None;
        }
    }

    /// Ends a connect that was refused for its arguments: nothing was attempted.
    pub fn refuse(&mut self) {
        if self.phase == Phase::Connecting {
            self.phase = Phase::Idle;
        }
    }

    /// The seconds since the socket got its connection; all bits are set if it has none.
    pub fn seconds(&self, now: Instant) -> u32 {
        let seconds = self.since.map(|since| now.saturating_duration_since(since).as_secs());
        seconds.and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(u32::MAX)
    }

    /// Whether data can be transferred in this phase.
    pub fn carries(&self) -> bool {
        self.phase == Phase::Connected || self.datagram
    }

    /// Whether the socket is connected, or has a peer for its datagrams.
    pub fn has_peer(&self) -> bool {
        self.phase == Phase::Connected
    }

    /// Checks that data may be transferred in this direction.
    pub fn check_transfer(&self, way: Way) -> Result<(), WsaError> {
        if self.is_shut(way) {
            return Err(WsaError::WSAESHUTDOWN);
        }
        if self.carries() { Ok(()) } else { Err(WsaError::WSAENOTCONN) }
    }

    pub const fn is_shut(&self, way: Way) -> bool {
        self.shut[way as usize]
    }

    pub const fn shut(&mut self, way: Way) {
        self.shut[way as usize] = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSED: Result<(), WsaError> = Err(WsaError::WSAECONNREFUSED);

    #[test]
    fn a_failed_attempt_is_reported_and_can_be_repeated() {
        let _shows = wpu_evidence::tested([
            "connection-set-up.failed-attempt-can-be-repeated",
            "WSPConnect.WSAEALREADY",
            "WSPConnect.WSAEISCONN",
        ]);
        let mut connection = Connection::<()>::new(false);
        assert_eq!(connection.begin(), Ok(()));
        assert_eq!(connection.begin(), Err(WsaError::WSAEALREADY));
        connection.end(REFUSED);
        assert_eq!(connection.phase, Phase::Idle);
        assert_eq!(connection.connected, Some(WsaError::WSAECONNREFUSED.code()));
        assert_eq!((connection.failed, connection.error), (REFUSED.err(), REFUSED.err()));
        assert_eq!((connection.begin(), connection.connected, connection.failed), (Ok(()), None, None));
        assert_eq!(connection.error, REFUSED.err(), "it stays until it is read");
        connection.end(Ok(()));
        connection.end(REFUSED);
        assert_eq!(connection.phase, Phase::Connected, "an attempt ends once");
        assert_eq!(connection.begin(), Err(WsaError::WSAEISCONN));
    }

    #[test]
    fn only_a_bound_stream_socket_listens() {
        let _shows = wpu_evidence::tested([
            "WSPConnect.WSAEINVAL",
            "WSPListen.WSAEINVAL",
            "WSPListen.WSAEISCONN",
            "WSPListen.WSAEOPNOTSUPP",
        ]);
        let mut connection = Connection::<()>::new(false);
        assert_eq!(connection.check_listen(), Err(WsaError::WSAEINVAL));
        connection.bound = true;
        assert_eq!(connection.check_listen(), Ok(()));
        connection.phase = Phase::Listening;
        assert_eq!(connection.begin(), Err(WsaError::WSAEINVAL));
        assert_eq!(Connection::<()>::accepted().check_listen(), Err(WsaError::WSAEISCONN));
        assert_eq!(Connection::<()>::new(true).check_listen(), Err(WsaError::WSAEOPNOTSUPP));
    }

    #[test]
    fn each_direction_ends_on_its_own() {
        let _shows = wpu_evidence::tested(["WSPSend.WSAENOTCONN", "WSPSend.WSAESHUTDOWN"]);
        let mut connection = Connection::<()>::accepted();
        connection.shut(Way::Out);
        assert_eq!(connection.check_transfer(Way::Out), Err(WsaError::WSAESHUTDOWN));
        assert_eq!(connection.check_transfer(Way::In), Ok(()));
        let idle = Connection::<()>::new(false);
        assert_eq!(idle.check_transfer(Way::Out), Err(WsaError::WSAENOTCONN));
        assert_eq!(Connection::<()>::new(true).check_transfer(Way::Out), Ok(()));
    }
}
