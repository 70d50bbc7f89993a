//! Each rule that the host checks, broken by a provider.

use crate::pipes::{self, fault, install, install_as};
use std::net::SocketAddr;
use std::time::Duration;
use wpu_host::{Client, ClientRequest, Entry, Host, Rule, Tell};
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

fn address() -> SocketAddr {
    ([127, 0, 0, 1], 4711).into()
}

/// The rules that a provider with this fault breaks while a client runs `act`.
fn found(broken: u32, act: impl FnOnce(&Host, &Client, &Entry)) -> Vec<Rule> {
    let host = Host::new().expect("a free slot");
    let first = host.add_entry(Entry::new(GUID::ZERO, "other.dll"));
    let entry = install(&host, broken);
    assert_eq!(first.id() + 1, entry.id());
    let client = host.client();
    host.patience(Duration::from_millis(1));
    act(&host, &client, &entry);
    let _ = client.finish();
    host.faults().iter().map(|fault| fault.rule).collect()
}

fn socket(client: &Client) -> SOCKET {
    client.socket(AF_INET, SOCK_STREAM, 0).expect("a socket")
}

fn pair(client: &Client) -> (SOCKET, SOCKET) {
    let (listener, near) = (socket(client), socket(client));
    client.bind(listener, address()).expect("a free address");
    client.listen(listener, 5).expect("a listener");
    client.connect(near, address()).expect("a connection");
    (near, client.accept(listener).expect("a caller").0)
}

fn receive(client: &Client, socket: SOCKET, tell: Tell) -> ClientRequest {
    client.recv_overlapped(socket, &[8], 0, tell).expect("a request")
}

#[test]
fn errors_go_with_failures_only() {
    let _shows = wpu_evidence::checked(["WSPSocket.lpErrno.error-written"]);
    let _keeps = wpu_evidence::tested(["start-up.failure-without-code"]);
    let errno = found(fault::ERRNO_ON_SUCCESS, |_, client, _| {
        let _ = socket(client);
    });
    assert_eq!(errno, [Rule::ErrnoOnSuccess]);
    let none = found(fault::NO_ERRNO, |_, client, _| {
        assert_eq!(client.socket(AF_INET, 1, 0).map_err(WsaError::code), Err(10107));
    });
    assert_eq!(none, [Rule::FailureWithoutErrno]);
}

#[test]
fn undocumented_return_values_are_faults() {
    let _shows = wpu_evidence::checked(["WSPSelect.result-counts-memberships"]);
    let odd = found(fault::ODD_STATUS, |_, client, _| {
        let _ = client.bind(socket(client), address());
    });
    assert_eq!(odd, [Rule::BadAnswer]);
    let count = found(fault::WRONG_COUNT_OF_SELECT, |_, client, _| {
        let ready = client.select(&[socket(client)], &[], &[], Some(Duration::ZERO)).expect("sets");
        assert_eq!((ready.count, ready.read.len()), (1, 0));
    });
    assert_eq!(count, [Rule::BadAnswer]);
}

#[test]
fn errors_of_events_that_have_not_happened_are_left_alone() {
    let _shows = wpu_evidence::checked(["WSPEnumNetworkEvents.other-errors-untouched"]);
    let _reads = wpu_evidence::tested(["WSPEnumNetworkEvents.reads-only-set-bits"]);
    let written = found(fault::WRITES_ERRORS, |_, client, _| {
        let near = pair(client).0;
        let all = client.enum_network_events(near, std::ptr::null_mut()).expect("a record");
        assert_eq!((all.events, all.errors), (0, [0; 10]), "what the provider wrote there is not read");
    });
    assert_eq!(written, [Rule::Modified]);
}

#[test]
fn counts_beyond_what_was_requested_are_faults() {
    let _shows = wpu_evidence::checked(["data-transfer.count-within-buffers"]);
    let much = found(fault::TOO_MUCH, |_, client, _| {
        assert_eq!(client.send(pair(client).0, b"four"), Ok(4));
    });
    assert_eq!(much, [Rule::TooMuch]);
    // The client's send is one fault, and what its routine receives is the other.
    let routine = found(fault::TOO_MUCH, |host, client, _| {
        let (near, far) = pair(client);
        let request = receive(client, far, Tell::routine(|_| ()));
        assert_eq!(client.send(near, b"12345678"), Ok(8));
        assert_eq!(host.sleep_alertable(Duration::ZERO), 1);
        assert_eq!(request.outcome().map(|outcome| outcome.transferred), Some(8));
    });
    assert_eq!(routine, [Rule::TooMuch, Rule::TooMuch]);
}

