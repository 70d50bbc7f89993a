//! Network events, window messages and `WSPSelect`.

use super::world::{LONG, World};
use std::thread;
use std::time::Duration;
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

pub fn d_27_accepted_sockets_inherit_events(world: World) {
    let _shows =
        world.tested(["WSPEnumNetworkEvents.copies-then-clears", "network-events.close-not-told-as-read"]);
    let (listener, address) = world.listener();
    let client = &world.client;
    let event = world.watch(listener, FD_ACCEPT | FD_READ | FD_WRITE | FD_CLOSE);
    let near = world.socket();
    client.connect(near, address).expect("a connection");
    let (seen, _) = world.await_events(listener, event, FD_ACCEPT);
    assert_eq!(seen, FD_ACCEPT);
    let (far, _) = client.accept(listener).expect("a caller");
    let (seen, errors) = world.await_events(far, event, FD_WRITE);
    assert_eq!(
        (seen, errors[FD_WRITE_BIT as usize]),
        (FD_WRITE, 0),
        "there is room at once, and nothing else"
    );
    client.send_all(near, b"x").expect("a peer");
    assert_eq!(world.await_events(far, event, FD_READ).0, FD_READ);
    world.close([near]);
    assert_eq!(client.recv(far, &mut [0]), Ok(1));
    assert_eq!(world.await_events(far, event, FD_CLOSE), (FD_CLOSE, [0; 10]));
    world.close([listener, far]);
    world.host.close_client_event(event).expect("an event");
    world.end();
}

pub fn an_event_comes_again_only_after_its_call(world: World) {
    let _shows = world.tested([
        "WSPEnumNetworkEvents.empty-record-succeeds",
        "control-codes.watched-sockets-stay-nonblocking",
        "WSPRecv.WSAEWOULDBLOCK",
    ]);
    let (near, far) = world.pair();
    let client = &world.client;
    let event = world.watch(far, FD_READ | FD_CLOSE);
    client.send_all(near, b"one").expect("a peer");
    assert_eq!(world.await_events(far, event, FD_READ).0, FD_READ);
    client.send_all(near, b"two").expect("a peer");
    assert_eq!(client.recv(far, &mut [0]), Ok(1));
    assert_eq!(world.await_events(far, event, FD_READ).0, FD_READ, "there are more bytes");
    let mut rest = [0; 5];
    client.recv_all(far, &mut rest).expect("five bytes");
    assert_eq!(&rest, b"netwo");
    let _ = client.enum_network_events(far, event);
    assert_eq!(client.recv(far, &mut rest), Err(WsaError::WSAEWOULDBLOCK));
    assert_eq!(client.enum_network_events(far, event).map(|news| news.events), Ok(0));
    // An empty selection ends the events, and the socket stays non-blocking until its mode is changed.
    client.event_select(far, std::ptr::null_mut(), 0).expect("events");
    assert_eq!(client.recv(far, &mut rest), Err(WsaError::WSAEWOULDBLOCK));
    client.set_nonblocking(far, false).expect("no events are selected");
    world.close([near, far]);
    world.host.close_client_event(event).expect("an event");
    world.end();
}

pub fn there_is_room_again(world: World) {
    let _shows = world.tested([
        "network-events.told-at-selection",
        "network-events.write-after-would-block",
        "control-codes.watched-sockets-stay-nonblocking",
    ]);
    let (near, far) = world.pair();
    let client = &world.client;
    let event = world.watch(near, FD_WRITE);
    assert_eq!(world.await_events(near, event, FD_WRITE).0, FD_WRITE, "there is room at first");
    let chunk = vec![1; 1 << 20];
    let mut sent = 0;
    while let Ok(count) = client.send(near, &chunk) {
        sent += count;
    }
    thread::scope(|scope| {
        scope.spawn(|| client.recv_all(far, &mut vec![0; sent]).expect("what was sent"));
        world.await_events(near, event, FD_WRITE);
    });
    assert!(client.send(near, b"more").is_ok());
    assert_eq!(client.set_nonblocking(near, false), Err(WsaError::WSAEINVAL), "events are selected");
    world.close([near, far]);
    world.host.close_client_event(event).expect("an event");
    world.end();
}

