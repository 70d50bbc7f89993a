//! A host, a client, and a base provider whose transport fails as a test says.

use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wpu::base::{Address, Base, Endpoint, Kind, Notify, Receive, Transport};
use wpu::prelude::*;
use wpu_host::{Client, Entry, Host, Leftovers, Module};
use wpu_sys::ffi::*;

/// A timeout that no step reaches, even on a busy machine.
pub const LONG: Duration = Duration::from_secs(60);

#[wpu_provider(
    class = non_ifs,
    kit = base,
    waives(WPUGetProviderPath = "base provider: no layer below"),
)]
struct Moody {}

/// What the endpoints have to offer, and how their functions fail.
#[derive(Default)]
struct Script {
    /// The error of each function, by its name.
    errors: BTreeMap<&'static str, WsaError>,
    /// The number of connections that wait to be accepted.
    callers: usize,
    messages: VecDeque<Vec<u8>>,
    /// The notifier of the newest endpoint.
    newest: Option<Notify>,
}

static SCRIPT: Mutex<Option<Script>> = Mutex::new(None);

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn script<R>(change: impl FnOnce(&mut Script) -> R) -> R {
    change(locked(&SCRIPT).get_or_insert_default())
}

fn attempt(function: &str) -> Result<(), WsaError> {
    script(|script| script.errors.get(function).copied()).map_or(Ok(()), Err)
}

/// The address of every endpoint.
pub fn somewhere() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 7).into()
}

impl Lifecycle for Moody {
    fn start(_: &Start<'_>) -> Result<Self, WsaError> {
        attempt("start").map(|()| Self {})
    }
}

impl Transport for Moody {
    type Endpoint = End;

    fn open(&self, _: Kind, notify: Notify) -> Result<End, WsaError> {
        attempt("open")?;
        script(|script| script.newest = Some(notify));
        Ok(End)
    }

    fn address_to_text(&self, _: &Address) -> Result<String, WsaError> {
        Ok("127.0.0.1:7".to_owned())
    }

    fn text_to_address(&self, _: i32, _: &str) -> Result<Address, WsaError> {
        Ok(somewhere().into())
    }
}

wpu::export!(Base<Moody>; any());

/// An endpoint without a network.
pub struct End;

impl Endpoint for End {
    fn bind(&self, _: &Address) -> Result<(), WsaError> {
        attempt("bind")
    }

    fn local(&self) -> Result<Address, WsaError> {
        attempt("local").map(|()| somewhere().into())
    }

    fn peer(&self) -> Result<Address, WsaError> {
        attempt("peer").map(|()| somewhere().into())
    }

    fn listen(&self, _: i32) -> Result<(), WsaError> {
        attempt("listen")
    }

    fn accept(&self, _: Notify) -> Result<Self, WsaError> {
        attempt("accept")?;
        script(|script| script.callers.checked_sub(1).map(|left| script.callers = left))
            .map(|()| Self)
            .ok_or(WsaError::WSAEWOULDBLOCK)
    }

    fn connect(&self, to: &Address) -> Result<(), WsaError> {
        to.to_inet()?;
        attempt("connect")
    }

    fn receive(&self, into: &mut [u8], mode: Receive) -> Result<usize, WsaError> {
        // What a failing function leaves here is not received.
        into.fill(b'?');
        attempt("receive")?;
        message(into, mode).map(|len| len.min(into.len()))
    }

    fn send(&self, data: &[u8]) -> Result<usize, WsaError> {
        attempt("send").map(|()| data.len())
    }

    fn receive_from(&self, into: &mut [u8], mode: Receive) -> Result<(usize, Address), WsaError> {
        into.fill(b'?');
        attempt("receive_from")?;
        Ok((message(into, mode)?, somewhere().into()))
    }

    fn send_to(&self, data: &[u8], to: &Address) -> Result<usize, WsaError> {
        to.to_inet()?;
        attempt("send_to").map(|()| data.len())
    }

    fn shutdown(&self, _: Shutdown) -> Result<(), WsaError> {
        attempt("shutdown")
    }

    fn option(&self, _: i32, _: i32) -> Result<Vec<u8>, WsaError> {
        attempt("option").and(Err(WsaError::WSAENOPROTOOPT))
    }

