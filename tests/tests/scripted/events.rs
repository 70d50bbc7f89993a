//! When a network event is told, and when it is told again.

use super::*;

#[test]
fn arrivals_are_told_once_and_again_after_a_receive_that_leaves_data() {
    let _shows = wpu_evidence::tested([
        "network-events.read-told-at-arrival",
        "network-events.read-told-again",
        "network-events.told-once-until-re-enabled",
    ]);
    let world = World::new();
    for datagram in [false, true] {
        let (socket, end) = if datagram { world.datagram() } else { world.connected() };
        if datagram {
            world.client.bind(socket, somewhere()).expect("an address");
        }
        let event = world.watch(socket, FD_READ);
        assert_eq!(world.told(socket, event), NOTHING, "nothing has arrived");
        end.arrive(b"ab");
        assert_eq!(world.told(socket, event), told(FD_READ));
        end.arrive(b"cd");
        assert_eq!(world.told(socket, event), NOTHING, "it was told, and nobody has received");
        for flags in [MSG_PEEK, 0] {
            let count = world.client.recv_vectored(socket, &mut [&mut [0; 2]], flags).expect("data").bytes;
            assert_eq!((count, world.told(socket, event)), (2, told(FD_READ)), "it leaves data");
        }
        assert_eq!(world.client.recv(socket, &mut [0; 2]), Ok(2));
        assert_eq!(world.told(socket, event), NOTHING, "it leaves none");
        end.arrive(b"e");
        assert_eq!(world.told(socket, event), told(FD_READ));
        world.client.close(socket).expect("a socket to close");
        world.host.close_client_event(event).expect("an event");
    }
    world.end([], []);
}

#[test]
fn a_call_that_fails_lets_its_event_come_again() {
    let world = World::new();
    let (socket, end) = world.connected();
    let event = world.watch(socket, FD_READ | FD_CLOSE);
    end.arrive(b"a");
    assert_eq!(world.told(socket, event), told(FD_READ));
    // Another thread has taken it before the client comes.
    end.part().arrived.clear();
    assert_eq!(world.client.recv(socket, &mut [0]), Err(WsaError::WSAEWOULDBLOCK));
    assert_eq!(world.told(socket, event), NOTHING);
    end.arrive(b"b");
    assert_eq!(world.told(socket, event), told(FD_READ), "the receive failed, and the event comes again");
    let (listener, door) = world.listening();
    let heard = world.watch(listener, FD_ACCEPT);
    door.call();
    assert_eq!(world.told(listener, heard), told(FD_ACCEPT));
    let procs = world.client.procs(listener).expect("a provider");
    let (mut name, mut length, mut errno) = (sockaddr::ZERO, 2, 0);
    let accept = procs.lpWSPAccept.expect("a function");
    // SAFETY: the provider is started, and the pointers point to locals.
    let accepted = unsafe { accept(listener, &raw mut name, &raw mut length, None, 0, &raw mut errno) };
    assert_eq!((accepted, errno), (INVALID_SOCKET, WsaError::WSAEFAULT.code()));
    assert_eq!(world.told(listener, heard), told(FD_ACCEPT), "the connection still waits");
    world.end([socket, listener], [event, heard]);
}

