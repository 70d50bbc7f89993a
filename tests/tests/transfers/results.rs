//! `WSPGetOverlappedResult`, and routines.

use super::raw::Call;
use super::{LONG, World, wire};
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use wpu_host::Tell;
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

#[test]
fn the_result_is_that_of_the_last_operation_as_often_as_it_is_asked_for() {
    let _shows = wpu_evidence::tested([
        "WSPGetOverlappedResult.answers-for-the-last-operation",
        "WSPGetOverlappedResult.asking-changes-nothing",
        "WSPGetOverlappedResult.immediate-result-is-kept",
    ]);
    let world = World::new();
    let [near, far] = world.pair();
    let event = world.host.client_event();
    let request = world.host.request(event);
    let (mut bytes, mut raw) = ([0; 8], world.raw(far));
    raw.overlapped = request.as_ptr();
    // At once, pending, at once with an error, and at once.
    for (early, late, count) in [(&b"one"[..], &b""[..], 3), (b"", b"seven", 5), (b"xy", b"", 2)] {
        assert!(early.is_empty() || world.client.send(near, early).is_ok());
        raw = raw.with(&mut bytes);
        assert_eq!(raw.call(Call::Recv).is_ok(), !early.is_empty());
        if early.is_empty() {
            let incomplete = Err(WsaError::WSA_IO_INCOMPLETE);
            assert_eq!((raw.result(false), raw.result(false)), (incomplete, incomplete));
            assert!(world.client.send(near, late).is_ok());
        }
        assert_eq!(world.host.wait(event, LONG), Ok(true));
        for wait in [false, true, false] {
            assert_eq!(raw.result(wait), Ok((count, 0)));
        }
        world.host.reset_event(event).expect("an event");
        request.restart();
    }
    // An error is an answer too.
    raw = raw.with(&mut bytes);
    assert_eq!(raw.call(Call::Recv), Err(WsaError::WSA_IO_PENDING));
    *super::locked(&wire::FAILS) = None;
    let other = world.host.request(event);
    let (mut more, mut second) = (*b"sent", world.raw(far));
    second.overlapped = other.as_ptr();
    second = second.with(&mut more);
    assert_eq!(second.call(Call::Send), Ok(()));
    assert_eq!((second.result(false), second.result(false)), (Ok((4, 0)), Ok((4, 0))));
    assert_eq!(raw.result(false), Err(WsaError::WSA_IO_INCOMPLETE), "each structure has its own");
    world.client.shutdown(near, SD_SEND).expect("a connection");
    assert_eq!((raw.result(true), raw.result(false)), (Ok((0, 0)), Ok((0, 0))));
    world.host.close_client_event(event).expect("an event");
    world.end([near, far]);
}

#[test]
fn a_wait_ends_with_the_operation_on_sockets_of_both_modes() {
    let _shows = wpu_evidence::tested(["WSPGetOverlappedResult.waits-to-the-end"]);
    let world = World::new();
    let (client, host) = (&world.client, &world.host);
    for nonblocking in [false, true] {
        let [near, far] = world.pair();
        client.set_nonblocking(far, nonblocking).expect("a socket");
        let event = host.client_event();
        let request = client.recv_overlapped(far, &[8], 0, Tell::Event(event)).expect("a request");
        let (begins, waiting) = mpsc::channel();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                begins.send(()).expect("somebody listens");
                client.overlapped_result(&request, true)
            });
            waiting.recv_timeout(LONG).expect("it begins");
            // Gives a call that would not wait the time to return.
            thread::sleep(Duration::from_millis(20));
            assert!(!waiter.is_finished(), "the operation is pending");
            assert_eq!(client.send(near, b"end"), Ok(3));
            assert_eq!(waiter.join().expect("no panic"), Ok((3, 0)));
        });
        host.close_client_event(event).expect("an event");
        world.close([near, far]);
    }
    world.end([]);
}

#[test]
fn a_told_client_finds_the_final_result() {
    let _shows = wpu_evidence::tested(["WSPGetOverlappedResult.final-after-indication"]);
    let world = World::new();
    let (client, host, [near, far]) = (&world.client, &world.host, world.pair());
    let (event, port) = (host.client_event(), wpu_host::Port::new());
    host.bind_port(far, &port, 7).expect("a socket");
    for round in 0..if cfg!(miri) { 3_u32 } else { 100 } {
        // Another thread sends, so that the completion is still being made when the client hears of it.
        let tells: [fn() -> Tell; 3] = [|| Tell::Nobody, || Tell::Nobody, || Tell::routine(|_| ())];
        for (way, tell) in tells.into_iter().enumerate() {
            host.reset_event(event).expect("an event");
            let tell = if way == 0 { Tell::Event(event.map_addr(|event| event | 1)) } else { tell() };
            let request = client.recv_overlapped(far, &[4], 0, tell).expect("a request");
            thread::scope(|scope| {
                scope.spawn(|| client.send(near, &round.to_le_bytes()).expect("a peer"));
                match way {
                    0 => assert_eq!(host.wait(event, LONG), Ok(true)),
                    1 => assert!(port.get(LONG).is_some()),
                    _ => assert_eq!(host.sleep_alertable(LONG), 1),
                }
                assert_eq!(client.overlapped_result(&request, false), Ok((4, 0)), "{way}, round {round}");
            });
        }
    }
    host.close_client_event(event).expect("an event");
    world.end([near, far]);
}

