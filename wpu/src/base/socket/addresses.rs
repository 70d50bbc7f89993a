//! Structures with addresses, which point into the buffer of the client that holds them.

use crate::Address;
use crate::base::transport::Kind;

/// The size of a pointer.
const POINTER: usize = size_of::<usize>();

/// The size of a `SOCKET_ADDRESS`: a pointer to an address, and its length.
const ENTRY: usize = 2 * POINTER;

/// A `SOCKET_ADDRESS_LIST` for the buffer at `base`.
pub fn address_list(base: usize, addresses: &[Address]) -> Vec<u8> {
    let count = i32::try_from(addresses.len()).unwrap_or(i32::MAX);
    let mut bytes = vec![0; POINTER + ENTRY * addresses.len()];
    bytes[..4].copy_from_slice(&count.to_ne_bytes());
    for (place, address) in addresses.iter().enumerate() {
        append(&mut bytes, base, POINTER + ENTRY * place, Some(address));
    }
    bytes
}

/// A `CSADDR_INFO` for the buffer at `base`: the addresses that a socket has, its type and its protocol.
pub fn socket_addresses(base: usize, addresses: &[Option<Address>; 2], kind: Kind) -> Vec<u8> {
    let mut bytes = vec![0; 2 * ENTRY];
    bytes.extend(kind.socket_type.to_ne_bytes());
    bytes.extend(kind.protocol.to_ne_bytes());
    for (place, address) in addresses.iter().enumerate() {
        append(&mut bytes, base, ENTRY * place, address.as_ref());
    }
    bytes
}

/// Adds an address behind the structure, and points to it from the entry `at` this offset.
fn append(bytes: &mut Vec<u8>, base: usize, at: usize, address: Option<&Address>) {
    let Some(address) = address.map(Address::as_bytes) else { return };
    bytes.resize(bytes.len().next_multiple_of(size_of::<u64>()), 0);
    let pointer = base.wrapping_add(bytes.len());
    bytes[at..at + POINTER].copy_from_slice(&pointer.to_ne_bytes());
    let length = i32::try_from(address.len()).unwrap_or(i32::MAX);
    bytes[at + POINTER..at + POINTER + 4].copy_from_slice(&length.to_ne_bytes());
    bytes.extend(address);
}
