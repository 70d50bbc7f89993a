//! The end of sending and of receiving: `WSPShutdown`, `WSPSendDisconnect` and `WSPRecvDisconnect`.

use super::raw::Call;
use super::{LONG, World, at, wire};
use std::ptr::null_mut;
use std::sync::atomic::Ordering;
use wpu_host::Tell;
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

const ENDED: WsaError = WsaError::WSAESHUTDOWN;

/// What each of the four functions answers for a socket, and with a request.
fn answers(world: &World, socket: SOCKET, receives: bool) -> [Result<(), WsaError>; 4] {
    let calls = if receives { [Call::Recv, Call::RecvFrom] } else { [Call::Send, Call::SendTo] };
    let request = world.host.request(null_mut());
    let cases = [null_mut(), request.as_ptr()].into_iter().flat_map(|at| calls.map(|call| (at, call)));
    let answers: Vec<_> = cases
        .map(|(overlapped, call)| {
            let mut bytes = [0; 4];
            let mut raw = world.raw(socket).with(&mut bytes);
            raw.overlapped = overlapped;
            raw.call(call)
        })
        .collect();
    answers.try_into().expect("four")
}

/// A way to end a direction of a socket.
type End = fn(&World, SOCKET) -> Result<(), WsaError>;

/// The two ways to end reception or sending of a socket.
fn ways(receives: bool) -> [End; 2] {
    if receives {
        [
            |world, socket| world.client.shutdown(socket, SD_RECEIVE),
            |world, socket| world.raw(socket).disconnect(true, null_mut()),
        ]
    } else {
        [
            |world, socket| world.client.shutdown(socket, SD_SEND),
            |world, socket| world.raw(socket).disconnect(false, null_mut()),
        ]
    }
}

#[test]
fn ending_reception_lets_sending_go_on() {
    let _shows = wpu_evidence::tested([
        "WSPRecvDisconnect.ends-reception",
        "WSPRecvDisconnect.no-support-need-not-fail",
    ]);
    let world = World::new();
    for datagrams in [false, true] {
        let [near, far] = world.two(datagrams);
        let mut memory = [0xee; 4];
        let mut data = WSABUF { len: 4, buf: memory.as_mut_ptr() };
        assert_eq!(world.raw(near).disconnect(true, &raw mut data), Ok(()));
        assert_eq!((data.len, memory), (0, [0xee; 4]), "there is no data");
        assert_eq!(answers(&world, near, true), [Err(ENDED); 4]);
        assert_eq!(world.client.send(near, b"sent"), Ok(4));
        assert_eq!(world.now(far), Ok(b"sent".to_vec()));
        world.close([near, far]);
    }
    world.end([]);
}

#[test]
fn a_failed_call_leaves_the_memory_for_disconnect_data() {
    let _shows = wpu_evidence::tested(["WSPRecvDisconnect.lpInboundDisconnectData.written-on-success"]);
    let world = World::new();
    let fresh = world.client.socket_in(world.streams).expect("a socket");
    let mut memory = [0xee; 4];
    let mut data = WSABUF { len: 4, buf: memory.as_mut_ptr() };
    assert_eq!(world.raw(fresh).disconnect(true, &raw mut data), Err(WsaError::WSAENOTCONN));
    assert_eq!((data.len, memory), (4, [0xee; 4]));
    world.end([fresh]);
}

#[test]
fn data_meets_the_same_end_whichever_function_ended_reception() {
    let _shows = wpu_evidence::tested(["WSPRecvDisconnect.late-data-as-after-shutdown"]);
    let world = World::new();
    let seen = ways(true).map(|end| {
        let [near, far] = world.pair();
        let client = &world.client;
        assert_eq!(client.send(far, b"queued"), Ok(6));
        end(&world, near).expect("a connection");
        let late = client.send(far, b"late");
        let mut waiting = [0; 4];
        let counted = client.ioctl(near, FIONREAD, &[], &mut waiting).map(|_| waiting);
        let selected = client.select(&[near], &[], &[], Some(LONG)).map(|found| found.read == [near]);
        let received = answers(&world, near, true);
        let sent = client.send(near, b"still");
        let at_peer = world.now(far);
        world.close([near]);
        let after = client.recv(far, &mut [0; 4]);
        world.close([far]);
        (late, counted, selected, received, sent, at_peer, after)
    });
    assert_eq!(seen[0], seen[1]);
    world.end([]);
}