pub fn connecting_is_told(world: World) {
    let _shows = world.tested(["WSPConnect.WSAEISCONN"]);
    let (listener, address) = world.listener();
    let client = &world.client;
    let near = world.socket();
    let event = world.watch(near, FD_CONNECT | FD_WRITE);
    assert!(matches!(client.connect(near, address), Ok(()) | Err(WsaError::WSAEWOULDBLOCK)));
    let (_, errors) = world.await_events(near, event, FD_CONNECT);
    assert_eq!(errors, [0; 10]);
    assert_eq!(client.connect(near, address), Err(WsaError::WSAEISCONN));
    world.close([listener, near]);
    world.await_refusal(address);
    let late = world.socket();
    let other = world.watch(late, FD_CONNECT);
    match client.connect(late, address) {
        Err(WsaError::WSAECONNREFUSED) => {}
        Err(WsaError::WSAEWOULDBLOCK) => {
            let (_, errors) = world.await_events(late, other, FD_CONNECT);
            assert_eq!(errors[FD_CONNECT_BIT as usize], WsaError::WSAECONNREFUSED.code());
            let selected = client.select(&[], &[late], &[late], Some(LONG)).expect("a selection");
            assert_eq!((selected.write, selected.except), (vec![], vec![late]));
            assert_eq!(client.number_option(late, SOL_SOCKET, SO_ERROR), Ok(10061));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(client.number_option(late, SOL_SOCKET, SO_ERROR).map(|_| ()), Ok(()));
    world.close([late]);
    for event in [event, other] {
        world.host.close_client_event(event).expect("an event");
    }
    world.end();
}

pub fn d_19_messages_carry_the_handle_and_stop(world: World) {
    const MESSAGE: u32 = 0x401;
    let _shows = world.tested([
        "WSPAsyncSelect.posts-through-upcall",
        "WSPAsyncSelect.message-as-asked",
        "network-events.told-at-selection",
    ]);
    let (near, far) = world.pair();
    let (client, window) = (&world.client, world.host.window());
    client.send_all(near, b"xy").expect("a peer");
    client.select(&[far], &[], &[], Some(LONG)).expect("a selection");
    client.async_select(far, window, MESSAGE, FD_READ | FD_CLOSE).expect("messages");
    assert_eq!(world.await_messages(1).len(), 1, "there is something to read already");
    assert_eq!(client.recv(far, &mut [0]), Ok(1));
    let messages = world.await_messages(2);
    assert_eq!(messages.len(), 2, "there was more to read");
    for message in &messages {
        assert_eq!((message.window, message.message), (window, MESSAGE));
        assert_eq!((message.wparam, message.lparam), (far, FD_READ as isize));
    }
    client.send_all(near, b"z").expect("a peer");
    world.close([far]);
    let after = world.host.messages().len();
    world.close([near]);
    assert_eq!(world.host.messages().len(), after, "nothing is posted for a socket that is closed");
    world.end();
}

/// For the host, a message after the close belongs to no socket.
pub fn d_19_no_message_comes_after_a_close(world: World) {
    let (client, window) = (&world.client, world.host.window());
    for _ in 0..100 {
        let (near, far) = world.pair();
        client.async_select(far, window, 0x402, FD_READ | FD_WRITE | FD_CLOSE).expect("messages");
        thread::scope(|scope| {
            scope.spawn(|| client.send_all(near, b"x"));
            scope.spawn(|| world.close([far]));
        });
        world.close([near]);
    }
    world.end();
}

pub fn d_21_select_waits_and_clears(world: World) {
    let _shows = world.tested([
        "WSPSelect.null-timeout-waits",
        "WSPSelect.sets-keep-the-ready",
        "WSPSelect.readable-when-data-waits",
        "WSPSelect.writable-when-sending-works",
    ]);
    let (near, far) = world.pair();
    let (other_near, other_far) = world.pair();
    let client = &world.client;
    thread::scope(|scope| {
        let selecting = scope.spawn(|| client.select(&[far, other_far], &[], &[far, other_far], None));
        client.send_all(other_near, b"x").expect("a peer");
        let selected = selecting.join().expect("no panic").expect("a selection");
        assert_eq!((selected.read, selected.except), (vec![other_far], vec![]));
    });
    let selected = client.select(&[far, other_far], &[near, far], &[], Some(LONG)).expect("a selection");
    assert_eq!((selected.count, selected.read, selected.write), (3, vec![other_far], vec![near, far]));
    thread::scope(|scope| {
        let selecting = scope.spawn(|| client.select(&[far], &[], &[], Some(LONG)));
        client.close(near).expect("a socket to close");
        assert_eq!(selecting.join().expect("no panic").map(|selected| selected.read), Ok(vec![far]));
    });
    assert_eq!(client.select(&[far, 0x5], &[], &[], None), Err(WsaError::WSAENOTSOCK));
    world.close([far, other_near, other_far]);
    world.end();
}

pub fn d_21_select_counts_with_no_time_and_for_ever(world: World) {
    let _shows = world.tested(["WSPSelect.time-out-clears-sets"]);
    let (near, far) = world.pair();
    let client = &world.client;
    for time in [Duration::ZERO, Duration::from_millis(5)] {
        let selected = client.select(&[near, far], &[], &[near], Some(time)).expect("no time is no error");
        assert_eq!((selected.count, selected.read, selected.except), (0, vec![], vec![]));
    }
    world.close([near, far]);
    world.end();
}
