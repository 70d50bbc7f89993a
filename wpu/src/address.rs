//! Socket addresses as bytes of a `sockaddr`, with conversions for the two Internet families.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use wpu_sys::ffi::{AF_INET, AF_INET6, AF_UNSPEC};
use wpu_sys::{Bytes, WsaError};

/// The length of the longest address of any family.
const LONGEST: usize = 128;
/// The length of a `sockaddr_in`: family, port, address, and eight bytes of padding.
const INET: usize = 16;
/// The length of a `sockaddr_in6`: family, port, flow information, address, scope.
const INET6: usize = 28;

/// An address of any family: the bytes of a `sockaddr`, which start with the family.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Address {
    bytes: [u8; LONGEST],
    len: usize,
}

impl Address {
    /// Creates an address from these bytes.
    ///
    /// # Errors
    ///
    /// `WSAEFAULT` if there are too few bytes for a family, or more than any address has.
    #[inline]
    pub fn new(bytes: &[u8]) -> Result<Self, WsaError> {
        let mut copy = [0; LONGEST];
        if !(2..=LONGEST).contains(&bytes.len()) {
            return Err(WsaError::WSAEFAULT);
        }
        copy[..bytes.len()].copy_from_slice(bytes);
        Ok(Self { bytes: copy, len: bytes.len() })
    }

    /// The bytes of the `sockaddr`.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// The address family: `AF_INET`, `AF_INET6`, or a family of the author.
    #[must_use]
    #[inline]
    pub fn family(&self) -> i32 {
        i32::from(u16::from_le_bytes([self.bytes[0], self.bytes[1]]))
    }

    /// Converts the address to a type of the standard library.
    ///
    /// # Errors
    ///
    /// `WSAEAFNOSUPPORT` if the family is neither `AF_INET` nor `AF_INET6`, `WSAEFAULT` if there are too few
    /// bytes.
    #[inline]
    pub fn to_inet(&self) -> Result<SocketAddr, WsaError> {
        let port = u16::from_be_bytes([self.bytes[2], self.bytes[3]]);
        match self.family() {
            AF_INET if self.len >= INET => {
                Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::from(self.part::<4>(4))), port))
            }
            AF_INET6 if self.len >= INET6 => Ok(SocketAddr::V6(SocketAddrV6::new(
                Ipv6Addr::from(self.part::<16>(8)),
                port,
                u32::from_ne_bytes(self.part(4)),
                u32::from_ne_bytes(self.part(24)),
            ))),
            AF_INET | AF_INET6 => Err(WsaError::WSAEFAULT),
            _ => Err(WsaError::WSAEAFNOSUPPORT),
        }
    }

    /// Whether it names nobody: the address of its family, or all that follows the family, is zero. A datagram
    /// socket that is connected to it loses its peer.
    #[must_use]
    #[inline]
    pub fn is_null(&self) -> bool {
        match self.to_inet() {
            Ok(inet) => inet.ip().is_unspecified(),
            Err(_) => self.as_bytes()[2..].iter().all(|byte| *byte == 0),
        }
    }

    /// Formats an address of a family that [`to_inet`](Self::to_inet) supports. A port of 0 is omitted, as
    /// Winsock does.
    ///
    /// # Errors
    ///
    /// `WSAEINVAL` for any other family, or if there are too few bytes.
    #[inline]
    pub fn to_text(&self) -> Result<String, WsaError> {
        let inet = self.to_inet().map_err(|_| WsaError::WSAEINVAL)?;
        Ok(match inet {
            SocketAddr::V6(v6) if v6.port() == 0 && v6.scope_id() != 0 => {
                format!("{}%{}", v6.ip(), v6.scope_id())
            }
            _ if inet.port() == 0 => inet.ip().to_string(),
            _ => inet.to_string(),
        })
    }

    /// Parses an address of one of the two families, or of either for `AF_UNSPEC`. A text without a port has
    /// port 0.
    ///
    /// # Errors
    ///
    /// `WSAEINVAL` for any other family, or if the text is not an address of the family.
    #[inline]
    pub fn from_text(family: i32, text: &str) -> Result<Self, WsaError> {
        let inet = match family {
            AF_INET => text
                .parse()
                .map(SocketAddr::V4)
                .or_else(|_| text.parse::<Ipv4Addr>().map(|ip| SocketAddr::new(ip.into(), 0))),
            AF_INET6 => text.parse().map(SocketAddr::V6).or_else(|_| scoped(text)),
            AF_UNSPEC => return Self::from_text(AF_INET, text).or_else(|_| Self::from_text(AF_INET6, text)),
            _ => return Err(WsaError::WSAEINVAL),
        };
        inet.map(Self::from).map_err(|_| WsaError::WSAEINVAL)
    }

    fn part<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut part = [0; N];
        part.copy_from_slice(&self.bytes[at..at + N]);
        part
    }

    #[inline]
    fn put(&mut self, at: usize, part: &[u8]) {
        self.bytes[at..at + part.len()].copy_from_slice(part);
    }
}

