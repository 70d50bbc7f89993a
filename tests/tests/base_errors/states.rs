//! Sockets that do not exist, or are in a state in which a call is not possible.

use super::calls::{CALLS, Client, Wrong};
use super::world::{LONG, World, somewhere};
use super::{documents, fails};
use std::ptr::{null, null_mut, without_provenance_mut};
use std::time::Duration;
use wpu::WsaError;
use wpu_host::Tell;
use wpu_sys::ffi::*;

#[test]
fn what_is_no_socket_is_refused() {
    let lost = WsaError::WSAENOTSOCK;
    let names = || CALLS.iter().map(|(name, _)| *name).filter(|name| documents(name, lost));
    let ids: Vec<_> = names().map(|name| format!("{name}.WSAENOTSOCK")).collect();
    assert!(ids.len() > 20, "{ids:?}");
    let _shows = wpu_evidence::tested(ids.iter().map(String::as_str));
    let world = World::new();
    let closed = world.connected();
    world.client.close(closed).expect("a socket to close");
    for name in names() {
        for socket in [5, closed, 0, INVALID_SOCKET] {
            fails(&world, name, Client::new().on(socket), lost);
        }
    }
    world.end();
}

#[test]
fn a_peer_or_a_connection_is_missing() {
    let _shows = wpu_evidence::tested([
        "WSPGetPeerName.no-peer-before-connection",
        "WSPRecvDisconnect.WSAENOTCONN",
        "WSPSendDisconnect.WSAENOTCONN",
        "WSPSendTo.WSAEDESTADDRREQ",
        "WSPSendTo.WSAENOTCONN",
    ]);
    let world = World::new();
    let client = &world.client;
    let (idle, datagram) = (world.stream(), world.datagram());
    let missing = WsaError::WSAENOTCONN;
    for name in ["WSPRecvDisconnect", "WSPSendTo", "WSPGetPeerName"] {
        fails(&world, name, Client::new().on(idle), missing);
    }
    assert_eq!(client.send_disconnect(idle, b""), Err(missing));
    let nowhere = || {
        let mut nowhere = Client::new().on(datagram);
        (nowhere.wrong, nowhere.given) = (Some((5, Wrong::Null)), 0);
        nowhere
    };
    fails(&world, "WSPSendTo", nowhere(), WsaError::WSAEDESTADDRREQ);
    client.connect(datagram, somewhere()).expect("a peer");
    assert!(!super::calls::call("WSPSendTo", &world.procs, &mut nowhere()), "to the peer");

    client.set_nonblocking(idle, true).expect("a socket");
    world.fail("connect", WsaError::WSAEWOULDBLOCK);
    assert_eq!(client.connect(idle, somewhere()), Err(WsaError::WSAEWOULDBLOCK));
    assert_eq!(client.peer_address(idle), Err(missing), "not yet");
    world.work();
    world.fail("connect", WsaError::WSAECONNREFUSED);
    let other = world.stream();
    assert_eq!(client.connect(other, somewhere()), Err(WsaError::WSAECONNREFUSED));
    assert_eq!(client.peer_address(other), Err(missing), "it has failed");
    world.end();
}

#[test]
fn a_connect_that_would_block_goes_on() {
    let _shows = wpu_evidence::tested(["WSPConnect.WSAEWOULDBLOCK", "WSPConnect.attempt-goes-on"]);
    let world = World::new();
    let client = &world.client;
    for refused in [None, Some(WsaError::WSAECONNREFUSED)] {
        let socket = world.stream();
        let notify = world.newest();
        client.set_nonblocking(socket, true).expect("a socket");
        world.fail("connect", WsaError::WSAEWOULDBLOCK);
        assert_eq!(client.connect(socket, somewhere()), Err(WsaError::WSAEWOULDBLOCK));
        world.work();
        assert_eq!(client.connect(socket, somewhere()), Err(WsaError::WSAEALREADY), "it goes on");
        assert_eq!(client.select(&[], &[socket], &[socket], Some(Duration::ZERO)).map(|s| s.count), Ok(0));
        notify.connected(refused.map_or(Ok(()), Err));
        let done = client.select(&[], &[socket], &[socket], Some(LONG)).expect("it is over");
        assert_eq!((done.write.len(), done.except.len()), if refused.is_none() { (1, 0) } else { (0, 1) });
        let error = client.number_option(socket, SOL_SOCKET, SO_ERROR);
        assert_eq!(error, Ok(refused.map_or(0, WsaError::code)));
    }
    world.end();
}

