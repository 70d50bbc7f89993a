//! Overlapped requests: completed once, with each kind of notification, in order.

use super::world::{LONG, World};
use std::ptr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use wpu_host::{CompletionStatus, Port, Tell};
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

const DONE: u32 = 0;

pub fn d_15_by_event(world: World) {
    let _shows = world.tested([
        "overlapped.event-is-cleared-first",
        "overlapped.event-is-set",
        "data-transfer.buffers-filled-in-order",
        "message-orientation.one-byte-is-enough",
        "WSPGetOverlappedResult.polling-does-not-wait",
        "WSPGetOverlappedResult.WSA_IO_INCOMPLETE",
        "WSPRecv.WSA_IO_PENDING",
    ]);
    let (near, far) = world.pair();
    let client = &world.client;
    let event = world.host.client_event();
    let request = client.recv_overlapped(far, &[8], 0, Tell::Event(event)).expect("a request");
    assert_eq!(request.outcome(), None);
    assert_eq!(client.overlapped_result(&request, false), Err(WsaError::WSA_IO_INCOMPLETE));
    client.send_all(near, b"bytes").expect("a peer");
    world.await_event(event);
    assert_eq!(request.data(), b"bytes");
    assert_eq!(client.overlapped_result(&request, false), Ok((5, 0)));
    // A notified client finds the result, however early it queries.
    for round in 0..200_u32 {
        // The event of the round before is still set.
        let request = client.recv_overlapped(far, &[8], 0, Tell::Event(event)).expect("a request");
        client.send_all(near, &round.to_le_bytes()).expect("a peer");
        world.await_event(event);
        assert_eq!(client.overlapped_result(&request, false), Ok((4, 0)), "round {round}");
        assert_eq!(request.data(), round.to_le_bytes());
    }
    // An immediate success has been reported already.
    world.host.reset_event(event).expect("an event");
    client.send_all(near, b"more").expect("a peer");
    client.select(&[far], &[], &[], Some(LONG)).expect("a selection");
    let request = client.recv_overlapped(far, &[2, 2], 0, Tell::Event(event)).expect("a request");
    world.await_event(event);
    assert_eq!(request.data(), b"more");
    world.close([near, far]);
    world.host.close_client_event(event).expect("an event");
    world.end();
}

pub fn d_16_by_routine(world: World) {
    let _shows = world.tested(["overlapped.routine-gets-the-result"]);
    let (near, far) = world.pair();
    let client = &world.client;
    let (told, hear) = mpsc::channel();
    let tell = || {
        let told = told.clone();
        Tell::routine(move |outcome| told.send(outcome).expect("somebody hears"))
    };
    let received = client.recv_overlapped(far, &[8], 0, tell()).expect("a request");
    let sent = client.send_overlapped(near, &[b"rou", b"tine"], tell()).expect("a request");
    for _ in 0..2 {
        while hear
            .try_recv()
            .map(|outcome| assert_eq!(outcome, CompletionStatus { error: DONE, transferred: 7, flags: 0 }))
            .is_err()
        {
            assert!(world.host.sleep_alertable(LONG) > 0, "it runs on this thread, when that sleeps");
        }
    }
    assert_eq!(received.data(), b"routine");
    assert!(sent.outcome().is_some());
    world.close([near, far]);
    world.end();
}

pub fn d_16_by_port(world: World) {
    let _shows =
        world.tested(["overlapped.neither-event-nor-routine", "WPUCreateSocketHandle.port-can-be-bound"]);
    let (near, far) = world.pair();
    let (client, port) = (&world.client, Port::new());
    world.host.bind_port(far, &port, 7).expect("a socket");
    let request = client.recv_overlapped(far, &[8], 0, Tell::Nobody).expect("a request");
    client.send_all(near, b"port").expect("a peer");
    let packet = port.get(LONG).expect("a packet");
    assert_eq!((packet.key, packet.operation.as_ptr()), (7, request.as_ptr()));
    assert_eq!((packet.error, packet.transferred), (DONE, 4));
    assert_eq!(request.data(), b"port");
    assert_eq!(port.get(Duration::ZERO), None);
    world.close([near, far]);
    world.end();
}

pub fn in_order_and_all_bytes(world: World) {
    const PARTS: usize = 40;
    const PART: usize = 200_000;
    let _shows = world.tested([
        "overlapped.every-provider-has-it",
        "overlapped.sends-keep-their-order",
        "overlapped.receives-keep-their-order",
    ]);
    let (near, far) = world.pair();
    let (client, port) = (&world.client, Port::new());
    world.host.bind_port(near, &port, 1).expect("a socket");
    let requests: Vec<_> = (0..PARTS)
        .map(|part| {
            let bytes = vec![u8::try_from(part).expect("few parts"); PART];
            client.send_overlapped(near, &[&bytes], Tell::Nobody).expect("a request")
        })
        .collect();
    thread::scope(|scope| {
        let receiver = scope.spawn(|| {
            let mut bytes = vec![0; PARTS * PART];
            client.recv_all(far, &mut bytes).map(|()| bytes)
        });
        for request in &requests {
            let packet = port.get(LONG).expect("a packet for each");
            assert_eq!(packet.operation.as_ptr(), request.as_ptr(), "in the order of the requests");
            assert_eq!(packet.transferred as usize, PART);
        }
        let bytes = receiver.join().expect("no panic").expect("all bytes");
        for (part, bytes) in bytes.chunks(PART).enumerate() {
            assert!(bytes.iter().all(|byte| usize::from(*byte) == part), "part {part}");
        }
    });
    // Receiving requests are filled in order too.
    let event = world.host.client_event();
    let requests: Vec<_> = (0..3)
        .map(|_| client.recv_overlapped(far, &[2], 0, Tell::Event(event)).expect("a request"))
        .collect();
    assert_eq!(client.send(near, b"aabbcc"), Ok(6));
    for (request, bytes) in requests.iter().zip([b"aa", b"bb", b"cc"]) {
        assert_eq!(client.overlapped_result(request, true), Ok((2, 0)));
        assert_eq!(request.data(), bytes);
    }
    world.close([near, far]);
    world.host.close_client_event(event).expect("an event");
    world.end();
}

