//! Memory that is not valid, or too small: `WSAEFAULT`, and nothing is written.

use super::calls::{Client, Wrong};
use super::fails;
use super::world::World;
use wpu::WsaError;
use wpu_sys::ffi::*;

const FAULT: WsaError = WsaError::WSAEFAULT;

/// A client whose argument at this place is wrong.
fn wrong(socket: SOCKET, at: usize, how: Wrong) -> Client {
    let mut client = Client::new().on(socket);
    client.wrong = Some((at, how));
    client
}

/// A client with less memory for an address than an address takes.
fn short(socket: SOCKET) -> Client {
    let mut client = Client::new().on(socket);
    client.memory.length = 15;
    client
}

#[test]
fn memory_that_is_not_valid_is_refused() {
    let _shows = wpu_evidence::tested([
        "WSPGetQOSByName.WSAEFAULT",
        "WSPJoinLeaf.WSAEFAULT",
        "WSPJoinLeaf.lpCalleeData.written-on-success",
        "WSPRecv.WSAEFAULT",
        "WSPSelect.WSAEFAULT",
        "WSPSendDisconnect.WSAEFAULT",
    ]);
    let world = World::new();
    let (connected, datagram, stream) = (world.connected(), world.datagram(), world.stream());
    world.message(b"message");
    for (name, socket, places) in [
        ("WSPGetQOSByName", stream, &[1, 2][..]),
        ("WSPGetPeerName", connected, &[2]),
        ("WSPGetSockName", connected, &[2]),
        ("WSPConnect", stream, &[3, 4, 5, 6]),
        ("WSPJoinLeaf", stream, &[3, 4, 5, 6]),
        ("WSPRecv", connected, &[1, 3, 4]),
        ("WSPRecvFrom", datagram, &[1, 3, 4, 6]),
        ("WSPRecvDisconnect", connected, &[1]),
        ("WSPSelect", connected, &[1, 2, 3, 4]),
        ("WSPSend", connected, &[1, 3]),
        ("WSPSendDisconnect", connected, &[1]),
        ("WSPSendTo", datagram, &[1, 3]),
    ] {
        for at in places {
            fails(&world, name, wrong(socket, *at, Wrong::Misaligned), FAULT);
        }
    }
    for (name, socket, places) in [
        ("WSPConnect", stream, &[1][..]),
        ("WSPGetPeerName", connected, &[1, 2]),
        ("WSPGetSockName", connected, &[1, 2]),
        ("WSPGetQOSByName", stream, &[2]),
        ("WSPJoinLeaf", stream, &[1]),
        ("WSPRecv", connected, &[1, 4]),
        ("WSPRecvFrom", datagram, &[1, 4]),
        ("WSPSend", connected, &[1]),
        ("WSPSendTo", datagram, &[1]),
    ] {
        for at in places {
            fails(&world, name, wrong(socket, *at, Wrong::Null), FAULT);
        }
    }
    // A join fails with valid memory too, and gives out no data.
    fails(&world, "WSPJoinLeaf", Client::new().on(stream), WsaError::WSAEOPNOTSUPP);
    // Nothing was received meanwhile.
    let mut room = [0; 7];
    assert_eq!(world.client.recv_from(datagram, &mut room).map(|(len, _)| len), Ok(7));
    assert_eq!(&room, b"message");
    world.end();
}

#[test]
fn memory_that_is_too_small_stays_as_it_was() {
    let _shows = wpu_evidence::tested([
        "WSPAccept.WSAEFAULT",
        "WSPAccept.addr.written-on-success",
        "WSPAddressToString.WSAEFAULT",
        "WSPAddressToString.lpszAddressString.written-on-success",
        "WSPGetPeerName.WSAEFAULT",
        "WSPGetPeerName.name.written-on-success",
        "WSPGetSockName.WSAEFAULT",
        "WSPGetSockName.name.written-on-success",
        "WSPGetSockOpt.optval.written-on-success",
        "WSPRecvFrom.WSAEFAULT",
        "WSPRecvFrom.lpBuffers.written-on-success",
        "WSPRecvFrom.lpFrom.written-on-success",
        "WSPStringToAddress.WSAEFAULT",
        "WSPStringToAddress.lpAddress.written-on-success",
    ]);
    let world = World::new();
    let (connected, datagram, listener) = (world.connected(), world.datagram(), world.listener());
    fails(&world, "WSPGetPeerName", short(connected), FAULT);
    fails(&world, "WSPGetSockName", short(connected), FAULT);
    // The client learns how many bytes an address takes.
    let mut client = short(connected);
    let before = client.memory();
    assert!(super::calls::call("WSPStringToAddress", &world.procs, &mut client));
    assert_eq!((client.memory.errno, client.memory.length), (FAULT.code(), 16));
    assert!(client.memory().same_buffers(&before));
    world.message(b"message");
    fails(&world, "WSPRecvFrom", short(datagram), FAULT);

    // The text takes more units than there are, and the client learns how many.
    let mut client = Client::new();
    let text = client.memory.text;
    assert!(super::calls::call("WSPAddressToString", &world.procs, &mut client));
    assert_eq!((client.memory.errno, client.memory.text), (FAULT.code(), text));
    assert_eq!(client.memory.units as usize, "127.0.0.1:7\0".len());

    // A caller for whose address there is no room stays in the queue.
    world.caller();
    fails(&world, "WSPAccept", short(listener), FAULT);
    for error in [WsaError::WSAEMFILE, WsaError::WSAENOBUFS] {
        world.fail("peer", error);
        fails(&world, "WSPAccept", Client::new().on(listener), error);
        world.work();
        world.caller();
    }
    world.client.accept(listener).expect("the caller");

    let mut small = [7; 2];
    world
        .client
        .set_option(connected, SOL_SOCKET, SO_RCVBUF, &0x1_0101_u32.to_le_bytes())
        .expect("an option");
    assert_eq!(world.client.option(connected, SOL_SOCKET, SO_RCVBUF, &mut small), Err(FAULT));
    assert_eq!(small, [7; 2]);
    world.end();
}

#[test]
fn addresses_that_are_too_short_are_refused() {
    let _shows = wpu_evidence::tested(["WSPConnect.WSAEFAULT", "WSPSendTo.WSAEFAULT"]);
    let world = World::new();
    let (stream, datagram) = (world.stream(), world.datagram());
    for address in [&[2][..], &[2, 0], &[2, 0, 0, 7, 127, 0, 0, 1], &[2; 129]] {
        assert_eq!(world.client.connect_bytes(stream, address), Err(FAULT), "{}", address.len());
    }
    fails(&world, "WSPConnect", wrong(stream, 1, Wrong::Null), FAULT);
    fails(&world, "WSPConnect", wrong(stream, 4, Wrong::Misaligned), FAULT);
    // Of an address of 16 bytes the client gives 8.
    fails(&world, "WSPSendTo", Client::new().on(datagram), FAULT);
    for at in [1, 3] {
        fails(&world, "WSPSendTo", wrong(datagram, at, Wrong::Misaligned), FAULT);
    }
    fails(&world, "WSPSendTo", wrong(datagram, 1, Wrong::Null), FAULT);
    world.end();
}
