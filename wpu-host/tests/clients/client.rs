//! The client's methods: the calls that providers receive, and the results.

use crate::pipes::{self, fault, install, starts};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wpu_host::{Client, ConditionResult, Entry, HookResult, Host, Leftovers, Port, Tell, Wake};
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

/// A timeout that no step here reaches, even on a busy machine.
const LONG: Duration = Duration::from_secs(60);

fn address() -> SocketAddr {
    ([127, 0, 0, 1], 4711).into()
}

fn world() -> (Host, Entry, Client) {
    let host = Host::new().expect("a free slot");
    let entry = install(&host, fault::NONE);
    let client = host.client();
    (host, entry, client)
}

/// Two connected sockets.
fn pair(client: &Client) -> (SOCKET, SOCKET) {
    let listener = client.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP).expect("a socket");
    client.bind(listener, address()).expect("a free address");
    client.listen(listener, 5).expect("a listener");
    let near = client.socket(AF_INET, SOCK_STREAM, 0).expect("a socket");
    client.connect(near, address()).expect("a connection");
    let (far, peer) = client.accept(listener).expect("a caller");
    assert_eq!(peer, ([127, 0, 0, 1], 1).into());
    client.close(listener).expect("a socket to close");
    (near, far)
}

fn end(host: &Host, client: Client) {
    assert_eq!(client.finish(), Leftovers::default());
    assert_eq!(host.faults(), []);
}

fn code<T>(answer: Result<T, WsaError>) -> Option<i32> {
    answer.err().map(WsaError::code)
}

#[test]
fn bytes_cross_a_connection() {
    let (host, _, client) = world();
    let (near, far) = pair(&client);
    assert_eq!(client.send_vectored(near, &[b"good ", b"day"], 0), Ok(8));
    let (mut first, mut second) = ([0; 3], [0; 20]);
    let received = client.recv_vectored(far, &mut [&mut first, &mut second], 0).expect("a message");
    assert_eq!((received.bytes, received.flags, received.error), (8, 0, None));
    assert_eq!((&first, &second[..5]), (b"goo", &b"d day"[..]));
    client.send_all(far, b"back").expect("a peer");
    let mut back = [0; 4];
    client.recv_all(near, &mut back).expect("four bytes");
    assert_eq!(&back, b"back");
    client.shutdown(far, 1).expect("a connection");
    assert_eq!(client.recv(near, &mut back), Ok(0));
    client.close(near).expect("a socket to close");
    client.close(far).expect("a socket to close");
    assert_eq!(client.close(far), Err(WsaError::WSAENOTSOCK));
    end(&host, client);
}

#[test]
fn a_provider_is_started_when_it_is_needed_and_once() {
    let _shows = wpu_evidence::tested([
        "start-up.calls-only-while-started",
        "start-up.loaded-when-needed",
        "start-up.one-clean-up-per-start",
    ]);
    let (host, entry, client) = world();
    let other = host.client();
    assert_eq!(starts(&entry), (0, 0));
    let socket = client.socket_in(entry.id()).expect("a socket");
    assert_eq!(other.socket_in(entry.id()).and_then(|socket| other.close(socket)), Ok(()));
    assert_eq!(starts(&entry), (1, 0));
    assert_eq!(client.clean_up(), Ok(()));
    assert_eq!(client.clean_up(), Err(WsaError::WSANOTINITIALISED));
    assert_eq!(starts(&entry), (1, 0));
    other.close(socket).expect("any client of the process closes any socket");
    end(&host, other);
    assert_eq!(starts(&entry), (1, 1));
    assert_eq!(client.socket_in(entry.id()), Err(WsaError::WSANOTINITIALISED));
    client.start_up();
    assert!(client.socket_in(entry.id()).is_ok());
    assert_eq!(starts(&entry), (2, 1));
    end(&host, client);
    assert_eq!(starts(&entry), (2, 2));
}