impl From<SocketAddr> for Address {
    #[inline]
    fn from(address: SocketAddr) -> Self {
        let (family, len) = match address {
            SocketAddr::V4(_) => (AF_INET, INET),
            SocketAddr::V6(_) => (AF_INET6, INET6),
        };
        let mut this = Self { bytes: [0; LONGEST], len };
        this.put(0, &family.to_le_bytes()[..2]);
        this.put(2, &address.port().to_be_bytes());
        match address {
            SocketAddr::V4(v4) => this.put(4, &v4.ip().octets()),
            SocketAddr::V6(v6) => {
                this.put(4, &v6.flowinfo().to_ne_bytes());
                this.put(8, &v6.ip().octets());
                this.put(24, &v6.scope_id().to_ne_bytes());
            }
        }
        this
    }
}

impl std::fmt::Debug for Address {
    #[inline]
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.to_inet() {
            Ok(inet) => write!(out, "{inet}"),
            Err(_) => write!(out, "family {} {:02x?}", self.family(), &self.as_bytes()[2..]),
        }
    }
}

impl TryFrom<Bytes<'_>> for Address {
    type Error = WsaError;

    /// Copies the address that a client passes. Its length is checked before any byte is read.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    #[inline]
    fn try_from(bytes: Bytes<'_>) -> Result<Self, WsaError> {
        let (mut copy, len) = ([0; LONGEST], bytes.len());
        if !(2..=LONGEST).contains(&len) {
            return Err(WsaError::WSAEFAULT);
        }
        bytes.copy_to(&mut copy);
        Ok(Self { bytes: copy, len })
    }
}

/// Parses `fe80::1%3`, `[::1]` or `::1`.
#[inline]
fn scoped(text: &str) -> Result<SocketAddr, std::net::AddrParseError> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    if let Some((ip, scope)) = bare.split_once('%') {
        if let Ok(scope) = scope.parse() {
            return Ok(SocketAddr::V6(SocketAddrV6::new(ip.parse()?, 0, 0, scope)));
        }
    }
    Ok(SocketAddr::new(bare.parse::<Ipv6Addr>()?.into(), 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(text: &str) {
        let inet: SocketAddr = text.parse().unwrap();
        assert_eq!(Address::from(inet).to_inet(), Ok(inet));
    }

    #[test]
    fn both_families_convert_back() {
        there_and_back("127.0.0.1:80");
        there_and_back("255.254.253.252:65535");
        there_and_back("[::1]:443");
        there_and_back("[fe80::1%7]:1");
    }

    #[test]
    fn the_bytes_are_those_of_the_c_structures() {
        let v4 = Address::from("1.2.3.4:258".parse::<SocketAddr>().unwrap());
        assert_eq!(v4.as_bytes(), [2, 0, 1, 2, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0]);
        let v6 = Address::from("[::1]:258".parse::<SocketAddr>().unwrap());
        assert_eq!(v6.as_bytes().len(), 28);
        assert_eq!(v6.as_bytes()[..4], [23, 0, 1, 2]);
        assert_eq!(v6.as_bytes()[23], 1);
        // The flow information is copied in the byte order of the system, as in the standard library.
        let flow = SocketAddrV6::new(Ipv6Addr::LOCALHOST, 258, 0x0102_0304, 0);
        assert_eq!(Address::from(SocketAddr::V6(flow)).as_bytes()[4..8], 0x0102_0304_u32.to_ne_bytes());
    }

    #[test]
    fn too_few_bytes_and_other_families_are_refused() {
        assert_eq!(Address::new(&[2]), Err(WsaError::WSAEFAULT));
        assert_eq!(Address::new(&[0; 129]), Err(WsaError::WSAEFAULT));
        assert_eq!(Address::new(&[2, 0, 1, 2, 1, 2]).unwrap().to_inet(), Err(WsaError::WSAEFAULT));
        let strange = Address::new(&[40, 0, 1, 2]).unwrap();
        assert_eq!(strange.family(), 40);
        assert_eq!(strange.to_inet(), Err(WsaError::WSAEAFNOSUPPORT));
    }

    #[test]
    fn texts_have_a_port_only_where_there_is_one() {
        let _shows = wpu_evidence::tested([
            "address-conversion.there-and-back",
            "WSPAddressToString.all-parts-in-text",
            "WSPAddressToString.usual-form-of-ip",
            "WSPStringToAddress.WSAEINVAL",
            "WSPStringToAddress.missing-parts-have-defaults",
        ]);
        for (family, text) in [
            (AF_INET, "10.0.0.1:7"),
            (AF_INET, "10.0.0.1"),
            (AF_INET6, "[fe80::2%4]:9"),
            (AF_INET6, "fe80::2%4"),
            (AF_INET6, "::1"),
        ] {
            assert_eq!(Address::from_text(family, text).unwrap().to_text().unwrap(), text);
        }
        assert_eq!(
            Address::from_text(AF_INET6, "[::1]").unwrap(),
            Address::from_text(AF_INET6, "::1").unwrap()
        );
        assert_eq!(Address::from_text(AF_INET, "::1"), Err(WsaError::WSAEINVAL));
        assert_eq!(Address::from_text(AF_INET6, "10.0.0.1"), Err(WsaError::WSAEINVAL));
        assert_eq!(Address::from_text(40, "x"), Err(WsaError::WSAEINVAL));
    }
}