#[test]
fn connections_that_wait_are_told_once_and_again_after_an_accept_that_leaves_one() {
    let _shows = wpu_evidence::tested([
        "network-events.accept-told-at-arrival",
        "network-events.accept-told-again",
        "network-events.accepted-socket-inherits",
        "network-events.inherited-record-is-empty",
        "network-events.write-once-connected",
    ]);
    let world = World::new();
    let (listener, door) = world.listening();
    let event = world.watch(listener, FD_ACCEPT | FD_READ | FD_WRITE | FD_CLOSE);
    assert_eq!(world.told(listener, event), NOTHING);
    let place = made();
    door.call();
    assert_eq!(world.told(listener, event), told(FD_ACCEPT));
    door.call();
    assert_eq!(world.told(listener, event), NOTHING, "it was told, and nobody has accepted");
    door.call();
    let (first, _) = world.client.accept(listener).expect("a connection");
    let end = made_at(place);
    // The same event object serves both sockets: the listening one, and the accepted one, which can send.
    assert!(world.is_set(event));
    assert_eq!(world.record(listener, event).events, FD_ACCEPT, "another connection waits");
    let inherited = world.record(first, event);
    assert_eq!(
        (inherited.events, inherited.errors),
        (FD_WRITE, [0; 10]),
        "what the listener saw is not its own"
    );
    end.arrive(b"a");
    assert_eq!(world.told(first, event), told(FD_READ), "the same events and the same event object");
    assert_eq!(world.record(listener, event).events, 0);
    let (second, _) = world.client.accept(listener).expect("a connection");
    assert_eq!(world.record(listener, event).events, FD_ACCEPT, "a third one waits");
    let (third, _) = world.client.accept(listener).expect("a connection");
    assert_eq!(world.record(listener, event).events, 0, "none is left");
    let place = made();
    door.call();
    assert_eq!(world.told(listener, event), told(FD_ACCEPT));
    // Messages are inherited in the same way.
    let window = world.host.window();
    world.client.async_select(listener, window, 0x401, FD_ACCEPT | FD_READ).expect("messages");
    let before = world.host.messages().len();
    let (fourth, _) = world.client.accept(listener).expect("a connection");
    made_at(place).arrive(b"b");
    let posted = world.host.messages().split_off(before);
    let posted: Vec<_> = posted.iter().map(|one| (one.window, one.message, one.wparam, one.lparam)).collect();
    assert_eq!(posted, [(window, 0x401, fourth, FD_READ as isize)]);
    world.end([listener, first, second, third, fourth], [event]);
}

#[test]
fn room_to_send_is_told_with_the_connection_and_after_a_full_send() {
    let _shows = wpu_evidence::tested([
        "network-events.write-once-connected",
        "network-events.no-write-after-success",
        "network-events.write-after-would-block",
    ]);
    let world = World::new();
    let (socket, end) = world.stream();
    let event = world.watch(socket, FD_WRITE);
    assert_eq!(world.told(socket, event), NOTHING, "there is no connection");
    end.part().connect = Err(WsaError::WSAEWOULDBLOCK);
    assert_eq!(world.client.connect(socket, somewhere()), Err(WsaError::WSAEWOULDBLOCK));
    assert_eq!(world.told(socket, event), NOTHING, "it is not connected yet");
    end.connected(Ok(()));
    assert_eq!(world.told(socket, event), told(FD_WRITE));
    assert_eq!(world.client.send(socket, b"ab"), Ok(2));
    end.notify.writable();
    assert_eq!(world.told(socket, event), NOTHING, "a send that succeeds leads to nothing");
    end.sends(Err(WsaError::WSAEMSGSIZE));
    assert_eq!(world.client.send(socket, b"ab"), Err(WsaError::WSAEMSGSIZE));
    end.notify.writable();
    assert_eq!(world.told(socket, event), NOTHING, "nor does one that fails otherwise");
    end.sends(Err(WsaError::WSAEWOULDBLOCK));
    assert_eq!(world.client.send(socket, b"ab"), Err(WsaError::WSAEWOULDBLOCK));
    assert_eq!(world.told(socket, event), NOTHING, "it is full");
    end.sends(Ok(()));
    assert_eq!(world.told(socket, event), told(FD_WRITE));
    world.end([socket], [event]);
}

#[test]
fn bound_datagram_sockets_send_at_once_and_are_never_closed_by_a_peer() {
    let _shows = wpu_evidence::tested([
        "network-events.bound-datagrams-writable",
        "network-events.close-needs-connections",
    ]);
    let world = World::new();
    let (socket, end) = world.datagram();
    world.client.bind(socket, somewhere()).expect("an address");
    assert_eq!(world.client.send_to(socket, b"ab", somewhere()), Ok(2), "without any event");
    let event = world.watch(socket, FD_ALL_EVENTS & !FD_WRITE);
    for error in [None, Some(WsaError::WSAECONNRESET), Some(WsaError::WSAENETDOWN)] {
        end.part().end = Some(error.map_or(Ok(()), Err));
        end.notify.readable();
        assert_eq!(world.record(socket, event).events & FD_CLOSE, 0, "{error:?}");
    }
    end.part().end = None;
    end.arrive(b"");
    assert_eq!(world.record(socket, event).events & FD_CLOSE, 0, "an empty message is no end");
    world.client.connect(socket, somewhere()).expect("a peer");
    assert_eq!(world.record(socket, event).events & FD_CLOSE, 0);
    world.end([socket], [event]);
}

