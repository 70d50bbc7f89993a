//! `WSPConnect`: connect data, quality of service, pending and cancelled attempts.

use super::stage::*;
use std::ptr::{null, null_mut};
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

/// The optional arguments of `WSPConnect`.
struct Extras {
    caller_data: *const WSABUF,
    callee_data: *mut WSABUF,
    socket_qos: *const QOS,
    group_qos: *const QOS,
}

const NOTHING: Extras =
    Extras { caller_data: null(), callee_data: null_mut(), socket_qos: null(), group_qos: null() };

/// Calls `WSPConnect` with these extras, which are valid during the call.
fn connect(world: &World, socket: SOCKET, extras: &Extras) -> Result<(), WsaError> {
    let connect = world.procs().lpWSPConnect.expect("a function");
    let address = bytes(at(7));
    let to = address.as_ptr().cast();
    let Extras { caller_data, callee_data, socket_qos, group_qos } = *extras;
    // SAFETY: the pointers are null, or point to values that live during the call.
    status(|errno| unsafe { connect(socket, to, 16, caller_data, callee_data, socket_qos, group_qos, errno) })
}

/// A quality of service in which every number is set.
fn quality() -> QOS {
    let flow = FLOWSPEC { TokenRate: 1, PeakBandwidth: 2, ServiceType: 3, ..FLOWSPEC::ZERO };
    QOS { SendingFlowspec: flow, ReceivingFlowspec: flow, ..QOS::ZERO }
}

#[test]
fn connect_data_that_cannot_travel_fails_the_call() {
    let _shows = wpu_evidence::tested([
        "connection-set-up.caller-data-travels",
        "WSPConnect.lpCalleeData.written-on-success",
    ]);
    let world = World::new();
    let socket = world.socket();
    let (mut hello, mut room) = (*b"hello", *b"room");
    let hello = WSABUF { len: 5, buf: hello.as_mut_ptr() };
    let mut answer = WSABUF { len: 4, buf: room.as_mut_ptr() };
    let both = Extras { caller_data: &raw const hello, callee_data: &raw mut answer, ..NOTHING };
    assert_eq!(connect(&world, socket, &both), Err(WsaError::WSAEPROTONOSUPPORT));
    let only = Extras { callee_data: &raw mut answer, ..NOTHING };
    script(|script| script.connecting = Some(WsaError::WSAENETUNREACH));
    assert_eq!(log(), [""; 0], "nobody is called without the data");
    assert_eq!(connect(&world, socket, &only), Err(WsaError::WSAENETUNREACH));
    // SAFETY: no call uses the buffer any more.
    assert_eq!((unsafe { (&raw const answer.len).read() }, &room), (4, b"room"), "a failure writes nothing");
    script(|script| script.connecting = None);
    assert_eq!(connect(&world, socket, &only), Ok(()));
    // SAFETY: as above.
    assert_eq!((unsafe { (&raw const answer.len).read() }, &room), (0, b"room"), "no data came back");
    world.close([socket]);
    world.end();
}

#[test]
fn a_quality_of_service_that_nobody_keeps_fails_the_call() {
    let _shows = wpu_evidence::tested([
        "connection-set-up.qos-refused-not-ignored",
        "connection-set-up.group-qos-ignored",
    ]);
    let world = World::new();
    let (socket, wanted) = (world.socket(), quality());
    let of_socket = Extras { socket_qos: &raw const wanted, ..NOTHING };
    assert_eq!(connect(&world, socket, &of_socket), Err(WsaError::WSAEOPNOTSUPP));
    assert_eq!(log(), [""; 0]);
    let join = world.procs().lpWSPJoinLeaf.expect("a function");
    let (address, of_group) = (bytes(at(7)), &raw const wanted);
    let to = address.as_ptr().cast();
    for quality in [of_group, null()] {
        let joined = made(|errno| {
            // SAFETY: the pointers are null, or point to values that live during the call.
            unsafe { join(socket, to, 16, null(), null_mut(), quality, of_group, JL_BOTH, errno) }
        });
        assert_eq!(joined, Err(WsaError::WSAEOPNOTSUPP));
    }
    assert_eq!(connect(&world, socket, &Extras { group_qos: of_group, ..NOTHING }), Ok(()));
    assert_eq!(log(), ["connect 7"]);
    world.close([socket]);
    world.end();
}

#[test]
fn an_address_of_zeros_is_no_peer_of_a_connection() {
    let _shows = wpu_evidence::tested(["WSPConnect.no-address-no-peer"]);
    let world = World::new();
    let socket = world.socket();
    let zeros = [[2, 0].as_slice(), &[0; 14]].concat();
    assert_eq!(world.client.connect_bytes(socket, &zeros), Err(WsaError::WSAEADDRNOTAVAIL));
    let with_port = bytes(([0; 4], 80).into());
    assert_eq!(world.client.connect_bytes(socket, &with_port), Err(WsaError::WSAEADDRNOTAVAIL));
    assert_eq!(log(), [""; 0]);
    world.client.connect(socket, at(7)).expect("it can be connected to another");
    world.close([socket]);
    world.end();
}