#[test]
fn a_provider_with_a_bad_start_is_refused_as_ws2_32_refuses_it() {
    let _shows = wpu_evidence::tested([
        "start-up.failed-start-reported",
        "start-up.incomplete-table-refused",
        "start-up.one-clean-up-per-start",
        "start-up.only-version-2-2",
        "start-up.unwanted-version-cleaned-up",
    ]);
    let host = Host::new().expect("a free slot");
    let client = host.client();
    // Its table is filled, and its clean-up would panic, as it has not started.
    let failing = install(&host, fault::NO_START);
    assert_eq!(client.socket_in(failing.id()), Err(WsaError::WSAEPROVIDERFAILEDINIT));
    // Its other functions would panic.
    let old = install(&host, fault::OLD_VERSION);
    assert_eq!(client.socket_in(old.id()), Err(WsaError::WSAEINVALIDPROVIDER));
    assert_eq!(starts(&old), (1, 1));
    let hole = install(&host, fault::HOLE);
    assert_eq!(client.socket_in(hole.id()), Err(WsaError::WSAEINVALIDPROCTABLE));
    assert_eq!(starts(&hole), (1, 1));
    assert!(host.refusals()[2].contains("WSPShutdown"), "{:?}", host.refusals());
    let unattached = host.add_entry(Entry::new(pipes::fresh_id(), "nowhere.dll"));
    assert_eq!(client.socket_in(unattached.id()), Err(WsaError::WSAEPROVIDERFAILEDINIT));
    assert_eq!(client.socket_in(7), Err(WsaError::WSAEINVAL));
    assert_eq!(code(client.socket(23, SOCK_STREAM, 0)), Some(10047));
    end(&host, client);
}

#[test]
fn a_provider_for_a_system_area_network_may_lack_functions() {
    let host = Host::new().expect("a free slot");
    let entry = Entry::new(pipes::fresh_id(), "san.dll").sockets(AF_INET, SOCK_STREAM, 0);
    let entry = host.install(entry, &pipes::extended_module());
    let client = host.client();
    let socket = client.socket_in(entry.id()).expect("a socket");
    assert_eq!(client.shutdown(socket, 1), Err(WsaError::WSAEOPNOTSUPP));
    assert!(client.procs(socket).is_ok_and(|procs| procs.lpWSPShutdown.is_none()));
    assert!(client.procs_of(entry.id()).is_ok_and(|procs| procs.lpWSPSend.is_some()));
    end(&host, client);
}

#[test]
fn a_condition_function_decides_about_each_connection() {
    let (host, _, client) = world();
    let listener = client.socket(AF_INET, SOCK_STREAM, 0).expect("a socket");
    client.bind(listener, address()).expect("a free address");
    client.listen(listener, 5).expect("a listener");
    let call = || {
        let caller = client.socket(AF_INET, SOCK_STREAM, 0).expect("a socket");
        client.connect(caller, address()).map(|()| caller).expect("a connection")
    };
    let one = call();
    let mut seen = None;
    let deferred = client.accept_if(listener, |caller| {
        seen = Some(caller.clone());
        ConditionResult::Defer
    });
    assert_eq!(code(deferred), Some(11002));
    let seen = seen.expect("a call");
    assert_eq!((seen.address, seen.data.as_slice()), (Some(([127, 0, 0, 1], 1).into()), &b"hello"[..]));
    let taken = client.accept_if(listener, |_| ConditionResult::Accept).expect("a connection");
    let two = call();
    assert_eq!(code(client.accept_if(listener, |_| ConditionResult::Reject)), Some(10061));
    let three = call();
    assert_eq!(code(client.accept_if(listener, |_| panic!("a bad judge"))), Some(10061));
    for socket in [one, two, three, taken, listener] {
        client.close(socket).expect("a socket to close");
    }
    end(&host, client);
}

