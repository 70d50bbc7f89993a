//! Blocking and non-blocking calls.

use super::world::{LONG, World};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;
use wpu_host::{ConditionResult, HookResult};
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

pub fn bytes_cross_both_ways(world: World) {
    let _shows = world.tested([
        "WSPStartup.exported-by-name",
        "layering.base-knows-no-chain",
        "data-transfer.buffers-sent-in-order",
        "data-transfer.peek-leaves-the-data",
        "linger-and-close.close-begins-shutdown",
    ]);
    let (near, far) = world.pair();
    let client = &world.client;
    assert_eq!(client.send_vectored(near, &[b"good ", b"day"], 0), Ok(8));
    let (mut first, mut rest) = ([0; 3], [0; 5]);
    client.recv_all(far, &mut first).expect("three bytes");
    client.recv_all(far, &mut rest).expect("five bytes");
    assert_eq!((&first, &rest), (b"goo", b"d day"));
    client.send_all(far, b"back").expect("a peer");
    let mut back = [0; 4];
    assert_eq!(client.recv_vectored(near, &mut [&mut back[..2]], MSG_PEEK).map(|peeked| peeked.bytes), Ok(2));
    client.recv_all(near, &mut back).expect("four bytes");
    assert_eq!(&back, b"back");
    world.close([near]);
    assert_eq!(client.recv(far, &mut back), Ok(0), "the other end was closed in peace");
    world.close([far]);
    world.end();
}

pub fn nothing_listens_there(world: World) {
    let _shows = world.tested(["WSPConnect.WSAECONNREFUSED"]);
    let (listener, address) = world.listener();
    world.close([listener]);
    world.await_refusal(address);
    let socket = world.socket();
    assert_eq!(world.client.connect(socket, address), Err(WsaError::WSAECONNREFUSED));
    world.close([socket]);
    world.end();
}

pub fn a_receiver_waits_for_bytes(world: World) {
    let _shows = world.tested(["socket-handles.valid-in-all-threads"]);
    let (near, far) = world.pair();
    thread::scope(|scope| {
        let receiver = scope.spawn(|| {
            let mut bytes = [0; 4];
            world.client.recv(far, &mut bytes).map(|count| bytes[..count].to_vec())
        });
        world.client.send_all(near, b"wake").expect("a peer");
        assert_eq!(receiver.join().expect("no panic"), Ok(b"wake".to_vec()));
    });
    world.close([near, far]);
    world.end();
}

pub fn a_sender_waits_for_room(world: World) {
    const MANY: usize = 16 << 20;
    let _shows = world.tested(["blocking.waits-until-finished", "data-transfer.blocking-send-takes-all"]);
    let (near, far) = world.pair();
    thread::scope(|scope| {
        let sender = scope.spawn(|| world.client.send(near, &vec![7; MANY]));
        let mut bytes = vec![0; MANY];
        world.client.recv_all(far, &mut bytes).expect("all bytes");
        assert!(bytes.iter().all(|byte| *byte == 7));
        assert_eq!(sender.join().expect("no panic"), Ok(MANY), "a blocking call sends everything");
    });
    world.close([near, far]);
    world.end();
}

pub fn d_20_a_hook_runs_while_a_call_waits(world: World) {
    let _shows = world.tested([
        "WPUQueryBlockingCallback.asked-in-the-blocked-thread",
        "WPUQueryBlockingCallback.idle-hook-cancels-nothing",
        "blocking.hook-called-repeatedly",
        "blocking.waits-until-finished",
        "data-transfer.blocking-receive-waits",
    ]);
    let (near, far) = world.pair();
    thread::scope(|scope| {
        let (ran, has_run) = mpsc::channel();
        let (world, client) = (&world, &world.client);
        let receiver = scope.spawn(move || {
            world.host.set_blocking_hook(move || {
                // That there was no message to process cancels nothing.
                let _ = ran.send(thread::current().id());
                HookResult::Idle
            });
            let mut byte = [0];
            let answer = client.recv(far, &mut byte);
            world.host.clear_blocking_hook();
            (answer, thread::current().id())
        });
        let ran_in = [(); 3].map(|()| has_run.recv_timeout(LONG).expect("the hook runs again and again"));
        client.send_all(near, b"x").expect("a peer");
        let (answer, blocked) = receiver.join().expect("no panic");
        assert_eq!((answer, ran_in), (Ok(1), [blocked; 3]));
    });
    world.close([near, far]);
    world.end();
}

