//! Overlapped requests: when they are pending, what is written until their end, and how they are told of.

use super::raw::{Call, Raw, UNTOUCHED};
use super::{LONG, WOULD_BLOCK, World, at, wire};
use std::ptr::null_mut;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use wpu_host::{Port, Tell};
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

const ABORTED: WsaError = WsaError::WSA_OPERATION_ABORTED;

/// Fills the way from `near` to its peer, so that a further send has to wait.
fn fill(world: &World, near: SOCKET, datagrams: bool) {
    if datagrams {
        wire::STUCK.store(true, Ordering::SeqCst);
    } else {
        wire::ROOM.store(1, Ordering::SeqCst);
        assert_eq!(world.client.send(near, b"-"), Ok(1));
    }
}

/// Lets what waits after [`fill`] go on.
fn empty(world: &World, far: SOCKET, datagrams: bool) {
    if datagrams {
        wire::unstick();
    } else {
        wire::ROOM.store(usize::MAX, Ordering::SeqCst);
        assert_eq!(world.client.recv(far, &mut [0]), Ok(1));
    }
}

#[test]
fn a_pending_call_writes_nothing_and_its_request_no_count() {
    let _shows = wpu_evidence::tested([
        "WSPRecvFrom.address-comes-with-completion",
        "WSPRecvFrom.gives-the-sender",
        "overlapped.pending-leaves-answers",
    ]);
    let world = World::new();
    let event = world.host.client_event();
    for (call, datagrams) in Call::ALL.into_iter().flat_map(|call| [(call, false), (call, true)]) {
        let [near, far] = world.two(datagrams);
        let request = world.host.request(event);
        let (mut bytes, mut address) = (*b"bytes", [0xee_u8; 20]);
        let mut raw = world.raw(if call.receives() { far } else { near }).with(&mut bytes);
        raw.overlapped = request.as_ptr();
        if call.receives() {
            raw.flags = MSG_PARTIAL;
            if call == Call::RecvFrom && datagrams {
                (raw.address, raw.length) = (address.as_mut_ptr().cast(), 20);
            }
        } else {
            fill(&world, near, datagrams);
        }
        let before = (raw.count, raw.flags, raw.length);
        assert_eq!(raw.call(call), Err(WsaError::WSA_IO_PENDING), "{call:?}");
        assert_eq!((raw.count, raw.flags, raw.length), before, "{call:?}");
        if call.receives() {
            assert_eq!(address, [0xee; 20], "{call:?}");
            assert_eq!(world.client.send(near, b"sent"), Ok(4));
        } else {
            empty(&world, far, datagrams);
        }
        assert_eq!(world.host.wait(event, LONG), Ok(true));
        assert_eq!((raw.count, raw.flags), (before.0, before.1), "{call:?}");
        assert_eq!(raw.result(false), Ok((if call.receives() { 4 } else { 5 }, 0)), "{call:?}");
        if raw.length != 0 {
            assert_eq!((raw.length, wpu_host::decode_address(&address[..16])), (16, Some(at(1))));
        }
        world.host.reset_event(event).expect("an event");
        world.close([near, far]);
    }
    world.host.close_client_event(event).expect("an event");
    world.end([]);
}

#[test]
fn requests_are_pending_whatever_the_mode_of_the_socket() {
    let _shows = wpu_evidence::tested(["overlapped.mode-does-not-count"]);
    let world = World::new();
    let (client, event) = (&world.client, world.host.client_event());
    for (nonblocking, datagrams) in [(false, false), (false, true), (true, false), (true, true)] {
        let [near, far] = world.two(datagrams);
        for socket in [near, far] {
            client.set_nonblocking(socket, nonblocking).expect("a socket");
        }
        let received = client.recv_overlapped(near, &[4], 0, Tell::Event(event)).expect("a request");
        fill(&world, near, datagrams);
        let sent = client.send_overlapped(near, &[b"sent"], Tell::Event(event)).expect("a request");
        assert_eq!((received.outcome(), sent.outcome()), (None, None));
        empty(&world, far, datagrams);
        assert_eq!(client.overlapped_result(&sent, true), Ok((4, 0)));
        assert_eq!(client.send(far, b"back"), Ok(4));
        assert_eq!(client.overlapped_result(&received, true), Ok((4, 0)));
        wire::reset();
        world.close([near, far]);
    }
    world.host.close_client_event(event).expect("an event");
    world.end([]);
}

