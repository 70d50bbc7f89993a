//! `WSPAccept`: the queue, the condition function, and what failures leave.

use super::stage::*;
use std::ptr;
use std::thread;
use wpu_host::ConditionResult;
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

/// A condition function, which calls the closure that its context names.
unsafe extern "system" fn ask(
    _: LPWSABUF,
    _: LPWSABUF,
    _: LPQOS,
    _: LPQOS,
    _: LPWSABUF,
    _: LPWSABUF,
    _: *mut GROUP,
    context: DWORD_PTR,
) -> i32 {
    // SAFETY: the context is that of `accept`, which waits for the provider and does not use the closure meanwhile.
    let answer = unsafe { &mut *ptr::with_exposed_provenance_mut::<&mut dyn FnMut() -> i32>(context) };
    answer()
}

/// Memory for an address, behind which other memory of the client is.
struct PeerAddress {
    bytes: [u8; 32],
    len: i32,
}

const UNTOUCHED: [u8; 32] = [0xee; 32];

impl PeerAddress {
    fn new(len: i32) -> Self {
        Self { bytes: UNTOUCHED, len }
    }

    /// Whether it holds the address of this peer, and nothing else was written.
    fn shows(&self, port: u16) -> bool {
        let address = bytes(at(port));
        self.len == 16 && self.bytes[..16] == address && self.bytes[16..] == UNTOUCHED[16..]
    }
}

/// Calls `WSPAccept`, with this condition function if there is one.
fn accept(
    world: &World,
    listener: SOCKET,
    room: &mut PeerAddress,
    mut condition: Option<&mut dyn FnMut() -> i32>,
) -> Result<SOCKET, WsaError> {
    let accept = world.procs().lpWSPAccept.expect("a function");
    let (address, len) = (room.bytes.as_mut_ptr().cast(), &raw mut room.len);
    let function: LPCONDITIONPROC = condition.is_some().then_some(ask as _);
    // Without a function the context means nothing.
    let context = condition.as_mut().map_or(0xbad, |closure| ptr::from_mut(closure).expose_provenance());
    // SAFETY: the pointers point to locals, and the context is valid for the function until the call returns.
    made(|errno| unsafe { accept(listener, address, len, function, context, errno) })
}

const REFUSED: WsaError = WsaError::WSAECONNREFUSED;

#[test]
fn the_address_of_the_peer_comes_whatever_the_client_decides() {
    let _shows = wpu_evidence::tested([
        "WSPAccept.address-whatever-is-decided",
        "WSPAccept.addr.within-length",
        "WSPAccept.deferred-stays-first",
        "WSPAccept.WSAECONNREFUSED",
        "WSPAccept.WSATRY_AGAIN",
    ]);
    let world = World::new();
    let listener = world.listener([1, 2]);
    for (answer, peer, error) in
        [(CF_DEFER, 1, Some(WsaError::WSATRY_AGAIN)), (CF_REJECT, 1, Some(REFUSED)), (CF_ACCEPT, 2, None)]
    {
        let mut room = PeerAddress::new(20);
        let accepted = accept(&world, listener, &mut room, Some(&mut || answer));
        assert_eq!(accepted.err(), error);
        assert!(room.shows(peer), "{answer}: {:?}", room.bytes);
        if let Ok(socket) = accepted {
            world.close([socket]);
        }
    }
    world.close([listener]);
    world.end();
}

#[test]
fn no_other_failure_writes_the_address_or_loses_the_connection() {
    let _shows = wpu_evidence::tested([
        "WSPAccept.addr.written-on-success",
        "WSPAccept.addr.within-length",
        "WSPAccept.failure-keeps-connection",
        "WSPAccept.failure-returned",
        "WSPListen.goes-on-without-descriptors",
    ]);
    let world = World::new();
    let listener = world.listener([1, 2]);
    let failures = [
        (15, CF_ACCEPT, None, WsaError::WSAEFAULT),
        (16, 7, None, WsaError::WSAEINVAL),
        (16, CF_ACCEPT, Some(WsaError::WSAEMFILE), WsaError::WSAEMFILE),
        (16, CF_ACCEPT, Some(WsaError::WSAENOBUFS), WsaError::WSAENOBUFS),
    ];
    for (len, answer, no_handles, error) in failures {
        script(|script| script.no_handles = no_handles);
        for with_condition in [false, true] {
            if answer != CF_ACCEPT && !with_condition {
                continue;
            }
            let mut condition = || answer;
            let condition: Option<&mut dyn FnMut() -> i32> =
                if with_condition { Some(&mut condition) } else { None };
            let mut room = PeerAddress::new(len);
            assert_eq!(accept(&world, listener, &mut room, condition), Err(error));
            assert_eq!(room.bytes, UNTOUCHED, "{error:?}");
        }
    }
    script(|script| script.no_handles = None);
    let not_listening = world.socket();
    let mut room = PeerAddress::new(16);
    assert_eq!(accept(&world, not_listening, &mut room, None), Err(WsaError::WSAEINVAL));
    for peer in [1, 2] {
        let socket = accept(&world, listener, &mut room, None).expect("nothing was lost");
        assert!(room.shows(peer));
        world.close([socket]);
    }
    world.client.set_nonblocking(listener, true).expect("a socket");
    let mut room = PeerAddress::new(16);
    assert_eq!(accept(&world, listener, &mut room, None), Err(WsaError::WSAEWOULDBLOCK));
    assert_eq!(room.bytes, UNTOUCHED);
    world.close([listener, not_listening]);
    world.end();
}