#[test]
fn a_request_reports_to_an_event() {
    let (host, _, client) = world();
    let (near, far) = pair(&client);
    let event = host.client_event();
    let request = client.recv_overlapped(far, &[3, 9], 0, Tell::Event(event)).expect("a request");
    assert_eq!((request.outcome(), request.data(), request.at_once()), (None, Vec::new(), None));
    assert_eq!(code(client.overlapped_result(&request, false)), Some(996));
    let sent = client.send_overlapped(near, &[b"over", b"lapped"], Tell::Nobody).expect("a request");
    assert_eq!((sent.at_once(), client.overlapped_result(&sent, false)), (Some(10), Ok((10, 0))));
    assert_eq!(host.wait(event, LONG), Ok(true));
    assert_eq!(client.overlapped_result(&request, false), Ok((10, 0)));
    assert_eq!(request.data(), b"overlapped");
    assert_eq!(host.close_client_event(event), Ok(()));
    end(&host, client);
}

#[test]
fn a_completion_routine_runs_on_the_requesting_thread() {
    let _shows = wpu_evidence::tested(["overlapped.thread-is-the-callers"]);
    let (host, _, client) = world();
    let (near, far) = pair(&client);
    let told = Arc::new(Mutex::new(None));
    let tell = {
        let told = Arc::clone(&told);
        Tell::routine(move |outcome| *told.lock().unwrap() = Some((outcome, std::thread::current().id())))
    };
    let request = client.recv_overlapped(far, &[4], 0, tell).expect("a request");
    std::thread::scope(|scope| {
        scope.spawn(|| client.send_all(near, b"four").expect("a peer"));
    });
    assert_eq!(*told.lock().unwrap(), None);
    assert_eq!(host.sleep_alertable(LONG), 1);
    let (outcome, thread) = told.lock().unwrap().expect("a routine that ran");
    assert_eq!((outcome.error, outcome.transferred, outcome.flags), (0, 4, 0));
    assert_eq!(thread, std::thread::current().id());
    assert_eq!((request.outcome(), request.data()), (Some(outcome), b"four".to_vec()));
    end(&host, client);
}

#[test]
fn a_success_whose_routine_is_queued_is_reported() {
    let (host, _, client) = world();
    let (near, far) = pair(&client);
    let told = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&told);
    let tell = Tell::routine(move |outcome| count.store(outcome.transferred, Ordering::Relaxed));
    let sent = client.send_overlapped(near, &[b"five5"], tell).expect("a request");
    assert_eq!((sent.at_once(), told.load(Ordering::Relaxed)), (Some(5), 0));
    assert_eq!((host.sleep_alertable(LONG), told.load(Ordering::Relaxed)), (1, 5));
    client.close(far).expect("a socket to close");
    end(&host, client);
}

#[test]
fn an_event_that_the_provider_sets_reports_the_completion() {
    let host = Host::new().expect("a free slot");
    install(&host, fault::SETS_EVENT);
    let client = host.client();
    let (near, _far) = pair(&client);
    // Clients may set the lowest bit, which is not part of the event.
    for bit in [0, 1] {
        let event = host.client_event();
        let tell = Tell::Event(event.map_addr(|event| event | bit));
        let sent = client.send_overlapped(near, &[b"five5"], tell).expect("a request");
        assert_eq!(sent.outcome().map(|outcome| outcome.transferred), Some(5));
        assert_eq!(host.wait(event, LONG), Ok(true));
        assert_eq!(host.close_client_event(event), Ok(()));
    }
    end(&host, client);
}

#[test]
fn the_provider_gets_the_flags_of_a_request() {
    let (host, _, client) = world();
    let (_near, far) = pair(&client);
    assert_eq!(code(client.recv_overlapped(far, &[4], MSG_OOB, Tell::Nobody)), Some(10045));
    end(&host, client);
}

#[test]
fn a_routine_receives_the_number_of_bytes() {
    let (host, _, client) = world();
    let (near, far) = pair(&client);
    for data in [&b"four"[..], b"12345678"] {
        let request = client.recv_overlapped(far, &[8], 0, Tell::routine(|_| ())).expect("a request");
        client.send_all(near, data).expect("a peer");
        assert_eq!((host.sleep_alertable(LONG), request.data()), (1, data.to_vec()));
    }
    end(&host, client);
}

