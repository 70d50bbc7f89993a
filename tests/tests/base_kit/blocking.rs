//! Blocking calls, their hooks, and cancelling.

use super::stage::*;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;
use wpu_host::Tell;
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

/// Makes a byte available and tells the endpoint.
fn byte_comes(notify: &wpu::base::Notify) {
    script(|script| script.bytes.push_back(b'x'));
    notify.readable();
}

/// Cancels the blocking call of this thread.
fn cancel(procs: &WSPPROC_TABLE) -> Result<(), WsaError> {
    let cancel = procs.lpWSPCancelBlockingCall.expect("a function");
    // SAFETY: the pointer points to a local of `status`.
    status(|errno| unsafe { cancel(errno) })
}

#[test]
fn a_new_socket_blocks_until_the_client_makes_it_nonblocking() {
    let _shows = wpu_evidence::tested(["blocking.blocking-at-first", "blocking.hooks-still-served"]);
    let world = World::new();
    let (host, client) = (&world.host, &*world.client);
    // A blocking call calls the hook, which ends it.
    let blocks = |socket| {
        host.set_blocking_hook(|| false);
        let received = client.recv(socket, &mut [0]);
        host.clear_blocking_hook();
        match received {
            Err(WsaError::WSAEINTR) => true,
            Err(WsaError::WSAEWOULDBLOCK) => false,
            other => panic!("{other:?}"),
        }
    };
    let event = host.client_event();
    let ways: [&dyn Fn(SOCKET); 3] = [
        &|socket| client.set_nonblocking(socket, true).expect("a socket"),
        &|socket| client.event_select(socket, event, FD_READ).expect("a socket"),
        &|socket| client.async_select(socket, host.window(), 1, FD_READ).expect("a socket"),
    ];
    for make_nonblocking in ways {
        let socket = world.connected(1);
        assert!(blocks(socket));
        script(|script| script.bytes.push_back(b'x'));
        let own = host.client_event();
        let request = client.recv_overlapped(socket, &[1], 0, Tell::Event(own)).expect("a request");
        world_done(client, &request);
        host.close_client_event(own).expect("an event");
        assert!(blocks(socket), "an overlapped request has changed nothing");
        make_nonblocking(socket);
        assert!(!blocks(socket));
        world.close([socket]);
    }
    host.close_client_event(event).expect("an event");
    world.end();
}

/// Waits until a request has ended well.
fn world_done(client: &wpu_host::Client, request: &wpu_host::ClientRequest) {
    assert_eq!(client.overlapped_result(request, true).map(drop), Ok(()));
}

#[test]
fn the_hook_runs_only_while_a_call_waits() {
    let _shows = wpu_evidence::tested(["blocking.hook-only-while-waiting"]);
    let world = World::new();
    let client = &*world.client;
    let (socket, listener) = (world.connected(1), world.listener([2]));
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    world.host.set_blocking_hook(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        false
    });
    script(|script| script.bytes.extend(*b"xx"));
    assert_eq!(client.recv(socket, &mut [0]), Ok(1));
    assert_eq!(client.send(socket, b"x"), Ok(1));
    let (accepted, _) = client.accept(listener).expect("a connection");
    assert_eq!(client.select(&[socket], &[socket], &[], None).map(|selected| selected.count), Ok(2));
    client.recv(socket, &mut [0]).expect("a byte");
    let none = client.select(&[socket], &[], &[], Some(Duration::ZERO)).expect("no time");
    assert_eq!(none.count, 0);
    client.shutdown(accepted, SD_BOTH).expect("a connection");
    client.set_nonblocking(socket, true).expect("a socket");
    assert_eq!(client.recv(socket, &mut [0]), Err(WsaError::WSAEWOULDBLOCK));
    script(|script| script.connecting = Some(WsaError::WSAEWOULDBLOCK));
    let pending = world.socket();
    client.set_nonblocking(pending, true).expect("a socket");
    assert_eq!(client.connect(pending, at(3)), Err(WsaError::WSAEWOULDBLOCK));
    assert_eq!(calls.load(Ordering::SeqCst), 0, "nothing has waited");
    // For a selection the time counts, and not the mode of its sockets.
    assert_eq!(client.select(&[socket], &[], &[], None), Err(WsaError::WSAEINTR));
    assert_eq!(client.select(&[socket], &[], &[], Some(LONG)), Err(WsaError::WSAEINTR));
    assert_eq!(client.accept(listener).map(drop), Err(WsaError::WSAEINTR));
    assert_eq!(calls.load(Ordering::SeqCst), 3);
    world.host.clear_blocking_hook();
    world.close([socket, listener, accepted, pending]);
    world.end();
}

