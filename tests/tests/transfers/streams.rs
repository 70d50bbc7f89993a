//! Byte streams: how much one call moves, the end of the data, and flags.

use super::raw::Call;
use super::{LONG, WOULD_BLOCK, World, wire};
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use wpu_host::Tell;
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

const MSG_PUSH_IMMEDIATE: u32 = 0x20;

/// Receives with these flags into eight bytes: the bytes and the flags afterwards.
fn receive(world: &World, socket: SOCKET, flags: u32) -> Result<(Vec<u8>, u32), WsaError> {
    let mut bytes = [0; 8];
    let received = world.client.recv_vectored(socket, &mut [&mut bytes], flags)?.complete()?;
    Ok((bytes[..received.bytes].to_vec(), received.flags))
}

/// Flags of entries whose sockets receive byte streams.
const STREAMS: [u32; 3] = [0, XP1_PSEUDO_STREAM, XP1_MESSAGE_ORIENTED | XP1_PSEUDO_STREAM];

#[test]
fn a_stream_has_no_bounds_of_messages() {
    let _shows = wpu_evidence::tested([
        "data-transfer.push-hint-never-fails",
        "data-transfer.routing-flag-never-fails",
        "message-orientation.pseudo-stream-joins-messages",
        "message-orientation.stream-takes-what-waits",
        "message-orientation.stream-without-the-bit",
    ]);
    for orientation in STREAMS {
        let world = World::with(|info| info.dwServiceFlags1 |= orientation);
        let (client, [near, far]) = (&world.client, world.pair());
        for flags in [0, MSG_PARTIAL, MSG_PUSH_IMMEDIATE, MSG_PARTIAL | MSG_PUSH_IMMEDIATE] {
            for bytes in [&b"abc"[..], b"de", b"fghijk"] {
                assert_eq!(client.send_vectored(near, &[bytes], MSG_DONTROUTE), Ok(bytes.len()));
            }
            assert_eq!(receive(&world, far, flags), Ok((b"abcdefgh".to_vec(), 0)), "full buffers");
            assert_eq!(receive(&world, far, flags), Ok((b"ijk".to_vec(), 0)), "an empty queue");
        }
        assert_eq!(client.send(near, b"end"), Ok(3));
        client.shutdown(near, SD_SEND).expect("a connection");
        assert_eq!(receive(&world, far, 0), Ok((b"end".to_vec(), 0)), "the end of the connection");
        world.end([near, far]);
    }
    let world = World::new();
    let [near, far] = world.two(true);
    assert_eq!(world.client.send_vectored(near, &[b"datagram"], MSG_DONTROUTE), Ok(8));
    assert_eq!(receive(&world, far, MSG_PUSH_IMMEDIATE), Ok((b"datagram".to_vec(), 0)));
    world.end([near, far]);
}

#[test]
fn the_end_is_zero_bytes_for_streams_and_an_error_for_messages() {
    let _shows = wpu_evidence::tested([
        "message-orientation.end-of-messages-is-error",
        "message-orientation.end-of-stream-is-zero",
        "WSPRecv.WSAEDISCON",
        "WSPRecvFrom.WSAEDISCON",
    ]);
    let ended = Err(WsaError::WSAEDISCON);
    let kinds = STREAMS.map(|kind| (kind, Ok((vec![], 0))));
    for (orientation, end) in kinds.into_iter().chain([(XP1_MESSAGE_ORIENTED, ended)]) {
        let world = World::with(|info| info.dwServiceFlags1 |= orientation);
        let (client, [near, far]) = (&world.client, world.pair());
        let event = world.host.client_event();
        let pending = client.recv_overlapped(far, &[8], 0, Tell::Event(event)).expect("a request");
        client.shutdown(near, SD_SEND).expect("a connection");
        let count = end.as_ref().map(|_| (0, 0)).map_err(|error| *error);
        assert_eq!(client.overlapped_result(&pending, true), count);
        for flags in [0, MSG_PARTIAL, 0] {
            assert_eq!(receive(&world, far, flags), end);
            assert_eq!(client.recv(far, &mut []), count.map(|_| 0));
            assert_eq!(client.recv_from(far, &mut [0; 8]).map(|(got, _)| got), count.map(|_| 0));
        }
        world.host.close_client_event(event).expect("an event");
        world.end([near, far]);
    }
}

#[test]
fn a_send_that_does_not_wait_takes_what_fits() {
    let _shows = wpu_evidence::tested(["data-transfer.stream-send-may-be-short"]);
    let world = World::new();
    let (client, [near, far]) = (&world.client, world.pair());
    client.set_nonblocking(near, true).expect("a socket");
    wire::ROOM.store(5, Ordering::SeqCst);
    assert_eq!(client.send_vectored(near, &[b"abc", b"defg"], 0), Ok(5));
    assert_eq!(client.send(near, b"fg"), Err(WOULD_BLOCK));
    assert_eq!(world.now(far), Ok(b"abcde".to_vec()));
    let mut bytes = *b"fghijklm";
    let mut raw = world.raw(near).with(&mut bytes);
    assert_eq!((raw.call(Call::SendTo), raw.count), (Ok(()), 5));
    assert_eq!(world.now(far), Ok(b"fghij".to_vec()));
    world.end([near, far]);
}