#[test]
fn the_last_clean_up_forgets_the_requests_of_its_host_alone() {
    let (host, _, client) = world();
    let (near, far) = pair(&client);
    let request = client.recv_overlapped(far, &[8], 0, Tell::routine(|_| ())).expect("a request");
    let (_other, _, stranger) = world();
    let (_near, _far) = pair(&stranger);
    let _ = stranger.finish();
    client.send_all(near, b"here").expect("a peer");
    assert_eq!((host.sleep_alertable(LONG), request.data()), (1, b"here".to_vec()));
    end(&host, client);
}

/// It may drop what asks for the lock of the open requests.
#[test]
fn a_forgotten_routine_is_dropped_without_a_lock() {
    let (host, _, client) = world();
    let (near, far) = pair(&client);
    let done = client.send_overlapped(near, &[b"x"], Tell::Nobody).expect("a request");
    let far_end =
        client.recv_overlapped(near, &[8], 0, Tell::routine(move |_| drop(done))).expect("a request");
    drop(far_end);
    client.close(far).expect("a socket to close");
    let _ = client.finish();
    assert_eq!(host.faults(), []);
}

/// The structure is the host's as long as it lives, so that a second completion is refused.
#[test]
fn a_request_of_a_client_is_completed_once() {
    let (host, _, client) = world();
    let (near, far) = pair(&client);
    let request = client.recv_overlapped(far, &[8], 0, Tell::Nobody).expect("a request");
    client.send_all(near, b"packet").expect("a peer");
    let (first, mut errno) = (request.outcome(), 0);
    assert_eq!(first.map(|outcome| outcome.transferred), Some(6));
    // SAFETY: the structure lives as long as `request`, and nobody else accesses it meanwhile.
    let again =
        unsafe { wpu_host::WPUCompleteOverlappedRequest(far, request.as_ptr(), 995, 1, &raw mut errno) };
    assert_eq!((again, errno, request.outcome()), (SOCKET_ERROR, 10022, first));
    let _ = client.finish();
    assert_eq!(host.faults().len(), 1, "{:?}", host.faults());
}

#[test]
fn a_request_reports_to_the_port_of_its_socket() {
    let (host, _, client) = world();
    let (near, far) = pair(&client);
    let port = Port::new();
    host.bind_port(far, &port, 9).expect("a socket");
    let request = client.recv_overlapped(far, &[8], 0, Tell::Nobody).expect("a request");
    client.send_all(near, b"packet").expect("a peer");
    let packet = port.get(LONG).expect("a packet");
    assert_eq!((packet.key, packet.operation.as_ptr()), (9, request.as_ptr()));
    assert_eq!((packet.error, packet.transferred), (0, 6));
    let abandoned = client.recv_overlapped(far, &[8], 0, Tell::Nobody).expect("a request");
    client.close(far).expect("a socket to close");
    let packet = port.get(LONG).expect("a packet");
    assert_eq!((packet.operation.as_ptr(), packet.error), (abandoned.as_ptr(), 995));
    end(&host, client);
}

#[test]
fn requests_outlive_their_values_and_the_last_clean_up_ends_them() {
    let _shows = wpu_evidence::tested(["overlapped.structure-stays-valid"]);
    let (host, _, client) = world();
    let (near, far) = pair(&client);
    let event = host.client_event();
    drop(client.recv_overlapped(far, &[8], 0, Tell::Event(event)).expect("a request"));
    client.send_all(near, b"late").expect("a peer");
    assert_eq!(host.wait(event, LONG), Ok(true));
    let named = client.socket(AF_INET, SOCK_STREAM, 0).expect("a socket");
    client.bind(named, address()).expect("a free address");
    host.reset_event(event).expect("an event");
    // The provider writes the bytes, the address and its length.
    drop(client.recv_from_overlapped(named, 8, Tell::Event(event)).expect("a request"));
    assert_eq!(client.send_to(near, b"late", address()), Ok(4));
    assert_eq!(host.wait(event, LONG), Ok(true));
    let ran = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&ran);
    let tell = Tell::routine(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    drop(client.recv_overlapped(far, &[8], 0, tell).expect("a request"));
    end(&host, client);
    assert_eq!((host.sleep_alertable(Duration::ZERO), ran.load(Ordering::Relaxed)), (0, 0));
    assert_eq!(Arc::strong_count(&ran), 1);
}