#[test]
fn the_end_of_a_connection_is_told_once_after_all_data() {
    let _shows = wpu_evidence::tested([
        "network-events.close-on-peer-shutdown",
        "network-events.close-after-all-data",
        "network-events.close-told-once",
        "network-events.close-told-at-selection",
        "network-events.close-not-told-as-read",
    ]);
    let world = World::new();
    for ends_first in [false, true] {
        let (socket, end) = world.connected();
        let event = world.watch(socket, FD_READ | FD_CONNECT | FD_CLOSE);
        assert_eq!(world.told(socket, event), told(FD_CONNECT));
        end.arrive(b"ab");
        assert_eq!(world.told(socket, event), told(FD_READ));
        if ends_first {
            world.client.shutdown(socket, SD_SEND).expect("a connection");
            assert_eq!(world.told(socket, event), NOTHING, "the peer has not answered");
        }
        end.finish();
        assert_eq!(world.told(socket, event), NOTHING, "there is data to read");
        assert_eq!(world.client.recv(socket, &mut [0]), Ok(1));
        assert_eq!(world.told(socket, event), told(FD_READ), "and more");
        assert_eq!(world.client.recv(socket, &mut [0]), Ok(1));
        assert_eq!(world.told(socket, event), told(FD_CLOSE));
        for _ in 0..2 {
            assert_eq!(world.client.recv(socket, &mut [0]), Ok(0));
            let _ = world.client.send(socket, b"x");
            end.notify.readable();
            assert_eq!(world.told(socket, event), NOTHING, "each of them is told once");
        }
        world.client.event_select(socket, event, FD_CLOSE).expect("events");
        assert_eq!(world.told(socket, event), told(FD_CLOSE), "a new selection is told at once");
        world.client.close(socket).expect("a socket to close");
        world.host.close_client_event(event).expect("an event");
    }
    world.end([], []);
}

#[test]
fn a_broken_connection_is_told_at_once_with_its_reason() {
    let _shows = wpu_evidence::tested([
        "network-events.close-at-once-on-reset",
        "network-events.errors-of-close",
        "network-events.errors-of-other-events",
        "WSPEnumNetworkEvents.errors-at-their-bits",
    ]);
    let world = World::new();
    let reasons = [WsaError::WSAECONNRESET, WsaError::WSAECONNABORTED, WsaError::WSAENETDOWN];
    for error in reasons.map(Some).into_iter().chain([None]) {
        let (socket, end) = world.connected();
        let event = world.watch(socket, FD_READ | FD_WRITE | FD_CLOSE);
        end.arrive(b"not read");
        let first = world.record(socket, event);
        assert_eq!((first.events, first.errors), (FD_READ | FD_WRITE, [0; 10]), "they have no errors");
        match error {
            Some(error) => end.break_off(error),
            None => {
                end.part().arrived.clear();
                end.finish();
            }
        }
        assert!(world.is_set(event), "the client need not read");
        let last = world.record(socket, event);
        let mut errors = [0; 10];
        errors[FD_CLOSE_BIT as usize] = error.map_or(0, WsaError::code);
        assert_eq!((last.events, last.errors), (FD_CLOSE, errors));
        world.client.close(socket).expect("a socket to close");
        world.host.close_client_event(event).expect("an event");
    }
    // What fails while a connection is looked for is no error of the event.
    let (listener, door) = world.listening();
    door.call();
    let event = world.watch(listener, FD_ACCEPT);
    let told = world.record(listener, event);
    assert_eq!((told.events, told.errors), (FD_ACCEPT, [0; 10]));
    world.end([listener], [event]);
}