#[test]
fn a_plain_socket_refuses_requests() {
    let _shows = wpu_evidence::tested(["overlapped.plain-socket-refuses-requests"]);
    let world = World::new();
    let procs = world.client.procs_of(world.datagrams).expect("a provider");
    let (socket, mut errno) = (procs.lpWSPSocket.expect("a full table"), 0);
    // SAFETY: the provider is started, and the pointers are null or point to a local.
    let plain = unsafe { socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, std::ptr::null(), 0, 0, &raw mut errno) };
    assert_ne!(plain, INVALID_SOCKET);
    let [other] = world.bound();
    let mut bytes = [0; 4];
    let mut raw = Raw::new(procs, plain).with(&mut bytes);
    let address = wpu_host::encode_address(at(1));
    raw.address = address.as_ptr().cast_mut().cast();
    raw.length = 16;
    assert_eq!(raw.call(Call::SendTo), Ok(()), "a plain call");
    world.client.connect(plain, at(1)).expect("a peer");
    for call in Call::ALL {
        let request = world.host.request(null_mut());
        let mut raw = Raw::new(procs, plain).with(&mut bytes);
        raw.overlapped = request.as_ptr();
        assert_eq!(raw.call(call), Err(WsaError::WSAEINVAL), "{call:?}");
        assert_eq!(request.completion(), None);
    }
    world.end([plain, other]);
}

unsafe extern "system" fn never(_: u32, _: u32, _: *mut WSAOVERLAPPED, _: u32) {
    unreachable!("there is no request");
}

#[test]
fn a_call_without_a_structure_is_no_request() {
    let _shows = wpu_evidence::tested(["overlapped.no-structure-no-request"]);
    let world = World::new();
    for datagrams in [false, true] {
        let [near, far] = world.two(datagrams);
        for call in [Call::Send, Call::Recv, Call::SendTo, Call::RecvFrom] {
            let mut bytes = *b"bytes";
            let mut raw = world.raw(if call.receives() { far } else { near }).with(&mut bytes);
            raw.routine = Some(never);
            raw.thread = Some(world.host.current_thread());
            assert_eq!((raw.call(call), raw.count), (Ok(()), 5), "{call:?}");
            // Not even a thread that does not exist matters.
            let mut raw = world.raw(near).with(&mut bytes);
            raw.routine = Some(never);
            raw.thread = Some(WSATHREADID::ZERO);
            world.client.set_nonblocking(near, true).expect("a socket");
            assert_eq!(raw.call(Call::Recv), Err(WOULD_BLOCK));
            world.client.set_nonblocking(near, false).expect("a socket");
        }
        world.close([near, far]);
    }
    assert_eq!(world.host.sleep_alertable(Duration::ZERO), 0, "nothing is queued");
    world.end([]);
}

#[test]
fn only_the_completion_sets_the_event() {
    let _shows = wpu_evidence::tested(["overlapped.event-is-cleared-first"]);
    let world = World::new();
    let (client, [near, far]) = (&world.client, world.pair());
    let event = world.host.client_event();
    // From the second round on, the event is still set by the completion before.
    for low_bit in [0, 0, 1] {
        let named = Tell::Event(event.map_addr(|event| event | low_bit));
        let request = client.recv_overlapped(far, &[4], 0, named).expect("a request");
        assert_eq!(world.host.wait(event, Duration::ZERO), Ok(false));
        assert_eq!(client.send(near, b"sent"), Ok(4));
        assert_eq!(world.host.wait(event, LONG), Ok(true));
        assert_eq!(request.data(), b"sent");
    }
    world.host.close_client_event(event).expect("an event");
    world.end([near, far]);
}

