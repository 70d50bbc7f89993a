//! Whole chains: clients of a host, layers, and a base provider written as in C.

#[path = "../../../../wpu-host/tests/pipes/mod.rs"]
pub mod pipes;

use super::super::loader::LINKED;
use super::super::{LayerProvider, Layered, Moved};
use super::stand::{PATIENCE, guid};
use crate::layer::sys::ffi::{
    AF_INET, FD_READ, GUID, IPPROTO_TCP, SOCK_STREAM, WINSOCK_VERSION, WSPStartupFn, XP1_IFS_HANDLES,
};
use crate::prelude::*;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use wpu_host::{Client, Entry, Host, Leftovers, Module, Tell, Wake};

static ALONE: Mutex<()> = Mutex::new(());

/// Serializes the tests, since the providers have one instance each.
fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

macro_rules! counter {
    ($name:ident, $class:ident, ($($waived:ident),+), $number:literal, $sent:ident, $received:ident, $startup:ident) => {
        static $sent: AtomicU64 = AtomicU64::new(0);
        static $received: AtomicU64 = AtomicU64::new(0);

        #[wpu_provider(class = $class, kit = layer, crate = crate, waives($($waived),+ = "left to the base"))]
        #[derive(Debug)]
        struct $name;

        impl Layer for $name {}

        impl Lifecycle for $name {
            fn start(_: &Start<'_>) -> Result<Self, WsaError> {
                $sent.store(0, Ordering::Relaxed);
                $received.store(0, Ordering::Relaxed);
                Ok(Self)
            }
        }

        impl LayerProvider for $name {
            const ID: GUID = guid($number);

            fn moved(&self, _: SOCKET, moved: Moved, count: u32) {
                let total = if moved == Moved::Sent { &$sent } else { &$received };
                total.fetch_add(count.into(), Ordering::Relaxed);
            }
        }

        #[allow(non_snake_case, unused_imports, reason = "lints look, as the macro is not another crate's here")]
        mod $startup {
            crate::export!(super::Layered<super::$name>; any());
        }
    };
}

counter!(
    Ifs,
    ifs,
    (WPUCloseSocketHandle, WPUQueryBlockingCallback),
    0x1f5,
    IFS_SENT,
    IFS_RECEIVED,
    start_ifs
);
counter!(Made, non_ifs, (WPUQueryBlockingCallback), 0x3ade, MADE_SENT, MADE_RECEIVED, start_made);
counter!(Top, non_ifs, (WPUQueryBlockingCallback), 0x709, TOP_SENT, TOP_RECEIVED, start_top);

pub struct Chain {
    pub host: Host,
    pub base: Entry,
    pub hidden: Entry,
    pub entry: Entry,
    _alone: MutexGuard<'static, ()>,
}

/// A chain of these layers, from the top, over a base provider.
fn chain(layers: &[(GUID, &str)]) -> Chain {
    chain_over(layers, pipes::fault::NONE)
}

/// The same over a base provider that breaks a rule.
fn chain_over(layers: &[(GUID, &str)], fault: u32) -> Chain {
    let modules: [(&str, WSPStartupFn); 3] = [
        ("ifs.dll", start_ifs::WSPStartup),
        ("made.dll", start_made::WSPStartup),
        ("top.dll", start_top::WSPStartup),
    ];
    chain_of(&modules, layers, fault)
}

/// The same with layers of these modules.
pub fn chain_of(modules: &[(&str, WSPStartupFn)], layers: &[(GUID, &str)], fault: u32) -> Chain {
    let alone = alone();
    let modules = modules.iter().map(|(name, startup)| ((*name).into(), *startup));
    *LINKED.lock().expect("no panic") =
        modules.chain([("pipes.dll".into(), pipes::startup as WSPStartupFn)]).collect();
    let host = Host::new().expect("a free slot");
    let base = pipes::install(&host, fault);
    let module = |name: &str| {
        let linked = LINKED.lock().expect("no panic");
        let (_, startup) = linked.iter().find(|(path, _)| path.as_os_str() == name).expect("it is linked");
        // SAFETY: it is a `WSPStartup`, and keeps its contract.
        unsafe { Module::from_startup(*startup) }
    };
    let class = |name: &str| if name.starts_with("ifs") { XP1_IFS_HANDLES } else { 0 };
    let hidden: Vec<_> = layers
        .iter()
        .map(|(id, name)| host.install(Entry::layer(*id, name).flags(class(name)), &module(name)))
        .collect();
    let links: Vec<_> = hidden.iter().chain([&base]).collect();
    let name = layers[0].1;
    let chain = Entry::chain(pipes::fresh_id(), name, &links).flags(class(name));
    let chain = host.install_first(chain.sockets(AF_INET, SOCK_STREAM, IPPROTO_TCP), &module(name));
    Chain { host, hidden: hidden[0].clone(), base, entry: chain, _alone: alone }
}

const IFS: (GUID, &str) = (Ifs::ID, "ifs.dll");
const MADE: (GUID, &str) = (Made::ID, "made.dll");
const TOP: (GUID, &str) = (Top::ID, "top.dll");

