//! The base kit while threads use one socket concurrently: no call waits for an event that has occurred
//! already, and no completion is reported on a closed socket.

use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;
use wpu::base::{Address, Base, Endpoint, Kind, Notify, Receive, Transport};
use wpu::prelude::*;
use wpu_host::{Client, ConditionResult, Entry, HookResult, Host, Leftovers, Module, Tell};
use wpu_sys::ffi::*;

/// A timeout that no step reaches, even on a busy machine.
const LONG: Duration = Duration::from_secs(60);

#[wpu_provider(
    class = non_ifs,
    kit = base,
    waives(WPUGetProviderPath = "base provider: no layer below"),
)]
struct Steered {}

/// The numbers of bytes that can be received and of connections that can be accepted.
static WAITING: AtomicUsize = AtomicUsize::new(0);
/// A function that runs once, in the next attempt to receive.
static DURING: Mutex<Option<Box<dyn FnOnce() + Send>>> = Mutex::new(None);
/// A function that runs once, after the next look at what has arrived.
static AFTER_LOOK: Mutex<Option<Box<dyn FnOnce() + Send>>> = Mutex::new(None);
/// The notifier of the newest endpoint.
static NEWEST: Mutex<Option<Notify>> = Mutex::new(None);

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Consumes one of them.
fn take() -> Result<(), WsaError> {
    let less = WAITING.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| count.checked_sub(1));
    less.map(drop).map_err(|_| WsaError::WSAEWOULDBLOCK)
}

impl Lifecycle for Steered {
    fn start(_: &Start<'_>) -> Result<Self, WsaError> {
        Ok(Self {})
    }
}

impl Transport for Steered {
    type Endpoint = End;

    fn open(&self, _: Kind, notify: Notify) -> Result<End, WsaError> {
        *locked(&NEWEST) = Some(notify);
        Ok(End)
    }
}

wpu::export!(Base<Steered>; any());

struct End;

impl Endpoint for End {
    fn bind(&self, _: &Address) -> Result<(), WsaError> {
        Ok(())
    }

    fn local(&self) -> Result<Address, WsaError> {
        Ok(somewhere().into())
    }

    fn peer(&self) -> Result<Address, WsaError> {
        Ok(somewhere().into())
    }

    fn listen(&self, _: i32) -> Result<(), WsaError> {
        Ok(())
    }

    fn accept(&self, _: Notify) -> Result<Self, WsaError> {
        take().map(|()| Self)
    }

    fn connect(&self, _: &Address) -> Result<(), WsaError> {
        Ok(())
    }

    fn receive(&self, _: &mut [u8], how: Receive) -> Result<usize, WsaError> {
        if how == Receive::Peek {
            let waiting = WAITING.load(Ordering::SeqCst);
            let after = locked(&AFTER_LOOK).take();
            if let Some(after) = after {
                after();
            }
            return if waiting > 0 { Ok(1) } else { Err(WsaError::WSAEWOULDBLOCK) };
        }
        let during = locked(&DURING).take();
        if let Some(during) = during {
            during();
        }
        take().map(|()| 1)
    }

    fn send(&self, data: &[u8]) -> Result<usize, WsaError> {
        Ok(data.len())
    }

    fn shutdown(&self, _: Shutdown) -> Result<(), WsaError> {
        Ok(())
    }
}

fn somewhere() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 7).into()
}

/// A host with the provider, exclusive in this process, and a client.
struct World {
    host: Host,
    client: Arc<Client>,
    _alone: MutexGuard<'static, ()>,
}

impl World {
    fn new() -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = locked(&ALONE);
        WAITING.store(0, Ordering::SeqCst);
        let host = Host::new().expect("a free slot");
        let module = Module::linked::<Base<Steered>, _>();
        let entry = Entry::new(GUID { Data1: 0x7374_6565, ..GUID::ZERO }, "steered.dll");
        host.install(entry.sockets(AF_INET, SOCK_STREAM, IPPROTO_TCP), &module);
        let client = Arc::new(host.client());
        Self { host, client, _alone: alone }
    }

    fn socket(&self) -> SOCKET {
        self.client.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP).expect("a socket")
    }

    fn connected(&self) -> SOCKET {
        let socket = self.socket();
        self.client.connect(socket, somewhere()).expect("a connection");
        socket
    }

    fn end(self) {
        let client = Arc::into_inner(self.client).expect("nobody else uses it");
        assert_eq!(client.finish(), Leftovers::default());
        assert_eq!(self.host.faults(), []);
    }
}

