//! How closing a socket and cleaning up end connections.

use super::stage::*;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use wpu_host::Tell;
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

/// Sets the two halves of `SO_LINGER`.
fn linger(world: &World, socket: SOCKET, on: u16, seconds: u16) {
    let value = [on.to_le_bytes(), seconds.to_le_bytes()].concat();
    world.client.set_option(socket, SOL_SOCKET, SO_LINGER, &value).expect("an option");
}

/// A connected socket with bytes on their way to the peer.
fn sending(world: &World) -> SOCKET {
    let socket = world.connected(7);
    script(|script| script.sending = true);
    log();
    socket
}

#[test]
fn a_close_that_lingers_waits_until_the_peer_has_everything() {
    let _shows = wpu_evidence::tested([
        "linger-and-close.linger-waits-for-data",
        "linger-and-close.option-read-when-closing",
    ]);
    let world = World::new();
    // Any number but zero lets it linger.
    for on in [1, 0x8000] {
        let (waits, waiting) = mpsc::channel();
        let socket = sending(&world);
        let notify = newest();
        linger(&world, socket, on, 600);
        thread::scope(|scope| {
            let world = &world;
            let closing = scope.spawn(move || {
                world.host.set_blocking_hook(move || waits.send(()).is_ok());
                let closed = world.client.close(socket);
                world.host.clear_blocking_hook();
                closed
            });
            waiting.recv_timeout(LONG).expect("it waits");
            assert_eq!(log(), [""; 0], "the connection is not ended");
            // A change that is not the end of the bytes lets it wait on.
            notify.writable();
            while waiting.try_recv().is_ok() {}
            for _ in 0..2 {
                waiting.recv_timeout(LONG).expect("it waits again");
            }
            assert!(!closing.is_finished());
            script(|script| script.sending = false);
            notify.writable();
            assert_eq!(closing.join().expect("no panic"), Ok(()));
        });
        assert_eq!(log(), ["close 7"], "a graceful end");
        // With nothing to send there is nothing to wait for.
        let socket = world.connected(8);
        linger(&world, socket, on, 600);
        log();
        world.close([socket]);
        assert_eq!(log(), ["close 8"]);
    }
    world.end();
}

#[test]
fn the_connection_is_reset_when_the_time_is_over() {
    let _shows = wpu_evidence::tested([
        "linger-and-close.linger-result-is-success",
        "linger-and-close.linger-time-over-resets",
    ]);
    let world = World::new();
    let socket = sending(&world);
    linger(&world, socket, 1, 1);
    assert_eq!(world.client.close(socket), Ok(()));
    assert_eq!(log(), ["reset 7"]);
    script(|script| script.sending = false);
    let socket = world.connected(8);
    linger(&world, socket, 1, 1);
    log();
    assert_eq!(world.client.close(socket), Ok(()));
    assert_eq!(log(), ["close 8"]);
    world.end();
}

#[test]
fn a_close_that_would_wait_on_a_nonblocking_socket_leaves_it() {
    let _shows = wpu_evidence::tested([
        "linger-and-close.lingering-nonblocking-close",
        "linger-and-close.option-read-when-closing",
        "WSPCloseSocket.WSAEWOULDBLOCK",
    ]);
    let world = World::new();
    let socket = sending(&world);
    world.client.set_nonblocking(socket, true).expect("a socket");
    linger(&world, socket, 1, 600);
    for _ in 0..2 {
        assert_eq!(world.client.close(socket), Err(WsaError::WSAEWOULDBLOCK));
        assert_eq!(log(), [""; 0], "the connection is untouched");
        assert_eq!(world.client.send(socket, b"x"), Ok(1));
        assert_eq!(log(), ["send 7"]);
    }
    // The option counts as it is now.
    linger(&world, socket, 0, 600);
    assert_eq!((world.client.close(socket), log()), (Ok(()), vec!["close 7".to_owned()]));
    script(|script| script.sending = false);
    let socket = world.connected(8);
    world.client.set_nonblocking(socket, true).expect("a socket");
    linger(&world, socket, 1, 600);
    log();
    assert_eq!((world.client.close(socket), log()), (Ok(()), vec!["close 8".to_owned()]), "all was sent");
    world.end();
}

#[test]
fn without_lingering_a_close_does_not_wait_and_ends_gracefully() {
    let _shows = wpu_evidence::tested([
        "linger-and-close.default-close-never-would-block",
        "linger-and-close.zero-linger-resets",
    ]);
    let world = World::new();
    for nonblocking in [false, true] {
        for (set, expected) in [(None, "close 7"), (Some(0), "close 7"), (Some(1), "reset 7")] {
            let socket = sending(&world);
            world.client.set_nonblocking(socket, nonblocking).expect("a socket");
            if let Some(on) = set {
                linger(&world, socket, on, 0);
            }
            assert_eq!((world.client.close(socket), log()), (Ok(()), vec![expected.to_owned()]));
            script(|script| script.sending = false);
        }
    }
    world.end();
}

