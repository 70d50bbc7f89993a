//! A provider that is loaded by path, with a client.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use wpu_host::{Client, Entry, Host, Leftovers, Library, Module};
use wpu_sys::ffi::*;

/// A time in which everything here happens, on the busiest machine.
pub const LONG: Duration = Duration::from_secs(60);

/// A host with one provider, and a client of it.
pub struct World {
    pub host: Host,
    pub client: Client,
}

impl World {
    /// With the example of this name.
    pub fn new(example: &str) -> Self {
        let host = Host::new().expect("a place is free");
        let path = copy(example);
        // SAFETY: it is a provider written with this project, and nothing else runs when it is loaded.
        let library = unsafe { Library::load(&path) }.expect("a library of its own");
        // What is loaded needs its file no more; where the system sees that otherwise, it stays.
        let _ = fs::remove_dir_all(path.parent().expect("a folder"));
        // It stays loaded: threads of this program that have been in its code run some of it when they end.
        std::mem::forget(library.clone());
        let id = GUID { Data1: 0x6261_7365, Data4: *b"examples", ..GUID::ZERO };
        let entry = Entry::new(id, &format!("{example}.dll")).sockets(AF_INET, SOCK_STREAM, IPPROTO_TCP);
        host.install(entry, &Module::from(&library));
        let client = host.client();
        Self { host, client }
    }

    pub fn socket(&self) -> SOCKET {
        self.client.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP).expect("a socket")
    }

    /// A socket that listens, and where.
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

    /// An event that is told of these events of the socket.
    pub fn watch(&self, socket: SOCKET, events: i32) -> WSAEVENT {
        let event = self.host.client_event();
        self.client.event_select(socket, event, events).expect("events");
        event
    }

    /// Waits until one of these events is recorded, and says which were in the meantime.
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

    pub fn await_event(&self, event: WSAEVENT) {
        assert_eq!(self.host.wait(event, LONG), Ok(true));
    }

    pub fn close<const N: usize>(&self, sockets: [SOCKET; N]) {
        for socket in sockets {
            self.client.close(socket).expect("a socket to close");
        }
    }

    /// Nothing is left open, and no rule was broken.
    pub fn end(self) {
        assert_eq!(self.client.finish(), Leftovers::default());
        assert_eq!(self.host.faults(), []);
    }
}

/// A copy of the library that cargo has built along: a provider has one host in a process, and each test
/// has a host of its own.
pub fn copy(example: &str) -> PathBuf {
    static COPIES: AtomicU32 = AtomicU32::new(0);
    let program = std::env::current_exe().expect("a path");
    let name = format!("{DLL_PREFIX}{example}{DLL_SUFFIX}");
    let built = program.parent().expect("a folder").join(&name);
    let number = COPIES.fetch_add(1, Ordering::Relaxed);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("base-{}-{number}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let copy = folder.join(name);
    fs::copy(built, &copy).expect("the example was built along");
    copy
}
