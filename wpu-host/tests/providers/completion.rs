//! Completions of overlapped requests: once each, by event and port, through the table and the exported
//! function.

use crate::common::{complete_by_name, host, non_null};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;
use wpu_host::{Completion, Packet, Port};
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

const AT_ONCE: Duration = Duration::ZERO;

#[test]
fn a_completion_sets_the_event_and_stores_the_result() {
    let _shows = wpu_evidence::tested([
        "WPUCompleteOverlappedRequest.errno-of-this-call",
        "WPUCompleteOverlappedRequest.told-as-client-chose",
    ]);
    let (host, provider, entry) = host();
    let socket = provider.create_socket_handle(entry, 0).expect("a socket");
    let event = host.client_event();
    let request = host.request(event);
    assert_eq!((request.completion(), host.wait(event, AT_ONCE)), (None, Ok(false)));
    assert_eq!(provider.complete(socket, request.as_ptr(), 0, 17), Ok(()));
    assert_eq!(host.wait(event, AT_ONCE), Ok(true));
    assert_eq!(request.completion(), Some(Completion { error: 0, transferred: 17 }));
    request.restart();
    assert_eq!(host.reset_event(event), Ok(()));
    assert_eq!(request.completion(), None);
    assert_eq!(provider.complete(socket, request.as_ptr(), 995, 0), Ok(()));
    assert_eq!(request.completion(), Some(Completion { error: 995, transferred: 0 }));
    assert_eq!(host.wait(event, AT_ONCE), Ok(true));
}

#[test]
fn a_completion_reaches_the_port_that_the_socket_is_bound_to() {
    let _shows = wpu_evidence::tested([
        "WPUCompleteOverlappedRequest.told-as-client-chose",
        "WPUCreateSocketHandle.port-can-be-bound",
    ]);
    let (host, provider, entry) = host();
    let [bound, other] = [0; 2].map(|_| provider.create_socket_handle(entry, 0).expect("a socket"));
    let (port, second) = (Port::new(), Port::new());
    assert_eq!(host.bind_port(bound, &port, 0x77), Ok(()));
    assert_eq!(host.bind_port(bound, &second, 1), Err(WsaError::WSA_INVALID_PARAMETER));
    assert_eq!(host.bind_port(0x54, &port, 1), Err(WsaError::WSAENOTSOCK));
    let event = host.client_event();
    let (with_event, without, unbound) =
        (host.request(event), host.request(ptr::null_mut()), host.request(ptr::null_mut()));
    assert_eq!(provider.complete(bound, with_event.as_ptr(), 0, 5), Ok(()));
    assert_eq!(provider.complete(other, unbound.as_ptr(), 0, 6), Ok(()));
    assert_eq!(provider.complete(bound, without.as_ptr(), 10054, 0), Ok(()));
    let packet = |request: &wpu_host::HostRequest, error, transferred| {
        Some(Packet { key: 0x77, operation: non_null(request.as_ptr()), error, transferred })
    };
    assert_eq!(port.get(AT_ONCE), packet(&with_event, 0, 5));
    assert_eq!(port.get(AT_ONCE), packet(&without, 10054, 0));
    assert_eq!((port.get(AT_ONCE), second.get(AT_ONCE)), (None, None));
    assert_eq!(host.wait(event, AT_ONCE), Ok(true));
}

#[test]
fn the_lowest_bit_of_the_event_suppresses_the_packet() {
    let _shows = wpu_evidence::tested(["WPUCompleteOverlappedRequest.low-bit-stops-the-packet"]);
    let (host, provider, entry) = host();
    let socket = provider.create_socket_handle(entry, 0).expect("a socket");
    let port = Port::new();
    assert_eq!(host.bind_port(socket, &port, 0), Ok(()));
    let event = host.client_event();
    let request = host.request(event.map_addr(|address| address | 1));
    assert_eq!(provider.complete(socket, request.as_ptr(), 0, 1), Ok(()));
    assert_eq!((host.wait(event, AT_ONCE), port.get(AT_ONCE)), (Ok(true), None));
}

#[test]
fn only_sockets_of_the_host_complete() {
    let _shows = wpu_evidence::tested(["WPUCompleteOverlappedRequest.WSAEINVAL"]);
    let (host, provider, entry) = host();
    let closed = provider.create_socket_handle(entry, 0).expect("a socket");
    assert_eq!(provider.close_socket_handle(closed), Ok(()));
    let file = provider.modify_ifs_handle(entry, 0x54).expect("a file handle");
    let foreign = self::host();
    let foreign = foreign.1.create_socket_handle(foreign.2, 0).expect("a socket");
    let request = host.request(ptr::null_mut());
    for socket in [0, INVALID_SOCKET, closed, file, foreign] {
        let answer = provider.complete(socket, request.as_ptr(), 0, 1);
        assert_eq!(answer, Err(WsaError::WSAEINVAL));
    }
    assert_eq!(request.completion(), None);
}

