//! The base kit between faulty sides: a transport that panics or reports too much, and a host with dead
//! functions.

#[path = "../../wpu/tests/common/stubs.rs"]
#[allow(dead_code, reason = "the tests use the part that they need")]
mod stubs;

use std::io::Write as _;
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;
use stubs::{Manner, SilentFailure, SilentSuccess};
use wpu::base::{Address, Base, Endpoint, Kind, Notify, Receive, Transport};
use wpu::prelude::*;
use wpu_host::{Client, Entry, Host, Leftovers, Module, Rule, Tell};
use wpu_sys::UPCALLS;
use wpu_sys::ffi::*;

/// A timeout that no step reaches, even on a busy machine.
const LONG: Duration = Duration::from_secs(60);

#[wpu_provider(
    class = non_ifs,
    kit = base,
    waives(WPUGetProviderPath = "base provider: no layer below"),
)]
struct Rogue {}

/// The behaviour of the transport.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mode {
    /// It transfers all bytes.
    Works,
    /// It transfers no bytes.
    Waits,
    Panics,
    /// It reports more bytes than it was asked for.
    Exaggerates,
}

static MODE: Mutex<Mode> = Mutex::new(Mode::Works);
/// The notifier of the newest endpoint.
static NEWEST: Mutex<Option<Notify>> = Mutex::new(None);
/// The number of endpoints.
static OPEN: AtomicUsize = AtomicUsize::new(0);

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn set(mode: Mode) {
    *locked(&MODE) = mode;
}

fn moved(len: usize) -> Result<usize, WsaError> {
    let mode = *locked(&MODE);
    match mode {
        Mode::Works => Ok(len),
        Mode::Waits => Err(WsaError::WSAEWOULDBLOCK),
        Mode::Panics => resume_unwind(Box::new(())),
        Mode::Exaggerates => Ok(len + 1),
    }
}

impl Lifecycle for Rogue {
    fn start(_: &Start<'_>) -> Result<Self, WsaError> {
        Ok(Self {})
    }
}

impl Transport for Rogue {
    type Endpoint = End;

    fn open(&self, _: Kind, notify: Notify) -> Result<End, WsaError> {
        OPEN.fetch_add(1, Ordering::SeqCst);
        *locked(&NEWEST) = Some(notify);
        Ok(End)
    }
}

wpu::export!(Base<Rogue>; any());

/// An endpoint that is connected, and can send and receive any number of bytes.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::SeqCst);
    }
}

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

    fn connect(&self, _: &Address) -> Result<(), WsaError> {
        Ok(())
    }

    fn receive(&self, into: &mut [u8], _: Receive) -> Result<usize, WsaError> {
        into.fill(b'x');
        moved(into.len())
    }

    fn send(&self, data: &[u8]) -> Result<usize, WsaError> {
        moved(data.len())
    }

    fn receive_from(&self, into: &mut [u8], mode: Receive) -> Result<(usize, Address), WsaError> {
        Ok((self.receive(into, mode)?, somewhere().into()))
    }

    fn send_to(&self, data: &[u8], _: &Address) -> Result<usize, WsaError> {
        self.send(data)
    }

    fn shutdown(&self, _: Shutdown) -> Result<(), WsaError> {
        Ok(())
    }
}

fn somewhere() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 7).into()
}

/// A slot of the table, and the function that replaces the host's.
static DEAD: Mutex<Option<(usize, WSPUPCALLTABLEEX)>> = Mutex::new(None);

/// `WSPStartup` with the host's table after the replacement in [`DEAD`].
unsafe extern "system" fn start_up(
    version: u16,
    data: *mut WSPDATA,
    entry: *const WSAPROTOCOL_INFOW,
    table: WSPUPCALLTABLE,
    functions: *mut WSPPROC_TABLE,
) -> i32 {
    // SAFETY: a table is a `repr(C)` struct of fifteen function pointers.
    let mut slots: [usize; 15] = unsafe { std::mem::transmute(table) };
    if let Some((slot, stubs)) = *locked(&DEAD) {
        // SAFETY: a table is a `repr(C)` struct of sixteen function pointers.
        slots[slot] = unsafe { std::mem::transmute::<WSPUPCALLTABLEEX, [usize; 16]>(stubs) }[slot];
    }
    // SAFETY: each pointer is one to a function of this slot.
    let table = unsafe { std::mem::transmute::<[usize; 15], WSPUPCALLTABLE>(slots) };
    // SAFETY: the arguments are those of the caller, or a table with the same contract.
    unsafe { WSPStartup(version, data, entry, table, functions) }
}

/// A host with the provider, exclusive in this process, and a client.
struct World {
    host: Host,
    client: Client,
    _alone: MutexGuard<'static, ()>,
}