pub fn d_02_closing_aborts_what_is_pending(world: World) {
    let _shows = world.tested(["WSPRecv.WSA_OPERATION_ABORTED"]);
    let (near, far) = world.pair();
    let client = &world.client;
    let event = world.host.client_event();
    let request = client.recv_overlapped(far, &[8], 0, Tell::Event(event)).expect("a request");
    client.close(far).expect("a socket to close");
    world.await_event(event);
    let aborted = WsaError::WSA_OPERATION_ABORTED.code().cast_unsigned();
    assert_eq!(request.outcome().map(|outcome| outcome.error), Some(aborted));
    assert!(client.recv(far, &mut [0]).is_err());
    assert_eq!(client.close(far), Err(WsaError::WSAENOTSOCK));
    world.close([near]);
    world.host.close_client_event(event).expect("an event");
    world.end();
}

pub fn shutting_down_ends_what_is_pending(world: World) {
    let _shows = world.tested(["WSPShutdown.send-end-follows-data"]);
    let (near, far) = world.pair();
    let client = &world.client;
    let (event, port) = (world.host.client_event(), Port::new());
    // After the peer's shutdown, requests complete with success, in order.
    world.host.bind_port(far, &port, 0).expect("a socket");
    let first = client.recv_overlapped(far, &[8], 0, Tell::Nobody).expect("a request");
    let second = client.recv_overlapped(far, &[8], 0, Tell::Nobody).expect("a request");
    client.send_all(near, b"end").expect("a peer");
    client.shutdown(near, SD_SEND).expect("a connection");
    for (request, count) in [(&first, 3), (&second, 0)] {
        let packet = port.get(LONG).expect("a packet");
        assert_eq!((packet.operation.as_ptr(), packet.error), (request.as_ptr(), DONE));
        assert_eq!(packet.transferred, count);
    }
    // Bytes that were sent before the sender's own shutdown arrive.
    let bytes = vec![9; 4 << 20];
    let sent = client.send_overlapped(far, &[&bytes], Tell::Event(event.map_addr(|event| event | 1)));
    let sent = sent.expect("a request");
    client.shutdown(far, SD_SEND).expect("a connection");
    let mut received = vec![0; bytes.len()];
    client.recv_all(near, &mut received).expect("all of it");
    assert!(received == bytes && client.recv(near, &mut [0]) == Ok(0));
    world.await_event(event);
    assert_eq!(client.overlapped_result(&sent, false), Ok((bytes.len(), 0)));
    world.close([near, far]);
    world.host.close_client_event(event).expect("an event");
    world.end();
}

pub fn the_result_can_be_waited_for(world: World) {
    let (near, far) = world.pair();
    let client = &world.client;
    let event = world.host.client_event();
    let request = client.recv_overlapped(far, &[8], 0, Tell::Event(event)).expect("a request");
    thread::scope(|scope| {
        let waiter = scope.spawn(|| client.overlapped_result(&request, true));
        client.send_all(near, b"x").expect("a peer");
        assert_eq!(waiter.join().expect("no panic"), Ok((1, 0)));
    });
    world.close([near]);
    let ended = client.recv_overlapped(far, &[8], 0, Tell::Event(event)).expect("a request");
    assert_eq!(client.overlapped_result(&ended, true), Ok((0, 0)), "the end is no error");
    world.close([far]);
    world.host.close_client_event(event).expect("an event");
    world.end();
}

pub fn d_10_clean_up_tells_nobody_and_leaves_nothing(world: World) {
    let _shows = world.tested(["WSPCleanup.can-start-again"]);
    let (near, far) = world.pair();
    let client = &world.client;
    let event = world.host.client_event();
    let request = client.recv_overlapped(far, &[8], 0, Tell::Event(event)).expect("a request");
    client.event_select(near, event, FD_READ | FD_CLOSE).expect("events");
    client.clean_up().expect("it is the last one");
    assert!(world.host.left_open().is_empty(), "{:?}", world.host.left_open());
    assert_eq!(world.host.wait(event, Duration::ZERO), Ok(false), "no completion is reported");
    assert!(request.outcome().is_some(), "its structure says that it is over");
    // It can be started again immediately.
    client.start_up();
    let (near, far) = world.pair();
    client.send_all(near, b"again").expect("a peer");
    client.recv_all(far, &mut [0; 5]).expect("five bytes");
    client.event_select(near, ptr::null_mut(), 0).expect("events");
    world.host.close_client_event(event).expect("an event");
    // The last clean-up closes two sockets.
    world.end();
}