/// A connection: its near end, its far end, and the listening socket.
pub fn connected(client: &Client, chain: &Chain) -> [SOCKET; 3] {
    let address: SocketAddr = ([127, 0, 0, 1], 80).into();
    let listener = client.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP).expect("a socket");
    assert_eq!(chain.host.owner(listener), Some(chain.entry.id()));
    client.bind(listener, address).expect("a free address");
    client.listen(listener, 1).expect("a listener");
    let near = client.socket(AF_INET, SOCK_STREAM, 0).expect("a socket");
    client.connect(near, address).expect("a connection");
    let (far, _) = client.accept(listener).expect("a caller");
    [near, far, listener]
}

/// Makes every kind of call through a chain. The counters are valid until the result is dropped.
#[must_use]
fn works(layers: &[(GUID, &str)]) -> Chain {
    let chain = chain(layers);
    let host = &chain.host;
    let client = host.client();
    let [near, far, listener] = connected(&client, &chain);
    client.send_all(near, b"counted").expect("a peer");
    let mut room = [0; 7];
    client.recv_all(far, &mut room).expect("seven bytes");
    assert_eq!(&room, b"counted");
    let read = client.select(&[near, far], &[near], &[], Some(PATIENCE)).expect("a selection");
    assert_eq!((read.read.as_slice(), read.write.as_slice()), (&[][..], &[near][..]));

    let event = host.client_event();
    for tell in [Tell::Nobody, Tell::Event(event)] {
        let request = client.recv_overlapped(far, &[9], 0, tell).expect("a request");
        client.send_all(near, b"over").expect("a peer");
        assert_eq!(client.overlapped_result(&request, true), Ok((4, 0)));
        assert_eq!(request.data(), b"over");
    }
    assert_eq!(host.wait(event, PATIENCE), Ok(true));
    host.reset_event(event).expect("it is open");

    let request = client.recv_overlapped(far, &[9], 0, Tell::Event(event)).expect("a request");
    client.close(far).expect("a socket to close");
    if host.wait_alertable(event, PATIENCE) == Ok(Wake::Set) {
        assert!(client.overlapped_result(&request, false).is_err(), "the socket is closed");
    }
    for socket in [near, listener] {
        client.close(socket).expect("a socket to close");
        assert_eq!(client.close(socket), Err(WsaError::WSAENOTSOCK));
    }
    host.close_client_event(event).expect("it is open");
    assert_eq!(client.finish(), Leftovers::default());
    assert_eq!(host.faults(), []);
    assert_eq!(pipes::starts(&chain.base), (1, 1));
    assert_eq!(pipes::version(&chain.base), WINSOCK_VERSION);
    chain
}

#[test]
fn a_layer_over_the_systems_handles() {
    let _shows = wpu_evidence::tested(["start-up.layer-wants-its-highest"]);
    let _alone = works(&[IFS]);
    assert!(IFS_SENT.load(Ordering::Relaxed) >= 15);
}

#[test]
fn a_layer_with_handles_of_its_own() {
    let _shows = wpu_evidence::tested(["start-up.layer-wants-its-highest"]);
    let _alone = works(&[MADE]);
    assert_eq!((MADE_SENT.load(Ordering::Relaxed), MADE_RECEIVED.load(Ordering::Relaxed)), (15, 15));
}

#[test]
fn two_layers() {
    let _alone = works(&[MADE, IFS]);
    assert_eq!((MADE_SENT.load(Ordering::Relaxed), MADE_RECEIVED.load(Ordering::Relaxed)), (15, 15));
    assert!(IFS_SENT.load(Ordering::Relaxed) >= 15);
}

#[test]
fn three_layers() {
    let _alone = works(&[TOP, MADE, IFS]);
    assert_eq!((TOP_SENT.load(Ordering::Relaxed), TOP_RECEIVED.load(Ordering::Relaxed)), (15, 15));
    assert_eq!((MADE_SENT.load(Ordering::Relaxed), MADE_RECEIVED.load(Ordering::Relaxed)), (15, 15));
}

#[test]
fn a_chain_can_be_started_again() {
    let _shows = wpu_evidence::tested(["WSPCleanup.can-start-again"]);
    for _ in 0..2 {
        let _alone = works(&[TOP, IFS]);
    }
}