#[test]
fn a_second_completion_is_refused_and_noted() {
    let _shows = wpu_evidence::tested([
        "WPUCompleteOverlappedRequest.failure-returned",
        "WPUCompleteOverlappedRequest.lpErrno.error-written",
    ]);
    let (host, provider, entry) = host();
    let socket = provider.create_socket_handle(entry, 0).expect("a socket");
    let (event, port) = (host.client_event(), Port::new());
    assert_eq!(host.bind_port(socket, &port, 0), Ok(()));
    let request = host.request(event);
    assert_eq!(provider.complete(socket, request.as_ptr(), 0, 1), Ok(()));
    assert_eq!(host.reset_event(event), Ok(()));
    assert_eq!(provider.complete(socket, request.as_ptr(), 995, 2), Err(WsaError::WSAEINVAL));
    assert_eq!(request.completion(), Some(Completion { error: 0, transferred: 1 }));
    assert_eq!(host.wait(event, AT_ONCE), Ok(false));
    assert!(port.get(AT_ONCE).is_some() && port.get(AT_ONCE).is_none());
    let trace = host.trace();
    let notes: Vec<_> = trace.iter().map(|line| line.note).collect();
    assert_eq!(notes, [None, None, Some("the operation was completed before")]);
}

#[test]
fn racing_completions_have_one_winner() {
    let (host, provider, entry) = host();
    let socket = provider.create_socket_handle(entry, 0).expect("a socket");
    for _ in 0..if cfg!(miri) { 3 } else { 100 } {
        // Fewer rounds, since Miri is slow.
        let request = host.request(ptr::null_mut());
        let threads = [0; 3].map(|_| {
            let request = request.clone();
            thread::spawn(move || provider.complete(socket, request.as_ptr(), 0, 1).is_ok())
        });
        let wins = threads.map(|thread| thread.join().expect("the thread ran"));
        assert_eq!(wins.iter().filter(|won| **won).count(), 1);
    }
}

/// The wrong order occurs rarely, hence the many rounds. Miri needs fewer, since it switches threads often.
#[test]
fn the_count_is_visible_before_the_end() {
    let _shows = wpu_evidence::tested(["WPUCompleteOverlappedRequest.count-before-status"]);
    let rounds = if cfg!(miri) { 200 } else { 10_000 };
    let (host, provider, entry) = host();
    let socket = provider.create_socket_handle(entry, 0).expect("a socket");
    let request = host.request(ptr::null_mut());
    let (shared, seen) = (request.clone(), Arc::new(AtomicUsize::new(0)));
    let told = Arc::clone(&seen);
    let watcher = thread::spawn(move || {
        let structure = shared.as_ptr();
        // SAFETY: the structure lives as long as `shared`.
        let internal = unsafe { &raw mut (*structure).Internal };
        // SAFETY: as above.
        let high = unsafe { &raw mut (*structure).InternalHigh };
        // SAFETY: the member lives as long as `shared`, and both threads access it through atomics.
        let internal = unsafe { AtomicUsize::from_ptr(internal) };
        // SAFETY: as above.
        let high = unsafe { AtomicUsize::from_ptr(high) };
        let mut wrong = 0;
        for count in 1..=rounds {
            while internal.load(Ordering::Acquire) == WSS_OPERATION_IN_PROGRESS {
                thread::yield_now();
            }
            wrong += usize::from(high.load(Ordering::Relaxed) != count);
            told.store(count, Ordering::Release);
            while told.load(Ordering::Acquire) == count {
                thread::yield_now();
            }
        }
        wrong
    });
    for count in 1..=rounds {
        let transferred = u32::try_from(count).expect("a small number");
        assert_eq!(provider.complete(socket, request.as_ptr(), 0, transferred), Ok(()));
        while seen.load(Ordering::Acquire) != count {
            thread::yield_now();
        }
        request.restart();
        seen.store(0, Ordering::Release);
    }
    assert_eq!(watcher.join().expect("the thread ran"), 0);
}