/// What each function answers.
fn call_all(world: &Nested, socket: SOCKET) -> Vec<(&'static str, Result<(), WsaError>)> {
    let (client, procs) = (&*world.client, &world.procs);
    let room = &mut [0; 8];
    let mut qos = QOS::ZERO;
    let name = WSABUF { len: 0, buf: null_mut() };
    let address = bytes(at(7));
    let mut no_data = WSABUF { len: 0, buf: null_mut() };
    let (join, qos_by_name) = (procs.lpWSPJoinLeaf.expect("it"), procs.lpWSPGetQOSByName.expect("it"));
    let (end, clean_up) = (procs.lpWSPRecvDisconnect.expect("it"), procs.lpWSPCleanup.expect("it"));
    let to = address.as_ptr().cast();
    vec![
        ("WSPAccept", client.accept(socket).map(drop)),
        ("WSPAddressToString", client.address_to_string(at(1), None).map(drop)),
        ("WSPAsyncSelect", client.async_select(socket, null_mut(), 0, 0)),
        ("WSPBind", client.bind(socket, at(1))),
        // SAFETY: all pointers of these calls are null where that is allowed, or point to locals.
        ("WSPCleanup", status(|errno| unsafe { clean_up(errno) })),
        ("WSPCloseSocket", client.close(socket)),
        ("WSPConnect", client.connect(socket, at(1))),
        ("WSPDuplicateSocket", client.duplicate(socket, 1).map(drop)),
        ("WSPEnumNetworkEvents", client.enum_network_events(socket, null_mut()).map(drop)),
        ("WSPEventSelect", client.event_select(socket, null_mut(), 0)),
        ("WSPGetPeerName", client.peer_address(socket).map(drop)),
        ("WSPGetSockName", client.local_address(socket).map(drop)),
        ("WSPGetSockOpt", client.number_option(socket, SOL_SOCKET, SO_TYPE).map(drop)),
        (
            "WSPGetQOSByName",
            // SAFETY: as above.
            status(|errno| unsafe {
                i32::from(qos_by_name(socket, &raw const name, &raw mut qos, errno) == 0) * SOCKET_ERROR
            }),
        ),
        ("WSPIoctl", client.ioctl(socket, FIONREAD, &[], room).map(drop)),
        (
            "WSPJoinLeaf",
            // SAFETY: as above.
            made(|errno| unsafe { join(socket, to, 16, null(), null_mut(), null(), null(), JL_BOTH, errno) })
                .map(drop),
        ),
        ("WSPListen", client.listen(socket, 1)),
        ("WSPRecv", client.recv(socket, room).map(drop)),
        // SAFETY: as above.
        ("WSPRecvDisconnect", status(|errno| unsafe { end(socket, &raw mut no_data, errno) })),
        ("WSPRecvFrom", client.recv_from(socket, room).map(drop)),
        ("WSPSelect", client.select(&[socket], &[], &[], Some(Duration::ZERO)).map(drop)),
        ("WSPSend", client.send(socket, b"x").map(drop)),
        ("WSPSendDisconnect", client.send_disconnect(socket, b"")),
        ("WSPSendTo", client.send_to(socket, b"x", at(1)).map(drop)),
        ("WSPSetSockOpt", client.set_option(socket, SOL_SOCKET, SO_KEEPALIVE, &[1, 0, 0, 0])),
        ("WSPShutdown", client.shutdown(socket, SD_SEND)),
        ("WSPSocket", client.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP).map(drop)),
        ("WSPStringToAddress", client.string_to_address("1.2.3.4", AF_INET, None).map(drop)),
    ]
}

/// What the hook needs for its calls.
struct Nested {
    client: Arc<wpu_host::Client>,
    procs: WSPPROC_TABLE,
}

#[test]
fn every_call_from_within_the_hook_is_refused() {
    let _shows = wpu_evidence::tested(["blocking.nested-calls-refused", "WSPCloseSocket.WSAEINPROGRESS"]);
    let world = World::new();
    let (socket, other) = (world.connected(1), world.connected(2));
    let event = world.watch(other, FD_READ);
    let nested = Nested { client: Arc::clone(&world.client), procs: world.procs() };
    let (tell, told) = mpsc::channel();
    log();
    world.host.set_blocking_hook(move || {
        for socket in [socket, other] {
            let _ = tell.send(call_all(&nested, socket));
        }
        let notify = script(|script| script.notifiers[0].clone());
        byte_comes(&notify);
        true
    });
    assert_eq!(world.client.recv(socket, &mut [0]), Ok(1), "the call was not disturbed");
    world.host.clear_blocking_hook();
    let answers: Vec<_> = told.try_iter().flatten().collect();
    assert_eq!(answers.len(), 2 * 28, "all but the cancel, and the query of a request");
    for (name, answer) in answers {
        assert_eq!(answer, Err(WsaError::WSAEINPROGRESS), "{name}");
    }
    assert_eq!(log(), [""; 0], "nothing has happened");
    assert_eq!(world.client.number_option(other, SOL_SOCKET, SO_KEEPALIVE), Ok(0));
    assert_eq!(
        world.client.set_nonblocking(other, false),
        Err(WsaError::WSAEINVAL),
        "events are still selected"
    );
    world.close([socket, other]);
    world.host.close_client_event(event).expect("an event");
    world.end();
}

