//! Calls within the blocking hook of a thread that waits, and the cancelling of calls that wait.

use super::calls::{CALLS, Client};
use super::documents;
use super::world::{World, somewhere, start_again};
use std::sync::{Arc, Mutex};
use wpu::WsaError;
use wpu::facts::{DOWNCALLS, ENTRIES};
use wpu_host::ConditionResult;
use wpu_sys::ffi::*;

#[test]
fn a_thread_that_waits_makes_no_other_call() {
    let busy = WsaError::WSAEINPROGRESS;
    let downcalls = DOWNCALLS.iter().map(|downcall| downcall.name);
    let names: Vec<_> = downcalls.filter(|name| documents(name, busy)).collect();
    assert!(names.len() > 20, "{names:?}");
    let ids: Vec<_> = names.iter().map(|name| format!("{name}.WSAEINPROGRESS")).collect();
    let _shows = wpu_evidence::tested(
        ids.iter().map(String::as_str).chain(["WSPStartup.WSAEINPROGRESS", "blocking.nested-calls-refused"]),
    );
    assert!(ENTRIES.iter().any(|entry| entry.errors.iter().any(|error| error.code.value == busy.code())));
    let world = World::new();
    let (waiting, other) = (world.connected(), world.connected());
    let (procs, table) = (world.procs, world.host.table());
    let entry = WSAPROTOCOL_INFOW { dwCatalogEntryId: 1, ..WSAPROTOCOL_INFOW::ZERO };
    let answers = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&answers);
    world.host.set_blocking_hook(move || {
        let mut answers = to.lock().expect("no panic");
        answers.clear();
        // The query of a request has no such error in its list, but is a call like the others.
        let others = |name: &str| documents(name, busy) || name == "WSPGetOverlappedResult";
        for (name, call) in CALLS.iter().filter(|(name, _)| others(name)) {
            for socket in [waiting, other] {
                let mut client = Client::new().on(socket);
                let before = client.memory();
                let failed = call(&procs, &mut client);
                let after = client.memory();
                let silent = after == before.with_errno(after.errno);
                answers.push((*name, failed && silent, WsaError::new(after.errno)));
            }
        }
        answers.push(("WSPStartup", true, WsaError::new(start_again(&entry, table))));
        false
    });
    assert_eq!(world.client.recv(waiting, &mut [0]), Err(WsaError::WSAEINTR));
    world.host.clear_blocking_hook();
    let answers = answers.lock().expect("no panic").clone();
    assert_eq!(answers.len(), 2 * (names.len() + 1) + 1);
    for (name, failed, error) in answers {
        assert_eq!((failed, error), (true, busy), "{name}");
    }
    // Nothing has happened to the sockets or the provider.
    world.message(b"xy");
    assert_eq!(world.client.recv(waiting, &mut [0; 2]), Ok(2));
    assert_eq!(world.client.send(other, b"x"), Ok(1));
    world.end();
}

/// Makes a call whose hook cancels it.
fn cancelled<T: std::fmt::Debug>(world: &World, call: impl FnOnce() -> Result<T, WsaError>) {
    let cancel = world.procs.lpWSPCancelBlockingCall.expect("a full table");
    world.host.set_blocking_hook(move || {
        let mut errno = 0;
        // SAFETY: the provider is started, and the errno location is a local.
        let answer = unsafe { cancel(&raw mut errno) };
        assert_eq!((answer, errno), (0, 0));
        true
    });
    assert_eq!(call().map(drop), Err(WsaError::WSAEINTR));
    world.host.clear_blocking_hook();
}

#[test]
fn calls_that_wait_can_be_cancelled() {
    let _shows = wpu_evidence::tested([
        "WSPAccept.WSAEINTR",
        "WSPConnect.WSAEINTR",
        "WSPRecvFrom.WSAEINTR",
        "WSPSelect.WSAEINTR",
        "WSPSendTo.WSAEINTR",
        "WSPCancelBlockingCall.accept-and-select-unharmed",
    ]);
    let world = World::new();
    let (listener, datagram, caller) = (world.listener(), world.datagram(), world.stream());
    cancelled(&world, || world.client.accept(listener));
    cancelled(&world, || world.client.accept_if(listener, |_| ConditionResult::Reject));
    cancelled(&world, || world.client.select(&[listener, datagram], &[], &[listener], None));
    world.caller();
    let ready = world.client.select(&[listener, datagram], &[], &[listener], None).expect("a caller");
    assert_eq!((ready.read, ready.count), (vec![listener], 1));
    world.client.accept(listener).expect("a caller");

    cancelled(&world, || world.client.recv_from(datagram, &mut [0]));
    world.fail("send_to", WsaError::WSAEWOULDBLOCK);
    cancelled(&world, || world.client.send_to(datagram, b"x", somewhere()));
    world.fail("connect", WsaError::WSAEWOULDBLOCK);
    cancelled(&world, || world.client.connect(caller, somewhere()));
    world.end();
}
