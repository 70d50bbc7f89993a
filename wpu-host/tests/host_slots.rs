//! The slots of hosts: at most 64 hosts at the same time, and tables that outlive their host.
//!
//! It is a single test in its own process, since it takes all slots.

mod common;

use common::{Provider, functions, host};
use std::ptr;
use wpu_host::{Host, NoFreeSlot};
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

#[test]
fn slots() {
    let _shows = wpu_evidence::tested([
        "WPUCreateEvent.lpErrno.error-written",
        "WPUCreateSocketHandle.handle-of-its-own",
        "WPUOpenCurrentThread.failure-returned",
        "WPUOpenCurrentThread.lpErrno.error-written",
    ]);
    let mut all: Vec<_> = (0..64).map(|_| host()).collect();
    assert_eq!(Host::new().err(), Some(NoFreeSlot));
    assert_eq!(NoFreeSlot.to_string(), "all 64 slots for hosts are taken in this process");
    hosts_are_independent(&all);

    // The slot that has been free for longest is taken first.
    let (third, first) = (all.remove(2), all.remove(0));
    let (stale_third, stale_first) = (third.1, first.1);
    let old = third.1.create_socket_handle(third.2, 1).expect("a socket");
    drop(third.0);
    drop(first.0);
    is_gone(&stale_third, old);
    is_gone(&stale_first, old);
    let next = host();
    assert_eq!(table(&next.1), table(&stale_third));
    assert_ne!(table(&next.1), table(&stale_first));
    is_gone(&stale_first, old);

    // A handle of the previous host in this slot is refused.
    let query = next.1.query_socket_handle_context(old);
    assert_eq!(query, Err(WsaError::WSAENOTSOCK));
    let completion = common::complete_by_name(old, next.0.request(ptr::null_mut()).as_ptr(), 0);
    assert_eq!(completion, Err(WsaError::WSAEINVAL));
    assert_eq!(next.0.trace().len(), 1);

    let last = host();
    assert_eq!(table(&last.1), table(&stale_first));
    assert_eq!(Host::new().err(), Some(NoFreeSlot));
}

fn table(provider: &Provider) -> [*const (); 16] {
    functions(provider.0)
}

fn hosts_are_independent(all: &[(Host, Provider, u32)]) {
    let mut sockets: Vec<_> = all
        .iter()
        .enumerate()
        .map(|(number, (_, provider, entry))| {
            provider.create_socket_handle(*entry, number).expect("a socket")
        })
        .collect();
    for (number, (host, provider, _)) in all.iter().enumerate() {
        assert_eq!(provider.query_socket_handle_context(sockets[number]), Ok(number));
        assert_eq!(host.left_open().socket_handles, 1);
        assert_eq!(host.trace().len(), 2);
    }
    sockets.sort_unstable();
    sockets.dedup();
    assert_eq!(sockets.len(), all.len());
}

extern "system" fn nothing(_: usize) {}

/// Asserts that every upcall with an error result reports that there is no host.
fn is_gone(provider: &Provider, socket: SOCKET) {
    let thread = WSATHREADID { Reserved: 1, ..WSATHREADID::ZERO };
    let mut operation = WSAOVERLAPPED::ZERO;
    let mut set = fd_set::ZERO;
    (set.fd_count, set.fd_array[0]) = (1, socket);
    let answers = [
        provider.close_event(ptr::without_provenance_mut(socket)),
        provider.close_socket_handle(socket),
        provider.create_event().map(drop),
        provider.create_socket_handle(1001, 0).map(drop),
        provider.get_provider_path(GUID::ZERO, 260).0,
        provider.modify_ifs_handle(1001, 0x54).map(drop),
        provider.query_blocking_callback(1001).map(drop),
        provider.query_socket_handle_context(socket).map(drop),
        provider.queue_apc(&thread, nothing, 0),
        provider.reset_event(ptr::without_provenance_mut(socket)),
        provider.set_event(ptr::without_provenance_mut(socket)),
        provider.open_current_thread().map(drop),
        provider.close_thread(&thread),
        provider.complete(socket, &raw mut operation, 0, 0),
    ];
    assert!(answers.iter().all(|answer| *answer == Err(WsaError::WSANOTINITIALISED)));
    assert!(!provider.post_message(ptr::null_mut(), 0, 0, 0));
    assert!(!provider.fd_is_set(socket, &mut set));
}
