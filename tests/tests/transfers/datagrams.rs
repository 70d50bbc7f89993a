//! Datagrams: whom they come from, where they go, and how their socket gets an address.

use super::raw::Call;
use super::{LONG, WOULD_BLOCK, World, at, wire};
use std::sync::atomic::Ordering;
use wpu_host::Tell;
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

#[test]
fn a_socket_with_a_peer_receives_from_this_peer_alone() {
    let _shows =
        wpu_evidence::tested(["WSPRecv.only-from-the-peer", "WSPRecvFrom.connected-socket-is-served"]);
    let world = World::new();
    let (client, [friend, socket, stranger]) = (&world.client, world.bound());
    client.connect(socket, at(1)).expect("a peer");
    let both = |message: &[u8]| {
        assert_eq!(client.send_to(stranger, b"strange", at(2)), Ok(7));
        assert_eq!(client.send_to(stranger, b"", at(2)), Ok(0));
        assert_eq!(client.send_to(friend, message, at(2)), Ok(message.len()));
    };
    let mut bytes = [0; 8];
    both(b"one");
    assert_eq!(client.recv(socket, &mut bytes), Ok(3));
    assert_eq!(&bytes[..3], b"one");
    both(b"four");
    assert_eq!(client.recv_from(socket, &mut bytes), Ok((4, Some(at(1)))));
    both(b"seven");
    let peeked = client.recv_from_vectored(socket, &mut [&mut bytes], MSG_PEEK).expect("a message");
    assert_eq!((peeked.bytes, peeked.sender), (5, Some(at(1))));
    assert_eq!(world.now(socket), Ok(b"seven".to_vec()));
    assert_eq!(world.now(socket), Err(WOULD_BLOCK));
    // A request that waits does not end with a message of another.
    let event = world.host.client_event();
    let request = client.recv_overlapped(socket, &[8], 0, Tell::Event(event)).expect("a request");
    assert_eq!(client.send_to(stranger, b"strange", at(2)), Ok(7));
    assert_eq!(request.outcome(), None);
    assert_eq!(client.send_to(friend, b"ten", at(2)), Ok(3));
    assert_eq!(world.host.wait(event, LONG), Ok(true));
    assert_eq!(request.data(), b"ten");
    world.host.close_client_event(event).expect("an event");
    world.end([friend, socket, stranger]);
}

#[test]
fn an_address_counts_for_one_datagram() {
    let _shows = wpu_evidence::tested([
        "WSPSendTo.given-address-wins",
        "WSPSendTo.no-address-uses-the-peer",
        "WSPSendTo.peer-is-kept",
    ]);
    let world = World::new();
    let (client, [peer, socket, other]) = (&world.client, world.bound());
    client.connect(socket, at(1)).expect("a peer");
    assert_eq!(client.send_to(socket, b"to another", at(3)), Ok(10));
    assert_eq!((wire::queued(1), wire::queued(3)), (vec![], vec![b"to another".to_vec()]));
    assert_eq!(client.peer_address(socket), Ok(at(1)));
    assert_eq!(client.send(socket, b"to the peer"), Ok(11));
    let mut bytes = *b"without";
    let mut raw = world.raw(socket).with(&mut bytes);
    assert_eq!((raw.call(Call::SendTo), raw.count), (Ok(()), 7));
    assert_eq!(wire::queued(1), [b"to the peer".to_vec(), b"without".to_vec()]);
    assert_eq!(wire::queued(3).len(), 1);
    world.end([peer, socket, other]);
}

#[test]
fn a_socket_works_after_its_peer_was_taken_away() {
    let _shows = wpu_evidence::tested([
        "WSPRecv.receives-without-a-peer",
        "WSPRecvFrom.works-without-a-peer",
        "WSPSend.no-peer-no-send",
        "WSPSendTo.works-without-a-peer",
    ]);
    let world = World::new();
    let (client, [one, socket, other]) = (&world.client, world.bound());
    let receive_all = || {
        for (from, message) in [(one, b"first"), (other, b"other")] {
            assert_eq!(client.send_to(from, message, at(2)), Ok(5));
        }
        let mut bytes = [0; 5];
        assert_eq!(client.recv(socket, &mut bytes), Ok(5));
        assert_eq!(&bytes, b"first");
        assert_eq!(client.recv_from(socket, &mut bytes), Ok((5, Some(at(3)))));
    };
    receive_all();
    client.connect(socket, at(1)).expect("a peer");
    let mut nobody = [0; 16];
    nobody[..2].copy_from_slice(&u16::try_from(AF_INET).expect("small").to_le_bytes());
    client.connect_bytes(socket, &nobody).expect("no peer any more");
    assert_eq!(client.peer_address(socket), Err(WsaError::WSAENOTCONN));
    assert_eq!(client.send(socket, b"nowhere"), Err(WsaError::WSAENOTCONN));
    receive_all();
    assert_eq!(client.send_to(socket, b"to", at(3)), Ok(2));
    assert_eq!(wire::queued(3), [b"to".to_vec()]);
    world.end([one, socket, other]);
}

