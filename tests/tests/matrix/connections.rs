//! Addresses, the queue of a listener, and how connections begin and end.

use super::cells::ON_THE_SYSTEM;
use super::world::{LONG, World};
use std::net::Ipv4Addr;
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

/// All local addresses, with any port.
const ANYWHERE: ([u8; 4], u16) = ([0; 4], 0);

pub fn addresses_come_from_the_client_or_the_provider(world: World) {
    let _shows = world.tested([
        "WSPBind.failure-leaves-unbound",
        "WSPBind.network-byte-order",
        "WSPBind.port-zero-takes-free-one",
        "WSPBind.wildcard-takes-any-address",
        "WSPGetSockName.connected-socket-tells-host",
        "WSPGetSockName.tells-bound-address",
        "WSPGetSockName.wildcard-before-connection",
        "connection-set-up.unbound-socket-gets-address",
    ]);
    let client = &world.client;
    let (one, other) = (world.socket(), world.socket());
    for socket in [one, other] {
        client.bind(socket, (Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
    }
    let address = |socket| client.local_address(socket).expect("an address");
    let (first, second) = (address(one), address(other));
    assert!(first.port() != 0 && second.port() != 0 && first != second, "{first} {second}");
    let third = world.socket();
    assert_eq!(client.bind(third, first), Err(WsaError::WSAEADDRINUSE));
    assert_eq!(client.local_address(third), Err(WsaError::WSAEINVAL), "it has no address");
    world.close([other]);
    let [high, low] = second.port().to_be_bytes();
    client.bind_bytes(third, &[2, 0, high, low, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]).expect("it is free");
    assert_eq!(address(third), second);
    let anywhere = world.socket();
    client.bind(anywhere, ANYWHERE.into()).expect("any address");
    let port = address(anywhere).port();
    assert_ne!(port, 0);
    client.listen(anywhere, 5).expect("a listener");
    let caller = world.socket();
    client.connect(caller, (Ipv4Addr::LOCALHOST, port).into()).expect("a connection");
    assert_eq!(client.bind(caller, ANYWHERE.into()), Err(WsaError::WSAEINVAL), "it has an address by now");
    let (accepted, peer) = client.accept(anywhere).expect("a connection");
    assert_eq!((address(caller), address(accepted)), (peer, (Ipv4Addr::LOCALHOST, port).into()));
    let bound = world.socket();
    client.bind(bound, ANYWHERE.into()).expect("any address");
    client.connect(bound, (Ipv4Addr::LOCALHOST, port).into()).expect("a connection");
    assert_eq!(address(bound).ip(), Ipv4Addr::LOCALHOST, "it names the host");
    world.close([one, third, anywhere, caller, accepted, bound]);
    world.end();
}

pub fn a_listener_keeps_connections_and_can_change_its_backlog(world: World) {
    let _shows = world.tested([
        "WSPConnect.connected-means-usable",
        "WSPListen.backlog-replaced-silently",
        "WSPListen.queue-holds-connections",
        "WSPListen.second-call-changes-backlog",
    ]);
    let client = &world.client;
    for backlog in [-7, 0, i32::MAX, SOMAXCONN] {
        let listener = world.socket();
        client.bind(listener, (Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
        client.listen(listener, backlog).expect("a backlog that can be used instead");
        let near = world.socket();
        client
            .connect(near, client.local_address(listener).expect("an address"))
            .expect("a place in the queue");
        let (far, _) = client.accept(listener).expect("a connection");
        world.close([near, far, listener]);
    }
    let (listener, address) = world.listener();
    client.listen(listener, 3).expect("it listens already");
    let callers = [b"1", b"2", b"3"].map(|text| {
        let caller = world.socket();
        client.connect(caller, address).expect("a place in the queue");
        assert_eq!(client.send(caller, text), Ok(1), "before it is accepted");
        caller
    });
    client.listen(listener, 100).expect("it listens already");
    let late = world.socket();
    client.connect(late, address).expect("a place in the queue");
    for caller in callers {
        let (accepted, peer) = client.accept(listener).expect("it has waited");
        assert_eq!(Ok(peer), client.local_address(caller));
        client.recv_all(accepted, &mut [0]).expect("what was sent before");
        world.close([accepted]);
    }
    let (accepted, _) = client.accept(listener).expect("it has waited");
    world.close(callers);
    world.close([late, accepted, listener]);
    world.end();
}

/// The queue of the system's TCP is its own.
pub fn a_full_queue_refuses_and_a_smaller_one_drops(world: World) {
    let _shows = world.tested(["WSPListen.full-queue-refuses", "WSPListen.smaller-backlog-drops-excess"]);
    let client = &world.client;
    let (listener, address) = world.listener();
    client.listen(listener, 3).expect("it listens already");
    let call = || {
        let caller = world.socket();
        (caller, client.connect(caller, address))
    };
    let callers = [call(), call(), call()].map(|(caller, connected)| {
        connected.expect("a place in the queue");
        caller
    });
    let own_queue = world.cell.base == ON_THE_SYSTEM;
    let (late, connected) = call();
    assert!(own_queue || connected == Err(WsaError::WSAECONNREFUSED), "{connected:?}");
    client.listen(listener, 1).expect("it listens already");
    let (first, _) = client.accept(listener).expect("it has waited longest");
    client.send_all(callers[0], b"x").expect("a peer");
    client.recv_all(first, &mut [0]).expect("what was sent");
    if !own_queue {
        for caller in &callers[1..] {
            assert_eq!(client.recv(*caller, &mut [0]), Err(WsaError::WSAECONNRESET));
        }
        client.set_nonblocking(listener, true).expect("a socket");
        assert_eq!(client.accept(listener), Err(WsaError::WSAEWOULDBLOCK), "nobody is left in the queue");
    }
    world.close(callers);
    world.close([late, first, listener]);
    world.end();
}

pub fn each_way_to_shut_down_ends_its_directions(world: World) {
    let _shows = world.tested([
        "WSPShutdown.both-ends-both",
        "WSPShutdown.receive-end-keeps-sending",
        "WSPShutdown.send-end-is-graceful",
    ]);
    let client = &world.client;
    let shut = Err(WsaError::WSAESHUTDOWN);
    for how in [SD_SEND, SD_RECEIVE, SD_BOTH] {
        let (near, far) = world.pair();
        client.send_all(near, b"last").expect("a peer");
        client.shutdown(near, how).expect("a connection");
        let mut room = [0; 4];
        if how != SD_SEND {
            assert_eq!(client.recv(near, &mut room), shut);
        }
        if how == SD_RECEIVE {
            client.send_all(near, b"more").expect("it still sends");
            client.recv_all(far, &mut room).expect("what was sent");
            client.recv_all(far, &mut room).expect("what was sent");
            assert_eq!(&room, b"more");
        } else {
            assert_eq!(client.send(near, b"more"), Err(WsaError::WSAESHUTDOWN));
            let event = world.watch(far, FD_READ | FD_CLOSE);
            assert_eq!(world.await_events(far, event, FD_READ).0 & FD_READ, FD_READ);
            client.recv_all(far, &mut room).expect("what was sent");
            let (_, errors) = world.await_events(far, event, FD_CLOSE);
            assert_eq!(errors[FD_CLOSE_BIT as usize], 0, "a graceful end");
            assert_eq!(client.recv(far, &mut room), Ok(0));
            world.host.close_client_event(event).expect("an event");
        }
        world.close([near, far]);
    }
    world.end();
}

pub fn a_close_in_peace_loses_nothing(world: World) {
    let _shows = world
        .tested(["linger-and-close.default-close-is-graceful", "linger-and-close.last-close-frees-name"]);
    let client = &world.client;
    for nonblocking in [false, true] {
        let (near, far) = world.pair();
        let sent: Vec<u8> = (0..40_000_u32).map(|number| number.to_le_bytes()[0]).collect();
        client.send_all(near, &sent).expect("a peer");
        client.set_nonblocking(near, nonblocking).expect("a socket");
        world.close([near]);
        let mut received = vec![0; sent.len()];
        client.recv_all(far, &mut received).expect("everything");
        assert_eq!((received == sent, client.recv(far, &mut [0])), (true, Ok(0)));
        world.close([far]);
    }
    let socket = world.socket();
    client.bind(socket, (Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
    let address = client.local_address(socket).expect("an address");
    let other = world.socket();
    assert_eq!(client.bind(other, address), Err(WsaError::WSAEADDRINUSE));
    world.close([socket]);
    client.bind(other, address).expect("the name is free");
    world.close([other]);
    world.end();
}

pub fn calls_on_a_closed_socket_end_without_a_message(world: World) {
    let _shows = world.tested(["WSPCloseSocket.calls-end-without-messages"]);
    let (near, far) = world.pair();
    let (host, client) = (&world.host, &world.client);
    let event = host.client_event();
    std::thread::scope(|scope| {
        let (waits, waiting) = std::sync::mpsc::channel();
        let receiver = scope.spawn(move || {
            host.set_blocking_hook(move || waits.send(()).is_ok());
            client.recv(far, &mut [0])
        });
        waiting.recv_timeout(LONG).expect("it waits");
        let request = client.recv_overlapped(far, &[1], 0, wpu_host::Tell::Event(event)).expect("a request");
        client.async_select(far, host.window(), 0x403, FD_READ | FD_CLOSE).expect("messages");
        client.close(far).expect("a socket to close");
        assert_eq!(receiver.join().expect("no panic"), Err(WsaError::WSAEINTR));
        world.await_event(event);
        let ended = request.outcome().map(|outcome| outcome.error);
        assert_eq!(ended, Some(WsaError::WSA_OPERATION_ABORTED.code().cast_unsigned()));
    });
    assert_eq!(host.messages(), []);
    host.close_client_event(event).expect("an event");
    world.close([near]);
    assert_eq!(host.messages(), []);
    world.end();
}

/// Each provider of the chain names its own entry for each of its handles, and the base when it waits.
pub fn handles_name_entries_of_their_providers(world: World) {
    let _shows = world.tested(["socket-handles.own-entry-named"]);
    let host = &world.host;
    let ((listener, address), near) = (world.listener(), world.socket());
    host.watch(true);
    host.clear_trace();
    // The providers that have named an entry in one of these upcalls, sorted.
    let named = |upcalls: &[&str]| {
        let trace = host.trace();
        let lines = trace.iter().filter(|line| upcalls.contains(&line.upcall.name));
        let mut named: Vec<_> = lines
            .map(|line| {
                let entry = line.arguments.trim_start_matches("entry ").split(',').next();
                world.providers[&entry.and_then(|id| id.parse().ok()).expect("a number")]
            })
            .collect();
        host.clear_trace();
        named.sort_unstable();
        named
    };
    let creates = ["WPUCreateSocketHandle", "WPUModifyIFSHandle"];
    let mut all: Vec<_> = world.providers.values().copied().collect();
    all.sort_unstable();
    all.dedup();
    let other = world.socket();
    assert_eq!(named(&creates), all, "one handle of each provider");
    world.client.connect(near, address).expect("a connection");
    let (far, _) = world.client.accept(listener).expect("a connection");
    assert_eq!(named(&creates), all);
    host.set_blocking_hook(|| false);
    assert_eq!(world.client.recv(far, &mut [0]), Err(WsaError::WSAEINTR));
    host.clear_blocking_hook();
    let mut waited = named(&["WPUQueryBlockingCallback"]);
    waited.dedup();
    assert_eq!(waited, [super::world::BASE]);
    host.watch(false);
    world.close([listener, near, far, other]);
    world.end();
}
