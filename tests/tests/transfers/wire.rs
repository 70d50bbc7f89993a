//! A transport of datagrams and streams in memory, which tests can fill up, stop and let fail.

use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, Shutdown};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use wpu::base::{Address, Base, Endpoint, Kind, Notify, Receive, Transport};
use wpu::prelude::*;

/// The transport.
#[wpu_provider(
    class = non_ifs,
    kit = base,
    waives(WPUGetProviderPath = "base provider: no layer below"),
)]
pub struct Controlled(Arc<Net>);

/// The number of bytes that a pipe holds.
pub static ROOM: AtomicUsize = AtomicUsize::new(usize::MAX);
/// The error of the next operation, which fills the buffer that it gets before it fails.
pub static FAILS: Mutex<Option<WsaError>> = Mutex::new(None);
/// The error of all operations on streams.
static GIVEN_UP: Mutex<Option<WsaError>> = Mutex::new(None);
/// Whether datagrams cannot be sent at the moment.
pub static STUCK: AtomicBool = AtomicBool::new(false);
/// Whether the endpoint reports a byte less than it has sent of a datagram.
pub static MISCOUNTS: AtomicBool = AtomicBool::new(false);
/// The network of the last start.
static LAST: Mutex<Option<Arc<Net>>> = Mutex::new(None);

/// Sets everything above to its beginning.
pub fn reset() {
    ROOM.store(usize::MAX, Ordering::SeqCst);
    *locked(&FAILS) = None;
    *locked(&GIVEN_UP) = None;
    STUCK.store(false, Ordering::SeqCst);
    MISCOUNTS.store(false, Ordering::SeqCst);
}

/// The datagrams that wait at a port.
pub fn queued(port: u16) -> Vec<Vec<u8>> {
    let net = locked(&LAST).clone().expect("it has started");
    let boxes = locked(&net.boxes);
    boxes.get(&port).map_or_else(Vec::new, |(_, line)| line.iter().map(|(_, bytes)| bytes.clone()).collect())
}

/// From now on, all operations on streams fail with this error.
pub fn give_up(error: WsaError) {
    *locked(&GIVEN_UP) = Some(error);
    let net = locked(&LAST).clone().expect("it has started");
    let writers = std::mem::take(&mut *locked(&net.writers));
    writers.iter().for_each(Notify::writable);
}

/// Datagrams can be sent again.
pub fn unstick() {
    STUCK.store(false, Ordering::SeqCst);
    let net = locked(&LAST).clone().expect("it has started");
    let all: Vec<Notify> = locked(&net.boxes).values().map(|(notify, _)| notify.clone()).collect();
    all.iter().for_each(Notify::writable);
}

/// Queued datagrams, each with its sender.
type Line = VecDeque<(u16, Vec<u8>)>;

/// The boxes and listeners by port.
#[derive(Default)]
pub struct Net {
    boxes: Mutex<BTreeMap<u16, (Notify, Line)>>,
    listeners: Mutex<BTreeMap<u16, (Notify, VecDeque<Pipes>)>>,
    ports: AtomicUsize,
    /// The endpoints of streams that have connected.
    writers: Mutex<Vec<Notify>>,
}

/// The pipe to read from, the pipe to write to, and the port of the peer.
#[derive(Clone)]
struct Pipes(Arc<Pipe>, Arc<Pipe>, u16);

#[derive(Default)]
struct Pipe {
    /// The bytes, and whether no more follow.
    state: Mutex<(VecDeque<u8>, bool)>,
    reader: OnceLock<Notify>,
    writer: OnceLock<Notify>,
}

pub struct End {
    net: Arc<Net>,
    notify: Notify,
    datagram: bool,
    state: Mutex<State>,
}

#[derive(Clone, Default)]
struct State {
    port: u16,
    /// The port was chosen when the endpoint first sent.
    implicit: bool,
    peer: Option<u16>,
    pipes: Option<Pipes>,
}