#[test]
fn ending_sending_lets_receiving_go_on() {
    let _shows = wpu_evidence::tested([
        "ending-transfer.ended-stays-ended",
        "ending-transfer.socket-stays-open",
        "WSPSendDisconnect.begins-graceful-end",
        "WSPSendDisconnect.ends-sending",
        "WSPSendDisconnect.null-data-is-shutdown",
    ]);
    let world = World::new();
    let client = &world.client;
    for end in ways(false) {
        let [near, far] = world.pair();
        let names = (client.local_address(near), client.peer_address(near));
        client.set_option(near, SOL_SOCKET, SO_SNDTIMEO, &77_u32.to_le_bytes()).expect("an option");
        // Data that was taken and not sent yet is sent, and then the end.
        wire::ROOM.store(4, Ordering::SeqCst);
        let request = client.send_overlapped(near, &[b"before the end"], Tell::Nobody).expect("a request");
        assert_eq!(request.outcome(), None);
        end(&world, near).expect("a connection");
        assert_eq!(answers(&world, near, false), [Err(ENDED); 4]);
        let mut all = Vec::new();
        loop {
            let part = world.now(far).expect("bytes or the end");
            all.extend_from_slice(&part);
            if part.is_empty() {
                break;
            }
        }
        assert_eq!(all, b"before the end");
        assert_eq!(request.outcome().map(|end| end.error), Some(0));
        assert_eq!(client.recv(far, &mut [0]), Ok(0));
        wire::reset();
        assert_eq!(client.send(far, b"back"), Ok(4));
        assert_eq!(world.now(near), Ok(b"back".to_vec()));
        // The socket stays what it was, and what has ended stays ended.
        assert_eq!((client.local_address(near), client.peer_address(near)), names);
        assert_eq!(client.number_option(near, SOL_SOCKET, SO_SNDTIMEO), Ok(77));
        assert!(client.connect(near, at(9)).is_err() && client.listen(near, 1).is_err());
        for again in [SD_SEND, SD_RECEIVE, SD_SEND, SD_BOTH] {
            client.shutdown(near, again).expect("a connection");
            assert_eq!(answers(&world, near, false), [Err(ENDED); 4]);
        }
        assert_eq!(answers(&world, near, true), [Err(ENDED); 4]);
        assert!(client.connect(near, at(9)).is_err());
        assert_eq!(answers(&world, near, true), [Err(ENDED); 4]);
        assert_eq!((client.local_address(near), client.peer_address(near)), names);
        world.close([near, far]);
    }
    world.end([]);
}

#[test]
fn disconnect_data_is_refused_and_ends_nothing() {
    let _shows = wpu_evidence::tested(["WSPSendDisconnect.refusal-ends-nothing"]);
    let world = World::new();
    let (client, [near, far]) = (&world.client, world.pair());
    assert_eq!(client.send_disconnect(near, b"farewell"), Err(WsaError::WSAENOPROTOOPT));
    assert_eq!(client.send(near, b"not the end"), Ok(11));
    assert_eq!(world.now(far), Ok(b"not the end".to_vec()));
    assert_eq!(world.now(far), Err(super::WOULD_BLOCK));
    world.end([near, far]);
}

#[test]
fn no_end_waits() {
    let _shows = wpu_evidence::tested(["ending-transfer.ends-without-waiting"]);
    let world = World::new();
    let client = &world.client;
    let both: End = |world, socket| world.client.shutdown(socket, SD_BOTH);
    for end in ways(true).into_iter().chain(ways(false)).chain([both]) {
        let [near, far] = world.pair();
        client.set_option(near, SOL_SOCKET, SO_LINGER, &[1, 0, 60, 0]).expect("an option");
        wire::ROOM.store(1, Ordering::SeqCst);
        let request = client.send_overlapped(near, &[b"unsent"], Tell::Nobody).expect("a request");
        // Nobody receives, so that a call that waited would not return.
        end(&world, near).expect("a connection");
        assert_eq!(request.outcome(), None);
        wire::reset();
        world.close([near, far]);
    }
    world.end([]);
}

#[test]
fn datagrams_are_queued_after_the_end_of_reception() {
    let _shows = wpu_evidence::tested(["ending-transfer.receive-end-keeps-datagrams"]);
    let world = World::new();
    for end in ways(true) {
        let [near, far] = world.bound();
        end(&world, far).expect("a socket");
        for count in 1..4 {
            assert_eq!(world.client.send_to(near, b"unread", at(2)), Ok(6));
            assert_eq!(world.client.recv(far, &mut [0; 8]), Err(ENDED));
            assert_eq!(wire::queued(2).len(), count);
        }
        world.close([near, far]);
    }
    world.end([]);
}