#[test]
fn a_receive_that_waits_for_all_ends_full_or_with_the_connection() {
    let _shows = wpu_evidence::tested(["data-transfer.wait-for-all"]);
    let world = World::new();
    let (client, host) = (&world.client, &world.host);
    for closes in [false, true] {
        let [near, far] = world.pair();
        let (waits, waiting) = mpsc::channel();
        thread::scope(|scope| {
            let receiver = scope.spawn(move || {
                host.set_blocking_hook(move || {
                    let _ = waits.send(());
                    true
                });
                let mut bytes = [0; 5];
                let received = client.recv_vectored(far, &mut [&mut bytes], MSG_WAITALL);
                host.clear_blocking_hook();
                received.map(|received| bytes[..received.bytes].to_vec())
            });
            waiting.recv_timeout(LONG).expect("it waits");
            assert_eq!(client.send(near, b"abc"), Ok(3));
            // The hook runs only while the call waits: once for what it may have begun before.
            waiting.recv_timeout(LONG).expect("it waits");
            waiting.recv_timeout(LONG).expect("it still waits");
            let all = if closes {
                client.shutdown(near, SD_SEND).expect("a connection");
                &b"abc"[..]
            } else {
                assert_eq!(client.send(near, b"defg"), Ok(4));
                b"abcde"
            };
            assert_eq!(receiver.join().expect("no panic"), Ok(all.to_vec()));
        });
        world.close([near, far]);
    }
    let event = host.client_event();
    for (then, count) in [(&b"de"[..], 5), (b"", 3)] {
        let [near, far] = world.pair();
        let request = client.recv_overlapped(far, &[2, 3], MSG_WAITALL, Tell::Event(event));
        let request = request.expect("a request");
        assert_eq!(client.send(near, b"abc"), Ok(3));
        assert_eq!(request.outcome(), None);
        if then.is_empty() {
            client.shutdown(near, SD_SEND).expect("a connection");
        } else {
            assert_eq!(client.send(near, then), Ok(2));
        }
        assert_eq!(client.overlapped_result(&request, true), Ok((count, 0)));
        assert_eq!(request.data(), b"abcde"[..count]);
        world.close([near, far]);
    }
    // Cancelled, or failed.
    let [near, far] = world.pair();
    let request = client.recv_overlapped(far, &[5], MSG_WAITALL, Tell::Event(event)).expect("a request");
    world.close([far]);
    let aborted = Some(WsaError::WSA_OPERATION_ABORTED.code().cast_unsigned());
    assert_eq!(request.outcome().map(|end| end.error), aborted);
    host.close_client_event(event).expect("an event");
    world.end([near]);
}

#[test]
fn a_receive_cannot_always_wait_for_all() {
    let _shows = wpu_evidence::tested(["data-transfer.wait-for-all-refused"]);
    let world = World::new();
    let [near, far] = world.pair();
    let refused = Err(WsaError::WSAEOPNOTSUPP);
    assert_eq!(world.client.send(near, b"12345678"), Ok(8));
    for other in [MSG_OOB, MSG_PEEK, MSG_PARTIAL] {
        assert_eq!(receive(&world, far, MSG_WAITALL | other), refused, "{other:#x}");
    }
    world.client.set_nonblocking(far, true).expect("a socket");
    assert_eq!(receive(&world, far, MSG_WAITALL), refused);
    world.client.set_nonblocking(far, false).expect("a socket");
    assert_eq!(receive(&world, far, MSG_WAITALL), Ok((b"12345678".to_vec(), 0)));
    world.close([near, far]);
    // Messages are received whole anyway.
    let [near, far] = world.two(true);
    assert_eq!(receive(&world, far, MSG_WAITALL), refused);
    world.end([near, far]);
}

#[test]
fn a_request_that_peeks_is_refused() {
    let _checks = wpu_evidence::checked(["data-transfer.peek-is-not-overlapped"]);
    let world = World::new();
    for datagrams in [false, true] {
        let [near, far] = world.two(datagrams);
        assert_eq!(world.client.send(near, b"peek"), Ok(4));
        let refused = world.client.recv_overlapped(far, &[4], MSG_PEEK, Tell::Nobody);
        assert_eq!(refused.map(drop), Err(WsaError::WSAEOPNOTSUPP));
        assert_eq!(receive(&world, far, MSG_PEEK), Ok((b"peek".to_vec(), 0)), "a plain call may peek");
        assert!(world.client.recv_overlapped(far, &[4], 0, Tell::Nobody).is_ok(), "and a request receive");
        world.close([near, far]);
    }
    world.end([]);
}