#[test]
fn one_direction_is_shut_or_has_no_urgent_data() {
    let _shows = wpu_evidence::tested([
        "WSPRecv.WSAEOPNOTSUPP",
        "WSPRecvFrom.WSAEOPNOTSUPP",
        "WSPRecvFrom.WSAESHUTDOWN",
        "WSPSendTo.WSAEOPNOTSUPP",
        "WSPSendTo.WSAESHUTDOWN",
        "WSPShutdown.connectionless-needs-no-peer",
    ]);
    let world = World::new();
    let (connected, datagram) = (world.connected(), world.datagram());
    world.message(b"x");
    let urgent = |socket| {
        let mut client = Client::new().on(socket);
        (client.memory.flags, client.sending) = (MSG_OOB, MSG_OOB);
        client
    };
    for socket in [connected, datagram] {
        for name in ["WSPRecv", "WSPRecvFrom", "WSPSendTo"] {
            fails(&world, name, urgent(socket), WsaError::WSAEOPNOTSUPP);
        }
        // A socket that cannot receive or send at all.
        for part in ["receive", "receive_from", "send", "send_to"] {
            world.fail(part, WsaError::WSAEOPNOTSUPP);
        }
        for name in ["WSPRecv", "WSPRecvFrom"] {
            fails(&world, name, Client::new().on(socket), WsaError::WSAEOPNOTSUPP);
        }
        assert_eq!(world.client.send_to(socket, b"x", somewhere()), Err(WsaError::WSAEOPNOTSUPP));
        world.work();
        world.client.shutdown(socket, SD_BOTH).expect("a connection");
        fails(&world, "WSPRecvFrom", Client::new().on(socket), WsaError::WSAESHUTDOWN);
        assert_eq!(world.client.send_to(socket, b"x", somewhere()), Err(WsaError::WSAESHUTDOWN));
    }
    world.end();
}

#[test]
fn a_refusal_changes_nothing() {
    let _shows = wpu_evidence::tested([
        "WSPEnumNetworkEvents.failure-changes-nothing",
        "WSPRecvDisconnect.lpInboundDisconnectData.written-on-success",
        "WSPRecvDisconnect.no-support-need-not-fail",
        "WSPRecvFrom.datagram-socket-survives-reset",
        "WSPSetSockOpt.refusal-changes-nothing",
    ]);
    let world = World::new();
    let (client, socket, datagram) = (&world.client, world.connected(), world.datagram());
    let value = |name| client.number_option(socket, SOL_SOCKET, name);
    for name in [SO_RCVBUF, SO_RCVTIMEO, SO_LINGER] {
        client.set_option(socket, SOL_SOCKET, name, &[1, 0, 2, 0]).expect("an option");
        for bytes in [&[][..], &[7, 7], &[7, 7, 7]] {
            client.set_option(socket, SOL_SOCKET, name, bytes).expect_err("too short");
            assert_eq!(value(name), Ok(0x2_0001), "{name:#x}");
        }
    }
    world.fail("set_option", WsaError::WSAEINVAL);
    client.set_option(socket, SOL_SOCKET, SO_RCVBUF, &[7; 4]).expect_err("the transport refuses it");
    assert_eq!(value(SO_RCVBUF), Ok(0x2_0001));

    // The events of a socket are there until they are told.
    let event = world.host.client_event();
    client.event_select(socket, event, FD_WRITE).expect("events");
    assert_eq!(world.host.wait(event, LONG), Ok(true));
    let nobody = without_provenance_mut(0x7000_0000);
    assert_eq!(client.enum_network_events(socket, nobody).map(drop), Err(WsaError::WSAEINVAL));
    let mut nowhere = Client::new().on(socket);
    nowhere.wrong = Some((2, Wrong::Null));
    fails(&world, "WSPEnumNetworkEvents", nowhere, WsaError::WSAEFAULT);
    assert_eq!(world.host.wait(event, Duration::ZERO), Ok(true));
    assert_eq!(client.enum_network_events(socket, event).map(|events| events.events), Ok(FD_WRITE));
    assert_eq!(world.host.wait(event, Duration::ZERO), Ok(false));

    // An earlier datagram has found nobody.
    world.message(b"message");
    world.fail("receive_from", WsaError::WSAECONNRESET);
    assert_eq!(client.recv_from(datagram, &mut [0; 7]), Err(WsaError::WSAECONNRESET));
    world.work();
    assert_eq!(client.recv_from(datagram, &mut [0; 7]).map(|(len, _)| len), Ok(7));
    assert_eq!(client.send_to(datagram, b"x", somewhere()), Ok(1));

    // There is no disconnect data: a success gives out none, and ends the reception.
    fails(&world, "WSPRecvDisconnect", Client::new().on(world.stream()), WsaError::WSAENOTCONN);
    let mut last = Client::new().on(socket);
    assert!(!super::calls::call("WSPRecvDisconnect", &world.procs, &mut last));
    assert_eq!((last.memory.buffer, last.memory.data), (0, [9; 8]));
    assert_eq!(client.recv(socket, &mut [0]), Err(WsaError::WSAESHUTDOWN));
    world.end();
}