#[test]
fn a_handle_is_created_only_for_an_accepted_connection() {
    let _shows = wpu_evidence::tested(["WSPAccept.condition-before-socket"]);
    let world = World::new();
    let listener = world.listener([1, 2]);
    let host = &world.host;
    host.watch(true);
    let created = || {
        let trace = host.trace();
        trace.iter().filter(|line| line.upcall.name == "WPUCreateSocketHandle").count()
    };
    let before = created();
    for (answer, more) in [(CF_DEFER, 0), (CF_REJECT, 0), (CF_ACCEPT, 1)] {
        let mut condition = || {
            assert_eq!(created(), before, "nothing is decided");
            answer
        };
        let accepted = accept(&world, listener, &mut PeerAddress::new(16), Some(&mut condition));
        assert_eq!(created(), before + more);
        if let Ok(socket) = accepted {
            world.close([socket]);
        }
    }
    world.close([listener]);
    world.end();
}

#[test]
fn a_connection_that_is_put_off_is_not_told_again_and_silences_those_behind_it() {
    let _shows = wpu_evidence::tested([
        "WSPAccept.deferred-silences-others",
        "network-events.deferred-accept-is-silent",
        "network-events.accept-told-again",
    ]);
    let world = World::new();
    let listener = world.listener([]);
    let notify = newest();
    let event = world.watch(listener, FD_ACCEPT);
    let comes = |peer| {
        script(|script| script.incoming.push_back(peer));
        notify.readable();
        world.events(listener)
    };
    assert_eq!(comes(1), FD_ACCEPT);
    for _ in 0..2 {
        let deferred = world.client.accept_if(listener, |_| ConditionResult::Defer);
        assert_eq!(deferred, Err(WsaError::WSATRY_AGAIN));
        assert_eq!(world.events(listener), 0, "the client knows of it");
    }
    assert_eq!(comes(2), 0, "the first one is not decided");
    let deferred = world.client.accept_if(listener, |_| {
        script(|script| script.incoming.push_back(3));
        notify.readable();
        ConditionResult::Defer
    });
    assert_eq!((deferred, world.events(listener)), (Err(WsaError::WSATRY_AGAIN), 0));
    let refused = world.client.accept_if(listener, |_| ConditionResult::Reject);
    assert_eq!((refused, world.events(listener)), (Err(REFUSED), FD_ACCEPT), "another one waits");
    let (socket, peer) = world.client.accept(listener).expect("a connection");
    assert_eq!((peer, world.events(listener)), (at(2), FD_ACCEPT), "and another one");
    let (last, peer) = world.client.accept(listener).expect("a connection");
    assert_eq!((peer, world.events(listener)), (at(3), 0), "it was the last");
    world.close([listener, socket, last]);
    world.host.close_client_event(event).expect("an event");
    world.end();
}

/// The protocol of this test refuses what nobody has accepted, while the connect is still pending.
#[test]
fn a_rejected_peer_is_refused_and_leaves_the_queue() {
    let _shows = wpu_evidence::tested(["WSPAccept.rejection-reaches-peer"]);
    let world = World::new();
    let caller = world.socket();
    let event = world.watch(caller, FD_CONNECT);
    script(|script| {
        script.connecting = Some(WsaError::WSAEWOULDBLOCK);
        script.refused = script.notifiers.last().cloned();
    });
    assert_eq!(world.client.connect(caller, at(9)), Err(WsaError::WSAEWOULDBLOCK));
    let listener = world.listener([1, 2]);
    log();
    assert_eq!(world.client.accept_if(listener, |_| ConditionResult::Reject), Err(REFUSED));
    assert_eq!(log(), ["reset 1"]);
    let told = world.client.enum_network_events(caller, event).expect("events");
    assert_eq!((told.events, told.errors[FD_CONNECT_BIT as usize]), (FD_CONNECT, REFUSED.code()));
    let (socket, peer) = world.client.accept(listener).expect("the next");
    assert_eq!(peer, at(2));
    world.close([caller, listener, socket]);
    world.host.close_client_event(event).expect("an event");
    world.end();
}