#[test]
fn the_first_send_binds_a_socket() {
    let _shows = wpu_evidence::tested([
        "data-transfer.implicit-local-address",
        "WSPSendTo.binds-an-unbound-socket",
        "WSPSendTo.name-after-implicit-binding",
    ]);
    let world = World::new();
    let (client, [known], fresh, caller) = (&world.client, world.bound(), world.unbound(), world.unbound());
    assert_eq!(client.local_address(fresh), Err(WsaError::WSAEINVAL));
    *super::locked(&wire::FAILS) = Some(WsaError::WSAENETUNREACH);
    assert_eq!(client.send_to(fresh, b"x", at(1)), Err(WsaError::WSAENETUNREACH));
    assert_eq!(client.local_address(fresh), Err(WsaError::WSAEINVAL), "only a success binds");
    assert_eq!(client.send_to(fresh, b"hello", at(1)), Ok(5));
    let name = client.local_address(fresh).expect("an address");
    assert!(name.ip().is_unspecified() && name.port() != 0, "{name}");
    assert_eq!(client.bind(fresh, at(7)), Err(WsaError::WSAEINVAL), "it is bound");
    let mut bytes = [0; 8];
    assert_eq!(client.recv_from(known, &mut bytes), Ok((5, Some(at(name.port())))));
    assert_eq!(client.send_to(known, b"back", at(name.port())), Ok(4));
    assert_eq!(client.recv(fresh, &mut bytes), Ok(4));
    // An overlapped send binds too.
    let asked = world.unbound();
    let event = world.host.client_event();
    client.send_to_overlapped(asked, b"hello", at(1), Tell::Event(event)).expect("a request");
    assert_eq!(client.bind(asked, at(7)), Err(WsaError::WSAEINVAL));
    world.host.close_client_event(event).expect("an event");
    // Connecting and accepting give addresses too.
    client.connect(caller, at(1)).expect("a peer");
    let port = client.local_address(caller).expect("an address").port();
    assert_eq!(client.send_to(known, b"peer", at(port)), Ok(4));
    assert_eq!(client.recv(caller, &mut bytes), Ok(4));
    let [near, far] = world.pair();
    assert_eq!((client.send(near, b"there"), client.recv(far, &mut bytes)), (Ok(5), Ok(5)));
    assert_eq!((client.send(far, b"back"), client.recv(near, &mut bytes)), (Ok(4), Ok(4)));
    world.end([known, fresh, caller, asked, near, far]);
}

#[test]
fn each_message_comes_with_its_sender() {
    let _shows =
        wpu_evidence::tested(["WSPRecvFrom.length-without-address", "WSPRecvFrom.sender-of-this-message"]);
    let world = World::new();
    let (client, [one, other, socket]) = (&world.client, world.bound());
    let mut bytes = [0; 3];
    for (from, message) in [(one, &b"long one"[..]), (other, b""), (one, b"two"), (other, b"end")] {
        assert_eq!(client.send_to(from, message, at(3)), Ok(message.len()));
    }
    let mut receive = |flags| {
        let received = client.recv_from_vectored(socket, &mut [&mut bytes], flags).expect("a message");
        (received.sender, received.error)
    };
    let cut = (Some(at(1)), Some(WsaError::WSAEMSGSIZE));
    assert_eq!((receive(MSG_PEEK), receive(0)), (cut, cut));
    let empty = (Some(at(2)), None);
    assert_eq!((receive(MSG_PEEK), receive(0)), (empty, empty));
    assert_eq!((receive(MSG_PEEK), receive(0)), ((Some(at(1)), None), (Some(at(1)), None)));
    // Neither an address nor its length.
    let mut raw = world.raw(socket).with(&mut bytes);
    assert_eq!((raw.call(Call::RecvFrom), raw.count), (Ok(()), 3));
    assert_eq!(&bytes, b"end");
    world.end([one, other, socket]);
}

#[test]
fn a_send_is_one_message_and_taken_whole() {
    let _shows = wpu_evidence::tested([
        "message-orientation.messages-are-never-short",
        "message-orientation.send-is-one-message",
    ]);
    for pseudo in [0, XP1_PSEUDO_STREAM] {
        let world = World::with(|info| info.dwServiceFlags1 |= pseudo);
        let [near, far] = world.two(true);
        assert_eq!(world.client.send_vectored(near, &[b"in ", b"two"], 0), Ok(6));
        wire::MISCOUNTS.store(true, Ordering::SeqCst);
        assert_eq!(world.client.send(near, b"next"), Ok(4));
        assert_eq!(wire::queued(2), [b"in two".to_vec(), b"next".to_vec()]);
        // One that cannot be taken is not taken in part.
        wire::STUCK.store(true, Ordering::SeqCst);
        world.client.set_nonblocking(near, true).expect("a socket");
        assert_eq!(world.client.send(near, b"later"), Err(WOULD_BLOCK));
        assert_eq!(wire::queued(2).len(), 2);
        world.end([near, far]);
    }
}

