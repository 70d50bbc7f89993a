//! Conversions between socket addresses and the bytes of a `sockaddr`.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use wpu_sys::ffi::{AF_INET, AF_INET6};

/// Encodes an address of family `AF_INET` or `AF_INET6` as the bytes of a `sockaddr`.
#[must_use]
pub fn encode_address(address: SocketAddr) -> Vec<u8> {
    let family = if address.is_ipv4() { AF_INET } else { AF_INET6 };
    let mut bytes = u16::try_from(family).unwrap_or(0).to_ne_bytes().to_vec();
    bytes.extend(address.port().to_be_bytes());
    match address {
        SocketAddr::V4(address) => {
            bytes.extend(address.ip().octets());
            bytes.extend([0; 8]);
        }
        SocketAddr::V6(address) => {
            bytes.extend(address.flowinfo().to_ne_bytes());
            bytes.extend(address.ip().octets());
            bytes.extend(address.scope_id().to_ne_bytes());
        }
    }
    bytes
}

/// Decodes the bytes of a `sockaddr`. Returns `None` for another address family, or if there are too few
/// bytes.
#[must_use]
pub fn decode_address(bytes: &[u8]) -> Option<SocketAddr> {
    let family = i32::from(u16::from_ne_bytes(part(bytes, 0)?));
    let port = u16::from_be_bytes(part(bytes, 2)?);
    match family {
        AF_INET if bytes.len() >= 16 => {
            let ip = Ipv4Addr::from(part::<4>(bytes, 4)?);
            Some(SocketAddrV4::new(ip, port).into())
        }
        AF_INET6 => {
            let flow = u32::from_ne_bytes(part(bytes, 4)?);
            let ip = Ipv6Addr::from(part::<16>(bytes, 8)?);
            let scope = u32::from_ne_bytes(part(bytes, 24)?);
            Some(SocketAddrV6::new(ip, port, flow, scope).into())
        }
        _ => None,
    }
}

fn part<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_the_way_there_and_back() {
        for text in ["127.0.0.1:4711", "[::1]:80", "0.0.0.0:0"] {
            let address: SocketAddr = text.parse().expect("an address");
            let bytes = encode_address(address);
            assert_eq!(bytes.len(), if address.is_ipv4() { 16 } else { 28 });
            assert_eq!(decode_address(&bytes), Some(address));
            assert_eq!(decode_address(&bytes[..bytes.len() - 1]), None);
        }
        assert_eq!(encode_address(([10, 0, 0, 1], 258).into())[2..8], [1, 2, 10, 0, 0, 1]);
        assert_eq!(decode_address(&[9; 40]), None);
        assert_eq!(decode_address(&[]), None);
    }
}
