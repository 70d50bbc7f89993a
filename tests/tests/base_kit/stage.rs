//! A transport that follows a script and records what the kit does with it, and its client.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wpu::base::{Address, Base, Endpoint, Kind, Notify, Receive, Transport};
use wpu::prelude::*;
use wpu_host::{Client, Entry, Host, Leftovers, Module, encode_address};
use wpu_sys::ffi::*;

/// A timeout that no step reaches, even on a busy machine.
pub const LONG: Duration = Duration::from_secs(60);

#[wpu_provider(
    class = non_ifs,
    kit = base,
    waives(WPUGetProviderPath = "base provider: no layer below"),
)]
pub struct Scripted {}

/// What the transport does, and what it has been asked for.
#[derive(Default)]
pub struct Script {
    /// The ports of the peers that wait to be accepted.
    pub incoming: VecDeque<u16>,
    /// The bytes that can be received, by any endpoint.
    pub bytes: VecDeque<u8>,
    /// The error with which a connect begins.
    pub connecting: Option<WsaError>,
    /// The error of `bind`.
    pub binding: Option<WsaError>,
    /// Whether bytes are on their way to the peer.
    pub sending: bool,
    /// Gets the refusal when a connection is reset that nobody has accepted.
    pub refused: Option<Notify>,
    /// The error of `WPUCreateSocketHandle`, which otherwise works.
    pub no_handles: Option<WsaError>,
    /// The notifiers of all endpoints, the newest last.
    pub notifiers: Vec<Notify>,
    /// The kinds of the sockets that were opened.
    pub kinds: Vec<Kind>,
    /// The calls that change something, with the port of the peer.
    pub log: Vec<String>,
    /// The number of attempts to receive.
    pub attempts: usize,
    /// The number of endpoints.
    pub open: usize,
}

static SCRIPT: Mutex<Option<Script>> = Mutex::new(None);

/// The script; it is shared with the threads of the transport.
pub fn script<R>(change: impl FnOnce(&mut Script) -> R) -> R {
    change(SCRIPT.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(Script::default))
}

/// The notifier of the newest endpoint.
pub fn newest() -> Notify {
    script(|script| script.notifiers.last().cloned()).expect("an endpoint")
}

/// What the transport was asked for since the last time.
pub fn log() -> Vec<String> {
    script(|script| std::mem::take(&mut script.log))
}

