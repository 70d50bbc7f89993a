//! The errors of a transport: each reaches the client of the function that needs the transport, with its code.

use super::calls::{Client, Wrong};
use super::world::{World, somewhere};
use super::{error, fails};
use wpu::WsaError;
use wpu_sys::ffi::*;

/// A function, the part of the transport that it needs, and the errors that only that can know.
struct Row {
    name: &'static str,
    part: &'static str,
    socket: fn(&World) -> SOCKET,
    call: How,
    errors: &'static [&'static str],
}

/// How a function is called.
enum How {
    /// As for every function.
    Plain,
    With(fn(&World, SOCKET) -> Result<(), WsaError>),
}

/// What becomes of a connection.
const OF_CONNECTIONS: [&str; 8] = [
    "WSAEACCES",
    "WSAECONNABORTED",
    "WSAECONNRESET",
    "WSAEINVAL",
    "WSAEMSGSIZE",
    "WSAENETDOWN",
    "WSAENETRESET",
    "WSAENOBUFS",
];

const ROWS: [Row; 18] = [
    Row {
        name: "WSPSocket",
        part: "open",
        socket: |_| INVALID_SOCKET,
        call: How::Plain,
        errors: &[
            "WSAEAFNOSUPPORT",
            "WSAEMFILE",
            "WSAENETDOWN",
            "WSAENOBUFS",
            "WSAEPROTONOSUPPORT",
            "WSAEPROTOTYPE",
            "WSAESOCKTNOSUPPORT",
        ],
    },
    Row {
        name: "WSPBind",
        part: "bind",
        socket: World::stream,
        call: How::Plain,
        errors: &["WSAEADDRNOTAVAIL", "WSAENETDOWN", "WSAENOBUFS"],
    },
    Row {
        name: "WSPListen",
        part: "listen",
        socket: World::bound,
        call: How::Plain,
        errors: &["WSAEADDRINUSE", "WSAEMFILE", "WSAENETDOWN", "WSAENOBUFS"],
    },
    Row {
        name: "WSPAccept",
        part: "accept",
        socket: World::listener,
        call: How::Plain,
        errors: &["WSAEACCES", "WSAECONNRESET", "WSAEMFILE", "WSAENETDOWN", "WSAENOBUFS"],
    },
    Row {
        name: "WSPConnect",
        part: "connect",
        socket: World::stream,
        call: How::With(|world, socket| world.client.connect(socket, somewhere())),
        errors: &[
            "WSAEACCES",
            "WSAEADDRINUSE",
            "WSAEADDRNOTAVAIL",
            "WSAEAFNOSUPPORT",
            "WSAENETDOWN",
            "WSAENETUNREACH",
            "WSAENOBUFS",
            "WSAETIMEDOUT",
        ],
    },
    Row {
        name: "WSPGetSockName",
        part: "local",
        socket: World::bound,
        call: How::Plain,
        errors: &["WSAENETDOWN"],
    },
    Row {
        name: "WSPGetPeerName",
        part: "peer",
        socket: World::connected,
        call: How::Plain,
        errors: &["WSAENETDOWN"],
    },
    Row {
        name: "WSPGetSockOpt",
        part: "option",
        socket: World::stream,
        call: How::Plain,
        errors: &["WSAENETDOWN"],
    },
    Row {
        name: "WSPSetSockOpt",
        part: "set_option",
        socket: World::stream,
        call: How::Plain,
        errors: &["WSAEINVAL", "WSAENETDOWN", "WSAENETRESET", "WSAENOTCONN"],
    },
    Row {
        name: "WSPIoctl",
        part: "ioctl",
        socket: World::stream,
        call: How::Plain,
        errors: &["WSAENETDOWN", "WSAEWOULDBLOCK"],
    },
    Row {
        name: "WSPRecv",
        part: "receive",
        socket: World::connected,
        call: How::Plain,
        errors: &["WSAECONNABORTED", "WSAEDISCON", "WSAENETDOWN", "WSAENETRESET"],
    },
    Row {
        name: "WSPRecvFrom",
        part: "receive_from",
        socket: World::datagram,
        call: How::Plain,
        errors: &["WSAECONNRESET", "WSAEDISCON", "WSAEISCONN", "WSAENETDOWN", "WSAENETRESET"],
    },
    Row {
        name: "WSPRecvFrom",
        part: "receive",
        socket: World::connected,
        call: How::Plain,
        errors: &["WSAECONNRESET", "WSAEDISCON", "WSAENETDOWN", "WSAENETRESET"],
    },
    Row {
        name: "WSPSend",
        part: "send",
        socket: World::connected,
        call: How::Plain,
        errors: &OF_CONNECTIONS,
    },
    Row {
        name: "WSPSendTo",
        part: "send",
        socket: World::connected,
        call: How::Plain,
        errors: &OF_CONNECTIONS,
    },
    Row {
        name: "WSPSendTo",
        part: "send_to",
        socket: World::datagram,
        call: How::With(|world, socket| world.client.send_to(socket, b"x", somewhere()).map(drop)),
        errors: &[
            "WSAEACCES",
            "WSAEADDRNOTAVAIL",
            "WSAEAFNOSUPPORT",
            "WSAECONNRESET",
            "WSAEMSGSIZE",
            "WSAENETDOWN",
            "WSAENETRESET",
            "WSAENETUNREACH",
            "WSAENOBUFS",
        ],
    },
    Row {
        name: "WSPShutdown",
        part: "shutdown",
        socket: World::connected,
        call: How::With(|world, socket| world.client.shutdown(socket, SD_SEND)),
        errors: &["WSAENETDOWN"],
    },
    Row {
        name: "WSPSendDisconnect",
        part: "shutdown",
        socket: World::connected,
        call: How::With(|world, socket| world.client.send_disconnect(socket, b"")),
        errors: &["WSAENETDOWN"],
    },
];