impl World {
    fn new() -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = locked(&ALONE);
        set(Mode::Works);
        *locked(&DEAD) = None;
        let host = Host::new().expect("a free slot");
        // SAFETY: the function has the contract of the exported one, to which it forwards.
        let module = unsafe { Module::from_startup(start_up) };
        let entry = Entry::new(GUID { Data1: 0x726f_6775, ..GUID::ZERO }, "rogue.dll");
        host.install(entry.sockets(AF_INET, SOCK_STREAM, IPPROTO_TCP), &module);
        let client = host.client();
        Self { host, client, _alone: alone }
    }

    fn connected(&self) -> SOCKET {
        let socket = self.client.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP).expect("a socket");
        self.client.connect(socket, somewhere()).expect("a connection");
        socket
    }

    fn end(self, socket: SOCKET) {
        self.client.close(socket).expect("a socket to close");
        assert_eq!(self.client.finish(), Leftovers::default());
        assert_eq!(self.host.faults(), []);
        assert_eq!(OPEN.load(Ordering::SeqCst), 0);
    }
}

/// Runs `body` on another thread, which must return.
fn elsewhere<R: Send>(body: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| {
        let (tell, told) = mpsc::channel();
        scope.spawn(move || tell.send(body()));
        told.recv_timeout(LONG).unwrap_or_else(|_| {
            // A hanging thread cannot be abandoned, so the process is ended instead of a panic.
            let _ = writeln!(std::io::stderr(), "a call has not come back");
            std::process::exit(1)
        })
    })
}

#[test]
fn d_11_a_panic_releases_its_turn() {
    let world = World::new();
    let (client, socket) = (&world.client, world.connected());
    let all = || {
        let received = client.recv(socket, &mut [0; 2]);
        [received, client.send(socket, b"ab")]
    };
    for _ in 0..2 {
        set(Mode::Panics);
        assert_eq!(all(), [Err(WsaError::WSASYSCALLFAILURE); 2]);
        set(Mode::Works);
        assert_eq!(all(), [Ok(2); 2]);
        assert_eq!(elsewhere(all), [Ok(2); 2]);
    }
    world.end(socket);
}

#[test]
fn d_11_a_panic_in_the_turn_of_a_request_ends_both() {
    let _shows = wpu_evidence::tested(["WSPGetOverlappedResult.error-is-the-operations"]);
    let world = World::new();
    let (client, socket) = (&world.client, world.connected());
    let notify = locked(&NEWEST).clone().expect("an endpoint");
    set(Mode::Waits);
    let event = world.host.client_event();
    let request = client.recv_overlapped(socket, &[2], 0, Tell::Event(event)).expect("a request");
    set(Mode::Panics);
    // This is the transport's own thread.
    catch_unwind(AssertUnwindSafe(|| notify.readable())).expect_err("nobody else can catch it");
    assert_eq!(world.host.wait(event, LONG), Ok(true));
    assert_eq!(client.overlapped_result(&request, false), Err(WsaError::WSA_OPERATION_ABORTED));
    set(Mode::Works);
    assert_eq!(elsewhere(|| client.recv(socket, &mut [0; 2])), Ok(2));
    world.host.close_client_event(event).expect("an event");
    world.end(socket);
}

#[test]
fn d_26_an_excessive_count_of_a_transport_is_an_error() {
    let world = World::new();
    let (client, socket) = (&world.client, world.connected());
    let notify = locked(&NEWEST).clone().expect("an endpoint");
    let event = world.host.client_event();
    for len in [1, 3, 0x1_0001] {
        set(Mode::Exaggerates);
        assert_eq!(client.recv(socket, &mut vec![0; len]), Ok(len));
        assert_eq!(client.send(socket, &vec![0; len]), Ok(len));
        set(Mode::Waits);
        let request = client.recv_overlapped(socket, &[len], 0, Tell::Event(event)).expect("a request");
        set(Mode::Exaggerates);
        notify.readable();
        assert_eq!(world.host.wait(event, LONG), Ok(true));
        assert_eq!(client.overlapped_result(&request, false), Ok((len, 0)));
        world.host.reset_event(event).expect("an event");
    }
    world.host.close_client_event(event).expect("an event");
    world.end(socket);
}

#[test]
fn a_transport_without_options_knows_the_levels_of_the_kit() {
    let _shows = wpu_evidence::tested([
        "WSPGetSockOpt.WSAEINVAL",
        "WSPGetSockOpt.unsupported-option-code",
        "WSPSetSockOpt.WSAEINVAL",
    ]);
    let world = World::new();
    let (client, socket) = (&world.client, world.connected());
    for (level, code) in [
        (SOL_SOCKET, WsaError::WSAENOPROTOOPT),
        // The kit keeps `TCP_NODELAY` of TCP sockets.
        (IPPROTO_TCP, WsaError::WSAENOPROTOOPT),
        (IPPROTO_UDP, WsaError::WSAEINVAL),
        (0, WsaError::WSAEINVAL),
        (-7, WsaError::WSAEINVAL),
    ] {
        assert_eq!(client.option(socket, level, 0x7777, &mut [0; 4]), Err(code), "{level:#x}");
        assert_eq!(client.set_option(socket, level, 0x7777, &[0; 4]), Err(code), "{level:#x}");
    }
    world.end(socket);
}