#[test]
fn bytes_go_to_an_address_and_arrive_with_the_senders_address() {
    let (host, _, client) = world();
    let [near, far] = [(); 2].map(|()| client.socket(AF_INET, SOCK_STREAM, 0).expect("a socket"));
    client.bind(far, address()).expect("a free address");
    let from = Some(([127, 0, 0, 1], 1).into());
    assert_eq!(client.send_to(near, b"one", address()), Ok(3));
    let mut room = [0; 9];
    assert_eq!((client.recv_from(far, &mut room), &room[..3]), (Ok((3, from)), &b"one"[..]));
    let nowhere = ([127, 0, 0, 1], 2).into();
    assert_eq!(code(client.send_to(near, b"one", nowhere)), Some(10065));
    let event = host.client_event();
    let request = client.recv_from_overlapped(far, 8, Tell::Event(event)).expect("a request");
    assert_eq!(request.address(), None);
    let sent = client.send_to_overlapped(near, b"two", address(), Tell::Nobody).expect("a request");
    assert_eq!(sent.outcome().map(|outcome| outcome.transferred), Some(3));
    assert_eq!(host.wait(event, LONG), Ok(true));
    assert_eq!((request.data(), request.address()), (b"two".to_vec(), from));
    assert_eq!(code(client.ioctl_overlapped(far, 1, &[], 4, Tell::Nobody)), Some(10022));
    end(&host, client);
}

#[test]
fn sockets_are_selected_by_what_they_are_ready_for() {
    let _shows = wpu_evidence::checked(["WSPSelect.result-counts-memberships"]);
    // The provider would panic at a set without a socket.
    let _keeps = wpu_evidence::tested(["WSPSelect.sets-have-members"]);
    let (host, _, client) = world();
    let (near, far) = pair(&client);
    let nothing = client.select(&[near, far], &[], &[], Some(Duration::ZERO)).expect("sets");
    assert_eq!((nothing.count, nothing.read.len()), (0, 0));
    client.send_all(near, b"x").expect("a peer");
    let ready = client.select(&[near, far], &[near], &[far], None).expect("sets");
    assert_eq!((ready.count, ready.read, ready.write, ready.except), (2, vec![far], vec![near], vec![]));
    let twice = client.select(&[far], &[far], &[], None).expect("sets");
    assert_eq!((twice.count, twice.read, twice.write), (2, vec![far], vec![far]));
    assert_eq!(client.select(&[], &[], &[], None), Err(WsaError::WSAEINVAL));
    assert_eq!(client.select(&[far; 65], &[], &[], None), Err(WsaError::WSAEINVAL));
    end(&host, client);
}

#[test]
fn events_of_a_socket_reach_windows_and_events() {
    let _shows = wpu_evidence::checked([
        "WSPAsyncSelect.socket-in-first-value",
        "WSPEnumNetworkEvents.other-errors-untouched",
    ]);
    let (host, _, client) = world();
    let (near, far) = pair(&client);
    let (window, event) = (host.window(), host.client_event());
    client.async_select(far, window, 0x401, FD_READ).expect("a socket");
    client.event_select(near, event, FD_READ).expect("a socket");
    client.send_all(near, b"x").expect("a peer");
    let message = host.messages()[0];
    assert_eq!((message.window, message.wparam, message.lparam), (window, far, 1));
    client.send_all(far, b"y").expect("a peer");
    assert_eq!(host.wait_alertable(event, LONG), Ok(Wake::Set));
    assert_eq!(client.enum_network_events(near, event).map(|events| events.events), Ok(FD_READ));
    assert_eq!(host.wait(event, Duration::ZERO), Ok(false));
    end(&host, client);
}