    fn set_option(&self, _: i32, _: i32, _: &[u8]) -> Result<(), WsaError> {
        attempt("set_option").and(Err(WsaError::WSAENOPROTOOPT))
    }

    fn ioctl(&self, _: u32, _: &[u8]) -> Result<Vec<u8>, WsaError> {
        attempt("ioctl").and(Err(WsaError::WSAEOPNOTSUPP))
    }
}

/// The next message, and its length.
fn message(into: &mut [u8], mode: Receive) -> Result<usize, WsaError> {
    script(|script| {
        let message = script.messages.front().ok_or(WsaError::WSAEWOULDBLOCK)?;
        into.iter_mut().zip(message).for_each(|(to, byte)| *to = *byte);
        let len = message.len();
        if mode == Receive::Take {
            script.messages.pop_front();
        }
        Ok(len)
    })
}

/// A host with the provider, exclusive in this process, and a client.
pub struct World {
    pub host: Host,
    pub client: Client,
    /// The functions of the provider.
    pub procs: WSPPROC_TABLE,
    _alone: MutexGuard<'static, ()>,
}

#[allow(clippy::unused_self, reason = "the script is that of the one world that there is")]
impl World {
    pub fn new() -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = locked(&ALONE);
        *locked(&SCRIPT) = None;
        let host = Host::new().expect("a free slot");
        // SAFETY: the function has the contract of the exported one: it is that.
        let module = unsafe { Module::from_startup(WSPStartup) };
        let entry = || Entry::new(GUID { Data1: 0x6d6f_6f64, ..GUID::ZERO }, "moody.dll");
        let stream = host.install(entry().sockets(AF_INET, SOCK_STREAM, IPPROTO_TCP), &module);
        host.install(entry().sockets(AF_INET, SOCK_DGRAM, IPPROTO_UDP), &module);
        let client = host.client();
        let procs = client.procs_of(stream.id()).expect("it starts");
        Self { host, client, procs, _alone: alone }
    }

    /// From now on this function of the transport fails so.
    pub fn fail(&self, function: &'static str, error: WsaError) {
        script(|script| script.errors.insert(function, error));
    }

    /// From now on every function of the transport works.
    pub fn work(&self) {
        script(|script| script.errors.clear());
    }

    /// A connection waits to be accepted.
    pub fn caller(&self) {
        script(|script| script.callers += 1);
    }

    /// A message has arrived.
    pub fn message(&self, bytes: &[u8]) {
        script(|script| script.messages.push_back(bytes.to_vec()));
    }

    /// The notifier of the newest endpoint.
    pub fn newest(&self) -> Notify {
        script(|script| script.newest.clone()).expect("an endpoint")
    }

    pub fn stream(&self) -> SOCKET {
        self.client.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP).expect("a socket")
    }

    pub fn datagram(&self) -> SOCKET {
        self.client.socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP).expect("a socket")
    }

    pub fn bound(&self) -> SOCKET {
        let socket = self.stream();
        self.client.bind(socket, somewhere()).expect("a free address");
        socket
    }

    pub fn listener(&self) -> SOCKET {
        let socket = self.bound();
        self.client.listen(socket, 5).expect("a listener");
        socket
    }

    pub fn connected(&self) -> SOCKET {
        let socket = self.stream();
        self.client.connect(socket, somewhere()).expect("a connection");
        socket
    }

    /// Cleans up, which closes the sockets that are left. No rule of the host was broken, except by handles that the
    /// tests have made up.
    pub fn end(self) {
        assert_eq!(self.client.finish(), Leftovers::default());
        let of_upcalls = |fault: &&wpu_host::Fault| !fault.call.starts_with("WPU");
        assert_eq!(self.host.faults().iter().find(of_upcalls), None);
    }
}

/// Starts the provider once more, as a host does. Returns the error, or 0.
pub fn start_again(entry: &WSAPROTOCOL_INFOW, table: WSPUPCALLTABLE) -> i32 {
    let (mut data, mut functions) = (WSPDATA::ZERO, WSPPROC_TABLE::ZERO);
    // SAFETY: the pointers point to locals, and the host of the table lives.
    unsafe { WSPStartup(WINSOCK_VERSION, &raw mut data, entry, table, &raw mut functions) }
}
