//! One cell of the matrix: its providers, which are loaded by path, and a client.

use super::cells::{Cell, Layer, ON_THE_SYSTEM};
use super::tally::Tally;
use std::collections::BTreeMap;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};
use wpu_host::{ClientRequest, Entry, Host, Leftovers, Library, Message, Module};
use wpu_sys::ffi::*;

/// A timeout that no step reaches, even on a busy machine.
pub const LONG: Duration = Duration::from_secs(60);

/// The number of the base provider.
pub const BASE: u32 = 0x6261_7365;

/// A host with a base provider, possibly under layers, and a client.
pub struct World {
    pub cell: Cell,
    // The first field, so that it is dropped first: its providers need their host.
    pub client: Tally,
    pub host: Host,
    /// The number of the provider to which each entry belongs.
    pub providers: BTreeMap<u32, u32>,
    /// The entry of the client's sockets.
    entry: u32,
    before: Resources,
}

impl World {
    pub fn new(cell: Cell) -> Self {
        let before = Resources::now();
        let host = Host::new().expect("a free slot");
        let mut libraries = Libraries::default();
        let (module, path) = libraries.get(cell.base);
        let base = GUID { Data1: BASE, Data4: *b"examples", ..GUID::ZERO };
        let base = host.install(tcp(Entry::new(base, &path)), &module);
        let mut layer = |layer: &&Layer| {
            let (module, path) = libraries.get(layer.example);
            host.install(Entry::layer(layer.id, &path).flags(layer.flags), &module)
        };
        let links: Vec<Entry> = cell.layers.iter().map(&mut layer).chain([base.clone()]).collect();
        let mut providers: BTreeMap<_, _> =
            links.iter().map(|link| (link.id(), link.info.ProviderId.Data1)).collect();
        let mut chain = |from: usize| {
            let Some(top) = cell.layers.get(from) else { return base.id() };
            let (module, path) = libraries.get(top.example);
            let number = u32::try_from(from).expect("few layers");
            let id = GUID { Data1: 0x6368_6169, Data2: 1, Data3: 1, Data4: [number.to_le_bytes()[0]; 8] };
            let links: Vec<_> = links[from..].iter().collect();
            let chain = tcp(Entry::chain(id, &path, &links).flags(top.flags));
            let id = match from {
                0 => host.install_first(chain, &module).id(),
                _ => host.install(chain, &module).id(),
            };
            providers.insert(id, top.id.Data1);
            id
        };
        let entry = chain(0);
        // A layer that is hidden by another layer with the same control code gets a chain of its own.
        let asked = cell.layers.iter().enumerate().map(|(at, layer)| {
            let hidden = cell.layers[..at].iter().any(|above| above.code == layer.code);
            (*layer, if hidden { chain(at) } else { entry })
        });
        let asked = asked.collect();
        let client = Tally::new(host.client(), asked);
        Self { cell, client, host, providers, entry, before }
    }