#[test]
fn sockets_have_modes_options_and_names() {
    let (host, _, client) = world();
    let socket = client.socket(AF_INET, SOCK_STREAM, 0).expect("a socket");
    client.bind(socket, address()).expect("a free address");
    client.listen(socket, 1).expect("a listener");
    client.set_nonblocking(socket, true).expect("a mode");
    assert_eq!(client.accept(socket), Err(WsaError::WSAEWOULDBLOCK));
    assert_eq!(client.number_option(socket, 0xFFFF, 0x1008), Ok(42));
    assert_eq!(code(client.set_option(socket, 0xFFFF, 0x1008, &[1])), Some(10042));
    assert_eq!(client.local_address(socket), Ok(address()));
    assert_eq!(client.peer_address(socket), Err(WsaError::WSAEOPNOTSUPP));
    let text = client.address_to_string(address(), None).expect("a text");
    assert_eq!(text, "127.0.0.1:4711");
    assert_eq!(client.string_to_address(&text, AF_INET, None), Ok(address()));
    assert_eq!(client.string_to_address("?", AF_INET, None), Err(WsaError::WSAEINVAL));
    let info = client.duplicate(socket, 77).expect("an answer");
    let twin = client.socket_from(&info).expect("a socket");
    assert_eq!(host.owner(twin), host.owner(socket));
    client.close(twin).expect("a socket to close");
    assert_eq!(client.cancel_blocking_call(socket), Ok(()));
    end(&host, client);
}

#[test]
fn a_cancelled_call_is_told_by_the_callback_until_the_next_call() {
    let _shows = wpu_evidence::tested(["WPUQueryBlockingCallback.false-means-cancelled"]);
    let (host, entry, client) = world();
    let socket = client.socket(AF_INET, SOCK_STREAM, 0).expect("a socket");
    host.set_blocking_hook(|| HookResult::Idle);
    let (mut callback, mut context, mut errno) = (None, 0, 0);
    let query = pipes::table(&entry).lpWPUQueryBlockingCallback.unwrap();
    // SAFETY: the host lives, and each pointer points to a local.
    let answer = unsafe { query(entry.id(), &raw mut callback, &raw mut context, &raw mut errno) };
    assert_eq!(answer, 0);
    let callback = callback.expect("a hook");
    // SAFETY: the host returned the callback together with this context.
    let goes_on = || unsafe { callback(context) };
    assert_eq!(goes_on(), TRUE);
    client.cancel_blocking_call(socket).expect("a provider");
    assert_eq!([goes_on(), goes_on()], [FALSE; 2]);
    client.set_nonblocking(socket, true).expect("a mode");
    assert_eq!(goes_on(), TRUE);
    host.clear_blocking_hook();
    end(&host, client);
}

#[test]
fn many_threads_use_one_client() {
    let (host, _, client) = world();
    let (near, far) = pair(&client);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..25).for_each(|_| client.send_all(near, b"ab").expect("a peer")));
        }
        let mut all = [0; 200];
        client.recv_all(far, &mut all).expect("all bytes");
        assert!(all.chunks(2).all(|pair| pair == b"ab"));
    });
    end(&host, client);
}

#[test]
fn eight_threads_keep_64_sockets_busy_in_all_three_ways() {
    let _shows = wpu_evidence::tested(["overlapped.separate-structures"]);
    let (host, _, client) = world();
    let (threads, rounds) = if cfg!(miri) { (2, 1) } else { (8, 20) };
    std::thread::scope(|scope| {
        for number in 0..threads {
            let (host, client) = (&host, &client);
            scope.spawn(move || keep_busy(host, client, 1000 + number, rounds));
        }
    });
    end(&host, client);
}