pub fn d_20_a_hook_that_says_no_ends_the_call(world: World) {
    let _shows = world.tested(["blocking.false-ends-the-call", "WSPCancelBlockingCall.WSAEINVAL"]);
    let (near, far) = world.pair();
    world.host.set_blocking_hook(|| HookResult::Cancelled);
    assert_eq!(world.client.recv(far, &mut [0]), Err(WsaError::WSAEINTR));
    assert_eq!(world.client.cancel_blocking_call(far), Err(WsaError::WSAEINVAL), "no call waits");
    world.client.send_all(near, b"x").expect("a peer");
    world.host.clear_blocking_hook();
    assert_eq!(world.client.recv(far, &mut [0]), Ok(1), "the socket is as good as before");
    world.close([near, far]);
    world.end();
}

pub fn d_20_a_hook_may_cancel_and_nothing_else(world: World) {
    let _shows = world.tested([
        "WSPCancelBlockingCall.allowed-within-a-call",
        "WSPCancelBlockingCall.ends-with-interrupted",
        "WSPCloseSocket.WSAEINPROGRESS",
        "WSPRecv.WSAEINTR",
    ]);
    let (near, far) = world.pair();
    let procs = world.client.procs(near).expect("a provider");
    let close = procs.lpWSPCloseSocket.expect("a function");
    let cancel = procs.lpWSPCancelBlockingCall.expect("a function");
    let (tell, told) = mpsc::channel();
    world.host.set_blocking_hook(move || {
        let (mut closing, mut cancelling) = (0, 0);
        // SAFETY: the provider is started, and the errno location is a local.
        let closed = unsafe { close(near, &raw mut closing) };
        // SAFETY: as above.
        let cancelled = unsafe { cancel(&raw mut cancelling) };
        let _ = tell.send([closed, closing, cancelled, cancelling]);
        HookResult::Processed
    });
    assert_eq!(world.client.recv(far, &mut [0]), Err(WsaError::WSAEINTR));
    world.host.clear_blocking_hook();
    let [closed, closing, cancelled, cancelling] = told.try_recv().expect("it ran");
    assert_eq!((closed, closing), (SOCKET_ERROR, WsaError::WSAEINPROGRESS.code()));
    assert_eq!((cancelled, cancelling), (0, 0));
    assert!(told.try_recv().is_err(), "it ran once: the call was over");
    world.client.send_all(near, b"x").expect("a peer");
    assert_eq!(world.client.recv(far, &mut [0]), Ok(1), "the socket is as good as before");
    world.close([near, far]);
    world.end();
}

pub fn closing_ends_a_call_that_waits(world: World) {
    let (near, far) = world.pair();
    thread::scope(|scope| {
        let (waits, waiting) = mpsc::channel();
        let (host, client) = (&world.host, &world.client);
        let receiver = scope.spawn(move || {
            host.set_blocking_hook(move || {
                let _ = waits.send(());
                HookResult::Idle
            });
            client.recv(far, &mut [0])
        });
        waiting.recv_timeout(LONG).expect("it waits");
        client.close(far).expect("a socket to close");
        drop(waiting);
        assert_eq!(receiver.join().expect("no panic"), Err(WsaError::WSAEINTR));
    });
    world.close([near]);
    world.end();
}

pub fn a_time_limit_ends_a_call_that_waits(world: World) {
    let _shows = world.tested(["socket-options.timeouts-of-blocking-calls"]);
    let (near, far) = world.pair();
    world.client.set_option(far, SOL_SOCKET, SO_RCVTIMEO, &20_u32.to_le_bytes()).expect("an option");
    let begun = Instant::now();
    assert_eq!(world.client.recv(far, &mut [0]), Err(WsaError::WSAETIMEDOUT));
    assert!(begun.elapsed().as_secs() < 20, "these are milliseconds");
    world.client.set_option(near, SOL_SOCKET, SO_SNDTIMEO, &20_u32.to_le_bytes()).expect("an option");
    let sent = world.client.send(near, &vec![0; 64 << 20]).expect("some bytes");
    assert!(sent > 0 && sent < 64 << 20, "{sent} bytes");
    // The system may accept a little more, but not without limit.
    let error = loop {
        if let Err(error) = world.client.send(near, &vec![0; 1 << 20]) {
            break error;
        }
    };
    assert_eq!(error, WsaError::WSAETIMEDOUT);
    world.close([near, far]);
    world.end();
}

