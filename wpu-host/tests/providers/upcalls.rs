//! The upcalls for handles, events, paths, sets and messages: each success and each error.

use crate::common::{Provider, host};
use std::ptr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use wpu_host::{Entry, Host, Port};
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

#[test]
fn a_socket_handle_keeps_its_context_until_it_is_closed() {
    let _shows = wpu_evidence::tested([
        "WPUCloseSocketHandle.handle-forgotten",
        "WPUQuerySocketHandleContext.context-unchanged",
        "WPUQuerySocketHandleContext.failure-returned",
        "WPUQuerySocketHandleContext.lpErrno.error-written",
    ]);
    let (host, provider, entry) = host();
    let socket = provider.create_socket_handle(entry, 0x2a).expect("a socket");
    let other = provider.create_socket_handle(entry, usize::MAX).expect("a socket");
    assert!(socket != 0 && socket != INVALID_SOCKET && socket % 4 == 0 && socket != other);
    assert_eq!(provider.query_socket_handle_context(socket), Ok(0x2a));
    assert_eq!(provider.query_socket_handle_context(other), Ok(usize::MAX));
    assert_eq!((host.owner(socket), host.left_open().socket_handles), (Some(entry), 2));
    assert_eq!(provider.close_socket_handle(socket), Ok(()));
    assert_eq!(provider.query_socket_handle_context(socket), Err(WsaError::WSAENOTSOCK));
    assert_eq!(provider.query_socket_handle_context(other), Ok(usize::MAX));
    assert_eq!((host.owner(socket), host.left_open().socket_handles), (None, 1));
}

#[test]
fn other_handles_are_refused_as_socket_handles() {
    let _shows = wpu_evidence::tested([
        "WPUCloseSocketHandle.WSAENOTSOCK",
        "WPUCloseSocketHandle.failure-returned",
        "WPUCloseSocketHandle.lpErrno.error-written",
        "WPUCreateSocketHandle.lpErrno.error-written",
        "WPUQuerySocketHandleContext.WSAENOTSOCK",
    ]);
    let (host, provider, entry) = host();
    let closed = provider.create_socket_handle(entry, 1).expect("a socket");
    assert_eq!(provider.close_socket_handle(closed), Ok(()));
    let event = provider.create_event().expect("an event").addr();
    let file = provider.modify_ifs_handle(entry, 0x54).expect("a file handle");
    for socket in [0, INVALID_SOCKET, closed, event, file, 0x1234] {
        assert_eq!(provider.close_socket_handle(socket), Err(WsaError::WSAENOTSOCK));
        assert_eq!(provider.query_socket_handle_context(socket), Err(WsaError::WSAENOTSOCK));
    }
    assert_eq!(provider.create_socket_handle(entry + 1, 1), Err(WsaError::WSAEINVAL));
    assert_eq!(provider.create_socket_handle(0, 1), Err(WsaError::WSAEINVAL));
    assert_eq!(host.left_open().socket_handles, 0);
}

#[test]
fn a_handle_of_another_host_is_refused() {
    let (one, two) = (host(), host());
    let socket = one.1.create_socket_handle(one.2, 7).expect("a socket");
    let event = one.1.create_event().expect("an event");
    let thread = one.1.open_current_thread().expect("a thread id");
    assert_eq!(two.1.query_socket_handle_context(socket), Err(WsaError::WSAENOTSOCK));
    assert_eq!(two.1.close_socket_handle(socket), Err(WsaError::WSAENOTSOCK));
    assert_eq!(two.1.set_event(event), Err(WsaError::WSA_INVALID_HANDLE));
    assert_eq!(two.1.close_thread(&thread), Err(WsaError::WSAEFAULT));
    assert!(!two.1.post_message(one.0.window(), 1, 0, 0));
    assert_eq!(two.0.wait(event, Duration::ZERO), Err(WsaError::WSA_INVALID_HANDLE));
    assert_eq!(one.1.query_socket_handle_context(socket), Ok(7));
    assert!(two.0.left_open().is_empty());
    assert_eq!((one.0.trace().len(), two.0.trace().len()), (4, 5));
}

#[test]
fn handle_values_are_never_reused() {
    let (_host, provider, entry) = host();
    let rounds = if cfg!(miri) { 50 } else { 5_000 }; // Miri is slow.
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..rounds {
        let socket = provider.create_socket_handle(entry, 0).expect("a socket");
        assert_eq!(provider.close_socket_handle(socket), Ok(()));
        assert!(seen.insert(socket));
    }
}

