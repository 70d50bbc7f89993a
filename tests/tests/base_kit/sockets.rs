//! `WSPSocket` and the local address of a socket: what the parameters mean, and what is refused.

use super::stage::*;
use std::ptr::{null, null_mut};
use wpu::base::Kind;
use wpu_host::Tell;
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

/// Calls `WSPSocket` with the information of the entry.
fn socket(world: &World, [family, kind, protocol]: [i32; 3], flags: u32) -> Result<SOCKET, WsaError> {
    let socket = world.procs().lpWSPSocket.expect("a function");
    let mut info = world.entry.info;
    let info = &raw mut info;
    // SAFETY: the pointer points to a local.
    made(|errno| unsafe { socket(family, kind, protocol, info, 0, flags, errno) })
}

#[test]
fn a_socket_is_what_the_client_asks_for_and_otherwise_what_the_entry_says() {
    let _shows = wpu_evidence::tested([
        "WSPSocket.failure-returned",
        "WSPSocket.protocol-info-values",
        "WSPSocket.zero-accepted",
    ]);
    let world = World::new();
    let entry = [AF_INET, SOCK_STREAM, IPPROTO_TCP];
    for (asked, expected) in [
        (entry, entry),
        ([0; 3], entry),
        ([FROM_PROTOCOL_INFO; 3], entry),
        ([0, FROM_PROTOCOL_INFO, IPPROTO_TCP], entry),
        ([AF_INET6, SOCK_RAW, 9], [AF_INET6, SOCK_RAW, 9]),
    ] {
        let new = socket(&world, asked, WSA_FLAG_OVERLAPPED).expect("a socket");
        let kind = script(|script| script.kinds.pop()).expect("it was opened");
        let [family, socket_type, protocol] = expected;
        assert_eq!(kind, Kind { family, socket_type, protocol }, "{asked:?}");
        world.close([new]);
    }
    for error in [WsaError::WSAEMFILE, WsaError::WSAENOBUFS] {
        script(|script| script.no_handles = Some(error));
        assert_eq!(socket(&world, entry, 0), Err(error));
    }
    script(|script| script.no_handles = None);
    world.end();
}

#[test]
fn flags_of_sessions_fit_the_entry() {
    const C_ROOT: u32 = WSA_FLAG_MULTIPOINT_C_ROOT;
    const C_LEAF: u32 = WSA_FLAG_MULTIPOINT_C_LEAF;
    const D_ROOT: u32 = WSA_FLAG_MULTIPOINT_D_ROOT;
    const D_LEAF: u32 = WSA_FLAG_MULTIPOINT_D_LEAF;
    let _shows = wpu_evidence::tested(["multipoint.flags-fit-the-entry"]);
    let (control, data) = (XP1_MULTIPOINT_CONTROL_PLANE, XP1_MULTIPOINT_DATA_PLANE);
    for (services, fits) in [
        (0, [false; 4]),
        // The bits of the planes count only beside that of sessions.
        (control | data, [false; 4]),
        (XP1_SUPPORT_MULTIPOINT, [false, true, false, true]),
        (XP1_SUPPORT_MULTIPOINT | control, [true, true, false, true]),
        (XP1_SUPPORT_MULTIPOINT | data, [false, true, true, true]),
        (XP1_SUPPORT_MULTIPOINT | control | data, [true; 4]),
    ] {
        let world = World::with_services(services);
        for (flag, fits) in [C_ROOT, C_LEAF, D_ROOT, D_LEAF].into_iter().zip(fits) {
            let new = socket(&world, [0; 3], flag | WSA_FLAG_OVERLAPPED);
            assert_eq!(new.err(), (!fits).then_some(WsaError::WSAEINVAL), "{services:#x} {flag}");
            if let Ok(socket) = new {
                world.close([socket]);
            }
        }
        world.close([socket(&world, [0; 3], WSA_FLAG_OVERLAPPED).expect("without flags")]);
        world.end();
    }
}

#[test]
fn a_socket_without_flags_of_a_session_joins_none() {
    let _shows =
        wpu_evidence::tested(["WSPJoinLeaf.only-session-sockets-join", "WSPJoinLeaf.failure-returned"]);
    let world = World::new();
    let socket = world.socket();
    let join = world.procs().lpWSPJoinLeaf.expect("a function");
    let address = bytes(at(7));
    for flags in [1, 2, JL_BOTH] {
        let to = address.as_ptr().cast();
        // SAFETY: the pointers are null, or point to a local.
        let joined =
            made(|errno| unsafe { join(socket, to, 16, null(), null_mut(), null(), null(), flags, errno) });
        assert_eq!(joined, Err(WsaError::WSAEOPNOTSUPP));
    }
    world.close([socket]);
    world.end();
}

#[test]
fn an_overlapped_request_on_a_socket_that_was_not_made_for_it_is_refused() {
    let _checks = wpu_evidence::checked(["WSPSocket.flag-before-requests"]);
    let world = World::new();
    let client = &*world.client;
    let event = world.host.client_event();
    for (flags, error) in [(WSA_FLAG_OVERLAPPED, None), (0, Some(WsaError::WSAEINVAL))] {
        let socket = socket(&world, [0; 3], flags).expect("a socket");
        client.connect(socket, at(7)).expect("a connection");
        let request = client.recv_overlapped(socket, &[1], 0, Tell::Event(event));
        assert_eq!(request.err(), error);
        let sent = client.send_overlapped(socket, &[b"x"], Tell::Event(event));
        assert_eq!(sent.err(), error);
        assert_eq!(client.send(socket, b"x"), Ok(1), "other calls work");
        world.close([socket]);
    }
    world.host.close_client_event(event).expect("an event");
    world.end();
}

#[test]
fn a_failed_bind_leaves_the_socket_without_an_address() {
    let _shows = wpu_evidence::tested(["WSPBind.failure-leaves-unbound", "WSPBind.WSAEINVAL"]);
    let world = World::new();
    let (client, socket) = (&*world.client, world.socket());
    for error in
        [WsaError::WSAEADDRINUSE, WsaError::WSAEADDRNOTAVAIL, WsaError::WSAEFAULT, WsaError::WSAENOBUFS]
    {
        script(|script| script.binding = Some(error));
        assert_eq!(client.bind(socket, at(7)), Err(error));
        assert_eq!(client.local_address(socket), Err(WsaError::WSAEINVAL));
        assert_eq!(client.listen(socket, 1), Err(WsaError::WSAEINVAL), "it has no address");
    }
    assert_eq!(client.bind_bytes(socket, &[2]), Err(WsaError::WSAEFAULT));
    script(|script| script.binding = None);
    client.bind(socket, at(7)).expect("now it can");
    assert_eq!(client.bind(socket, at(8)), Err(WsaError::WSAEINVAL));
    assert_eq!(client.local_address(socket), Ok(at(7)), "as before");
    world.close([socket]);
    world.end();
}