pub fn without_blocking_nothing_waits(world: World) {
    let _shows = world.tested([
        "blocking.finished-or-would-block",
        "data-transfer.would-block-moves-nothing",
        "WSPAccept.WSAEWOULDBLOCK",
        "WSPRecv.WSAEWOULDBLOCK",
        "WSPSelect.readable-when-acceptable",
        "WSPSend.WSAEWOULDBLOCK",
    ]);
    let (listener, address) = world.listener();
    let client = &world.client;
    client.set_nonblocking(listener, true).expect("a socket");
    assert_eq!(client.accept(listener), Err(WsaError::WSAEWOULDBLOCK));
    let near = world.socket();
    client.connect(near, address).expect("a connection");
    let selected = client.select(&[listener], &[], &[], Some(LONG)).expect("a caller");
    assert_eq!(selected.read, [listener]);
    let (far, _) = client.accept(listener).expect("a caller");
    assert_eq!(
        client.recv(far, &mut [0]),
        Err(WsaError::WSAEWOULDBLOCK),
        "accepted sockets do not block either"
    );
    client.set_nonblocking(near, true).expect("a socket");
    let chunk = vec![1; 1 << 20];
    let mut sent = 0;
    let full = loop {
        match client.send(near, &chunk) {
            Ok(count) => sent += count,
            Err(error) => break error,
        }
    };
    assert_eq!(full, WsaError::WSAEWOULDBLOCK);
    client.set_nonblocking(far, false).expect("a socket");
    client.recv_all(far, &mut vec![0; sent]).expect("what was sent");
    let mut waiting = [0; 4];
    client.ioctl(far, FIONREAD, &[], &mut waiting).expect("a number");
    assert_eq!(u32::from_le_bytes(waiting), 0);
    world.close([listener, near, far]);
    world.end();
}

pub fn shutting_down_ends_one_direction(world: World) {
    let _shows = world.tested([
        "WSPShutdown.send-end-follows-data",
        "WSPShutdown.send-end-keeps-receiving",
        "message-orientation.data-before-the-end",
        "WSPRecv.WSAESHUTDOWN",
        "WSPSend.WSAESHUTDOWN",
        "WSPShutdown.WSAEINVAL",
        "WSPShutdown.WSAENOTCONN",
    ]);
    let (near, far) = world.pair();
    let client = &world.client;
    client.send_all(near, b"last").expect("a peer");
    client.shutdown(near, SD_SEND).expect("a connection");
    assert_eq!(client.send(near, b"more"), Err(WsaError::WSAESHUTDOWN));
    let mut bytes = [0; 4];
    client.recv_all(far, &mut bytes).expect("four bytes");
    assert_eq!(client.recv(far, &mut bytes), Ok(0));
    client.send_all(far, b"back").expect("the other direction is open");
    client.recv_all(near, &mut bytes).expect("four bytes");
    client.shutdown(near, SD_RECEIVE).expect("a connection");
    assert_eq!(client.recv(near, &mut bytes), Err(WsaError::WSAESHUTDOWN));
    assert_eq!(client.shutdown(near, 3), Err(WsaError::WSAEINVAL));
    let fresh = world.socket();
    assert_eq!(client.shutdown(fresh, SD_SEND), Err(WsaError::WSAENOTCONN));
    world.close([near, far, fresh]);
    world.end();
}

pub fn a_condition_judges_callers(world: World) {
    let _shows = world.tested([
        "WSPAccept.deferred-stays-first",
        "connection-set-up.null-data-sends-none",
        "WSPAccept.WSATRY_AGAIN",
        "WSPAccept.WSAECONNREFUSED",
        "WSPRecv.WSAECONNRESET",
    ]);
    let (listener, address) = world.listener();
    let client = &world.client;
    let call = || {
        let caller = world.socket();
        client.connect(caller, address).map(|()| caller).expect("a connection")
    };
    let one = call();
    let mut seen = None;
    let deferred = client.accept_if(listener, |caller| {
        seen = caller.address;
        assert_eq!(caller.data, b"", "the caller has sent none");
        ConditionResult::Defer
    });
    assert_eq!(deferred, Err(WsaError::WSATRY_AGAIN));
    assert_eq!(seen, client.local_address(one).ok());
    let two = call();
    let taken = client.accept_if(listener, |_| ConditionResult::Accept).expect("a connection");
    assert_eq!(client.peer_address(taken), client.local_address(one));
    assert_eq!(client.accept_if(listener, |_| ConditionResult::Reject), Err(WsaError::WSAECONNREFUSED));
    assert_eq!(client.recv(two, &mut [0]), Err(WsaError::WSAECONNRESET));
    world.close([one, two, taken, listener]);
    world.end();
}