#[test]
fn the_last_clean_up_resets_open_sockets_and_ends_calls_in_silence() {
    let _shows = wpu_evidence::tested([
        "WSPCleanup.calls-end-quietly",
        "WSPCleanup.everything-freed",
        "WSPCleanup.open-sockets-reset",
    ]);
    let world = World::new();
    let (host, client) = (&world.host, &*world.client);
    let listener = world.listener([3]);
    assert_eq!(client.select(&[listener], &[], &[], Some(LONG)).expect("a connection").read, [listener]);
    let (plain, lingers, watched) = (world.connected(4), world.connected(5), world.connected(6));
    linger(&world, lingers, 1, 600);
    let event = world.watch(watched, FD_READ | FD_CLOSE);
    let posted = world.connected(7);
    client.async_select(posted, host.window(), 0x401, FD_READ | FD_CLOSE).expect("messages");
    let own = host.client_event();
    let request = client.recv_overlapped(lingers, &[1], 0, Tell::Event(own)).expect("a request");
    let (waits, waiting) = mpsc::channel();
    script(|script| script.sending = true);
    log();
    thread::scope(|scope| {
        let call = scope.spawn(move || {
            host.set_blocking_hook(move || waits.send(()).is_ok());
            let received = client.recv(plain, &mut [0]);
            host.clear_blocking_hook();
            received
        });
        waiting.recv_timeout(LONG).expect("it waits");
        client.clean_up().expect("it is the last one");
        assert!(call.join().expect("no panic").is_err(), "it has ended");
    });
    let mut ended = log();
    ended.sort();
    assert_eq!(ended, ["reset 0", "reset 3", "reset 4", "reset 5", "reset 6", "reset 7"]);
    for event in [event, own] {
        assert_eq!(host.wait(event, Duration::ZERO), Ok(false), "nothing is told");
        host.close_client_event(event).expect("an event");
    }
    drop(request);
    assert_eq!(host.messages(), []);
    assert!(host.left_open().is_empty());
    assert_eq!(script(|script| script.open), 0);
    world.end();
}

/// Starts the provider once more, as Ws2_32 does for a further entry.
fn start_again(world: &World) -> WSPPROC_TABLE {
    let (mut data, mut functions) = (WSPDATA::ZERO, WSPPROC_TABLE::ZERO);
    let (table, entry) = (world.host.table(), &raw const world.entry.info);
    // SAFETY: the pointers point to locals, and the table is callable as long as the host lives.
    let code = unsafe { start_up(0x202, &raw mut data, entry, table, &raw mut functions) };
    assert_eq!(code, 0);
    functions
}

#[test]
fn a_clean_up_that_is_not_the_last_changes_nothing() {
    let _shows = wpu_evidence::tested(["WSPCleanup.earlier-ones-only-count"]);
    let world = World::new();
    let (host, client) = (&world.host, &*world.client);
    let (one, other) = (world.connected(1), world.connected(2));
    let notify = newest();
    let clean_up = start_again(&world).lpWSPCleanup.expect("a function");
    let event = host.client_event();
    let request = client.recv_overlapped(other, &[1], 0, Tell::Event(event)).expect("a request");
    let (waits, waiting) = mpsc::channel();
    log();
    thread::scope(|scope| {
        let call = scope.spawn(move || {
            host.set_blocking_hook(move || waits.send(()).is_ok());
            let mut byte = [0];
            let received = client.recv(one, &mut byte);
            host.clear_blocking_hook();
            (received, byte)
        });
        waiting.recv_timeout(LONG).expect("it waits");
        // SAFETY: it ends one of two start-ups.
        assert_eq!(status(|errno| unsafe { clean_up(errno) }), Ok(()));
        assert_eq!((log(), request.outcome()), (vec![], None));
        script(|script| script.bytes.extend(*b"a"));
        script(|script| script.notifiers[0].clone()).readable();
        assert_eq!(call.join().expect("no panic"), (Ok(1), *b"a"));
    });
    script(|script| script.bytes.extend(*b"b"));
    notify.readable();
    assert_eq!(host.wait(event, LONG), Ok(true));
    assert_eq!(request.data(), b"b");
    host.close_client_event(event).expect("an event");
    world.close([one, other]);
    world.end();
}

#[test]
fn the_last_clean_up_is_refused_within_a_blocking_hook() {
    let _checks = wpu_evidence::checked(["WSPCleanup.not-from-a-callback"]);
    let world = World::new();
    let socket = world.connected(1);
    let clean_up = world.procs().lpWSPCleanup.expect("a function");
    let (tell, told) = mpsc::channel();
    world.host.set_blocking_hook(move || {
        // SAFETY: the pointer points to a local of `status`.
        let _ = tell.send(status(|errno| unsafe { clean_up(errno) }));
        false
    });
    assert_eq!(world.client.recv(socket, &mut [0]), Err(WsaError::WSAEINTR));
    world.host.clear_blocking_hook();
    assert_eq!(told.try_recv(), Ok(Err(WsaError::WSAEINPROGRESS)));
    // The provider still runs, and is cleaned up outside of the hook.
    assert_eq!(world.client.send(socket, b"x"), Ok(1));
    world.close([socket]);
    world.end();
}
