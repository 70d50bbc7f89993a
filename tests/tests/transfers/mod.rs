//! Sends and receives through the base kit over datagrams and streams in memory: what arrives, when an operation is
//! over, and what is written to the client's memory.

mod datagrams;
mod ending;
mod parts;
mod raw;
mod requests;
mod results;
mod streams;
mod wire;

use raw::Raw;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use wire::{Controlled, locked};
use wpu::base::Base;
use wpu_host::{Client, Entry, Host, Leftovers, Module};
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

/// A timeout that no step reaches, even on a busy machine.
const LONG: Duration = Duration::from_secs(60);

const WOULD_BLOCK: WsaError = WsaError::WSAEWOULDBLOCK;

fn at(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// A host with the provider, exclusive in this process, and a client.
struct World {
    // The first field, so that it is dropped first: its providers need their host.
    client: Client,
    host: Host,
    streams: u32,
    datagrams: u32,
    _alone: MutexGuard<'static, ()>,
}

impl World {
    fn new() -> Self {
        Self::with(|_| {})
    }

    /// A world whose two entries, of streams and of datagrams, were changed.
    fn with(change: impl Fn(&mut WSAPROTOCOL_INFOW)) -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = locked(&ALONE);
        wire::reset();
        let host = Host::new().expect("a free slot");
        let module = Module::linked::<Base<Controlled>, _>();
        let install = |number, flags, kind, protocol| {
            let entry = Entry::new(GUID { Data1: 0x7769_7265, Data2: number, ..GUID::ZERO }, "wire.dll");
            let mut entry = entry.flags(flags).sockets(AF_INET, kind, protocol);
            change(&mut entry.info);
            host.install(entry, &module).id()
        };
        let streams = install(1, XP1_GUARANTEED_DELIVERY | XP1_GUARANTEED_ORDER, SOCK_STREAM, IPPROTO_TCP);
        let datagrams = install(2, XP1_CONNECTIONLESS | XP1_MESSAGE_ORIENTED, SOCK_DGRAM, IPPROTO_UDP);
        Self { client: host.client(), host, streams, datagrams, _alone: alone }
    }

    /// Two connected stream sockets: the one that has connected, and the accepted one.
    fn pair(&self) -> [SOCKET; 2] {
        let listener = self.client.socket_in(self.streams).expect("a socket");
        self.client.bind(listener, at(0)).expect("a port");
        self.client.listen(listener, 5).expect("a listener");
        let near = self.client.socket_in(self.streams).expect("a socket");
        let address = self.client.local_address(listener).expect("an address");
        self.client.connect(near, address).expect("a connection");
        let (far, _) = self.client.accept(listener).expect("a caller");
        self.close([listener]);
        [near, far]
    }

    /// A datagram socket without an address.
    fn unbound(&self) -> SOCKET {
        self.client.socket_in(self.datagrams).expect("a socket")
    }

    /// Datagram sockets at the ports 1, 2, ….
    fn bound<const N: usize>(&self) -> [SOCKET; N] {
        let mut port = 0;
        [(); N].map(|()| {
            port += 1;
            let socket = self.unbound();
            self.client.bind(socket, at(port)).expect("an address");
            socket
        })
    }

    /// Two sockets that can send to each other: connected streams, or datagram sockets with each other as peer.
    fn two(&self, datagrams: bool) -> [SOCKET; 2] {
        if !datagrams {
            return self.pair();
        }
        let [near, far] = self.bound();
        self.client.connect(near, at(2)).expect("a peer");
        self.client.connect(far, at(1)).expect("a peer");
        [near, far]
    }

    /// A raw call on a socket.
    fn raw(&self, socket: SOCKET) -> Raw {
        Raw::new(self.client.procs(socket).expect("a provider"), socket)
    }

    /// What a non-blocking receive gives now.
    fn now(&self, socket: SOCKET) -> Result<Vec<u8>, WsaError> {
        self.client.set_nonblocking(socket, true).expect("a socket");
        let mut bytes = [0; 64];
        let received = self.client.recv(socket, &mut bytes);
        self.client.set_nonblocking(socket, false).expect("a socket");
        received.map(|count| bytes[..count].to_vec())
    }

    fn close<const N: usize>(&self, sockets: [SOCKET; N]) {
        for socket in sockets {
            self.client.close(socket).expect("a socket to close");
        }
    }

    fn end<const N: usize>(self, sockets: [SOCKET; N]) {
        self.close(sockets);
        assert_eq!(self.client.finish(), Leftovers::default());
        assert_eq!(self.host.faults(), []);
    }
}