    /// Names the obligations that a scenario shows.
    #[track_caller]
    pub fn tested<'a>(&self, ids: impl IntoIterator<Item = &'a str>) -> Option<wpu_evidence::Shows> {
        if self.cell.speaks_for_all() { Some(wpu_evidence::tested(ids)) } else { None }
    }

    /// Names the obligations of which a scenario shows that a check reports a breach.
    #[track_caller]
    pub fn checked<'a>(&self, ids: impl IntoIterator<Item = &'a str>) -> Option<wpu_evidence::Shows> {
        if self.cell.speaks_for_all() { Some(wpu_evidence::checked(ids)) } else { None }
    }

    pub fn socket(&self) -> SOCKET {
        let socket = self.client.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP).expect("a socket");
        assert_eq!(self.host.owner(socket), Some(self.entry));
        socket
    }

    /// A listening socket and its address.
    pub fn listener(&self) -> (SOCKET, SocketAddr) {
        let listener = self.socket();
        self.client.bind(listener, (Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
        self.client.listen(listener, 100).expect("a listener");
        (listener, self.client.local_address(listener).expect("an address"))
    }

    /// Two connected sockets.
    pub fn pair(&self) -> (SOCKET, SOCKET) {
        let (listener, address) = self.listener();
        let near = self.socket();
        self.client.connect(near, address).expect("a connection");
        let (far, peer) = self.client.accept(listener).expect("a caller");
        assert_eq!(peer, self.client.local_address(near).expect("an address"));
        self.close([listener]);
        (near, far)
    }

    /// An event object for these events of the socket.
    pub fn watch(&self, socket: SOCKET, events: i32) -> WSAEVENT {
        let event = self.host.client_event();
        self.client.event_select(socket, event, events).expect("events");
        event
    }

    /// Waits until one of these events is recorded. Returns the events until then.
    pub fn await_events(&self, socket: SOCKET, event: WSAEVENT, wanted: i32) -> (i32, [i32; 10]) {
        let (mut seen, mut errors) = (0, [0; 10]);
        while seen & wanted == 0 {
            assert_eq!(self.host.wait(event, LONG), Ok(true), "waited for {wanted:#x}, saw {seen:#x}");
            let news = self.client.enum_network_events(socket, event).expect("events");
            seen |= news.events;
            for (kept, new) in errors.iter_mut().zip(news.errors) {
                *kept |= new;
            }
        }
        (seen, errors)
    }

    /// Waits until this number of messages was posted: a layer with handles of its own posts on its own
    /// thread.
    pub fn await_messages(&self, count: usize) -> Vec<Message> {
        let late = Instant::now() + LONG;
        loop {
            let messages = self.host.messages();
            if messages.len() >= count {
                return messages;
            }
            assert!(Instant::now() < late, "{messages:?}, not {count}");
            thread::yield_now();
        }
    }

    /// Waits until the system refuses connections to this address, which may take a moment.
    pub fn await_refusal(&self, address: SocketAddr) {
        let late = Instant::now() + LONG;
        while self.cell.base == ON_THE_SYSTEM && TcpStream::connect(address).is_ok() {
            assert!(Instant::now() < late, "{address} still listens");
        }
    }

    pub fn await_event(&self, event: WSAEVENT) {
        assert_eq!(self.host.wait(event, LONG), Ok(true));
    }

    /// Waits until a request has completed with success, whatever its notification.
    pub fn await_done(&self, request: &ClientRequest) {
        assert_eq!(self.client.overlapped_result(request, true).map(drop), Ok(()));
    }

    pub fn close<const N: usize>(&self, sockets: [SOCKET; N]) {
        for socket in sockets {
            self.client.close(socket).expect("a socket to close");
        }
    }

    /// Checks that nothing is open, no rule was broken, and layers have counted correctly.
    pub fn end(self) {
        assert_eq!(self.client.finish(), Leftovers::default());
        assert_eq!(self.host.faults(), []);
        self.before.await_return();
    }
}

fn tcp(entry: Entry) -> Entry {
    entry.sockets(AF_INET, SOCK_STREAM, IPPROTO_TCP)
}

/// The loaded examples.
#[derive(Default)]
struct Libraries(BTreeMap<&'static str, Library>);

impl Libraries {
    /// The library that cargo has built, and its path.
    fn get(&mut self, example: &'static str) -> (Module, String) {
        let program = std::env::current_exe().expect("a path");
        let path: PathBuf =
            program.parent().expect("a folder").join(format!("{DLL_PREFIX}{example}{DLL_SUFFIX}"));
        let library = self.0.entry(example).or_insert_with(|| {
            // SAFETY: it is a provider of this project, and it has no initialisers.
            let library = unsafe { Library::load(&path) }.expect("a library");
            // It stays loaded: threads of this program that have run its code run some of it when they end.
            std::mem::forget(library.clone());
            library
        });
        (Module::from(&*library), path.display().to_string())
    }
}

/// The resources of the process, as far as the system reports them.
#[derive(Debug)]
struct Resources {
    threads: usize,
    files: usize,
}

impl Resources {
    /// Counted on Linux only; zero elsewhere.
    fn now() -> Self {
        let count = |folder: &str| std::fs::read_dir(folder).map_or(0, Iterator::count);
        if cfg!(target_os = "linux") {
            Self { threads: count("/proc/self/task"), files: count("/proc/self/fd") }
        } else {
            Self { threads: 0, files: 0 }
        }
    }

    /// A joined thread is still listed for a moment.
    fn await_return(self) {
        let late = Instant::now() + LONG;
        loop {
            let now = Self::now();
            if now.threads <= self.threads && now.files <= self.files {
                return;
            }
            assert!(Instant::now() < late, "{now:?}, {self:?} before");
            thread::yield_now();
        }
    }
}
