//! Socket options: those that every socket has, and the transport's.

use super::block::check_no_hook;
use super::socket::{Phase, Socket};
use super::transfer::timeout;
use super::transport::Endpoint;
use std::collections::BTreeMap;
use std::time::Duration;
use wpu_sys::WsaError;
use wpu_sys::ffi::WSAPROTOCOL_INFOW;
use wpu_sys::ffi::{
    SO_ACCEPTCONN, SO_BROADCAST, SO_DONTLINGER, SO_ERROR, SO_EXCLUSIVEADDRUSE, SO_KEEPALIVE, SO_LINGER,
    SO_MAX_MSG_SIZE, SO_PROTOCOL_INFOW, SO_RCVBUF, SO_RCVTIMEO, SO_REUSEADDR, SO_SNDBUF, SO_SNDTIMEO,
    SO_TYPE, SO_UPDATE_ACCEPT_CONTEXT, SO_UPDATE_CONNECT_CONTEXT, SOL_SOCKET,
};

/// Options whose value is kept where the transport does not know them, with the value of a new socket.
const KEPT: [(i32, u32); 6] = [
    (SO_REUSEADDR, 0),
    (SO_EXCLUSIVEADDRUSE, 0),
    (SO_KEEPALIVE, 0),
    (SO_BROADCAST, 0),
    (SO_SNDBUF, 0x1_0000),
    (SO_RCVBUF, 0x1_0000),
];

/// What the kit keeps of a socket's options.
#[derive(Debug, Clone, Default)]
pub struct Options {
    linger: Linger,
    receive_timeout: u32,
    send_timeout: u32,
    kept: BTreeMap<i32, u32>,
}

/// `SO_LINGER`: whether closing waits, and how many seconds.
#[derive(Debug, Clone, Copy, Default)]
struct Linger {
    on: u16,
    seconds: u16,
}

impl Options {
    /// Whether closing is to reset the connection.
    pub fn aborts(&self) -> bool {
        self.linger.on != 0 && self.linger.seconds == 0
    }

    pub fn receive_timeout(&self) -> Option<Duration> {
        timeout(self.receive_timeout)
    }

    pub fn send_timeout(&self) -> Option<Duration> {
        timeout(self.send_timeout)
    }
}

impl<E: Endpoint> Socket<E> {
    /// The value of an option, as its client reads it.
    pub fn option(&self, level: i32, name: i32) -> Result<Vec<u8>, WsaError> {
        check_no_hook()?;
        if level != SOL_SOCKET {
            return self.endpoint.option(level, name);
        }
        let mut state = self.lock();
        let number = |number: u32| Ok(number.to_le_bytes().to_vec());
        let signed = |number: i32| Ok(number.to_le_bytes().to_vec());
        match name {
            SO_ERROR => {
                state.failed = false;
                signed(state.error.take().map_or(0, WsaError::code))
            }
            SO_TYPE => signed(self.kind.socket_type),
            SO_ACCEPTCONN => number((state.phase == Phase::Listening).into()),
            SO_RCVTIMEO => number(state.options.receive_timeout),
            SO_SNDTIMEO => number(state.options.send_timeout),
            SO_DONTLINGER => number((state.options.linger.on == 0).into()),
            SO_LINGER => {
                let Linger { on, seconds } = state.options.linger;
                Ok([on.to_le_bytes(), seconds.to_le_bytes()].concat())
            }
            SO_MAX_MSG_SIZE if self.kind.is_datagram() => number(self.home.entry.dwMessageSize),
            SO_PROTOCOL_INFOW => Ok(entry_bytes(&self.home.entry)),
            _ => {
                drop(state);
                let unknown =
                    |error| if error == WsaError::WSAENOPROTOOPT { self.kept(name) } else { Err(error) };
                self.endpoint.option(level, name).or_else(unknown)
            }
        }
    }

    /// Sets an option.
    pub fn set_option(&self, level: i32, name: i32, value: &[u8]) -> Result<(), WsaError> {
        check_no_hook()?;
        if level != SOL_SOCKET {
            return self.endpoint.set_option(level, name, value);
        }
        match name {
            SO_ERROR | SO_TYPE | SO_ACCEPTCONN | SO_MAX_MSG_SIZE | SO_PROTOCOL_INFOW => {
                Err(WsaError::WSAENOPROTOOPT)
            }
            // What they ask for is so from the beginning.
            SO_UPDATE_ACCEPT_CONTEXT | SO_UPDATE_CONNECT_CONTEXT => Ok(()),
            SO_RCVTIMEO => {
                let value = number(value)?;
                self.lock().options.receive_timeout = value;
                Ok(())
            }
            SO_SNDTIMEO => {
                let value = number(value)?;
                self.lock().options.send_timeout = value;
                Ok(())
            }
            SO_DONTLINGER => {
                let on = u16::from(number(value)? == 0);
                self.lock().options.linger.on = on;
                Ok(())
            }
            SO_LINGER => {
                let [a, b, c, d] = number(value)?.to_le_bytes();
                let linger = Linger { on: u16::from_le_bytes([a, b]), seconds: u16::from_le_bytes([c, d]) };
                self.lock().options.linger = linger;
                Ok(())
            }
            _ => match self.endpoint.set_option(level, name, value) {
                Err(WsaError::WSAENOPROTOOPT) if KEPT.iter().any(|(kept, _)| *kept == name) => {
                    let value = number(value)?;
                    self.lock().options.kept.insert(name, value);
                    Ok(())
                }
                answer => answer,
            },
        }
    }

    fn kept(&self, name: i32) -> Result<Vec<u8>, WsaError> {
        let (_, new) = KEPT.iter().find(|(kept, _)| *kept == name).ok_or(WsaError::WSAENOPROTOOPT)?;
        let value = self.lock().options.kept.get(&name).copied().unwrap_or(*new);
        Ok(value.to_le_bytes().to_vec())
    }
}

/// A value of four bytes; a client may also give the one byte of a `BOOLEAN`.
fn number(value: &[u8]) -> Result<u32, WsaError> {
    match *value {
        [a, b, c, d, ..] => Ok(u32::from_le_bytes([a, b, c, d])),
        [byte] => Ok(byte.into()),
        _ => Err(WsaError::WSAEFAULT),
    }
}

/// A catalog entry, byte by byte.
fn entry_bytes(entry: &WSAPROTOCOL_INFOW) -> Vec<u8> {
    let bytes = std::ptr::from_ref(entry).cast::<u8>();
    // SAFETY: the structure has no padding: all of its members are multiples of four bytes, or at its end.
    unsafe { std::slice::from_raw_parts(bytes, size_of::<WSAPROTOCOL_INFOW>()) }.to_vec()
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
    fn only_lingering_for_no_time_aborts() {
        let lingering = |on, seconds| Options { linger: Linger { on, seconds }, ..Options::default() };
        assert!(!Options::default().aborts());
        assert!(!lingering(1, 5).aborts());
        assert!(lingering(1, 0).aborts());
    }

    #[test]
    fn d_28_the_catalog_entry_has_no_padding() {
        let entry = WSAPROTOCOL_INFOW { iVersion: 2, dwCatalogEntryId: 7, ..WSAPROTOCOL_INFOW::ZERO };
        let bytes = entry_bytes(&entry);
        assert_eq!(bytes.len(), 628);
    }
}