#[test]
fn a_send_reads_its_buffers_until_its_end_and_never_writes_them() {
    let _shows = wpu_evidence::tested([
        "data-transfer.send-buffers-are-not-written",
        "overlapped.consumed-before-completion",
    ]);
    let world = World::new();
    let event = world.host.client_event();
    for (call, datagrams) in [(Call::Send, false), (Call::SendTo, true), (Call::Send, true)] {
        let [near, far] = world.two(datagrams);
        let mut bytes = *b"some bytes";
        let mut raw = world.raw(near).with(&mut bytes);
        assert_eq!(raw.call(call), Ok(()));
        assert_eq!(bytes, *b"some bytes");
        assert_eq!(world.now(far), Ok(bytes.to_vec()));
        // More than once around: the pipe holds four bytes.
        fill(&world, near, datagrams);
        wire::ROOM.store(4, Ordering::SeqCst);
        let request = world.host.request(event);
        let mut raw = world.raw(near).with(&mut bytes);
        raw.overlapped = request.as_ptr();
        assert_eq!(raw.call(call), Err(WsaError::WSA_IO_PENDING));
        let mut received = Vec::new();
        if datagrams {
            wire::unstick();
        }
        while request.completion().is_none() {
            received.extend(world.now(far).expect("bytes"));
        }
        assert_eq!(bytes, *b"some bytes");
        bytes.fill(b'?');
        while let Ok(more) = world.now(far) {
            received.extend(more);
        }
        let sent = if datagrams { &b"some bytes"[..] } else { b"-some bytes" };
        assert_eq!(received, sent, "{call:?}");
        wire::reset();
        world.close([near, far]);
    }
    world.host.close_client_event(event).expect("an event");
    world.end([]);
}

#[test]
fn a_receive_writes_only_what_it_counts() {
    const BEFORE: [u8; 8] = [0xee; 8];
    let _shows = wpu_evidence::tested([
        "data-transfer.only-the-counted-bytes",
        "WSPRecv.lpBuffers.written-on-success",
        "WSPRecvFrom.lpBuffers.written-on-success",
        "WSPRecvFrom.lpFrom.written-on-success",
    ]);
    let world = World::new();
    let event = world.host.client_event();
    for (call, datagrams) in [(Call::Recv, false), (Call::Recv, true), (Call::RecvFrom, true)] {
        let [near, far] = world.two(datagrams);
        for overlapped in [false, true] {
            let (mut bytes, mut address) = (BEFORE, [0xee; 16]);
            let mut raw = world.raw(far).with(&mut bytes);
            if call == Call::RecvFrom {
                (raw.address, raw.length) = (address.as_mut_ptr().cast(), 16);
            }
            // A transport that fills what it gets and fails.
            *super::locked(&wire::FAILS) = Some(WsaError::WSAENETDOWN);
            assert_eq!(raw.call(call), Err(WsaError::WSAENETDOWN));
            assert_eq!((raw.count, raw.flags), (UNTOUCHED, 0));
            let request = world.host.request(event);
            raw.overlapped = if overlapped { request.as_ptr() } else { null_mut() };
            if overlapped {
                assert_eq!(raw.call(call), Err(WsaError::WSA_IO_PENDING));
                *super::locked(&wire::FAILS) = Some(WsaError::WSAENETDOWN);
                assert_eq!(world.client.send(near, b"lost"), Err(WsaError::WSAENETDOWN));
                *super::locked(&wire::FAILS) = None;
            }
            assert_eq!((bytes, address, raw.length % 16), (BEFORE, [0xee; 16], 0), "{call:?}");
            assert_eq!(world.client.send(near, b"sent"), Ok(4));
            if overlapped {
                assert_eq!(world.host.wait(event, LONG), Ok(true));
                assert_eq!(raw.result(false), Ok((4, 0)));
            } else {
                assert_eq!((raw.call(call), raw.count), (Ok(()), 4));
            }
            assert_eq!(bytes, *b"sent\xee\xee\xee\xee", "{call:?}");
        }
        world.close([near, far]);
    }
    world.host.close_client_event(event).expect("an event");
    world.end([]);
}