#[test]
fn a_routine_runs_only_in_its_threads_wait_and_may_send_and_receive() {
    let _shows = wpu_evidence::tested([
        "overlapped.queued-in-the-clients-process",
        "overlapped.routine-is-queued",
        "overlapped.routine-may-send-and-receive",
    ]);
    let world = World::new();
    let [near, far] = world.pair();
    let (client, host) = (std::sync::Arc::new(world.host.client()), &world.host);
    let (tell, told) = mpsc::channel();
    let routine = || {
        let (tell, client, thread) = (tell.clone(), std::sync::Arc::clone(&client), thread::current().id());
        Tell::routine(move |end| {
            assert_eq!((end.error, thread::current().id()), (0, thread));
            // Calls of every kind, on the socket of the routine.
            assert_eq!(client.send(far, b"answer"), Ok(6));
            assert_eq!(client.recv(far, &mut [0; 4]), Ok(4));
            let sent = client.send_overlapped(far, &[b"!"], Tell::Nobody).expect("a request");
            let next = client.recv_overlapped(far, &[4], 0, Tell::Nobody).expect("a request");
            tell.send((end.transferred, sent, next)).expect("somebody listens");
        })
    };
    host.watch(true);
    for at_once in [true, false] {
        host.clear_trace();
        let ask = || {
            thread::scope(|scope| {
                scope.spawn(|| assert_eq!(client.send(near, b"ask "), Ok(4)));
            });
        };
        if at_once {
            ask();
        }
        let request = client.recv_overlapped(far, &[4], 0, routine()).expect("a request");
        if !at_once {
            ask();
        }
        assert_eq!(client.send(near, b"more"), Ok(4));
        assert!(told.try_recv().is_err() && request.outcome().is_none(), "it has not run");
        let queued = host.trace().iter().filter(|line| line.upcall.name == "WPUQueueApc").count();
        assert_eq!(queued, 1);
        assert_eq!(host.sleep_alertable(LONG), 1);
        let (count, sent, next) = told.try_recv().expect("it has run");
        assert_eq!((count, request.data()), (4, b"ask ".to_vec()));
        assert!(sent.outcome().is_some() && next.outcome().is_none());
        let mut bytes = [0; 7];
        client.recv_all(near, &mut bytes).expect("an answer");
        assert_eq!(&bytes, b"answer!");
        assert_eq!(client.send(near, b"last"), Ok(4));
        assert_eq!(next.data(), b"last");
    }
    drop((client, told, tell));
    world.end([near, far]);
}

/// The number of bytes that a client sends in one direction does not depend on the other.
#[test]
fn both_directions_of_a_connection_work_at_once() {
    let _shows = wpu_evidence::tested(["data-transfer.both-directions-at-once"]);
    let world = World::new();
    let (client, host, [near, far]) = (&world.client, &world.host, world.pair());
    // A receive that waits, and a send.
    let (waits, waiting) = mpsc::channel();
    thread::scope(|scope| {
        let receiver = scope.spawn(move || {
            host.set_blocking_hook(move || {
                let _ = waits.send(());
                true
            });
            let received = client.recv(near, &mut [0; 4]);
            host.clear_blocking_hook();
            received
        });
        waiting.recv_timeout(LONG).expect("it waits");
        assert_eq!(client.send(near, b"sent"), Ok(4));
        assert_eq!(world.now(far), Ok(b"sent".to_vec()));
        assert_eq!(client.send(far, b"back"), Ok(4));
        assert_eq!(receiver.join().expect("no panic"), Ok(4));
    });
    // A send that waits, and a receive.
    wire::ROOM.store(1, Ordering::SeqCst);
    assert_eq!(client.send(near, b"-"), Ok(1));
    let (waits, waiting) = mpsc::channel();
    thread::scope(|scope| {
        let sender = scope.spawn(move || {
            host.set_blocking_hook(move || {
                let _ = waits.send(());
                true
            });
            let sent = client.send(near, b"late");
            host.clear_blocking_hook();
            sent
        });
        waiting.recv_timeout(LONG).expect("it waits");
        assert_eq!(client.send(far, b"x"), Ok(1));
        assert_eq!(client.recv(near, &mut [0; 4]), Ok(1));
        let mut bytes = [0; 5];
        client.recv_all(far, &mut bytes).expect("bytes");
        assert_eq!((&bytes, sender.join().expect("no panic")), (b"-late", Ok(4)));
    });
    world.end([near, far]);
}