#[test]
fn a_call_without_an_overlapped_structure_is_never_pending() {
    let pending = found(fault::PENDING_WITHOUT_REQUEST, |_, client, _| {
        assert_eq!(client.send(pair(client).0, b"x").map_err(WsaError::code), Err(997));
    });
    assert_eq!(pending, [Rule::PendingWithoutRequest]);
}

#[test]
fn sockets_are_made_by_ws2_32_for_the_right_entry() {
    let _shows = wpu_evidence::checked(["socket-handles.other-handles-created"]);
    let unknown = found(fault::UNKNOWN_HANDLE, |_, client, _| {
        let _ = socket(client);
    });
    assert_eq!(unknown, [Rule::UnknownHandle]);
    let accepted = found(fault::UNKNOWN_ACCEPTED, |_, client, _| {
        let (listener, near) = (socket(client), socket(client));
        client.bind(listener, address()).expect("a free address");
        client.listen(listener, 1).expect("a listener");
        client.connect(near, address()).expect("a connection");
        let _ = client.accept_bytes(listener);
    });
    assert_eq!(accepted, [Rule::UnknownHandle]);
    let wrong = found(fault::WRONG_ENTRY, |_, client, entry| {
        let _ = client.socket_in(entry.id());
    });
    assert_eq!(wrong, [Rule::WrongEntry]);
}

#[test]
fn a_completion_that_is_never_reported_is_a_fault() {
    let _shows =
        wpu_evidence::checked(["overlapped.pending-is-indicated-once", "overlapped.zero-was-indicated"]);
    let never = found(fault::NEVER_TOLD, |host, client, _| {
        let (_near, far) = pair(client);
        let _request = receive(client, far, Tell::Event(host.client_event()));
        client.close(far).expect("a socket to close");
    });
    assert_eq!(never, [Rule::NeverTold]);
    let silent = found(fault::SILENT_SUCCESS, |_, client, _| {
        drop(client.send_overlapped(pair(client).0, &[b"x"], Tell::Nobody).expect("a request"));
    });
    assert_eq!(silent, [Rule::NeverTold]);
    let silent = found(fault::SILENT_SUCCESS, |_, client, _| {
        let tell = Tell::routine(|_| ());
        drop(client.send_overlapped(pair(client).0, &[b"x"], tell).expect("a request"));
    });
    assert_eq!(silent, [Rule::NeverTold]);
}

/// What the system completes can be seen in the structure alone; what it has not completed cannot.
#[test]
fn a_success_of_a_file_handle_without_a_completion_is_a_fault() {
    let _shows = wpu_evidence::checked(["overlapped.zero-was-indicated"]);
    let host = Host::new().expect("a free slot");
    let entry = install_as(&host, fault::SILENT_SUCCESS, XP1_IFS_HANDLES);
    let client = host.client();
    let near = client.socket_in(entry.id()).expect("a socket");
    let listener = client.socket_in(entry.id()).expect("a socket");
    client.bind(listener, address()).expect("a free address");
    client.listen(listener, 1).expect("a listener");
    client.connect(near, address()).expect("a connection");
    client.accept(listener).expect("a caller");
    let before = host.faults().len();
    drop(client.send_overlapped(near, &[b"x"], Tell::Nobody).expect("a request"));
    let rules: Vec<_> = host.faults()[before..].iter().map(|fault| fault.rule).collect();
    assert_eq!(rules, [Rule::NeverTold]);
    let _ = client.finish();
}

#[test]
fn a_completion_that_is_reported_twice_is_a_fault() {
    let _shows = wpu_evidence::checked(["overlapped.pending-is-indicated-once"]);
    let event = found(fault::TOLD_TWICE, |_, client, _| {
        let (near, far) = pair(client);
        let _request = receive(client, far, Tell::Nobody);
        client.send_all(near, b"x").expect("a peer");
    });
    assert_eq!(event, [Rule::ToldTwice]);
    let routine = found(fault::TOLD_TWICE, |host, client, _| {
        let (near, far) = pair(client);
        drop(receive(client, far, Tell::routine(|_| ())));
        client.send_all(near, b"x").expect("a peer");
        assert_eq!(host.sleep_alertable(Duration::ZERO), 2);
    });
    assert_eq!(routine, [Rule::ToldTwice]);
}