#[test]
fn a_file_handle_is_registered_and_the_last_registration_wins() {
    let _shows = wpu_evidence::tested([
        "WPUModifyIFSHandle.last-registration-counts",
        "WPUModifyIFSHandle.lpErrno.error-written",
    ]);
    let (host, provider, base) = host();
    let layer = host.add_entry(Entry::new(GUID::ZERO, "layer.dll").flags(XP1_IFS_HANDLES));
    assert_eq!(provider.modify_ifs_handle(base, 0x54), Ok(0x54));
    assert_eq!((host.owner(0x54), host.proposed_handle(0x54)), (Some(base), Some(0x54)));
    assert_eq!(provider.modify_ifs_handle(layer.id(), 0x54), Ok(0x54));
    assert_eq!(host.owner(0x54), Some(layer.id()));
    assert_eq!(host.forget_ifs_handle(0x54), Ok(()));
    assert_eq!(host.forget_ifs_handle(0x54), Err(WsaError::WSAENOTSOCK));
    assert_eq!(host.owner(0x54), None);
}

#[test]
fn a_renamed_file_handle_is_another_value() {
    let (host, provider, entry) = host();
    host.rename_ifs_handles(true);
    let handle = provider.modify_ifs_handle(entry, 0x54).expect("a handle");
    assert!(handle != 0x54 && handle != 0 && handle != INVALID_SOCKET && handle % 4 == 0);
    assert_eq!((host.owner(handle), host.owner(0x54)), (Some(entry), None));
    assert_eq!(host.proposed_handle(handle), Some(0x54));
    let of_layer = provider.modify_ifs_handle(entry, handle).expect("a handle");
    assert_eq!((host.proposed_handle(of_layer), host.owner(handle)), (Some(0x54), None));
    host.rename_ifs_handles(false);
    assert_eq!(provider.modify_ifs_handle(entry, 0x58), Ok(0x58));
}

#[test]
fn an_invalid_file_handle_is_not_registered() {
    let _shows =
        wpu_evidence::tested(["WPUModifyIFSHandle.WSAEINVAL", "WPUModifyIFSHandle.lpErrno.error-written"]);
    let (host, provider, entry) = host();
    let closed = provider.create_socket_handle(entry, 1).expect("a socket");
    assert_eq!(provider.close_socket_handle(closed), Ok(()));
    for proposed in [0, INVALID_SOCKET, closed, host.client_event().addr()] {
        assert_eq!(provider.modify_ifs_handle(entry, proposed), Err(WsaError::WSAEINVAL));
    }
    assert_eq!(provider.modify_ifs_handle(entry + 1, 0x54), Err(WsaError::WSAEINVAL));
}

#[test]
fn a_layer_can_register_a_handle_that_was_made_for_the_layer_below() {
    let _shows = wpu_evidence::tested([
        "WPUModifyIFSHandle.last-registration-counts",
        "WPUModifyIFSHandle.same-object",
    ]);
    let (host, provider, base) = host();
    let layer = host.add_entry(Entry::new(GUID { Data1: 2, ..GUID::ZERO }, "layer.dll")).id();
    for (rename, by_proposed) in [(false, false), (true, false), (true, true)] {
        host.rename_ifs_handles(rename);
        let made = provider.create_socket_handle(base, 42).expect("a socket");
        let known = provider.modify_ifs_handle(layer, made).expect("a handle");
        assert_eq!((known != made, host.owner(known)), (rename, Some(layer)));
        assert_eq!(host.owner(made), if rename { None } else { Some(layer) });
        // The handle of the base provider still works as before.
        assert_eq!(provider.query_socket_handle_context(made), Ok(42));
        let port = Port::new();
        // The system's function works with either handle.
        host.bind_port(if by_proposed { made } else { known }, &port, 5).expect("a socket");
        let other = host.bind_port(if by_proposed { known } else { made }, &port, 5);
        assert_eq!(other, Err(WsaError::WSA_INVALID_PARAMETER), "the object is bound");
        let request = host.request(ptr::null_mut());
        assert_eq!(provider.complete(made, request.as_ptr(), 0, 3), Ok(()));
        assert_eq!(port.get(Duration::ZERO).map(|packet| packet.key), Some(5));
        assert_eq!(host.forget_ifs_handle(known), Ok(()));
        assert_eq!(host.owner(made), Some(base));
        assert_eq!(provider.close_socket_handle(made), Ok(()));
    }
}