#[test]
fn a_message_that_is_too_long_is_not_sent() {
    let _shows = wpu_evidence::tested(["message-orientation.too-long-sends-nothing"]);
    let _checks = wpu_evidence::checked(["message-orientation.client-keeps-to-the-size"]);
    for parts in [0, XP1_PARTIAL_MESSAGE] {
        let world = World::with(|info| {
            info.dwMessageSize = 8;
            info.dwServiceFlags1 |= parts;
        });
        let [near, far] = world.two(true);
        assert_eq!(world.client.send(near, b"nine byte"), Err(WsaError::WSAEMSGSIZE));
        assert_eq!(world.client.send_to(near, b"nine byte", at(2)), Err(WsaError::WSAEMSGSIZE));
        assert_eq!(wire::queued(2), Vec::<Vec<u8>>::new());
        assert_eq!(world.client.send(near, b"eight by"), Ok(8));
        assert_eq!(wire::queued(2), [b"eight by".to_vec()]);
        world.end([near, far]);
    }
}

/// Beyond the limit of entries that state none.
#[cfg(not(miri))]
#[test]
fn no_message_is_too_long_where_there_is_no_limit() {
    let _shows = wpu_evidence::tested(["message-orientation.size-of-all-ones"]);
    let world = World::with(|info| info.dwMessageSize = u32::MAX);
    let [near, far] = world.two(true);
    let message = vec![7; (1 << 24) + 1];
    assert_eq!(world.client.send(near, &message), Ok(message.len()));
    assert!(wire::queued(2) == [message]);
    world.end([near, far]);
}

#[test]
fn a_receive_of_messages_waits_for_a_whole_one_in_any_buffers() {
    let _shows = wpu_evidence::tested([
        "data-transfer.buffers-make-no-boundaries",
        "message-orientation.whole-message-is-needed",
    ]);
    let world = World::with(|info| info.dwServiceFlags1 |= XP1_PARTIAL_MESSAGE);
    let (client, [near, far]) = (&world.client, world.two(true));
    let event = world.host.client_event();
    for lengths in [&[64][..], &[3], &[1, 1, 1], &[1, 2, 60], &[2, 0, 9]] {
        let request = client.recv_overlapped(far, lengths, 0, Tell::Event(event)).expect("a request");
        assert_eq!(client.send_vectored(near, &[b"a"], MSG_PARTIAL), Ok(1));
        assert_eq!(request.outcome(), None, "only a part");
        assert_eq!(client.send_vectored(near, &[b"b", b"", b"c"], 0), Ok(2));
        assert_eq!(world.host.wait(event, LONG), Ok(true));
        assert_eq!(
            (request.data(), client.overlapped_result(&request, false)),
            (b"abc".to_vec(), Ok((3, 0)))
        );
    }
    // A stream does not wait for full buffers either, nor does it stop at the end of one.
    let [one, other] = world.pair();
    assert_eq!(client.send_vectored(one, &[b"a", b"b"], 0), Ok(2));
    assert_eq!(client.send_vectored(one, &[b"c"], 0), Ok(1));
    let (mut first, mut second) = ([0; 1], [0; 8]);
    let received = client.recv_vectored(other, &mut [&mut first, &mut second], 0).expect("bytes");
    assert_eq!((received.bytes, first[0], &second[..2]), (3, b'a', &b"bc"[..]));
    world.host.close_client_event(event).expect("an event");
    world.end([near, far, one, other]);
}

#[test]
fn an_error_of_an_earlier_send_leaves_socket_and_messages() {
    let _shows = wpu_evidence::tested(["WSPRecvFrom.datagram-socket-survives-reset"]);
    let world = World::new();
    let (client, [near, far]) = (&world.client, world.bound());
    assert_eq!(client.send_to(near, b"kept", at(2)), Ok(4));
    *super::locked(&wire::FAILS) = Some(WsaError::WSAECONNRESET);
    assert_eq!(client.recv_from(far, &mut [0; 8]), Err(WsaError::WSAECONNRESET));
    assert_eq!(client.recv_from(far, &mut [0; 8]), Ok((4, Some(at(1)))));
    assert_eq!(client.send_to(far, b"back", at(1)), Ok(4));
    assert_eq!(client.recv_from(near, &mut [0; 8]), Ok((4, Some(at(2)))));
    world.end([near, far]);
}
