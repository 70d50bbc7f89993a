//! The socket options that the kit stores.

use super::queue::Way;
use std::time::Duration;
use wpu_sys::WsaError;
use wpu_sys::ffi::{
    SO_BROADCAST, SO_DONTLINGER, SO_EXCLUSIVEADDRUSE, SO_KEEPALIVE, SO_LINGER, SO_RCVBUF, SO_RCVTIMEO,
    SO_REUSEADDR, SO_SNDBUF, SO_SNDTIMEO,
};

/// The options with their initial values. The kit stores the last six only if the transport does not know
/// them.
const INITIAL: [(i32, u32); 9] = [
    (SO_LINGER, 0),
    (SO_RCVTIMEO, 0),
    (SO_SNDTIMEO, 0),
    (SO_REUSEADDR, 0),
    (SO_EXCLUSIVEADDRUSE, 0),
    (SO_KEEPALIVE, 0),
    (SO_BROADCAST, 0),
    (SO_SNDBUF, 0x1_0000),
    (SO_RCVBUF, 0x1_0000),
];

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
    pub const fn is_own(name: i32) -> bool {
        matches!(name, SO_LINGER | SO_DONTLINGER | SO_RCVTIMEO | SO_SNDTIMEO)
    }

    pub fn get(&self, name: i32) -> Result<Vec<u8>, WsaError> {
        let value = match name {
            SO_DONTLINGER => u32::from(self.0[place(SO_LINGER)?] & LINGERS == 0),
            _ => self.0[place(name)?],
        };
        Ok(value.to_le_bytes().to_vec())
    }

    pub fn set(&mut self, name: i32, value: &[u8]) -> Result<(), WsaError> {
        if name == SO_DONTLINGER {
            let [linger, ..] = &mut self.0;
            *linger = *linger & !LINGERS | u32::from(number(value)? == 0);
        } else {
            self.0[place(name)?] = number(value)?;
        }
        Ok(())
    }
}

fn place(name: i32) -> Result<usize, WsaError> {
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
            options.set(SO_LINGER, &[low, high, seconds, 0]).unwrap();
            assert_eq!(options.linger(), time.map(Duration::from_secs), "{on} {seconds}");
        }
    }

    #[test]
    fn an_option_reads_as_it_was_set() {
        let _shows = wpu_evidence::tested([
            "socket-options.linger-off-by-default",
            "socket-options.linger-opposites",
            "WSPGetSockOpt.unset-option-has-default",
            "WSPSetSockOpt.set-value-is-answered",
        ]);
        let mut options = Options::default();
        for (name, value) in INITIAL {
            assert_eq!(options.get(name), Ok(value.to_le_bytes().to_vec()));
            options.set(name, &[1, 0, 2, 0]).unwrap();
            assert_eq!(options.get(name), Ok(vec![1, 0, 2, 0]));
        }
        assert_eq!(options.get(SO_DONTLINGER), Ok(vec![0; 4]));
        options.set(SO_DONTLINGER, &[1]).unwrap();
        assert_eq!(options.get(SO_DONTLINGER), Ok(vec![1, 0, 0, 0]));
        assert_eq!(options.get(SO_LINGER), Ok(vec![0, 0, 2, 0]));
        assert_eq!(options.get(0), Err(WsaError::WSAENOPROTOOPT));
        assert_eq!(options.set(0, &[1]), Err(WsaError::WSAENOPROTOOPT));
    }

    #[test]
    fn a_timeout_of_nothing_is_unlimited() {
        let mut options = Options::default();
        assert_eq!(options.timeout(Way::In), None);
        options.set(SO_SNDTIMEO, &[1, 1, 0, 0]).unwrap();
        assert_eq!(options.timeout(Way::Out), Some(Duration::from_millis(257)));
        assert_eq!(options.timeout(Way::In), None);
    }
}