#[test]
fn an_attempt_goes_on_by_itself_and_has_no_peer_meanwhile() {
    let _shows = wpu_evidence::tested([
        "WSPConnect.attempt-goes-on",
        "WSPConnect.WSAEWOULDBLOCK",
        "WSPConnect.WSAEALREADY",
        "WSPGetPeerName.no-peer-before-connection",
        "WSPGetPeerName.WSAENOTCONN",
    ]);
    let world = World::new();
    let client = &*world.client;
    script(|script| script.connecting = Some(WsaError::WSAEWOULDBLOCK));
    let socket = world.socket();
    let notify = newest();
    client.set_nonblocking(socket, true).expect("a socket");
    let peer = || client.peer_address(socket);
    for error in [WsaError::WSAETIMEDOUT, WsaError::WSAEHOSTUNREACH] {
        assert_eq!(client.connect(socket, at(7)), Err(WsaError::WSAEWOULDBLOCK));
        assert_eq!(client.connect(socket, at(7)), Err(WsaError::WSAEALREADY));
        assert_eq!(
            (peer(), client.send(socket, b"x")),
            (Err(WsaError::WSAENOTCONN), Err(WsaError::WSAENOTCONN))
        );
        notify.connected(Err(error));
        assert_eq!(peer(), Err(WsaError::WSAENOTCONN), "it has failed");
        assert_eq!(client.number_option(socket, SOL_SOCKET, SO_ERROR), Ok(error.code()));
    }
    assert_eq!(client.connect(socket, at(8)), Err(WsaError::WSAEWOULDBLOCK));
    notify.connected(Ok(()));
    assert_eq!(peer(), Ok(at(8)));
    let selected = client.select(&[], &[socket], &[socket], Some(LONG)).expect("a selection");
    assert_eq!((selected.write, selected.except), (vec![socket], vec![]));
    assert_eq!(client.send(socket, b"x"), Ok(1));
    world.close([socket]);
    world.end();
}

#[test]
fn a_cancelled_connect_ends_at_once_and_its_connection_is_reset() {
    let _shows =
        wpu_evidence::tested(["WSPCancelBlockingCall.cancelled-connect-is-reset", "WSPConnect.WSAEINTR"]);
    let world = World::new();
    script(|script| script.connecting = Some(WsaError::WSAEWOULDBLOCK));
    let mut pending = Vec::new();
    for _ in 0..2 {
        let socket = world.socket();
        let cancel = world.procs().lpWSPCancelBlockingCall.expect("a function");
        world.host.set_blocking_hook(move || {
            // SAFETY: the pointer points to a local of `status`.
            status(|errno| unsafe { cancel(errno) }).is_ok()
        });
        assert_eq!(world.client.connect(socket, at(7)), Err(WsaError::WSAEINTR));
        world.host.clear_blocking_hook();
        assert_eq!(log(), ["connect 7"], "the attempt goes on");
        pending.push((socket, newest()));
    }
    pending[0].1.connected(Ok(()));
    assert_eq!(log(), ["reset 7"]);
    assert_eq!(world.client.send(pending[0].0, b"x"), Err(WsaError::WSAENOTCONN));
    pending[1].1.connected(Err(WsaError::WSAETIMEDOUT));
    assert_eq!(log(), [""; 0]);
    world.close([pending[0].0, pending[1].0]);
    world.end();
}

#[test]
fn a_cancel_that_comes_too_late_leaves_the_result() {
    let _shows = wpu_evidence::tested(["WSPCancelBlockingCall.late-cancel-is-success"]);
    let world = World::new();
    script(|script| script.connecting = Some(WsaError::WSAEWOULDBLOCK));
    let cancel = world.procs().lpWSPCancelBlockingCall.expect("a function");
    for result in [Ok(()), Err(WsaError::WSAENETUNREACH)] {
        let socket = world.socket();
        world.host.set_blocking_hook(move || {
            newest().connected(result);
            // SAFETY: the pointer points to a local of `status`.
            status(|errno| unsafe { cancel(errno) }).is_ok()
        });
        assert_eq!(world.client.connect(socket, at(7)), result);
        world.host.clear_blocking_hook();
        log();
        assert_eq!(world.client.send(socket, b"x").is_ok(), result.is_ok());
        world.close([socket]);
        assert_eq!(log().last().map(String::as_str), Some("close 7"), "it was not reset");
    }
    world.end();
}