#[test]
fn a_condition_function_may_call_the_provider_about_any_socket() {
    let _shows = wpu_evidence::tested(["WSPAccept.condition-may-call-provider"]);
    let world = World::new();
    let (listener, other) = (world.listener([1, 2]), world.connected(7));
    let client = &*world.client;
    let mut within = None;
    let calls = || {
        assert_eq!(client.local_address(listener), Ok(at(9)));
        client.set_option(listener, SOL_SOCKET, SO_RCVTIMEO, &[1, 0, 0, 0]).expect("an option");
        client.event_select(listener, ptr::null_mut(), 0).expect("events");
        client.set_nonblocking(listener, false).expect("a socket");
        assert_eq!(client.send(other, b"x"), Ok(1));
        world.close([world.socket()]);
    };
    let accepted = client.accept_if(listener, |_| {
        calls();
        thread::scope(|scope| scope.spawn(calls).join().expect("no lock is held"));
        let (socket, peer) = client.accept(listener).expect("the one behind");
        assert_eq!(peer, at(2));
        within = Some(socket);
        ConditionResult::Accept
    });
    let accepted = accepted.expect("a connection");
    assert_eq!(client.peer_address(accepted), Ok(at(1)));
    world.close([listener, other, accepted, within.expect("it ran")]);
    world.end();
}

#[test]
fn connections_are_taken_in_their_order_without_a_condition() {
    let _shows = wpu_evidence::tested(["WSPAccept.first-of-the-queue", "WSPAccept.no-condition-accepts"]);
    let world = World::new();
    let listener = world.listener([1, 2, 3, 4]);
    for peer in [1, 2, 3, 4] {
        // A client that looks whether there is a connection changes nothing.
        let ready = world.client.select(&[listener], &[], &[], Some(LONG)).expect("a connection");
        assert_eq!(ready.read, [listener]);
        let mut room = PeerAddress::new(16);
        let socket = accept(&world, listener, &mut room, None).expect("a connection");
        assert!(room.shows(peer), "{peer}");
        world.close([socket]);
    }
    world.close([listener]);
    world.end();
}

#[test]
fn a_new_socket_is_like_its_listener_but_does_not_listen() {
    let _shows =
        wpu_evidence::tested(["WSPAccept.properties-inherited", "WSPAccept.listening-socket-goes-on"]);
    let world = World::new();
    let listener = world.listener([1, 2, 3]);
    let client = &*world.client;
    let options =
        [(SO_RCVTIMEO, 7), (SO_SNDTIMEO, 8), (SO_KEEPALIVE, 1), (SO_LINGER, 0x3_0001), (SO_RCVBUF, 99)];
    for (name, value) in options {
        client.set_option(listener, SOL_SOCKET, name, &i32::to_le_bytes(value)).expect("an option");
    }
    for (nonblocking, peer) in [(false, 1), (true, 2)] {
        client.set_nonblocking(listener, nonblocking).expect("a socket");
        let (socket, _) = client.accept(listener).expect("a connection");
        for (name, value) in options {
            assert_eq!(client.number_option(socket, SOL_SOCKET, name), Ok(value), "{name:#x}");
        }
        assert_eq!((client.peer_address(socket), client.local_address(socket)), (Ok(at(peer)), Ok(at(9))));
        assert_eq!(client.accept(socket).map(drop), Err(WsaError::WSAEINVAL));
        let accepts = |socket| client.number_option(socket, SOL_SOCKET, SO_ACCEPTCONN);
        assert_eq!((accepts(socket), accepts(listener)), (Ok(0), Ok(1)));
        if nonblocking {
            assert_eq!(client.recv(socket, &mut [0]), Err(WsaError::WSAEWOULDBLOCK));
        } else {
            assert_eq!(client.recv(socket, &mut [0]), Err(WsaError::WSAETIMEDOUT), "it has waited");
        }
        world.close([socket]);
    }
    let (last, _) = client.accept(listener).expect("it still listens");
    world.close([last, listener]);
    world.end();
}