#[test]
fn the_errors_of_a_transport_reach_the_client() {
    // What else is needed for these is in other tests, and the kit serves connected sockets.
    let whole = |id: &String| {
        let partly = [
            "WSPRecv.WSAEDISCON",
            "WSPRecvFrom.WSAEDISCON",
            "WSPRecvFrom.WSAEISCONN",
            "WSPSend.WSAEINVAL",
            "WSPSendTo.WSAEINVAL",
            "WSPSetSockOpt.WSAEINVAL",
        ];
        !partly.contains(&id.as_str())
    };
    let of = |row: &'static Row| row.errors.iter().map(move |error| format!("{}.{error}", row.name));
    let ids: Vec<String> = ROWS.iter().flat_map(of).filter(whole).collect();
    let unwritten = ["WSPRecv.lpBuffers.written-on-success", "WSPConnect.lpCalleeData.written-on-success"];
    let _shows = wpu_evidence::tested(ids.iter().map(String::as_str).chain(unwritten));
    let world = World::new();
    for row in &ROWS {
        for name in row.errors {
            let error = error(name);
            assert!(super::documents(row.name, error), "{} has no {name}", row.name);
            let socket = (row.socket)(&world);
            if *name == "WSAEWOULDBLOCK" {
                world.client.set_nonblocking(socket, true).expect("a socket");
            }
            world.fail(row.part, error);
            match row.call {
                How::Plain => fails(&world, row.name, Client::new().on(socket), error),
                How::With(call) => assert_eq!(call(&world, socket), Err(error), "{}", row.name),
            }
            if row.name == "WSPConnect" {
                // Without bytes for the peer, and with room for its answer; of the address all is given.
                let mut client = Client::new().on(socket);
                (client.wrong, client.given) = (Some((3, Wrong::Null)), 16);
                fails(&world, row.name, client, error);
            }
            world.work();
            if socket != INVALID_SOCKET {
                world.client.close(socket).expect("a socket to close");
            }
        }
    }
    world.end();
}

#[test]
fn a_provider_that_cannot_start_says_why() {
    let _shows = wpu_evidence::tested(["WSPStartup.WSASYSNOTREADY", "WSPStartup.WSAEPROCLIM"]);
    let world = World::new();
    let (entry, table) = (WSAPROTOCOL_INFOW::ZERO, world.host.table());
    let mut errno = 0;
    // SAFETY: the pointer points to a local. The host starts the provider again for its next call.
    let ended = unsafe { world.procs.lpWSPCleanup.expect("a full table")(&raw mut errno) };
    assert_eq!((ended, errno), (0, 0));
    for error in [WsaError::WSASYSNOTREADY, WsaError::WSAEPROCLIM] {
        world.fail("start", error);
        assert_eq!(super::world::start_again(&entry, table), error.code());
        world.work();
    }
    assert_eq!(super::world::start_again(&entry, table), 0);
    world.end();
}