#[test]
fn d_19_messages_come_through_two_layers_with_the_clients_handle() {
    let chain = chain(&[TOP, MADE]);
    let client = chain.host.client();
    let [near, far, listener] = connected(&client, &chain);
    let window = chain.host.window();
    client.async_select(far, window, 0x401, FD_READ).expect("it is open");
    client.send_all(near, b"!").expect("a peer");
    let late = std::time::Instant::now() + PATIENCE;
    while chain.host.messages().is_empty() {
        assert!(std::time::Instant::now() < late, "no message has come");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    assert_eq!(chain.host.messages()[0].wparam, far);
    for socket in [near, far, listener] {
        client.close(socket).expect("it is open");
    }
    assert_eq!(client.finish(), Leftovers::default());
    assert_eq!(chain.host.faults(), []);
}

#[test]
fn d_09_a_base_with_a_faulty_start_is_not_used() {
    let _shows = wpu_evidence::tested(["start-up.layer-cleans-up-version", "start-up.layer-balances-starts"]);
    for (fault, started) in
        [(pipes::fault::OLD_VERSION, 1), (pipes::fault::HOLE, 1), (pipes::fault::NO_START, 0)]
    {
        for layer in [MADE, IFS] {
            let chain = chain_over(&[layer], fault);
            let client = chain.host.client();
            let refused = client.socket_in(chain.entry.id());
            assert_eq!(refused, Err(WsaError::WSAEPROVIDERFAILEDINIT), "{fault}");
            assert_eq!(pipes::starts(&chain.base), (started, started), "each start-up has its clean-up");
            assert_eq!(client.finish(), Leftovers::default());
        }
    }
}

#[test]
fn d_12_nothing_of_the_layer_runs_after_the_last_clean_up() {
    let chain = chain(&[TOP, MADE]);
    let client = chain.host.client();
    let [near, far, listener] = connected(&client, &chain);
    let request = client.recv_overlapped(far, &[9], 0, Tell::Nobody).expect("a request");
    let _ = (near, listener);
    assert_eq!(client.finish(), Leftovers::default(), "threads and handles end with it");
    assert_eq!(chain.host.faults(), [], "and no completion is reported");
    assert_eq!(pipes::starts(&chain.base), (1, 1));
    drop(request);
}

#[test]
fn d_18_an_entry_of_the_other_class_does_not_start_the_layer() {
    let chain = chain(&[MADE]);
    let wrong = Entry::chain(pipes::fresh_id(), "made.dll", &[&chain.hidden, &chain.base]);
    // SAFETY: it is a `WSPStartup`, and keeps its contract.
    let module = unsafe { Module::from_startup(start_made::WSPStartup) };
    let wrong = chain.host.install(wrong.flags(XP1_IFS_HANDLES), &module);
    let client = chain.host.client();
    assert_eq!(client.socket_in(wrong.id()), Err(WsaError::WSAEPROVIDERFAILEDINIT));
    assert_eq!(pipes::starts(&chain.base), (0, 0));
    assert_eq!(client.finish(), Leftovers::default());
}

/// The numbers of threads and rounds. Miri takes minutes for what otherwise takes a second.
const CROWD: (u16, u16) = if cfg!(miri) { (2, 1) } else { (8, 4) };

#[test]
fn many_sockets_and_threads_with_every_kind_of_notification() {
    let chain = chain(&[TOP, IFS]);
    let client = chain.host.client();
    let (client, host) = (&client, &chain.host);
    std::thread::scope(|scope| {
        for thread in 0..CROWD.0 {
            let entry = chain.entry.id();
            scope.spawn(move || {
                for round in 0..CROWD.1 {
                    let address: SocketAddr = ([127, 0, 0, 1], 1000 + thread * 10 + round).into();
                    let listener = client.socket_in(entry).expect("a socket");
                    client.bind(listener, address).expect("a free address");
                    client.listen(listener, 1).expect("a listener");
                    let near = client.socket_in(entry).expect("a socket");
                    client.connect(near, address).expect("a connection");
                    let (far, _) = client.accept(listener).expect("a caller");
                    tells(host, client, near, far);
                    for socket in [listener, near, far] {
                        client.close(socket).expect("it is open");
                    }
                }
            });
        }
    });
    assert_eq!(host.faults(), []);
}

/// Makes one transfer for each kind of notification.
fn tells(host: &Host, client: &Client, near: SOCKET, far: SOCKET) {
    let event = host.client_event();
    let request = client.recv_overlapped(far, &[4], 0, Tell::Event(event)).expect("a request");
    client.send_all(near, b"once").expect("a peer");
    assert_eq!(host.wait(event, PATIENCE), Ok(true));
    assert_eq!(client.overlapped_result(&request, true), Ok((4, 0)));
    host.close_client_event(event).expect("it is open");

    let (tell, told) = std::sync::mpsc::channel();
    let routine = Tell::routine(move |outcome| tell.send(outcome.transferred).expect("somebody waits"));
    let request = client.recv_overlapped(far, &[4], 0, routine).expect("a request");
    client.send_all(near, b"more").expect("a peer");
    let late = std::time::Instant::now() + PATIENCE;
    while told.try_recv() != Ok(4) {
        assert!(std::time::Instant::now() < late, "the routine does not run");
        host.sleep_alertable(std::time::Duration::from_millis(5));
    }
    drop(request);

    let port = wpu_host::Port::new();
    host.bind_port(far, &port, 7).expect("a handle");
    let request = client.recv_overlapped(far, &[4], 0, Tell::Nobody).expect("a request");
    client.send_all(near, b"last").expect("a peer");
    assert_eq!(port.get(PATIENCE).expect("a packet").key, 7);
    assert_eq!(request.data(), b"last");
}