#[test]
fn a_non_blocking_socket_does_not_wait() {
    let _shows = wpu_evidence::tested(["WSPRecvFrom.WSAEWOULDBLOCK", "WSPSendTo.WSAEWOULDBLOCK"]);
    let world = World::new();
    for part in ["send", "send_to"] {
        world.fail(part, WsaError::WSAEWOULDBLOCK);
    }
    for socket in [world.connected(), world.datagram()] {
        world.client.set_nonblocking(socket, true).expect("a socket");
        fails(&world, "WSPRecvFrom", Client::new().on(socket), WsaError::WSAEWOULDBLOCK);
        assert_eq!(world.client.send_to(socket, b"x", somewhere()), Err(WsaError::WSAEWOULDBLOCK));
    }
    world.end();
}

/// A socket that takes no overlapped requests.
fn plain(world: &World, kind: i32, protocol: i32) -> SOCKET {
    let socket = world.procs.lpWSPSocket.expect("a full table");
    let mut errno = 0;
    let entry = world.host.owner(world.stream()).expect("an entry");
    let info = WSAPROTOCOL_INFOW { dwCatalogEntryId: entry, ..WSAPROTOCOL_INFOW::ZERO };
    // SAFETY: the pointers point to locals.
    unsafe { socket(AF_INET, kind, protocol, &raw const info, 0, 0, &raw mut errno) }
}

#[test]
fn a_socket_is_not_bound_or_takes_no_requests() {
    let _shows = wpu_evidence::tested([
        "WSPRecv.WSAEINVAL",
        "WSPRecvFrom.WSAEINVAL",
        "WSPSend.WSAEINVAL",
        "WSPSendTo.WSAEINVAL",
        "overlapped.plain-socket-refuses-requests",
    ]);
    let world = World::new();
    let invalid = WsaError::WSAEINVAL;
    let (stream, datagram) =
        (plain(&world, SOCK_STREAM, IPPROTO_TCP), plain(&world, SOCK_DGRAM, IPPROTO_UDP));
    for socket in [stream, datagram] {
        world.client.connect(socket, somewhere()).expect("a peer");
        world.message(b"x");
        for name in ["WSPRecv", "WSPRecvFrom", "WSPSend", "WSPSendTo"] {
            let mut client = Client::overlapped(false).on(socket);
            client.memory.flags = 0;
            if name == "WSPSendTo" {
                (client.wrong, client.given) = (Some((5, Wrong::Null)), 0);
            }
            fails(&world, name, client, invalid);
        }
        assert_eq!(world.client.recv_from(socket, &mut [0]).map(|(len, _)| len), Ok(1), "it is still there");
    }
    // The transport knows that a socket of datagrams is not bound.
    let unbound = world.datagram();
    for part in ["receive_from", "send_to", "send"] {
        world.fail(part, invalid);
    }
    for name in ["WSPRecv", "WSPRecvFrom", "WSPSend"] {
        fails(&world, name, Client::new().on(unbound), invalid);
    }
    assert_eq!(world.client.send_to(unbound, b"x", somewhere()), Err(invalid));
    world.end();
}