/// Always fails with an error code.
struct NotSupported;

impl Manner for NotSupported {
    const SUCCEEDS: bool = false;
    const ERRNO: Option<i32> = Some(WsaError::WSAEOPNOTSUPP.code());
}

/// The results of a client's calls with a host that lacks a function.
fn life(world: &World) -> [Result<(), WsaError>; 7] {
    let (host, client) = (&world.host, &world.client);
    let socket = client.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    let on = socket.unwrap_or(INVALID_SOCKET);
    let connected = client.connect(on, somewhere());
    let sent = client.send(on, b"ab").map(|_| ());
    let received = client.recv(on, &mut [0; 2]).map(|_| ());
    let event = host.client_event();
    let selected = client.event_select(on, event, FD_READ | FD_WRITE);
    let asked = client.enum_network_events(on, event).map(|_| ());
    let closed = client.close(on);
    host.close_client_event(event).expect("an event");
    [socket.map(|_| ()), connected, sent, received, selected, asked, closed]
}

/// A world whose host has a dead function in this slot.
fn world_without<M: Manner>(slot: usize) -> World {
    let world = World::new();
    *locked(&DEAD) = Some((slot, stubs::table::<M>()));
    world
}

/// Makes each upcall of the kit dead in turn. Dead `create` and `query` make a client's calls fail with the
/// given errors, and so does `reset` if one is given. The others do not affect a client that waits for
/// nothing.
fn without_each<M: Manner>(create: WsaError, query: WsaError, reset: Result<(), WsaError>) {
    let nobody = Err(WsaError::WSAENOTSOCK);
    let mut dead = 0;
    for slot in Rogue::DECLARATION.makes().iter().copied().filter(|slot| *slot < 15) {
        let world = world_without::<M>(slot);
        let name = UPCALLS[slot].name;
        let mut expected = [Ok(()); 7];
        match name {
            "WPUCreateSocketHandle" => {
                expected = [Err(create), nobody, nobody, nobody, nobody, nobody, nobody];
            }
            "WPUQuerySocketHandleContext" => expected[1..].fill(Err(query)),
            "WPUResetEvent" => expected[5] = reset,
            _ => {}
        }
        assert_eq!(elsewhere(|| life(&world)), expected, "{name}");
        let left = world.client.finish();
        // The host still has a handle that it failed to close.
        let kept = usize::from(name == "WPUCloseSocketHandle");
        assert_eq!(left, Leftovers { socket_handles: kept, ..Leftovers::default() }, "{name}");
        assert_eq!(world.host.faults().len(), kept, "{name}: {:?}", world.host.faults());
        assert_eq!(OPEN.load(Ordering::SeqCst), 0, "{name}");
        dead += 1;
    }
    assert_eq!(dead, 8);
}

#[test]
fn d_39_a_dead_function_of_the_host_affects_only_calls_that_need_it() {
    let (unsupported, failure) = (WsaError::WSAEOPNOTSUPP, WsaError::WSASYSCALLFAILURE);
    without_each::<NotSupported>(unsupported, unsupported, Err(unsupported));
    without_each::<SilentFailure>(failure, failure, Err(failure));
    without_each::<SilentSuccess>(failure, WsaError::WSAENOTSOCK, Ok(()));
}

#[test]
fn d_39_a_request_completes_even_if_its_routine_cannot_be_queued() {
    let _shows = wpu_evidence::tested([
        "WPUQueueApc.refusal-loses-nothing",
        "WSPGetOverlappedResult.WSA_IO_INCOMPLETE",
        "WSPGetOverlappedResult.polling-does-not-wait",
    ]);
    let slot = UPCALLS.iter().position(|upcall| upcall.name == "WPUQueueApc").expect("an upcall");
    let world = world_without::<NotSupported>(slot);
    let (client, socket) = (&world.client, world.connected());
    let notify = locked(&NEWEST).clone().expect("an endpoint");
    set(Mode::Waits);
    let routine = Tell::routine(|_| unreachable!("nobody queues it"));
    let request = client.recv_overlapped(socket, &[2], 0, routine).expect("a request");
    assert_eq!(client.overlapped_result(&request, false), Err(WsaError::WSA_IO_INCOMPLETE));
    set(Mode::Works);
    notify.readable();
    assert_eq!(client.overlapped_result(&request, false), Ok((2, 0)));
    // SAFETY: the structure lives as long as the request, and no code writes to it any more.
    let structure = unsafe { request.as_ptr().read() };
    assert_eq!((structure.Internal, structure.InternalHigh), (0, 2), "its structure says so too");
    client.close(socket).expect("a socket to close");
    world.host.patience(Duration::ZERO);
    assert_eq!(world.client.finish(), Leftovers::default());
    assert_eq!(world.host.faults().iter().map(|fault| fault.rule).collect::<Vec<_>>(), [Rule::NeverTold]);
    assert_eq!(OPEN.load(Ordering::SeqCst), 0);
}