pub fn at(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

impl Lifecycle for Scripted {
    fn start(_: &Start<'_>) -> Result<Self, WsaError> {
        Ok(Self {})
    }
}

impl Transport for Scripted {
    type Endpoint = End;

    fn open(&self, kind: Kind, notify: Notify) -> Result<End, WsaError> {
        script(|script| script.kinds.push(kind));
        Ok(End::new(notify, 0, None))
    }
}

wpu::export!(Base<Scripted>; any());

pub struct End {
    port: Mutex<u16>,
    peer: Mutex<Option<u16>>,
}

impl End {
    fn new(notify: Notify, port: u16, peer: Option<u16>) -> Self {
        script(|script| {
            script.notifiers.push(notify);
            script.open += 1;
        });
        Self { port: Mutex::new(port), peer: Mutex::new(peer) }
    }

    fn note(&self, what: &str) {
        let peer = self.peer.lock().expect("no panic").unwrap_or(0);
        script(|script| script.log.push(format!("{what} {peer}")));
    }
}

impl Drop for End {
    fn drop(&mut self) {
        script(|script| script.open -= 1);
    }
}

impl Endpoint for End {
    fn bind(&self, address: &Address) -> Result<(), WsaError> {
        if let Some(error) = script(|script| script.binding) {
            return Err(error);
        }
        *self.port.lock().expect("no panic") = address.to_inet()?.port();
        Ok(())
    }

    fn local(&self) -> Result<Address, WsaError> {
        match *self.port.lock().expect("no panic") {
            0 => Err(WsaError::WSAEINVAL),
            port => Ok(at(port).into()),
        }
    }

    fn peer(&self) -> Result<Address, WsaError> {
        self.peer.lock().expect("no panic").map(|port| at(port).into()).ok_or(WsaError::WSAENOTCONN)
    }

    fn listen(&self, backlog: i32) -> Result<(), WsaError> {
        self.note(&format!("listen {backlog} of"));
        Ok(())
    }

    fn accept(&self, notify: Notify) -> Result<Self, WsaError> {
        let peer = script(|script| script.incoming.pop_front()).ok_or(WsaError::WSAEWOULDBLOCK)?;
        Ok(Self::new(notify, *self.port.lock().expect("no panic"), Some(peer)))
    }

    fn connect(&self, to: &Address) -> Result<(), WsaError> {
        *self.peer.lock().expect("no panic") = Some(to.to_inet()?.port());
        *self.port.lock().expect("no panic") = 50_000;
        self.note("connect");
        script(|script| script.connecting).map_or(Ok(()), Err)
    }

    fn receive(&self, into: &mut [u8], mode: Receive) -> Result<usize, WsaError> {
        script(|script| {
            script.attempts += 1;
            let count = into.len().min(script.bytes.len());
            for (to, from) in into.iter_mut().zip(&script.bytes) {
                *to = *from;
            }
            if mode == Receive::Take {
                script.bytes.drain(..count);
            }
            if count == 0 { Err(WsaError::WSAEWOULDBLOCK) } else { Ok(count) }
        })
    }

    fn send(&self, data: &[u8]) -> Result<usize, WsaError> {
        self.note("send");
        Ok(data.len())
    }

    fn shutdown(&self, how: Shutdown) -> Result<(), WsaError> {
        self.note(&format!("shutdown {how:?} of"));
        Ok(())
    }

    fn is_sending(&self) -> bool {
        script(|script| script.sending)
    }

    fn close(&self, abort: bool) {
        self.note(if abort { "reset" } else { "close" });
        let refused = script(|script| script.refused.take_if(|_| abort));
        if let Some(notify) = refused {
            notify.connected(Err(WsaError::WSAECONNREFUSED));
        }
    }
}

/// The host's function, which a script can make fail.
static CREATE: Mutex<LPWPUCREATESOCKETHANDLE> = Mutex::new(None);

unsafe extern "system" fn create(entry: u32, context: usize, errno: *mut i32) -> SOCKET {
    if let Some(error) = script(|script| script.no_handles) {
        // SAFETY: the caller passes a valid pointer.
        unsafe { errno.write(error.code()) };
        return INVALID_SOCKET;
    }
    let create = (*CREATE.lock().expect("no panic")).expect("an upcall");
    // SAFETY: the arguments are those of the caller, and the host lives.
    unsafe { create(entry, context, errno) }
}

/// `WSPStartup` with a table in which [`create`] replaces the host's function.
pub unsafe extern "system" fn start_up(
    version: u16,
    data: *mut WSPDATA,
    entry: *const WSAPROTOCOL_INFOW,
    table: WSPUPCALLTABLE,
    functions: *mut WSPPROC_TABLE,
) -> i32 {
    *CREATE.lock().expect("no panic") = table.lpWPUCreateSocketHandle;
    let table = WSPUPCALLTABLE { lpWPUCreateSocketHandle: Some(create), ..table };
    // SAFETY: the arguments are those of the caller, or a table with the same contract.
    unsafe { WSPStartup(version, data, entry, table, functions) }
}

/// A host with the provider, exclusive in this process, and a client.
pub struct World {
    pub host: Host,
    pub client: Arc<Client>,
    pub entry: Entry,
    _alone: MutexGuard<'static, ()>,
}

impl World {
    pub fn new() -> Self {
        Self::with_services(0)
    }

    /// A world whose catalog entry has these flags.
    pub fn with_services(flags: u32) -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        script(|script| *script = Script::default());
        let host = Host::new().expect("a free slot");
        // SAFETY: the function has the contract of the exported one, to which it forwards.
        let module = unsafe { Module::from_startup(start_up) };
        let entry = Entry::new(GUID { Data1: 0x7363_7269, ..GUID::ZERO }, "scripted.dll").flags(flags);
        let entry = host.install(entry.sockets(AF_INET, SOCK_STREAM, IPPROTO_TCP), &module);
        let client = Arc::new(host.client());
        Self { host, client, entry, _alone: alone }
    }

    pub fn socket(&self) -> SOCKET {
        self.client.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP).expect("a socket")
    }

    /// A socket that is connected to this port.
    pub fn connected(&self, port: u16) -> SOCKET {
        let socket = self.socket();
        self.client.connect(socket, at(port)).expect("a connection");
        socket
    }

    /// A listening socket, for which these peers wait.
    pub fn listener<const N: usize>(&self, peers: [u16; N]) -> SOCKET {
        let listener = self.socket();
        self.client.bind(listener, at(9)).expect("an address");
        self.client.listen(listener, 9).expect("a listener");
        script(|script| script.incoming.extend(peers));
        listener
    }

    /// The functions of the provider.
    pub fn procs(&self) -> WSPPROC_TABLE {
        self.client.procs_of(self.entry.id()).expect("a provider")
    }

    /// An event object for these events of the socket.
    pub fn watch(&self, socket: SOCKET, events: i32) -> WSAEVENT {
        let event = self.host.client_event();
        self.client.event_select(socket, event, events).expect("events");
        event
    }

    /// The events that were recorded since the last time.
    pub fn events(&self, socket: SOCKET) -> i32 {
        self.client.enum_network_events(socket, ptr::null_mut()).expect("events").events
    }

    pub fn close<const N: usize>(&self, sockets: [SOCKET; N]) {
        for socket in sockets {
            self.client.close(socket).expect("a socket to close");
        }
    }

    /// Cleans up, and checks that nothing is left and no rule was broken.
    pub fn end(self) {
        let client = Arc::into_inner(self.client).expect("nobody else uses it");
        assert_eq!(client.finish(), Leftovers::default());
        assert_eq!(self.host.faults(), []);
        assert_eq!(script(|script| script.open), 0);
    }
}

/// The result of a function that returns 0 or `SOCKET_ERROR`.
pub fn status(call: impl FnOnce(*mut i32) -> i32) -> Result<(), WsaError> {
    let mut errno = 0;
    let answer = call(&raw mut errno);
    assert_eq!(answer == SOCKET_ERROR, errno != 0, "{answer} {errno}");
    if answer == 0 { Ok(()) } else { Err(WsaError::new(errno)) }
}

/// The result of a function that returns a socket.
pub fn made(call: impl FnOnce(*mut i32) -> SOCKET) -> Result<SOCKET, WsaError> {
    let mut errno = 0;
    let answer = call(&raw mut errno);
    assert_eq!(answer == INVALID_SOCKET, errno != 0, "{answer} {errno}");
    if answer == INVALID_SOCKET { Err(WsaError::new(errno)) } else { Ok(answer) }
}

/// The bytes of a `sockaddr`.
pub fn bytes(address: SocketAddr) -> Vec<u8> {
    encode_address(address)
}