#[test]
fn a_completion_of_a_refused_request_is_a_fault() {
    let _shows = wpu_evidence::checked(["overlapped.refusal-is-not-indicated"]);
    let refused = found(fault::TOLD_AND_REFUSED, |_, client, _| {
        assert!(client.send_overlapped(pair(client).0, &[b"x"], Tell::Nobody).is_err());
    });
    assert_eq!(refused, [Rule::ToldAfterFailure]);
    // The client does not run the routine of a request that was refused.
    let ran = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let routine = found(fault::TOLD_AND_REFUSED, |host, client, _| {
        let ran = std::sync::Arc::clone(&ran);
        let tell = Tell::routine(move |_| ran.store(true, std::sync::atomic::Ordering::Relaxed));
        assert!(client.send_overlapped(pair(client).0, &[b"x"], tell).is_err());
        assert_eq!(host.sleep_alertable(Duration::ZERO), 1);
    });
    assert!(!routine.is_empty() && routine.iter().all(|rule| *rule == Rule::ToldAfterFailure), "{routine:?}");
    assert!(!ran.load(std::sync::atomic::Ordering::Relaxed));
}

#[test]
fn a_completion_routine_replaces_other_notifications() {
    let _shows = wpu_evidence::checked(["overlapped.no-completion-upcall-for-routines"]);
    let event = found(fault::EVENT_FOR_ROUTINE, |_, client, _| {
        let (near, far) = pair(client);
        let _request = receive(client, far, Tell::routine(|_| ()));
        client.send_all(near, b"x").expect("a peer");
    });
    assert_eq!(event, [Rule::WrongWay]);
}

#[test]
fn a_handle_is_given_back_after_its_requests_have_ended() {
    let _shows = wpu_evidence::checked(["WPUCloseSocketHandle.last-upcall-for-handle"]);
    let ends = |broken| {
        found(broken, |_, client, _| {
            let (_near, far) = pair(client);
            let _request = receive(client, far, Tell::Nobody);
            client.close(far).expect("a socket to close");
        })
    };
    assert_eq!(ends(fault::NONE), []);
    // The request is not completed either, as the upcall that reports its completion is refused.
    assert_eq!(ends(fault::CLOSES_FIRST), [Rule::UsedAfterClose, Rule::NeverTold]);
}

#[test]
fn an_id_for_the_thread_of_a_call_that_has_one_is_a_fault() {
    let _shows = wpu_evidence::checked(["WPUOpenCurrentThread.own-threads-only"]);
    let opened = found(fault::OPENS_CLIENT_THREAD, |_, client, _| {
        let (near, far) = pair(client);
        client.send_all(near, b"x").expect("a peer");
        assert_eq!(client.recv(far, &mut [0; 8]), Ok(1));
    });
    assert_eq!(opened, [Rule::ClientThread]);
    // A thread of the provider's own, and a client's in a call that comes with no id.
    let own = found(fault::NONE, |_, client, entry| {
        let _ = socket(client);
        let table = pipes::table(entry);
        let open = move || {
            let (mut id, mut errno) = (WSATHREADID::ZERO, 0);
            // SAFETY: the table is that of a living host, and the pointers are valid.
            unsafe { table.lpWPUOpenCurrentThread.unwrap()(&raw mut id, &raw mut errno) };
            // SAFETY: as above.
            unsafe { table.lpWPUCloseThread.unwrap()(&raw mut id, &raw mut errno) }
        };
        assert_eq!((open(), std::thread::spawn(open).join().expect("it ends")), (0, 0));
    });
    assert_eq!(own, []);
}

#[test]
fn a_set_of_the_client_has_its_own_sockets_only() {
    let _shows = wpu_evidence::checked(["WPUFDIsSet.asked-with-clients-handle"]);
    let asked = |broken| {
        found(broken, |_, client, _| {
            let (near, far) = pair(client);
            client.select(&[near, far], &[], &[near], Some(Duration::ZERO)).expect("sets");
        })
    };
    assert_eq!(asked(fault::ASKS_ABOUT_MEMBERS), []);
    assert_eq!(asked(fault::ASKS_ABOUT_STRANGER), [Rule::ForeignMember; 3]);
}

#[test]
fn closing_a_clients_event_is_a_fault() {
    let _shows = wpu_evidence::checked(["event-objects.only-own-events"]);
    let closed = found(fault::CLOSES_EVENT, |host, client, _| {
        let (near, far) = pair(client);
        let _request = receive(client, far, Tell::Event(host.client_event()));
        client.send_all(near, b"x").expect("a peer");
    });
    assert_eq!(closed, [Rule::ClosedClientEvent]);
}

