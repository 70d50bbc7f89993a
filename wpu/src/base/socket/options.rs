//! The socket options that the kit stores.

use super::queue::Way;
use crate::base::transport::Kind;
use std::time::Duration;
use wpu_sys::WsaError;
use wpu_sys::ffi::{
    AF_ATM, AF_INET6, IPPROTO_TCP, SO_BROADCAST, SO_CONDITIONAL_ACCEPT, SO_DEBUG, SO_DONTLINGER,
    SO_DONTROUTE, SO_EXCLUSIVEADDRUSE, SO_GROUP_ID, SO_GROUP_PRIORITY, SO_KEEPALIVE, SO_LINGER, SO_OOBINLINE,
    SO_RCVBUF, SO_RCVTIMEO, SO_REUSEADDR, SO_SNDBUF, SO_SNDTIMEO, SOL_SOCKET, TCP_NODELAY,
};

/// The level and the number of an option.
pub type Name = (i32, i32);

const fn of_sockets(option: i32) -> Name {
    (SOL_SOCKET, option)
}

/// The options with their initial values. The kit stores those after the first three only if the transport does
/// not know them.
const INITIAL: [(Name, u32); 16] = [
    (of_sockets(SO_LINGER), LINGER_TIME << 16),
    (of_sockets(SO_RCVTIMEO), 0),
    (of_sockets(SO_SNDTIMEO), 0),
    (of_sockets(SO_REUSEADDR), 0),
    (of_sockets(SO_EXCLUSIVEADDRUSE), 0),
    (of_sockets(SO_KEEPALIVE), 0),
    (of_sockets(SO_BROADCAST), 0),
    (of_sockets(SO_DEBUG), 0),
    (of_sockets(SO_DONTROUTE), 0),
    (of_sockets(SO_OOBINLINE), 0),
    (of_sockets(SO_CONDITIONAL_ACCEPT), 0),
    (of_sockets(SO_GROUP_ID), 0),
    (of_sockets(SO_GROUP_PRIORITY), 0),
    (of_sockets(SO_SNDBUF), 0x1_0000),
    (of_sockets(SO_RCVBUF), 0x1_0000),
    ((IPPROTO_TCP, TCP_NODELAY), 0),
];

/// The seconds for which a socket lingers if a client switches lingering on with `SO_DONTLINGER` alone.
const LINGER_TIME: u32 = 30;

/// The half of `SO_LINGER` that states whether closing waits; the other half is the timeout in seconds.
const LINGERS: u32 = 0xffff;

/// The options of a socket, in the order of [`INITIAL`].
#[derive(Debug, Clone, Copy)]
pub struct Options([u32; INITIAL.len()]);

impl Default for Options {
    fn default() -> Self {
        Self(INITIAL.map(|(_, value)| value))
    }
}

impl Options {
    /// How long closing may wait until the peer has everything, before it resets the connection; `None` if it
    /// does not wait and does not reset.
    pub fn linger(&self) -> Option<Duration> {
        let [linger, ..] = self.0;
        (linger & LINGERS != 0).then(|| Duration::from_secs((linger >> LINGERS.count_ones()).into()))
    }

    /// The timeout of a call; `None` if it is unlimited, for which clients pass 0.
    pub fn timeout(&self, way: Way) -> Option<Duration> {
        let [_, receive, send, ..] = self.0;
        let milliseconds = if way == Way::In { receive } else { send };
        (milliseconds != 0).then(|| Duration::from_millis(milliseconds.into()))
    }

    /// Whether the kit alone handles an option.
    pub const fn is_own((level, option): Name) -> bool {
        level == SOL_SOCKET && matches!(option, SO_LINGER | SO_DONTLINGER | SO_RCVTIMEO | SO_SNDTIMEO)
    }

    /// Whether sockets of this kind have an option, or would have it if it existed.
    pub const fn applies(name: Name, kind: Kind) -> bool {
        match name {
            (SOL_SOCKET, SO_DONTROUTE) => !matches!(kind.family, AF_INET6 | AF_ATM),
            (SOL_SOCKET, SO_KEEPALIVE) => !kind.is_datagram() && kind.family != AF_ATM,
            _ => true,
        }
    }

    /// Whether options of a level exist for sockets of this kind, whatever the transport knows.
    pub const fn is_known(level: i32, kind: Kind) -> bool {
        level == SOL_SOCKET || (level == IPPROTO_TCP && kind.protocol == IPPROTO_TCP)
    }