#[test]
fn a_connection_that_cannot_transmit_is_broken() {
    let _shows = wpu_evidence::tested(["data-transfer.undeliverable-breaks-connection"]);
    let world = World::new();
    let client = &world.client;
    for error in [WsaError::WSAETIMEDOUT, WsaError::WSAECONNABORTED] {
        let [near, far] = world.pair();
        let event = world.host.client_event();
        wire::ROOM.store(1, Ordering::SeqCst);
        let sent = client.send_overlapped(near, &[b"lost"], Tell::Event(event)).expect("a request");
        wire::give_up(error);
        assert_eq!(client.overlapped_result(&sent, true), Err(error));
        for _ in 0..2 {
            assert_eq!(client.send(near, b"more"), Err(error));
            assert_eq!(client.recv(near, &mut [0; 4]), Err(error));
        }
        world.host.close_client_event(event).expect("an event");
        world.close([near, far]);
        wire::reset();
    }
    world.end([]);
}

#[test]
fn urgent_data_is_refused() {
    let _shows = wpu_evidence::tested(["out-of-band.flag-tells-of-support"]);
    let world = World::new();
    for datagrams in [false, true] {
        let [near, far] = world.two(datagrams);
        assert_eq!(world.client.send(near, b"normal"), Ok(6));
        for call in Call::ALL {
            let mut bytes = *b"urgent";
            let mut raw = world.raw(if call.receives() { far } else { near }).with(&mut bytes);
            raw.flags = MSG_OOB;
            assert_eq!(raw.call(call), Err(WsaError::WSAEOPNOTSUPP), "{call:?}");
        }
        assert_eq!(world.now(far), Ok(b"normal".to_vec()));
        world.close([near, far]);
    }
    world.end([]);
}

#[test]
fn data_that_waits_is_given_at_once_and_first() {
    let _shows = wpu_evidence::tested(["data-transfer.waiting-data-comes-first"]);
    let world = World::new();
    let client = &world.client;
    for datagrams in [false, true] {
        let [near, far] = world.two(datagrams);
        let event = world.host.client_event();
        assert_eq!(client.send(near, b"old"), Ok(3));
        let first = client.recv_overlapped(far, &[3], 0, Tell::Event(event)).expect("a request");
        assert_eq!((first.at_once(), first.data()), (Some(3), b"old".to_vec()));
        let second = client.recv_overlapped(far, &[3], 0, Tell::Event(event)).expect("a request");
        assert_eq!((second.at_once(), second.outcome()), (None, None));
        for new in [b"new", b"add"] {
            assert_eq!(client.send(near, new), Ok(3));
        }
        assert_eq!(second.data(), b"new");
        assert_eq!(receive(&world, far, 0), Ok((b"add".to_vec(), 0)));
        world.host.close_client_event(event).expect("an event");
        world.close([near, far]);
    }
    world.end([]);
}

#[test]
fn time_limits_are_those_of_blocking_calls() {
    let _shows = wpu_evidence::tested(["data-transfer.timeouts-for-blocking-only"]);
    let world = World::new();
    let (client, [near, far]) = (&world.client, world.pair());
    for name in [SO_RCVTIMEO, SO_SNDTIMEO] {
        client.set_option(near, SOL_SOCKET, name, &1_u32.to_le_bytes()).expect("an option");
    }
    wire::ROOM.store(1, Ordering::SeqCst);
    assert_eq!(client.send(near, b"-"), Ok(1));
    let events = [(); 2].map(|()| world.host.client_event());
    let received = client.recv_overlapped(near, &[4], 0, Tell::Event(events[0])).expect("a request");
    let sent = client.send_overlapped(near, &[b"sent"], Tell::Event(events[1])).expect("a request");
    // The limit of blocking calls passes meanwhile.
    assert_eq!(client.recv(near, &mut [0]), Err(WsaError::WSAETIMEDOUT));
    assert_eq!(client.send(near, b"x"), Err(WsaError::WSAETIMEDOUT));
    client.set_nonblocking(near, true).expect("a socket");
    assert_eq!(client.recv(near, &mut [0]), Err(WOULD_BLOCK));
    assert_eq!(client.send(near, b"x"), Err(WOULD_BLOCK));
    for event in events {
        assert_eq!(world.host.wait(event, Duration::from_millis(5)), Ok(false));
    }
    wire::ROOM.store(usize::MAX, Ordering::SeqCst);
    assert_eq!(client.recv(far, &mut [0]), Ok(1));
    assert_eq!(client.overlapped_result(&sent, true), Ok((4, 0)));
    assert_eq!(client.send(far, b"back"), Ok(4));
    assert_eq!(client.overlapped_result(&received, true), Ok((4, 0)));
    for event in events {
        world.host.close_client_event(event).expect("an event");
    }
    world.end([near, far]);
}
