//! Names of sockets and texts of addresses: what is written, and how much.

use super::stage::*;
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

const UNTOUCHED: [u8; 32] = [0xee; 32];

/// `WSPGetSockName` or `WSPGetPeerName`.
type Name = unsafe extern "system" fn(SOCKET, *mut sockaddr, *mut i32, *mut i32) -> i32;

/// Asks for a name with this length. Returns the length after the call, and the memory around the name.
fn name(function: Name, socket: SOCKET, len: i32) -> (Result<(), WsaError>, i32, [u8; 32]) {
    let (mut room, mut used) = (UNTOUCHED, len);
    let (at, to) = (room.as_mut_ptr().cast(), &raw mut used);
    // SAFETY: the pointers point to locals.
    let answer = status(|errno| unsafe { function(socket, at, to, errno) });
    (answer, used, room)
}

#[test]
fn a_name_is_written_on_success_and_within_its_length() {
    let _shows = wpu_evidence::tested([
        "WSPGetPeerName.name.within-length",
        "WSPGetPeerName.name.written-on-success",
        "WSPGetPeerName.WSAEFAULT",
        "WSPGetSockName.name.within-length",
        "WSPGetSockName.name.written-on-success",
        "WSPGetSockName.WSAEFAULT",
    ]);
    let world = World::new();
    let procs = world.procs();
    let functions = [
        (procs.lpWSPGetSockName.expect("a function"), 50_000, WsaError::WSAEINVAL),
        (procs.lpWSPGetPeerName.expect("a function"), 7, WsaError::WSAENOTCONN),
    ];
    let (socket, fresh) = (world.connected(7), world.socket());
    for (function, port, none) in functions {
        assert_eq!(name(function, fresh, 32), (Err(none), 32, UNTOUCHED));
        for short in [0, 2, 15] {
            let (answer, _, room) = name(function, socket, short);
            assert_eq!((answer, room), (Err(WsaError::WSAEFAULT), UNTOUCHED), "{short}");
        }
        for enough in [16, 20, 32] {
            let (answer, used, room) = name(function, socket, enough);
            assert_eq!((answer, used), (Ok(()), 16));
            assert_eq!((&room[..16], &room[16..]), (&*bytes(at(port)), &UNTOUCHED[16..]));
        }
        assert_eq!(name(function, 0xdead, 32), (Err(WsaError::WSAENOTSOCK), 32, UNTOUCHED));
    }
    world.host.clear_faults();
    world.close([socket, fresh]);
    world.end();
}

/// Asks for the text of an address with room for this number of characters.
fn text(world: &World, address: &[u8], room: u32) -> (Result<(), WsaError>, u32, [u16; 40]) {
    let function = world.procs().lpWSPAddressToString.expect("a function");
    let (mut units, mut used) = ([0xeeee; 40], room);
    let len = u32::try_from(address.len()).expect("short");
    let (from, at, to) = (address.as_ptr().cast_mut().cast(), units.as_mut_ptr(), &raw mut used);
    let info = (&raw const world.entry.info).cast_mut();
    // SAFETY: the pointers point to locals, and the function only reads the address.
    let answer = status(|errno| unsafe { function(from, len, info, at, to, errno) });
    (answer, used, units)
}

#[test]
fn the_length_of_a_text_is_in_characters_with_the_final_zero() {
    let _shows = wpu_evidence::tested([
        "WSPAddressToString.length-in-characters",
        "WSPAddressToString.lpszAddressString.within-length",
        "WSPAddressToString.lpszAddressString.written-on-success",
        "WSPAddressToString.WSAEFAULT",
        "WSPAddressToString.WSAEINVAL",
    ]);
    let world = World::new();
    let (address, expected) = (bytes(at(80)), "127.0.0.1:80\0".encode_utf16().collect::<Vec<_>>());
    for short in [0, 1, 12] {
        assert_eq!(text(&world, &address, short), (Err(WsaError::WSAEFAULT), 13, [0xeeee; 40]), "{short}");
    }
    for enough in [13, 14, 40] {
        let (answer, used, units) = text(&world, &address, enough);
        assert_eq!((answer, used), (Ok(()), 13));
        assert_eq!((&units[..13], &units[13..]), (&*expected, [0xeeee; 27].as_slice()));
    }
    let strange = [[99, 0].as_slice(), &[1; 14]].concat();
    let (answer, _, units) = text(&world, &strange, 40);
    assert_eq!((answer, units), (Err(WsaError::WSAEINVAL), [0xeeee; 40]));
    world.end();
}

/// Asks for the address of a text with room for this number of bytes.
fn address(world: &World, text: &str, family: i32, room: i32) -> (Result<(), WsaError>, i32, [u8; 32]) {
    let function = world.procs().lpWSPStringToAddress.expect("a function");
    let mut units: Vec<u16> = text.encode_utf16().chain([0]).collect();
    let (mut bytes, mut used) = (UNTOUCHED, room);
    let (from, at, to) = (units.as_mut_ptr(), bytes.as_mut_ptr().cast(), &raw mut used);
    let info = (&raw const world.entry.info).cast_mut();
    // SAFETY: the pointers point to locals.
    let answer = status(|errno| unsafe { function(from, family, info, at, to, errno) });
    (answer, used, bytes)
}

#[test]
fn an_address_is_written_within_its_length_and_a_small_buffer_learns_the_needed_one() {
    let _shows = wpu_evidence::tested([
        "WSPStringToAddress.lpAddress.within-length",
        "WSPStringToAddress.lpAddress.written-on-success",
        "WSPStringToAddress.unknown-family-is-found-out",
        "WSPStringToAddress.WSAEFAULT",
        "WSPStringToAddress.WSAEINVAL",
        "address-conversion.length-of-the-result",
        "address-conversion.small-buffer-tells-size",
    ]);
    let world = World::new();
    let six = "[1:2::3]:80".parse().expect("an address");
    for (written, family, expected) in [
        ("127.0.0.1:80", AF_INET, bytes(at(80))),
        ("127.0.0.1:80", AF_UNSPEC, bytes(at(80))),
        ("[1:2::3]:80", AF_INET6, bytes(six)),
        ("[1:2::3]:80", AF_UNSPEC, bytes(six)),
    ] {
        let needed = i32::try_from(expected.len()).expect("short");
        for short in [0, 2, needed - 1] {
            let (answer, used, room) = address(&world, written, family, short);
            assert_eq!((answer, used, room), (Err(WsaError::WSAEFAULT), needed, UNTOUCHED));
        }
        for enough in [needed, needed + 1, 32] {
            let (answer, used, room) = address(&world, written, family, enough);
            assert_eq!((answer, used), (Ok(()), needed), "{written}");
            let (address, rest) = room.split_at(expected.len());
            assert_eq!((address, rest), (&*expected, &UNTOUCHED[expected.len()..]));
        }
    }
    let address_bytes = bytes(at(80));
    let (answer, needed, _) = text(&world, &address_bytes, 1);
    assert_eq!(answer, Err(WsaError::WSAEFAULT));
    assert_eq!(text(&world, &address_bytes, needed).0, Ok(()), "the text has as much room as it needs");
    for (written, family) in
        [("nobody", AF_UNSPEC), ("127.0.0.1", AF_INET6), ("[1:2::3]:80", AF_INET), ("127.0.0.1", 99)]
    {
        assert_eq!(
            address(&world, written, family, 32),
            (Err(WsaError::WSAEINVAL), 32, UNTOUCHED),
            "{written}"
        );
    }
    world.end();
}