#[test]
fn an_event_is_set_until_it_is_reset() {
    let _shows = wpu_evidence::tested([
        "WPUCreateEvent.lpErrno.error-written",
        "WPUCreateEvent.manual-reset-not-set",
        "WPUResetEvent.failure-returned",
        "WPUResetEvent.lpErrno.error-written",
        "WPUResetEvent.not-set-after-success",
        "WPUSetEvent.failure-returned",
        "WPUSetEvent.lpErrno.error-written",
        "WPUSetEvent.set-after-success",
    ]);
    let (host, provider, _) = host();
    let event = provider.create_event().expect("an event");
    assert_eq!(host.wait(event, Duration::ZERO), Ok(false));
    assert_eq!(host.wait(event, Duration::from_millis(2)), Ok(false));
    assert_eq!(provider.set_event(event), Ok(()));
    assert_eq!(host.wait(event, Duration::ZERO), Ok(true));
    assert_eq!(host.wait(event, Duration::MAX), Ok(true));
    for _ in 0..2 {
        // The second time, it is not set before.
        assert_eq!(provider.reset_event(event), Ok(()));
        assert_eq!(host.wait(event, Duration::ZERO), Ok(false));
    }
    assert_eq!(host.left_open().events, 1);
    assert_eq!(provider.close_event(event), Ok(()));
    assert_eq!(host.left_open().events, 0);
}

#[test]
fn other_handles_are_refused_as_events() {
    let _shows = wpu_evidence::tested([
        "WPUCloseEvent.WSA_INVALID_HANDLE",
        "WPUCloseEvent.closed-handle-refused",
        "WPUCloseEvent.failure-returned",
        "WPUCloseEvent.lpErrno.error-written",
        "WPUResetEvent.WSA_INVALID_HANDLE",
        "WPUResetEvent.failure-returned",
        "WPUResetEvent.lpErrno.error-written",
        "WPUSetEvent.ERROR_INVALID_HANDLE",
        "WPUSetEvent.failure-returned",
        "WPUSetEvent.lpErrno.error-written",
    ]);
    let (host, provider, entry) = host();
    let closed = provider.create_event().expect("an event");
    assert_eq!(provider.close_event(closed), Ok(()));
    let socket = provider.create_socket_handle(entry, 0).expect("a socket");
    let tagged = provider.create_event().expect("an event").map_addr(|address| address | 1);
    let socket = ptr::without_provenance_mut(socket);
    for event in [ptr::null_mut(), closed, tagged, socket] {
        let refused = Err(WsaError::WSA_INVALID_HANDLE);
        assert_eq!(provider.set_event(event), refused);
        assert_eq!(provider.reset_event(event), refused);
        assert_eq!(provider.close_event(event), refused);
        assert_eq!(host.wait(event, Duration::MAX), Err(WsaError::WSA_INVALID_HANDLE));
    }
}

#[test]
fn a_clients_event_is_set_by_the_provider_and_closed_by_the_client() {
    let (host, provider, _) = host();
    let event = host.client_event();
    assert_eq!(provider.set_event(event), Ok(()));
    assert_eq!(host.wait(event, Duration::ZERO), Ok(true));
    assert_eq!(host.reset_event(event), Ok(()));
    assert_eq!(host.wait(event, Duration::ZERO), Ok(false));
    assert_eq!(provider.close_event(event), Err(WsaError::WSA_INVALID_HANDLE));
    assert!(host.left_open().is_empty());
    assert_eq!(host.close_client_event(event), Ok(()));
    assert_eq!(host.close_client_event(event), Err(WsaError::WSA_INVALID_HANDLE));
    let of_provider = provider.create_event().expect("an event");
    assert_eq!(host.close_client_event(of_provider), Err(WsaError::WSA_INVALID_HANDLE));
}