impl Lifecycle for Controlled {
    fn start(_: &Start<'_>) -> Result<Self, WsaError> {
        let net = Arc::<Net>::default();
        *locked(&LAST) = Some(Arc::clone(&net));
        Ok(Self(net))
    }
}

impl Transport for Controlled {
    type Endpoint = End;

    fn open(&self, kind: Kind, notify: Notify) -> Result<End, WsaError> {
        Ok(End { net: Arc::clone(&self.0), notify, datagram: kind.is_datagram(), state: Mutex::default() })
    }
}

wpu::export!(Base<Controlled>; any());

/// Fails as the test wants it.
fn attempt(into: &mut [u8]) -> Result<(), WsaError> {
    let fails = locked(&FAILS).take();
    fails.map_or(Ok(()), |error| {
        into.fill(b'!');
        Err(error)
    })
}

fn named(ip: Ipv4Addr, port: u16) -> Address {
    std::net::SocketAddr::from((ip, port)).into()
}

impl End {
    fn state(&self) -> State {
        locked(&self.state).clone()
    }

    fn take_port(&self, port: u16, implicit: bool) -> u16 {
        let free =
            || 50_000 + u16::try_from(self.net.ports.fetch_add(1, Ordering::SeqCst)).expect("few ports");
        let port = if port == 0 { free() } else { port };
        let mut state = locked(&self.state);
        (state.port, state.implicit) = (port, implicit);
        drop(state);
        if self.datagram {
            locked(&self.net.boxes).insert(port, (self.notify.clone(), VecDeque::new()));
        }
        port
    }

    /// The port, which is chosen now if there is none.
    fn port(&self) -> u16 {
        match self.state().port {
            0 => self.take_port(0, true),
            port => port,
        }
    }

    fn pipes(&self) -> Result<Pipes, WsaError> {
        if let Some(error) = *locked(&GIVEN_UP) {
            return Err(error);
        }
        self.state().pipes.ok_or(WsaError::WSAENOTCONN)
    }

    fn new_pipes(&self, peer: u16) -> Pipes {
        let (from, to) = (Arc::<Pipe>::default(), Arc::<Pipe>::default());
        from.reader.get_or_init(|| self.notify.clone());
        to.writer.get_or_init(|| self.notify.clone());
        Pipes(from, to, peer)
    }
}

impl Endpoint for End {
    fn bind(&self, address: &Address) -> Result<(), WsaError> {
        self.take_port(address.to_inet()?.port(), false);
        Ok(())
    }

    fn local(&self) -> Result<Address, WsaError> {
        match self.state() {
            State { port: 0, .. } => Err(WsaError::WSAEINVAL),
            State { port, implicit: true, peer: None, .. } => Ok(named(Ipv4Addr::UNSPECIFIED, port)),
            State { port, .. } => Ok(named(Ipv4Addr::LOCALHOST, port)),
        }
    }

    fn peer(&self) -> Result<Address, WsaError> {
        self.state().peer.map(|port| named(Ipv4Addr::LOCALHOST, port)).ok_or(WsaError::WSAENOTCONN)
    }

    fn listen(&self, _: i32) -> Result<(), WsaError> {
        locked(&self.net.listeners).insert(self.port(), (self.notify.clone(), VecDeque::new()));
        Ok(())
    }

    fn accept(&self, notify: Notify) -> Result<Self, WsaError> {
        let mut listeners = locked(&self.net.listeners);
        let (_, line) = listeners.get_mut(&self.state().port).ok_or(WsaError::WSAEINVAL)?;
        let Pipes(from, to, peer) = line.pop_front().ok_or(WsaError::WSAEWOULDBLOCK)?;
        from.reader.get_or_init(|| notify.clone());
        to.writer.get_or_init(|| notify.clone());
        let (port, pipes) = (self.state().port, Some(Pipes(from, to, peer)));
        let state = Mutex::new(State { port, implicit: false, peer: Some(peer), pipes });
        Ok(Self { net: Arc::clone(&self.net), notify, datagram: false, state })
    }