#[test]
fn a_deferred_connection_wakes_another_call_that_waits_to_accept() {
    let _shows = wpu_evidence::tested(["WSPAccept.WSATRY_AGAIN", "WSPAccept.deferred-stays-first"]);
    let world = World::new();
    let (host, client, listener) = (&world.host, &*world.client, world.socket());
    client.bind(listener, somewhere()).expect("an address");
    client.listen(listener, 1).expect("a listener");
    WAITING.store(1, Ordering::SeqCst);
    thread::scope(|scope| {
        let (waits, waiting) = mpsc::channel();
        let (accepts, accepted) = mpsc::channel();
        let deferred = client.accept_if(listener, |_| {
            let (waits, accepts) = (waits.clone(), accepts.clone());
            scope.spawn(move || {
                // The hook runs while the call waits; it gives up rather than wait forever.
                let begun = std::time::Instant::now();
                host.set_blocking_hook(move || {
                    let _ = waits.send(());
                    if begun.elapsed() < LONG { HookResult::Idle } else { HookResult::Cancelled }
                });
                let socket = client.accept(listener).map(|(socket, _)| socket);
                host.clear_blocking_hook();
                accepts.send(socket)
            });
            waiting.recv_timeout(LONG).expect("the call waits");
            ConditionResult::Defer
        });
        assert_eq!(deferred, Err(WsaError::WSATRY_AGAIN));
        let socket = accepted.recv_timeout(2 * LONG).expect("the call returns").expect("the connection");
        client.close(socket).expect("a socket to close");
    });
    client.close(listener).expect("a socket to close");
    world.end();
}

#[test]
fn a_call_that_waits_for_a_request_returns_when_closing_aborts_it() {
    let _shows = wpu_evidence::tested([
        "WSPGetOverlappedResult.error-is-the-operations",
        "WSPRecv.WSA_OPERATION_ABORTED",
    ]);
    let world = World::new();
    let (host, client, socket) = (&world.host, &*world.client, world.connected());
    let event = host.client_event();
    let request = client.recv_overlapped(socket, &[1], 0, Tell::Event(event)).expect("a request");
    let (waits, waiting) = mpsc::channel();
    let result = thread::scope(|scope| {
        scope.spawn(move || {
            waiting.recv_timeout(LONG).expect("the call waits");
            client.close(socket).expect("a socket to close");
        });
        host.set_blocking_hook(move || {
            let _ = waits.send(());
            HookResult::Processed
        });
        let result = client.overlapped_result(&request, true);
        host.clear_blocking_hook();
        result
    });
    assert_eq!(result, Err(WsaError::WSA_OPERATION_ABORTED));
    host.close_client_event(event).expect("an event");
    world.end();
}

#[test]
fn no_request_is_pending_on_a_socket_that_was_closed_during_the_attempt() {
    let _shows = wpu_evidence::tested(["WSPRecv.WSAENOTSOCK"]);
    let world = World::new();
    let socket = world.connected();
    let event = world.host.client_event();
    let client = Arc::clone(&world.client);
    *locked(&DURING) = Some(Box::new(move || client.close(socket).expect("a socket to close")));
    let request = world.client.recv_overlapped(socket, &[1], 0, Tell::Event(event));
    assert_eq!(request.map(drop), Err(WsaError::WSAENOTSOCK));
    world.host.close_client_event(event).expect("an event");
    world.end();
}

#[test]
fn a_request_does_not_miss_bytes_that_arrive_during_another_attempt() {
    let world = World::new();
    let (client, socket) = (&*world.client, world.connected());
    let event = world.host.client_event();
    let notify = locked(&NEWEST).clone().expect("an endpoint");
    for _ in 0..if cfg!(miri) { 5 } else { 500 } {
        let request = client.recv_overlapped(socket, &[1], 0, Tell::Event(event)).expect("a request");
        thread::scope(|scope| {
            // One of the two threads may make its attempt before bytes have arrived.
            scope.spawn(|| notify.readable());
            WAITING.store(1, Ordering::SeqCst);
            notify.readable();
        });
        assert_eq!(client.overlapped_result(&request, false), Ok((1, 0)));
    }
    client.close(socket).expect("a socket to close");
    world.host.close_client_event(event).expect("an event");
    world.end();
}

#[test]
fn bytes_that_a_call_has_received_since_the_look_are_not_reported() {
    let world = World::new();
    let (client, socket) = (Arc::clone(&world.client), world.connected());
    let event = world.host.client_event();
    let notify = locked(&NEWEST).clone().expect("an endpoint");
    client.event_select(socket, event, FD_READ | FD_CLOSE).expect("events");
    let reported = || world.client.enum_network_events(socket, event).expect("events").events;
    WAITING.store(1, Ordering::SeqCst);
    notify.readable();
    assert_eq!(reported(), FD_READ);
    *locked(&AFTER_LOOK) = Some(Box::new(move || {
        let received = thread::spawn(move || client.recv(socket, &mut [0]));
        assert_eq!(received.join().expect("no panic"), Ok(1));
    }));
    notify.readable();
    assert_eq!(reported(), 0, "nothing is left");
    WAITING.store(1, Ordering::SeqCst);
    notify.readable();
    assert_eq!(reported(), FD_READ, "the call has enabled the event");
    world.client.close(socket).expect("a socket to close");
    world.host.close_client_event(event).expect("an event");
    world.end();
}
