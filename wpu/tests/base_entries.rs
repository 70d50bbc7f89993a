//! What catalog entries promise, kept by the base kit over a transport in memory.
//!
//! They are a program of their own, since `wpu-host` offers `WPUCompleteOverlappedRequest` to the whole program, and other
//! tests need that nobody does.

#![cfg(all(feature = "macros", feature = "base"))]

use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wpu::base::{Address, Base, Endpoint, Kind, Notify, Receive, Transport};
use wpu::prelude::*;
use wpu_host::{Client, Entry, Host, Leftovers, Module};
use wpu_sys::ffi::*;

/// Streams and datagrams in memory, of any kind that a client asks for.
#[wpu_provider(
    class = non_ifs,
    kit = base,
    waives(WPUGetProviderPath = "base provider: no layer below"),
)]
struct Net(Arc<Mutex<Ports>>);

/// What waits at each port.
#[derive(Default)]
struct Ports(BTreeMap<u16, Port>);

#[derive(Default)]
struct Port {
    notify: Notify,
    messages: VecDeque<(u16, Vec<u8>)>,
    connections: VecDeque<(u16, Connection)>,
}

/// Two pipes, as one end uses them.
#[derive(Clone)]
struct Connection {
    from: Arc<Mutex<Pipe>>,
    to: Arc<Mutex<Pipe>>,
}

#[derive(Default)]
struct Pipe {
    bytes: VecDeque<u8>,
    reader: Notify,
    writer: Notify,
}

/// As many bytes are in a pipe at most.
const ROOM: usize = 7;

struct End {
    ports: Arc<Mutex<Ports>>,
    notify: Notify,
    state: Mutex<(u16, Option<(u16, Connection)>)>,
}