    fn connect(&self, to: &Address) -> Result<(), WsaError> {
        let peer = to.to_inet()?.port();
        let own = self.port();
        let pipes = if self.datagram {
            None
        } else {
            let pipes = self.new_pipes(peer);
            let mut listeners = locked(&self.net.listeners);
            let (notify, line) = listeners.get_mut(&peer).ok_or(WsaError::WSAECONNREFUSED)?;
            line.push_back(Pipes(Arc::clone(&pipes.1), Arc::clone(&pipes.0), own));
            let notify = notify.clone();
            drop(listeners);
            notify.readable();
            locked(&self.net.writers).push(self.notify.clone());
            Some(pipes)
        };
        let mut state = locked(&self.state);
        (state.peer, state.pipes) = ((peer != 0).then_some(peer), pipes);
        Ok(())
    }

    fn receive(&self, into: &mut [u8], mode: Receive) -> Result<usize, WsaError> {
        attempt(into)?;
        let Pipes(from, ..) = self.pipes()?;
        let mut state = locked(&from.state);
        let (bytes, ended) = &mut *state;
        let count = into.len().min(bytes.len());
        if count == 0 && !*ended {
            return Err(WsaError::WSAEWOULDBLOCK);
        }
        for (to, byte) in into.iter_mut().zip(bytes.iter()) {
            *to = *byte;
        }
        if mode == Receive::Take {
            bytes.drain(..count);
            drop(state);
            from.writer.get().into_iter().for_each(Notify::writable);
        }
        Ok(count)
    }

    fn send(&self, data: &[u8]) -> Result<usize, WsaError> {
        if self.datagram {
            return self.send_to(data, &self.peer()?);
        }
        attempt(&mut [])?;
        let Pipes(_, to, _) = self.pipes()?;
        let mut state = locked(&to.state);
        let room = ROOM.load(Ordering::SeqCst).saturating_sub(state.0.len());
        let count = data.len().min(room);
        if count == 0 && !data.is_empty() {
            return Err(WsaError::WSAEWOULDBLOCK);
        }
        state.0.extend(&data[..count]);
        drop(state);
        to.reader.get().into_iter().for_each(Notify::readable);
        Ok(count)
    }

    fn receive_from(&self, into: &mut [u8], mode: Receive) -> Result<(usize, Address), WsaError> {
        attempt(into)?;
        let mut boxes = locked(&self.net.boxes);
        let (_, line) = boxes.get_mut(&self.state().port).ok_or(WsaError::WSAEINVAL)?;
        let (from, message) = line.front().ok_or(WsaError::WSAEWOULDBLOCK)?;
        for (to, byte) in into.iter_mut().zip(message) {
            *to = *byte;
        }
        let answer = (message.len(), named(Ipv4Addr::LOCALHOST, *from));
        if mode == Receive::Take {
            line.pop_front();
        }
        Ok(answer)
    }

    fn send_to(&self, data: &[u8], to: &Address) -> Result<usize, WsaError> {
        attempt(&mut [])?;
        if STUCK.load(Ordering::SeqCst) {
            return Err(WsaError::WSAEWOULDBLOCK);
        }
        let (from, to) = (self.port(), to.to_inet()?.port());
        let told = locked(&self.net.boxes).get_mut(&to).map(|(notify, line)| {
            line.push_back((from, data.to_vec()));
            notify.clone()
        });
        told.iter().for_each(Notify::readable);
        Ok(data.len() - usize::from(MISCOUNTS.load(Ordering::SeqCst)))
    }

    fn shutdown(&self, how: Shutdown) -> Result<(), WsaError> {
        if let (Ok(Pipes(_, to, _)), Shutdown::Write | Shutdown::Both) = (self.pipes(), how) {
            locked(&to.state).1 = true;
            to.reader.get().into_iter().for_each(Notify::readable);
        }
        Ok(())
    }

    fn close(&self, _: bool) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

pub fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