#[test]
fn closing_aborts_what_is_pending() {
    let _shows = wpu_evidence::tested([
        "WSPRecvFrom.WSA_OPERATION_ABORTED",
        "WSPSend.WSA_OPERATION_ABORTED",
        "WSPSendTo.WSA_OPERATION_ABORTED",
    ]);
    let world = World::new();
    let client = &world.client;
    for part in ["send", "send_to"] {
        world.fail(part, WsaError::WSAEWOULDBLOCK);
    }
    for socket in [world.connected(), world.datagram()] {
        let event = || world.host.client_event();
        let events = [event(), event(), event()];
        let [one, two, three] = events.map(Tell::Event);
        let requests = [
            client.recv_from_overlapped(socket, 8, one),
            client.send_overlapped(socket, &[b"x"], two),
            client.send_to_overlapped(socket, b"x", somewhere(), three),
        ];
        let requests = requests.map(|request| request.expect("it is pending"));
        assert!(requests.iter().all(|request| request.outcome().is_none()));
        client.close(socket).expect("a socket to close");
        for (request, event) in requests.iter().zip(events) {
            assert_eq!(world.host.wait(event, LONG), Ok(true));
            let error = request.outcome().expect("it is over").error;
            assert_eq!(error, WsaError::WSA_OPERATION_ABORTED.code().cast_unsigned(), "{request:?}");
            world.host.close_client_event(event).expect("an event");
        }
    }
    world.end();
}

#[test]
fn a_message_does_not_fit() {
    let _shows = wpu_evidence::tested(["WSPRecv.WSAEMSGSIZE", "WSPGetOverlappedResult.WSAEMSGSIZE"]);
    let world = World::new();
    let (client, socket) = (&world.client, world.datagram());
    let notify = world.newest();
    world.message(b"long");
    let mut room = [0; 3];
    let received = client.recv_vectored(socket, &mut [&mut room], 0).expect("a message");
    assert_eq!((received.error, received.bytes), (Some(WsaError::WSAEMSGSIZE), 3));
    let event = world.host.client_event();
    let request = client.recv_overlapped(socket, &[3], 0, Tell::Event(event)).expect("a request");
    world.message(b"long");
    notify.readable();
    assert_eq!(world.host.wait(event, LONG), Ok(true));
    assert_eq!(client.overlapped_result(&request, false), Err(WsaError::WSAEMSGSIZE));
    assert_eq!(request.data(), b"lon");
    world.host.close_client_event(event).expect("an event");
    world.end();
}