/// Connects four pairs of sockets and sends through each repeatedly.
fn keep_busy(host: &Host, client: &Client, port: u16, rounds: usize) {
    let address = ([127, 0, 0, 1], port).into();
    let listener = client.socket(AF_INET, SOCK_STREAM, 0).expect("a socket");
    client.bind(listener, address).expect("a free address");
    client.listen(listener, 4).expect("a listener");
    let pairs = [(); 4].map(|()| {
        let near = client.socket(AF_INET, SOCK_STREAM, 0).expect("a socket");
        client.connect(near, address).expect("a connection");
        (near, client.accept(listener).expect("a caller").0)
    });
    client.close(listener).expect("a socket to close");
    let (event, packets) = (host.client_event(), Port::new());
    host.bind_port(pairs[3].1, &packets, 7).expect("a socket");
    for _ in 0..rounds {
        let requests = [Tell::Event(event), Tell::routine(|_| ()), Tell::Nobody, Tell::Nobody]
            .into_iter()
            .zip(pairs)
            .map(|(tell, (_, far))| client.recv_overlapped(far, &[5], 0, tell).expect("a request"));
        let requests: Vec<_> = requests.collect();
        for (near, _) in pairs {
            client.send_all(near, b"round").expect("a peer");
        }
        assert_eq!(host.wait(event, LONG), Ok(true));
        assert_eq!((host.sleep_alertable(LONG), packets.get(LONG).is_some()), (1, true));
        assert!(requests.iter().all(|request| request.data() == b"round"));
        host.reset_event(event).expect("an event");
    }
    for socket in pairs.into_iter().flat_map(|(near, far)| [near, far]) {
        client.close(socket).expect("a socket to close");
    }
    host.close_client_event(event).expect("an event");
}

#[test]
fn safe_code_cannot_pass_input_that_contains_pointers() {
    /// `SIO_SET_QOS`: its input ends with a pointer.
    const QUALITY: u32 = 0x8800_000B;
    let (host, entry, client) = world();
    let socket = client.socket(AF_INET, SOCK_STREAM, 0).expect("a socket");
    assert_eq!(code(client.ioctl(socket, QUALITY, &[1; 64], &mut [])), Some(10022));
    assert_eq!(code(client.ioctl_overlapped(socket, QUALITY, &[1; 64], 0, Tell::Nobody)), Some(10022));
    assert_eq!(code(client.ioctl(socket, SIO_FLUSH, &[1; 64], &mut [])), Some(10014), "it has no input");
    let probes = client.ioctl(socket, SIO_KEEPALIVE_VALS, &[1; 12], &mut []);
    assert_eq!(code(probes), Some(10014), "its input has no pointers, so the provider answers");
    assert_eq!(code(client.set_option(socket, SOL_SOCKET, PVD_CONFIG, &[1; 64])), Some(10022));
    let nameless = WSAPROTOCOL_INFOW { szProtocol: [1; 256], ..entry.info };
    let mut long = entry.info;
    long.ProtocolChain.ChainLen = 1000;
    for info in [nameless, long] {
        assert_eq!(code(client.socket_from(&info)), Some(10022));
    }
    client.close(socket).expect("it is open");
    end(&host, client);
}

#[test]
fn a_request_of_another_host_is_refused() {
    let (host, _, client) = world();
    let (near, far) = pair(&client);
    let request = client.recv_overlapped(near, &[4], 0, Tell::Nobody).expect("a request");
    let other = Host::new().expect("a free slot");
    install(&other, fault::NONE);
    let stranger = other.client();
    assert_eq!(stranger.overlapped_result(&request, false), Err(WsaError::WSAEINVAL));
    client.send_all(far, b"four").expect("a peer");
    assert_eq!(client.overlapped_result(&request, false), Ok((4, 0)));
    for socket in [near, far] {
        client.close(socket).expect("it is open");
    }
    end(&other, stranger);
    end(&host, client);
}