#[test]
fn messages_name_the_clients_socket() {
    let _shows = wpu_evidence::checked(["WSPAsyncSelect.socket-in-first-value"]);
    let foreign = found(fault::FOREIGN_MESSAGE, |host, client, _| {
        let (near, far) = pair(client);
        client.async_select(far, host.window(), 0x400, FD_READ).expect("a socket");
        client.send_all(near, b"x").expect("a peer");
    });
    assert_eq!(foreign, [Rule::ForeignMessage]);
    let late = found(fault::NONE, |host, client, entry| {
        let (near, far) = pair(client);
        let window = host.window();
        for socket in [near, far] {
            client.async_select(socket, window, 0x400, FD_READ).expect("a socket");
        }
        let post = |socket| {
            // SAFETY: the table is that of a living host.
            unsafe { pipes::table(entry).lpWPUPostMessage.unwrap()(window, 0x400, socket, 1) };
        };
        [near, far].into_iter().for_each(post);
        assert_eq!(host.faults(), []);
        client.async_select(near, window, 0, 0).expect("a socket");
        client.close(far).expect("a socket to close");
        [near, far].into_iter().for_each(post);
    });
    assert_eq!(late, [Rule::ForeignMessage; 2]);
}

#[test]
fn use_of_call_arguments_after_the_call_is_a_fault() {
    let _shows = wpu_evidence::checked(["overlapped.array-is-captured", "overlapped.thread-id-is-copied"]);
    let thread = found(fault::KEEPS_THREAD_ID, |_, client, _| {
        let (near, far) = pair(client);
        let _request = receive(client, far, Tell::routine(|_| ()));
        client.send_all(near, b"x").expect("a peer");
    });
    assert_eq!(thread, [Rule::KeptThreadId]);
    let buffers = found(fault::KEEPS_BUFFERS, |_, client, _| {
        let (near, far) = pair(client);
        let _request = receive(client, far, Tell::Nobody);
        client.send_all(near, b"x").expect("a peer");
    });
    assert_eq!(buffers, [Rule::KeptBuffers]);
}

#[test]
fn handles_are_closed_exactly_once() {
    let _shows = wpu_evidence::checked(["WPUCreateSocketHandle.released-once"]);
    let leak = found(fault::LEAKS_HANDLE, |_, client, _| {
        client.close(socket(client)).expect("a socket to close");
        // The client need not close all its sockets.
        let _ = socket(client);
    });
    assert_eq!(leak, [Rule::LeftOpen]);
    let twice = found(fault::CLOSES_TWICE, |_, client, _| {
        client.close(socket(client)).expect("a socket to close");
    });
    assert_eq!(twice, [Rule::UsedAfterClose]);
}

#[test]
fn completions_and_upcalls_after_the_last_clean_up_are_faults() {
    let _shows =
        wpu_evidence::checked(["WSPCleanup.requests-end-quietly", "start-up.no-upcalls-after-the-end"]);
    let loud = found(fault::TELLS_AT_CLEAN_UP, |_, client, _| {
        let (_near, far) = pair(client);
        drop(receive(client, far, Tell::Nobody));
    });
    assert_eq!(loud, [Rule::ToldAtCleanUp]);
    let _keeps =
        wpu_evidence::tested(["WPUCloseThread.WSANOTINITIALISED", "WPUOpenCurrentThread.WSANOTINITIALISED"]);
    let host = Host::new().expect("a free slot");
    let entry = install(&host, fault::NONE);
    let client = host.client();
    socket(&client);
    let _ = client.finish();
    assert_eq!(host.faults(), []);
    let mut errno = 0;
    // SAFETY: the table is that of a living host, and the error location is valid.
    unsafe { pipes::table(&entry).lpWPUCreateEvent.unwrap()(&raw mut errno) };
    assert_eq!(host.faults().iter().map(|fault| fault.rule).collect::<Vec<_>>(), [Rule::OutsideRun]);
    host.clear_faults();
    let (mut id, table) = (WSATHREADID { Reserved: 1, ..WSATHREADID::ZERO }, pipes::table(&entry));
    let refused = |answer: i32, errno: i32| {
        assert_eq!((answer, WsaError::new(errno)), (SOCKET_ERROR, WsaError::WSANOTINITIALISED));
    };
    // SAFETY: as above, and the id is a local.
    refused(unsafe { table.lpWPUOpenCurrentThread.unwrap()(&raw mut id, &raw mut errno) }, errno);
    errno = 0;
    // SAFETY: as above.
    refused(unsafe { table.lpWPUCloseThread.unwrap()(&raw const id, &raw mut errno) }, errno);
    assert_eq!(host.faults().len(), 2);
    host.clear_faults();
    host.watch(false);
    // SAFETY: as above.
    unsafe { pipes::table(&entry).lpWPUCreateEvent.unwrap()(&raw mut errno) };
    assert_eq!(host.faults(), []);
}