#[test]
fn a_structure_of_the_clients_own_is_completed_and_reused() {
    let _shows = wpu_evidence::tested([
        "WPUCompleteOverlappedRequest.offsets-stay-the-providers",
        "WPUCompleteOverlappedRequest.status-ends-progress",
    ]);
    let (host, provider, entry) = host();
    let socket = provider.create_socket_handle(entry, 0).expect("a socket");
    let mut own = WSAOVERLAPPED { Offset: 1, OffsetHigh: 2, ..WSAOVERLAPPED::ZERO };
    let pointer = &raw mut own;
    assert_eq!(provider.complete(socket, pointer, 0, 3), Ok(()));
    assert_eq!(provider.complete(socket, pointer, 0, 3), Ok(()), "the start need not be marked");
    // SAFETY: the structure is a local of this function, and no request that uses it is pending.
    unsafe { (*pointer).Internal = WSS_OPERATION_IN_PROGRESS };
    assert_eq!(provider.complete(socket, pointer, 0x103, 4), Ok(()));
    assert_eq!((own.InternalHigh, own.Offset, own.OffsetHigh), (4, 1, 2));
    assert!(own.Internal != WSS_OPERATION_IN_PROGRESS && own.Internal != 0);
    let trace: Vec<_> = host.trace().iter().map(ToString::to_string).collect();
    let noted: Vec<_> = trace.iter().map(|line| line.contains("not marked as pending")).collect();
    assert_eq!(noted, [false, false, true, false], "{trace:#?}");
}

#[test]
fn an_invalid_event_is_noted_in_the_trace() {
    let _shows = wpu_evidence::checked(["overlapped.event-is-valid-or-null"]);
    let (host, provider, entry) = host();
    let socket = provider.create_socket_handle(entry, 0).expect("a socket");
    let request = host.request(ptr::without_provenance_mut(0x54));
    assert_eq!(provider.complete(socket, request.as_ptr(), 0, 1), Ok(()));
    assert_eq!(host.trace()[1].note, Some("`hEvent` is not an open event"));
    for event in [ptr::null_mut(), host.client_event()] {
        assert_eq!(provider.complete(socket, host.request(event).as_ptr(), 0, 1), Ok(()));
        assert_eq!(host.trace().last().expect("an upcall").note, None);
    }
}

#[test]
fn a_request_outlives_its_host() {
    let (host, provider, entry) = host();
    let socket = provider.create_socket_handle(entry, 0).expect("a socket");
    let request = host.request(ptr::null_mut());
    drop(host);
    let answer = provider.complete(socket, request.as_ptr(), 0, 1);
    assert_eq!((answer, request.completion()), (Err(WsaError::WSANOTINITIALISED), None));
}

#[test]
fn the_exported_function_finds_the_host_of_the_socket() {
    let (one, two) = (host(), host());
    let socket = one.1.create_socket_handle(one.2, 0).expect("a socket");
    let other = two.1.create_socket_handle(two.2, 0).expect("a socket");
    let (request, second) = (one.0.request(ptr::null_mut()), two.0.request(ptr::null_mut()));
    assert_eq!(complete_by_name(socket, request.as_ptr(), 995), Ok(()));
    assert_eq!(complete_by_name(other, second.as_ptr(), 0), Ok(()));
    assert_eq!(request.completion().map(|completion| completion.error), Some(995));
    assert_eq!((one.0.trace().len(), two.0.trace().len()), (2, 2));
    let refused = Err(WsaError::WSAEINVAL);
    assert_eq!(one.1.close_socket_handle(socket), Ok(()));
    for socket in [0, INVALID_SOCKET, socket, 0x54] {
        assert_eq!(complete_by_name(socket, request.as_ptr(), 0), refused);
    }
    assert_eq!((one.0.trace().len(), two.0.trace().len()), (4, 2));
    drop(two.0);
    assert_eq!(complete_by_name(other, second.as_ptr(), 0), refused);
}

#[test]
fn the_exported_function_accepts_a_null_error_location() {
    let complete = wpu_host::WPUCompleteOverlappedRequest;
    let operation = ptr::null_mut();
    // SAFETY: no host issued the socket, so the call only reports an error, and the error location is null.
    let answer = unsafe { complete(0, operation, 0, 0, ptr::null_mut()) };
    assert_eq!(answer, SOCKET_ERROR);
}

#[test]
fn a_provider_in_the_same_program_is_given_the_upcall() {
    use wpu_sys::RawTable;
    let (host, provider, entry) = host();
    let mut table = host.table().ready();
    assert!(wpu_sys::import::COMPLETE_OVERLAPPED_REQUEST.fill(&mut table));
    let socket = provider.create_socket_handle(entry, 0).expect("a socket");
    let request = host.request(ptr::null_mut());
    let mut errno = 0;
    // SAFETY: the socket and the request belong to this host.
    let answer =
        unsafe { (table.WPUCompleteOverlappedRequest)(socket, request.as_ptr(), 0, 9, &raw mut errno) };
    assert_eq!(answer, 0);
    assert_eq!(request.completion(), Some(Completion { error: 0, transferred: 9 }));
}