#[test]
fn a_wait_ends_when_another_thread_sets_or_closes_the_event() {
    let _shows = wpu_evidence::tested(["WPUSetEvent.set-after-success"]);
    let (host, provider, _) = host();
    let host = Arc::new(host);
    for close in [false, true] {
        let event = provider.create_event().expect("an event");
        let (waiting, handle) = (Arc::clone(&host), event.addr());
        let thread = thread::spawn(move || waiting.wait(ptr::without_provenance_mut(handle), Duration::MAX));
        thread::sleep(Duration::from_millis(5));
        let (act, end): (fn(&Provider, WSAEVENT) -> _, _) = if close {
            (Provider::close_event, Err(WsaError::WSA_INVALID_HANDLE))
        } else {
            (Provider::set_event, Ok(true))
        };
        assert_eq!(act(&provider, event), Ok(()));
        assert_eq!(thread.join().expect("the thread ran"), end);
    }
}

#[test]
fn a_path_is_unexpanded_and_zero_terminated() {
    let _shows = wpu_evidence::tested([
        "WPUGetProviderPath.WSAEINVAL",
        "WPUGetProviderPath.failure-returned",
        "WPUGetProviderPath.final-zero",
        "WPUGetProviderPath.lpErrno.error-written",
        "WPUGetProviderPath.lpszProviderDllPath.written-on-success",
        "WPUGetProviderPath.variables-left",
    ]);
    let (host, provider, _) = host();
    let id = GUID { Data1: 0xabc, ..GUID::ZERO };
    let path = r"%SystemRoot%\System32\lower.dll";
    host.add_entry(Entry::new(id, path));
    let expected: Vec<u16> = path.encode_utf16().chain([0]).collect();
    let exact = i32::try_from(expected.len()).expect("a short path");
    let (answer, buffer, _) = provider.get_provider_path(id, exact);
    assert_eq!((answer, &buffer), (Ok(()), &expected));
    let (answer, buffer, _) = provider.get_provider_path(id, 260);
    assert_eq!((answer, &buffer[..expected.len()]), (Ok(()), &expected[..]));
    let (answer, buffer, length) = provider.get_provider_path(id, exact - 1);
    assert_eq!((answer, length), (Err(WsaError::WSAEFAULT), exact));
    assert!(!buffer.contains(&0), "nothing that looks like a path was written");
    let unknown = GUID { Data1: 0xabd, ..GUID::ZERO };
    assert_eq!(provider.get_provider_path(unknown, 260).0, Err(WsaError::WSAEINVAL));
}

#[test]
fn a_set_is_searched_up_to_its_count() {
    let (_host, provider, _) = host();
    let mut set = fd_set::ZERO;
    set.fd_array[..3].copy_from_slice(&[4, 8, 12]);
    set.fd_count = 2;
    let found = [4, 8, 12, 0].map(|socket| provider.fd_is_set(socket, &mut set));
    assert_eq!(found, [true, true, false, false]);
    set.fd_count = 0;
    assert!(!provider.fd_is_set(4, &mut set));
}

#[test]
fn a_set_has_as_many_members_as_it_says() {
    /// The set of a client that has defined a greater `FD_SETSIZE`.
    #[derive(Clone, Copy, PartialEq, Debug)]
    #[repr(C)]
    struct LargeSet {
        count: u32,
        members: [SOCKET; 200],
    }
    let _shows = wpu_evidence::tested(["WPUFDIsSet.members-by-count", "WPUFDIsSet.set-only-read"]);
    let (_host, provider, _) = host();
    let mut set = LargeSet { count: 199, members: std::array::from_fn(|at| 4 * at) };
    let before = set;
    let ask = provider.0.lpWPUFDIsSet.unwrap();
    for at in 0..200 {
        // SAFETY: the set has the layout of an `fd_set` with more places, and outlives the call.
        let found = unsafe { ask(4 * at, (&raw mut set).cast()) };
        assert_eq!((found != 0, set), (at < 199, before), "member {at}");
    }
}