/// The kinds of sockets that the transport was asked for.
static ASKED: Mutex<Vec<Kind>> = Mutex::new(Vec::new());
/// The provider has one host in a process.
static ALONE: Mutex<()> = Mutex::new(());

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn at(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

impl Lifecycle for Net {
    fn start(_: &Start<'_>) -> Result<Self, WsaError> {
        Ok(Self(Arc::default()))
    }
}

impl Transport for Net {
    type Endpoint = End;

    fn open(&self, kind: Kind, notify: Notify) -> Result<End, WsaError> {
        locked(&ASKED).push(kind);
        Ok(End { ports: Arc::clone(&self.0), notify, state: Mutex::new((0, None)) })
    }
}

wpu::export!(Base<Net>; any());

impl End {
    fn port(&self) -> u16 {
        locked(&self.state).0
    }

    fn connection(&self) -> Result<Connection, WsaError> {
        let state = locked(&self.state);
        state.1.as_ref().map(|(_, connection)| connection.clone()).ok_or(WsaError::WSAENOTCONN)
    }
}

impl Endpoint for End {
    fn bind(&self, address: &Address) -> Result<(), WsaError> {
        let port = address.to_inet()?.port();
        locked(&self.state).0 = port;
        locked(&self.ports).0.insert(port, Port { notify: self.notify.clone(), ..Port::default() });
        Ok(())
    }

    fn local(&self) -> Result<Address, WsaError> {
        Ok(at(self.port()).into())
    }

    fn peer(&self) -> Result<Address, WsaError> {
        let state = locked(&self.state);
        state.1.as_ref().map(|(port, _)| at(*port).into()).ok_or(WsaError::WSAENOTCONN)
    }

    fn listen(&self, _: i32) -> Result<(), WsaError> {
        Ok(())
    }

    fn accept(&self, notify: Notify) -> Result<Self, WsaError> {
        let mut ports = locked(&self.ports);
        let next = ports.0.get_mut(&self.port()).and_then(|port| port.connections.pop_front());
        let (peer, connection) = next.ok_or(WsaError::WSAEWOULDBLOCK)?;
        locked(&connection.from).reader = notify.clone();
        locked(&connection.to).writer = notify.clone();
        let state = Mutex::new((self.port(), Some((peer, connection))));
        Ok(Self { ports: Arc::clone(&self.ports), notify, state })
    }

    fn connect(&self, to: &Address) -> Result<(), WsaError> {
        let peer = to.to_inet()?.port();
        let connection = Connection { from: Arc::default(), to: Arc::default() };
        locked(&connection.from).reader = self.notify.clone();
        locked(&connection.to).writer = self.notify.clone();
        let theirs = Connection { from: Arc::clone(&connection.to), to: Arc::clone(&connection.from) };
        let notify = {
            let mut ports = locked(&self.ports);
            let port = ports.0.get_mut(&peer).ok_or(WsaError::WSAECONNREFUSED)?;
            port.connections.push_back((self.port(), theirs));
            port.notify.clone()
        };
        locked(&self.state).1 = Some((peer, connection));
        notify.readable();
        Ok(())
    }

    fn receive(&self, into: &mut [u8], _: Receive) -> Result<usize, WsaError> {
        let pipe = self.connection()?.from;
        let mut pipe = locked(&pipe);
        let count = into.len().min(pipe.bytes.len());
        if count == 0 {
            return Err(WsaError::WSAEWOULDBLOCK);
        }
        for (to, byte) in into.iter_mut().zip(pipe.bytes.drain(..count)) {
            *to = byte;
        }
        let writer = pipe.writer.clone();
        drop(pipe);
        writer.writable();
        Ok(count)
    }

    fn send(&self, data: &[u8]) -> Result<usize, WsaError> {
        let pipe = self.connection()?.to;
        let mut pipe = locked(&pipe);
        let count = data.len().min(ROOM - pipe.bytes.len());
        if count == 0 {
            return Err(WsaError::WSAEWOULDBLOCK);
        }
        pipe.bytes.extend(&data[..count]);
        let reader = pipe.reader.clone();
        drop(pipe);
        reader.readable();
        Ok(count)
    }

    fn receive_from(&self, into: &mut [u8], _: Receive) -> Result<(usize, Address), WsaError> {
        let mut ports = locked(&self.ports);
        let port = ports.0.get_mut(&self.port()).ok_or(WsaError::WSAEINVAL)?;
        let (from, message) = port.messages.pop_front().ok_or(WsaError::WSAEWOULDBLOCK)?;
        for (to, byte) in into.iter_mut().zip(&message) {
            *to = *byte;
        }
        Ok((message.len(), at(from).into()))
    }

    fn send_to(&self, data: &[u8], to: &Address) -> Result<usize, WsaError> {
        let (from, to) = (self.port(), to.to_inet()?.port());
        let notify = locked(&self.ports).0.get_mut(&to).map(|port| {
            port.messages.push_back((from, data.to_vec()));
            port.notify.clone()
        });
        notify.iter().for_each(Notify::readable);
        Ok(data.len())
    }

    fn shutdown(&self, _: Shutdown) -> Result<(), WsaError> {
        Ok(())
    }
}

/// A host with an entry for each kind of sockets: family, type, protocol, and how far protocols reach.
fn world(kinds: &[(i32, i32, i32, i32)], flags: u32) -> (Host, Client, Vec<u32>) {
    let host = Host::new().expect("a free slot");
    let module = Module::linked::<Base<Net>, _>();
    let install = |(family, kind, protocol, offset): &(i32, i32, i32, i32)| {
        let mut entry = Entry::new(GUID { Data1: 0x6e65_7400, ..GUID::ZERO }, "net.dll").flags(flags);
        entry = entry.sockets(*family, *kind, *protocol);
        entry.info.iProtocolMaxOffset = *offset;
        host.install(entry, &module).id()
    };
    let entries = kinds.iter().map(install).collect();
    locked(&ASKED).clear();
    let client = host.client();
    (host, client, entries)
}

fn end(host: &Host, client: Client) {
    assert_eq!(client.finish(), Leftovers::default());
    assert_eq!(host.faults(), []);
}

#[test]
fn each_entry_opens_sockets_of_its_kind_and_each_protocol_of_its_range() {
    let _shows = wpu_evidence::tested(["catalog.entry-opens-a-socket", "catalog.protocol-range"]);
    let _alone = locked(&ALONE);
    let kinds = [(2, 1, 6, 0), (2, 2, 17, 0), (23, 1, 6, 0), (40, 5, 0, 0), (2, 3, 10, 5)];
    let (host, client, entries) = world(&kinds, 0);
    for (entry, (family, socket_type, protocol, _)) in entries.iter().zip(kinds) {
        let by_entry = client.socket_in(*entry).expect("the kind of the entry");
        let by_kind = client.socket(family, socket_type, protocol).expect("the kind of the entry");
        for socket in [by_entry, by_kind] {
            assert_eq!(locked(&ASKED).remove(0), Kind { family, socket_type, protocol });
            assert_eq!(host.owner(socket), Some(*entry));
            client.close(socket).expect("it is open");
        }
    }
    for protocol in 10..=15 {
        let socket = client.socket(2, 3, protocol).expect("a protocol of the range");
        assert_eq!(locked(&ASKED).remove(0), Kind { family: 2, socket_type: 3, protocol });
        client.close(socket).expect("it is open");
    }
    assert_eq!(client.socket(2, 3, 16), Err(WsaError::WSAEPROTONOSUPPORT));
    end(&host, client);
}

#[test]
fn only_datagrams_need_no_connection() {
    let _shows = wpu_evidence::tested(["catalog.connectionless-bit"]);
    let _alone = locked(&ALONE);
    let (host, client, _) = world(&[(2, 2, 17, 0)], XP1_CONNECTIONLESS | XP1_MESSAGE_ORIENTED);
    let [near, far] = [1, 2].map(|port| {
        let socket = client.socket(2, 2, 17).expect("a socket");
        client.bind(socket, at(port)).expect("an address");
        socket
    });
    let mut room = [0; 8];
    assert_eq!(client.send_to(near, b"one", at(2)), Ok(3));
    assert_eq!((client.recv_from(far, &mut room), &room[..3]), (Ok((3, Some(at(1)))), &b"one"[..]));
    for socket in [near, far] {
        client.close(socket).expect("it is open");
    }
    end(&host, client);
    let (host, client, _) = world(&[(2, 1, 6, 0)], XP1_GUARANTEED_DELIVERY | XP1_GUARANTEED_ORDER);
    let [listener, near] = [1, 2].map(|port| {
        let socket = client.socket(2, 1, 6).expect("a socket");
        client.bind(socket, at(port)).expect("an address");
        socket
    });
    client.listen(listener, 1).expect("an address");
    // The transport would accept this message.
    assert_eq!(client.send_to(near, b"one", at(1)), Err(WsaError::WSAENOTCONN));
    assert_eq!(client.send(near, b"one"), Err(WsaError::WSAENOTCONN));
    assert_eq!(client.recv(near, &mut room), Err(WsaError::WSAENOTCONN));
    client.connect(near, at(1)).expect("a listener");
    let (far, _) = client.accept(listener).expect("a connection");
    assert_eq!(client.send(near, b"two"), Ok(3));
    assert_eq!((client.recv(far, &mut room), &room[..3]), (Ok(3), &b"two"[..]));
    for socket in [near, far, listener] {
        client.close(socket).expect("it is open");
    }
    end(&host, client);
}

/// How many bytes are sent.
const ALL: usize = 2000;

/// The transport accepts a few bytes at a time, and each end passes other numbers of bytes.
#[test]
fn a_stream_arrives_whole_and_in_order() {
    let _shows = wpu_evidence::tested(["catalog.delivery-bit", "catalog.order-bit"]);
    let _alone = locked(&ALONE);
    let (host, client, _) = world(&[(2, 1, 6, 0)], XP1_GUARANTEED_DELIVERY | XP1_GUARANTEED_ORDER);
    let [listener, near] = [1, 2].map(|port| {
        let socket = client.socket(2, 1, 6).expect("a socket");
        client.bind(socket, at(port)).expect("an address");
        socket
    });
    client.listen(listener, 1).expect("an address");
    client.connect(near, at(1)).expect("a listener");
    let (far, _) = client.accept(listener).expect("a connection");
    for socket in [near, far] {
        client.set_nonblocking(socket, true).expect("a socket");
    }
    let sent: Vec<u8> = (0..ALL).map(|at| u8::try_from(at % 251).expect("a byte")).collect();
    let (mut done, mut received, mut turn) = (0, Vec::<u8>::new(), 0);
    while received.len() < ALL {
        turn += 1;
        let some = &sent[done..ALL.min(done + turn % 23 + 1)];
        match client.send(near, some) {
            Ok(count) => done += count,
            Err(error) => assert!(error == WsaError::WSAEWOULDBLOCK, "{error}"),
        }
        let mut room = vec![0; turn % 11 + 1];
        match client.recv(far, &mut room) {
            Ok(count) => received.extend(&room[..count]),
            Err(error) => assert!(error == WsaError::WSAEWOULDBLOCK, "{error}"),
        }
    }
    assert_eq!((done, received == sent), (ALL, true));
    assert_eq!(client.recv(far, &mut [0; 8]), Err(WsaError::WSAEWOULDBLOCK), "nothing arrives twice");
    for socket in [near, far, listener] {
        client.close(socket).expect("it is open");
    }
    end(&host, client);
}