    pub fn get(&self, name: Name) -> Result<Vec<u8>, WsaError> {
        let value = match name {
            (SOL_SOCKET, SO_DONTLINGER) => u32::from(self.0[place(of_sockets(SO_LINGER))?] & LINGERS == 0),
            _ => self.0[place(name)?],
        };
        Ok(value.to_le_bytes().to_vec())
    }

    pub fn set(&mut self, name: Name, value: &[u8]) -> Result<(), WsaError> {
        if name == of_sockets(SO_DONTLINGER) {
            let [linger, ..] = &mut self.0;
            *linger = *linger & !LINGERS | u32::from(number(value)? == 0);
        } else {
            self.0[place(name)?] = number(value)?;
        }
        Ok(())
    }
}

fn place(name: Name) -> Result<usize, WsaError> {
    INITIAL.iter().position(|(other, _)| *other == name).ok_or(WsaError::WSAENOPROTOOPT)
}

/// Reads a value of four bytes, or the one byte of a `BOOLEAN`.
fn number(value: &[u8]) -> Result<u32, WsaError> {
    match *value {
        [a, b, c, d, ..] => Ok(u32::from_le_bytes([a, b, c, d])),
        [byte] => Ok(byte.into()),
        _ => Err(WsaError::WSAEFAULT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_four_bytes_or_one() {
        assert_eq!(number(&[1, 2, 0, 0]), Ok(0x201));
        assert_eq!(number(&[1]), Ok(1));
        assert_eq!(number(&[1, 2]), Err(WsaError::WSAEFAULT));
        assert_eq!(number(&[]), Err(WsaError::WSAEFAULT));
    }

    #[test]
    fn closing_lingers_if_the_first_half_is_not_zero() {
        let mut options = Options::default();
        assert_eq!(options.linger(), None);
        for (on, seconds, time) in [(1, 5, Some(5)), (0x8000, 0, Some(0)), (0, 5, None), (0, 0, None)] {
            let [low, high] = u16::to_le_bytes(on);
            options.set(of_sockets(SO_LINGER), &[low, high, seconds, 0]).unwrap();
            assert_eq!(options.linger(), time.map(Duration::from_secs), "{on} {seconds}");
        }
    }

    #[test]
    fn an_option_reads_as_it_was_set() {
        let _shows = wpu_evidence::tested([
            "socket-options.linger-off-by-default",
            "socket-options.linger-opposites",
            "socket-options.linger-time-comes-back",
            "WSPGetSockOpt.unset-option-has-default",
            "WSPSetSockOpt.set-value-is-answered",
        ]);
        let mut options = Options::default();
        for (name, value) in INITIAL {
            assert_eq!(options.get(name), Ok(value.to_le_bytes().to_vec()));
            options.set(name, &[1, 0, 2, 0]).unwrap();
            assert_eq!(options.get(name), Ok(vec![1, 0, 2, 0]));
        }
        let (linger, not) = (of_sockets(SO_LINGER), of_sockets(SO_DONTLINGER));
        assert_eq!(options.get(not), Ok(vec![0; 4]));
        options.set(not, &[1]).unwrap();
        assert_eq!(options.get(not), Ok(vec![1, 0, 0, 0]));
        assert_eq!(options.get(linger), Ok(vec![0, 0, 2, 0]));
        options.set(not, &[0; 4]).unwrap();
        assert_eq!(options.get(linger), Ok(vec![1, 0, 2, 0]), "with the time that was set last");
        assert_eq!(options.get(of_sockets(0)), Err(WsaError::WSAENOPROTOOPT));
        assert_eq!(options.set(of_sockets(0), &[1]), Err(WsaError::WSAENOPROTOOPT));
        let mut options = Options::default();
        assert_eq!(options.linger(), None);
        options.set(not, &[0; 4]).unwrap();
        assert_eq!(
            options.linger(),
            Some(Duration::from_secs(30)),
            "without an earlier time, one of the kit"
        );
    }

    #[test]
    fn a_timeout_of_nothing_is_unlimited() {
        let mut options = Options::default();
        assert_eq!(options.timeout(Way::In), None);
        options.set(of_sockets(SO_SNDTIMEO), &[1, 1, 0, 0]).unwrap();
        assert_eq!(options.timeout(Way::Out), Some(Duration::from_millis(257)));
        assert_eq!(options.timeout(Way::In), None);
    }
}