#[test]
fn a_host_can_have_no_more_handles() {
    let _shows = wpu_evidence::tested([
        "WPUCreateEvent.WSA_NOT_ENOUGH_MEMORY",
        "WPUCreateEvent.failure-returned",
        "WPUCreateSocketHandle.WSAENOBUFS",
        "WPUCreateSocketHandle.failure-returned",
        "WPUModifyIFSHandle.failure-returned",
    ]);
    let (host, provider, entry) = host();
    host.rename_ifs_handles(true);
    host.exhaust_handles(true);
    assert_eq!(provider.create_event(), Err(WsaError::WSA_NOT_ENOUGH_MEMORY));
    assert_eq!(provider.create_socket_handle(entry, 1), Err(WsaError::WSAENOBUFS));
    assert_eq!(provider.create_socket_handle(entry + 1, 1), Err(WsaError::WSAEINVAL));
    assert_eq!(provider.modify_ifs_handle(entry, 0x54), Err(WsaError::WSAENOBUFS));
    assert_eq!(provider.modify_ifs_handle(entry + 1, 0x54), Err(WsaError::WSAEINVAL));
    assert_eq!(provider.open_current_thread(), Err(WsaError::WSAENOBUFS));
    assert!(host.left_open().is_empty() && host.owner(0x54).is_none());
    // The client's own handles are not meant.
    assert!(!host.client_event().is_null());
    host.exhaust_handles(false);
    let event = provider.create_event().expect("an event");
    let socket = provider.create_socket_handle(entry, 1).expect("a socket");
    let file = provider.modify_ifs_handle(entry, 0x54).expect("a handle");
    assert!(event != WSA_INVALID_EVENT && socket != INVALID_SOCKET && file != INVALID_SOCKET);
}

#[test]
fn an_event_is_the_systems_and_has_its_functions() {
    let _shows = wpu_evidence::tested(["event-objects.native-events"]);
    let (host, provider, _) = host();
    let wait = |event: WSAEVENT| {
        // SAFETY: one handle, in a local.
        unsafe { wpu_host::WaitForMultipleObjectsEx(1, &raw const event, 0, 0, 0) }
    };
    let mut errno = 0;
    for event in [provider.create_event().expect("an event"), host.client_event()] {
        assert_eq!((wait(event), host.wait(event, Duration::ZERO)), (WAIT_TIMEOUT, Ok(false)));
        assert_eq!(provider.set_event(event), Ok(()));
        assert_eq!((wait(event), host.wait(event, Duration::ZERO)), (WAIT_OBJECT_0, Ok(true)));
        assert_eq!(host.reset_event(event), Ok(()));
        assert_eq!((wait(event), host.wait(event, Duration::ZERO)), (WAIT_TIMEOUT, Ok(false)));
        let request = host.request(event);
        let made = provider.create_socket_handle(1001, 0).expect("a socket");
        assert_eq!(provider.complete(made, request.as_ptr(), 0, 0), Ok(()));
        assert_eq!(wait(event), WAIT_OBJECT_0);
        // SAFETY: the table is that of a living host.
        assert_eq!(unsafe { provider.0.lpWPUResetEvent.unwrap()(event, &raw mut errno) }, TRUE);
        assert_eq!(wait(event), WAIT_TIMEOUT);
    }
}

#[test]
fn messages_reach_open_windows() {
    let _shows = wpu_evidence::tested([
        "WPUPostMessage.does-not-wait",
        "WPUPostMessage.failure-returned",
        "WPUPostMessage.posted-as-passed",
    ]);
    let (host, provider, _) = host();
    let window = host.window();
    assert!(provider.post_message(window, 0x401, 0x54, -3));
    assert!(!provider.post_message(ptr::null_mut(), 0x401, 0x54, -3));
    assert!(!provider.post_message(window.map_addr(|address| address + 4), 0x401, 0x54, -3));
    assert!(host.close_window(window) && !host.close_window(window));
    assert!(!provider.post_message(window, 0x402, 0x54, 0));
    let messages = host.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!((messages[0].window, messages[0].message), (window, 0x401));
    assert_eq!((messages[0].wparam, messages[0].lparam), (0x54, -3));
}

#[test]
fn many_threads_use_one_host() {
    let _shows = wpu_evidence::tested([
        "WPUQuerySocketHandleContext.any-context-allowed",
        "WPUQuerySocketHandleContext.context-unchanged",
    ]);
    let (host, provider, entry) = host();
    let rounds = if cfg!(miri) { 5 } else { 500 }; // Miri is slow.
    let threads: Vec<_> = (0..4_usize)
        .map(|number| {
            thread::spawn(move || {
                for round in 0..rounds {
                    let context = number * rounds + round;
                    let socket = provider.create_socket_handle(entry, context).expect("a socket");
                    assert_eq!(provider.query_socket_handle_context(socket), Ok(context));
                    assert_eq!(provider.close_socket_handle(socket), Ok(()));
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("the thread ran");
    }
    assert!(host.left_open().is_empty());
    assert_eq!(host.trace().len(), 4 * rounds * 3);
}

#[test]
fn a_host_can_be_shared() {
    fn shared<T: Send + Sync>() {}
    shared::<Host>();
}