#[test]
fn parameters_that_are_not_valid_are_refused() {
    let _shows = wpu_evidence::tested([
        "WSPAsyncSelect.WSAEINVAL",
        "WSPEnumNetworkEvents.WSAEINVAL",
        "WSPEventSelect.WSAEINVAL",
        "WSPIoctl.WSAEINVAL",
        "WSPSelect.WSAEINVAL",
        "WSPSetSockOpt.WSAEINVAL",
        "WSPSocket.WSAEINVAL",
    ]);
    let world = World::new();
    let (client, invalid) = (&world.client, WsaError::WSAEINVAL);
    let socket = world.stream();
    let (window, event) = (world.host.window(), world.host.client_event());
    for events in [0x400, -1] {
        assert_eq!(client.event_select(socket, event, events), Err(invalid), "{events:#x}");
        assert_eq!(client.async_select(socket, window, 1, events), Err(invalid), "{events:#x}");
    }
    assert_eq!(client.event_select(socket, null_mut(), FD_READ), Err(invalid));
    assert_eq!(client.async_select(socket, null_mut(), 1, FD_READ), Err(invalid));
    let nobody = without_provenance_mut(0x7000_0000);
    assert_eq!(client.enum_network_events(socket, nobody).map(drop), Err(invalid));

    // Without sets, or with a negative time.
    let select = world.procs.lpWSPSelect.expect("a full table");
    let mut set = fd_set { fd_count: 1, ..fd_set::ZERO };
    set.fd_array[0] = socket;
    for (set, time) in [
        (null_mut(), timeval { tv_sec: 0, tv_usec: 0 }),
        (&raw mut set, timeval { tv_sec: -1, tv_usec: 0 }),
        (&raw mut set, timeval { tv_sec: 0, tv_usec: -1 }),
    ] {
        let mut errno = 0;
        // SAFETY: each pointer is null or points to a local.
        let answer = unsafe { select(0, set, null_mut(), null_mut(), &raw const time, &raw mut errno) };
        assert_eq!((answer, errno), (SOCKET_ERROR, invalid.code()));
    }

    // A socket with selected events cannot block, and the transport refuses what it knows to be wrong.
    client.event_select(socket, event, FD_READ).expect("events");
    assert_eq!(client.set_nonblocking(socket, false), Err(invalid));
    world.fail("ioctl", invalid);
    fails(&world, "WSPIoctl", Client::new().on(socket), invalid);
    world.fail("set_option", invalid);
    world.fail("option", invalid);
    fails(&world, "WSPSetSockOpt", Client::new().on(socket), invalid);
    fails(&world, "WSPGetSockOpt", Client::new().on(socket), invalid);
    world.work();
    // Its groups are none, and the two ways to ask for one.
    let socket = world.procs.lpWSPSocket.expect("a full table");
    for group in [3, u32::MAX] {
        let mut errno = 0;
        // SAFETY: the pointers are null or point to a local.
        let made = unsafe { socket(AF_INET, SOCK_STREAM, IPPROTO_TCP, null(), group, 0, &raw mut errno) };
        assert_eq!((made, errno), (INVALID_SOCKET, invalid.code()));
    }
    world.end();
}

#[test]
fn what_the_kit_does_not_have_is_refused() {
    let _shows = wpu_evidence::tested([
        "WSPConnect.WSAEOPNOTSUPP",
        "WSPConnect.WSAEPROTONOSUPPORT",
        "WSPGetQOSByName.WSAEOPNOTSUPP",
        "WSPIoctl.WSAEOPNOTSUPP",
        "WSPSendDisconnect.WSAENOPROTOOPT",
        "WSPSendDisconnect.refusal-ends-nothing",
        "connection-set-up.qos-refused-not-ignored",
    ]);
    let world = World::new();
    let (stream, connected) = (world.stream(), world.connected());
    fails(&world, "WSPGetQOSByName", Client::new().on(stream), WsaError::WSAEOPNOTSUPP);
    fails(&world, "WSPIoctl", Client::new().on(stream), WsaError::WSAEOPNOTSUPP);
    // With bytes for the peer.
    fails(&world, "WSPConnect", Client::new().on(stream), WsaError::WSAEPROTONOSUPPORT);
    fails(&world, "WSPSendDisconnect", Client::new().on(connected), WsaError::WSAENOPROTOOPT);
    assert_eq!(world.client.send(connected, b"x"), Ok(1), "the refusal ends nothing");
    // With a service for one of the directions.
    for (sending, receiving) in [(2, 0), (0, 3)] {
        let mut client = Client::new().on(stream);
        client.wrong = Some((3, Wrong::Null));
        client.memory.qos.SendingFlowspec.ServiceType = sending;
        client.memory.qos.ReceivingFlowspec.ServiceType = receiving;
        fails(&world, "WSPConnect", client, WsaError::WSAEOPNOTSUPP);
    }
    assert_eq!(world.client.peer_address(stream), Err(WsaError::WSAENOTCONN));
    world.end();
}