#[test]
fn a_cancel_ends_the_call_of_its_own_thread_only() {
    let _shows = wpu_evidence::tested(["WSPCancelBlockingCall.own-thread-only"]);
    let world = World::new();
    let one = world.connected(1);
    let other = world.connected(2);
    let (notify, procs) = (newest(), world.procs());
    let (waits, waiting) = mpsc::channel();
    thread::scope(|scope| {
        let world = &world;
        let call = scope.spawn(move || {
            world.host.set_blocking_hook(move || waits.send(()).is_ok());
            let received = world.client.recv(other, &mut [0]);
            world.host.clear_blocking_hook();
            received
        });
        waiting.recv_timeout(LONG).expect("it waits");
        world.host.set_blocking_hook(move || cancel(&procs).is_ok());
        assert_eq!(world.client.recv(one, &mut [0]), Err(WsaError::WSAEINTR));
        world.host.clear_blocking_hook();
        while waiting.try_recv().is_ok() {}
        for _ in 0..2 {
            waiting.recv_timeout(LONG).expect("it still waits");
        }
        byte_comes(&notify);
        assert_eq!(call.join().expect("no panic"), Ok(1));
    });
    world.close([one, other]);
    world.end();
}

#[test]
fn a_cancel_leaves_listeners_and_selected_sockets_as_they_were() {
    let _shows = wpu_evidence::tested(["WSPCancelBlockingCall.accept-and-select-unharmed"]);
    let world = World::new();
    let (listener, socket) = (world.listener([]), world.connected(1));
    let (client, procs) = (&*world.client, world.procs());
    log();
    world.host.set_blocking_hook(move || cancel(&procs).is_ok());
    assert_eq!(client.accept(listener).map(drop), Err(WsaError::WSAEINTR));
    assert_eq!(client.select(&[listener, socket], &[], &[], None), Err(WsaError::WSAEINTR));
    world.host.clear_blocking_hook();
    assert_eq!(log(), [""; 0]);
    script(|script| {
        script.incoming.push_back(5);
        script.bytes.push_back(b'x');
    });
    let selected = client.select(&[listener, socket], &[], &[], Some(LONG)).expect("both are ready");
    assert_eq!(selected.read, [listener, socket]);
    let (accepted, peer) = client.accept(listener).expect("a connection");
    assert_eq!((peer, client.recv(socket, &mut [0]), client.send(socket, b"x")), (at(5), Ok(1), Ok(1)));
    world.close([listener, socket, accepted]);
    world.end();
}

#[test]
fn a_socket_can_be_reset_after_its_call_was_cancelled() {
    let _shows = wpu_evidence::tested(["WSPCancelBlockingCall.close-works-after-cancel"]);
    let world = World::new();
    let (plain, reset) = (world.connected(1), world.connected(2));
    let procs = world.procs();
    world.host.set_blocking_hook(move || cancel(&procs).is_ok());
    for socket in [plain, reset] {
        assert_eq!(world.client.recv(socket, &mut [0]), Err(WsaError::WSAEINTR));
    }
    world.host.clear_blocking_hook();
    world.client.set_option(reset, SOL_SOCKET, SO_LINGER, &[1, 0, 0, 0]).expect("an option");
    log();
    world.close([plain, reset]);
    assert_eq!(log(), ["close 1", "reset 2"]);
    world.end();
}

#[test]
fn a_call_without_a_hook_neither_polls_nor_asks_for_one_again() {
    let _shows = wpu_evidence::tested(["blocking.native-wait-without-hook"]);
    let world = World::new();
    let socket = world.connected(1);
    let notify = newest();
    world.host.watch(true);
    let asked = || {
        let trace = world.host.trace();
        trace.iter().filter(|line| line.upcall.name == "WPUQueryBlockingCallback").count()
    };
    thread::scope(|scope| {
        let call = scope.spawn(|| world.client.recv(socket, &mut [0]));
        while asked() == 0 {
            thread::yield_now();
        }
        // Several intervals of a hook, in which a call that polls would have made further attempts.
        thread::sleep(Duration::from_millis(50));
        assert_eq!((asked(), script(|script| script.attempts)), (1, 1));
        byte_comes(&notify);
        assert_eq!(call.join().expect("no panic"), Ok(1));
    });
    assert_eq!(asked(), 1);
    world.close([socket]);
    world.end();
}
