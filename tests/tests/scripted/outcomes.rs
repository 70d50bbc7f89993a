//! How the outcome of a connect is told: as an event, through `WSPSelect`, and as `SO_ERROR`.

use super::*;

/// The reasons that `FD_CONNECT` tells.
const REASONS: [WsaError; 5] = [
    WsaError::WSAEAFNOSUPPORT,
    WsaError::WSAECONNREFUSED,
    WsaError::WSAENETUNREACH,
    WsaError::WSAENOBUFS,
    WsaError::WSAETIMEDOUT,
];

#[test]
fn the_outcome_of_a_pending_connect_is_told_once_with_its_reason() {
    let _shows = wpu_evidence::tested([
        "network-events.connect-told-with-outcome",
        "network-events.errors-of-connect",
        "WSPEnumNetworkEvents.errors-at-their-bits",
    ]);
    let world = World::new();
    for reason in REASONS.map(Err).into_iter().chain([Ok(())]) {
        let (socket, end) = world.stream();
        let event = world.watch(socket, FD_CONNECT);
        end.part().connect = Err(WsaError::WSAEWOULDBLOCK);
        assert_eq!(world.client.connect(socket, somewhere()), Err(WsaError::WSAEWOULDBLOCK));
        assert_eq!(world.told(socket, event), NOTHING, "nobody knows the outcome");
        end.connected(reason);
        assert!(world.is_set(event));
        let outcome = world.record(socket, event);
        let mut errors = [0; 10];
        errors[FD_CONNECT_BIT as usize] = reason.err().map_or(0, WsaError::code);
        assert_eq!((outcome.events, outcome.errors), (FD_CONNECT, errors));
        end.connected(Ok(()));
        end.notify.readable();
        assert_eq!(world.told(socket, event), NOTHING, "it is told once");
        world.client.close(socket).expect("a socket to close");
        world.host.close_client_event(event).expect("an event");
    }
    world.end([], []);
}

#[test]
fn the_outcome_of_a_connect_that_ends_at_once_is_told_too() {
    let _shows = wpu_evidence::tested([
        "network-events.connect-told-when-immediate",
        "network-events.connect-told-at-selection",
    ]);
    let world = World::new();
    for (datagram, outcome) in [
        (false, Ok(())),
        (true, Ok(())),
        (false, Err(WsaError::WSAECONNREFUSED)),
        (false, Err(WsaError::WSAENETUNREACH)),
    ] {
        let (socket, end) = if datagram { world.datagram() } else { world.stream() };
        let event = world.watch(socket, FD_CONNECT);
        end.part().connect = outcome;
        assert_eq!(world.client.connect(socket, somewhere()), outcome);
        assert!(world.is_set(event), "{outcome:?}");
        let record = world.record(socket, event);
        let code = outcome.err().map_or(0, WsaError::code);
        assert_eq!((record.events, record.errors[FD_CONNECT_BIT as usize]), (FD_CONNECT, code));
        assert_eq!(world.told(socket, event), NOTHING);
        if outcome.is_ok() {
            world.client.event_select(socket, event, FD_CONNECT).expect("events");
            assert_eq!(world.told(socket, event), told(FD_CONNECT), "it is connected");
        }
        world.client.close(socket).expect("a socket to close");
        world.host.close_client_event(event).expect("an event");
    }
    // A call that is refused for its arguments or for the state of the socket is no attempt.
    let (socket, end) = world.stream();
    let event = world.watch(socket, FD_CONNECT);
    end.part().connect = Err(WsaError::WSAEADDRNOTAVAIL);
    assert_eq!(world.client.connect(socket, somewhere()), Err(WsaError::WSAEADDRNOTAVAIL));
    assert_eq!(world.client.connect_bytes(socket, &[2]), Err(WsaError::WSAEFAULT));
    assert_eq!(world.told(socket, event), NOTHING);
    let (listener, door) = world.listening();
    assert!(world.client.connect(listener, somewhere()).is_err());
    door.call();
    let (accepted, _) = world.client.accept(listener).expect("a connection");
    let heard = world.watch(accepted, FD_CONNECT);
    assert_eq!(world.told(accepted, heard), told(FD_CONNECT), "an accepted socket is connected");
    world.end([socket, listener, accepted], [event, heard]);
}

#[test]
fn a_failed_connect_is_exceptional_and_its_error_is_read_once() {
    let _shows = wpu_evidence::tested([
        "WSPSelect.failed-connect-is-exceptional",
        "WSPSelect.writable-when-connected",
        "socket-options.error-is-read-once",
        "socket-options.success-keeps-the-error",
    ]);
    let world = World::new();
    let client = &world.client;
    let error = |socket| client.number_option(socket, SOL_SOCKET, SO_ERROR);
    let ready = |socket| {
        let selected = client.select(&[], &[socket], &[socket], Some(Duration::ZERO)).expect("a selection");
        (selected.write.len(), selected.except.len())
    };
    for reason in REASONS {
        let (socket, end) = world.stream();
        client.set_nonblocking(socket, true).expect("a socket");
        end.part().connect = Err(WsaError::WSAEWOULDBLOCK);
        assert_eq!(client.connect(socket, somewhere()), Err(WsaError::WSAEWOULDBLOCK));
        assert_eq!(ready(socket), (0, 0), "the connect is under way");
        end.connected(Err(reason));
        assert_eq!(ready(socket), (0, 1));
        // Calls that succeed do not clear the error; nor does a reading for which there is no room.
        client.local_address(socket).expect("an address");
        client.set_nonblocking(socket, true).expect("a socket");
        client.set_option(socket, SOL_SOCKET, SO_KEEPALIVE, &[1, 0, 0, 0]).expect("an option");
        assert_eq!(client.option(socket, SOL_SOCKET, SO_ERROR, &mut [0]), Err(WsaError::WSAEFAULT));
        assert_eq!(error(socket), Ok(reason.code()));
        assert_eq!((error(socket), ready(socket)), (Ok(0), (0, 1)));
        // The next attempt succeeds, and clears nothing that was not read.
        assert_eq!(client.connect(socket, somewhere()), Err(WsaError::WSAEWOULDBLOCK));
        end.connected(Err(reason));
        end.part().connect = Ok(());
        client.connect(socket, somewhere()).expect("a connection");
        assert_eq!(ready(socket), (1, 0));
        assert_eq!([error(socket), error(socket)], [Ok(reason.code()), Ok(0)]);
        // The error that ends a connection is kept too.
        end.break_off(WsaError::WSAECONNRESET);
        assert_eq!(client.recv(socket, &mut [0]), Err(WsaError::WSAECONNRESET));
        assert_eq!([error(socket), error(socket)], [Ok(WsaError::WSAECONNRESET.code()), Ok(0)]);
        client.close(socket).expect("a socket to close");
    }
    let (socket, end) = world.stream();
    client.set_nonblocking(socket, true).expect("a socket");
    end.part().connect = Err(WsaError::WSAEWOULDBLOCK);
    assert_eq!(client.connect(socket, somewhere()), Err(WsaError::WSAEWOULDBLOCK));
    assert_eq!(ready(socket), (0, 0), "the connect is under way");
    end.connected(Ok(()));
    assert_eq!(ready(socket), (1, 0));
    world.end([socket], []);
}