#[test]
fn closing_aborts_the_requests_of_all_threads() {
    let _shows = wpu_evidence::tested(["overlapped.close-aborts-pending"]);
    let world = World::new();
    let (host, client) = (&world.host, &world.client);
    for datagrams in [false, true] {
        let [near, far] = world.two(datagrams);
        let (port, events) = (Port::new(), [(); 3].map(|()| host.client_event()));
        let numbers = events.map(<*mut std::ffi::c_void>::addr);
        host.bind_port(near, &port, 7).expect("a socket");
        fill(&world, near, datagrams);
        // Events are told of without a packet at the port.
        let silent = |event: usize| Tell::Event(std::ptr::without_provenance_mut(event | 1));
        let (tell, told) = mpsc::channel();
        let (started, closed) = (mpsc::channel(), mpsc::channel::<()>());
        thread::scope(|scope| {
            let other_tell = tell.clone();
            let other = scope.spawn(move || {
                let tell = other_tell;
                let routine = Tell::routine(move |end| tell.send(end.error).expect("somebody listens"));
                let received = client.recv_overlapped(near, &[4], 0, silent(numbers[0])).expect("a request");
                let sent = client.send_overlapped(near, &[b"sent"], routine).expect("a request");
                started.0.send(()).expect("somebody listens");
                closed.1.recv_timeout(LONG).expect("the socket is closed");
                assert_eq!(host.sleep_alertable(LONG), 1);
                [received, sent].map(|request| request.outcome().map(|end| end.error))
            });
            started.1.recv_timeout(LONG).expect("the requests are pending");
            let routine = Tell::routine(move |end| tell.send(end.error).expect("somebody listens"));
            let requests = [
                client.recv_overlapped(near, &[4], 0, silent(numbers[1])).expect("a request"),
                client.send_overlapped(near, &[b"sent"], silent(numbers[2])).expect("a request"),
                client.recv_overlapped(near, &[4], 0, Tell::Nobody).expect("a request"),
                client.recv_overlapped(near, &[4], 0, routine).expect("a request"),
            ];
            assert!(requests.iter().all(|request| request.outcome().is_none()));
            world.close([near]);
            closed.0.send(()).expect("somebody listens");
            let aborted = Some(ABORTED.code().cast_unsigned());
            assert_eq!(other.join().expect("no panic"), [aborted; 2]);
            assert_eq!(events.map(|event| host.wait(event, LONG)), [Ok(true); 3]);
            let packet = port.get(LONG).expect("a packet");
            assert_eq!((packet.operation.as_ptr(), Some(packet.error)), (requests[2].as_ptr(), aborted));
            assert_eq!(host.sleep_alertable(LONG), 1);
            assert_eq!(requests.map(|request| request.outcome().map(|end| end.error)), [aborted; 4]);
            assert_eq!(told.try_iter().map(Some).collect::<Vec<_>>(), [aborted; 2]);
        });
        for event in events {
            host.close_client_event(event).expect("an event");
        }
        wire::reset();
        world.close([far]);
    }
    world.end([]);
}

#[test]
fn a_flush_aborts_sends_and_no_receives() {
    let _shows = wpu_evidence::tested(["overlapped.flush-aborts-sends"]);
    let world = World::new();
    let client = &world.client;
    for datagrams in [false, true] {
        let [near, far] = world.two(datagrams);
        let event = world.host.client_event();
        fill(&world, near, datagrams);
        let received = client.recv_overlapped(near, &[4], 0, Tell::Nobody).expect("a request");
        let sends = [(); 3].map(|()| client.send_overlapped(near, &[b"gone"], Tell::Event(event)));
        let sends = sends.map(|request| request.expect("a request"));
        assert_eq!(client.ioctl(near, SIO_FLUSH, &[], &mut []), Ok(0));
        assert_eq!(world.host.wait(event, LONG), Ok(true));
        for request in &sends {
            assert_eq!(client.overlapped_result(request, false), Err(ABORTED));
        }
        assert_eq!(received.outcome(), None);
        empty(&world, far, datagrams);
        assert_eq!(client.send(near, b"new"), Ok(3));
        assert_eq!(world.now(far), Ok(b"new".to_vec()));
        assert_eq!(client.send(far, b"back"), Ok(4));
        assert_eq!(client.overlapped_result(&received, true), Ok((4, 0)));
        world.host.close_client_event(event).expect("an event");
        wire::reset();
        world.close([near, far]);
    }
    world.end([]);
}
