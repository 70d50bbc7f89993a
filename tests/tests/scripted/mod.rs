//! The base kit over a transport whose tests say what arrives and what each call answers.

mod changes;
mod control;
mod events;
mod options;
mod outcomes;
mod pointers;
mod select;
mod selections;

use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wpu::base::{Address, Base, Endpoint, Kind, Notify, Receive, Transport};
use wpu::prelude::*;
use wpu_host::{Client, Entry, Host, Leftovers, Module, NetworkEvents};
use wpu_sys::ffi::*;

/// The longest message, as the entry of the datagram sockets says.
const LONGEST: u32 = 0x1234;

#[wpu_provider(
    class = non_ifs,
    kit = base,
    waives(WPUGetProviderPath = "base provider: no layer below"),
)]
struct Script {}

/// What an endpoint has and answers.
struct Part {
    arrived: VecDeque<Vec<u8>>,
    /// The end of what arrives: in peace or with an error.
    end: Option<Result<(), WsaError>>,
    /// The number of connections that wait.
    callers: usize,
    /// The answer of a send, and of the start of a connect.
    send: Result<(), WsaError>,
    connect: Result<(), WsaError>,
    connected: bool,
    counts: bool,
    options: BTreeMap<(i32, i32), Vec<u8>>,
    /// The answer to each control code that is known.
    codes: BTreeMap<u32, Vec<u8>>,
    /// The error of each control code that fails.
    refusals: BTreeMap<u32, WsaError>,
    /// The local addresses, if there is a list.
    addresses: Option<Vec<SocketAddr>>,
    /// The control codes that were asked, with their input.
    asked: Vec<(u32, Vec<u8>)>,
}

/// The endpoint of a socket, as its test holds it.
#[derive(Clone)]
struct End {
    part: Arc<Mutex<Part>>,
    notify: Notify,
}

/// The endpoint of a socket, as the kit holds it.
struct Held(End);

/// The endpoints, in the order in which they were made.
static ENDS: Mutex<Vec<End>> = Mutex::new(Vec::new());

fn locked<T: ?Sized>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn somewhere() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 7).into()
}

impl End {
    fn new(connected: bool, notify: Notify) -> Self {
        let part = Part {
            arrived: VecDeque::new(),
            end: None,
            callers: 0,
            send: Ok(()),
            connect: Ok(()),
            connected,
            counts: false,
            options: BTreeMap::new(),
            codes: BTreeMap::new(),
            refusals: BTreeMap::new(),
            addresses: None,
            asked: Vec::new(),
        };
        let end = Self { part: Arc::new(Mutex::new(part)), notify };
        locked(&ENDS).push(end.clone());
        end
    }

    fn part(&self) -> MutexGuard<'_, Part> {
        locked(&self.part)
    }

    /// Lets data arrive: of a stream, or a message.
    fn arrive(&self, data: &[u8]) {
        self.part().arrived.push_back(data.to_vec());
        self.notify.readable();
    }

    /// The peer ends its sending side.
    fn finish(&self) {
        self.part().end = Some(Ok(()));
        self.notify.readable();
    }

    /// The connection breaks, and what has arrived is lost.
    fn break_off(&self, error: WsaError) {
        let mut part = self.part();
        part.arrived.clear();
        part.end = Some(Err(error));
        drop(part);
        self.notify.readable();
    }

    /// A connection arrives.
    fn call(&self) {
        self.part().callers += 1;
        self.notify.readable();
    }

    /// Lets a pending connect end.
    fn connected(&self, result: Result<(), WsaError>) {
        self.part().connected = result.is_ok();
        self.notify.connected(result);
    }

    /// Sets what each send answers.
    fn sends(&self, answer: Result<(), WsaError>) {
        self.part().send = answer;
        if answer.is_ok() {
            self.notify.writable();
        }
    }
}

impl Lifecycle for Script {
    fn start(_: &Start<'_>) -> Result<Self, WsaError> {
        Ok(Self {})
    }
}

impl Transport for Script {
    type Endpoint = Held;

    fn open(&self, _: Kind, notify: Notify) -> Result<Held, WsaError> {
        Ok(Held(End::new(false, notify)))
    }
}

wpu::export!(Base<Script>; any());

impl Endpoint for Held {
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

    fn accept(&self, notify: Notify) -> Result<Self, WsaError> {
        let mut part = self.0.part();
        part.callers = part.callers.checked_sub(1).ok_or(WsaError::WSAEWOULDBLOCK)?;
        Ok(Self(End::new(true, notify)))
    }

    fn connect(&self, _: &Address) -> Result<(), WsaError> {
        let mut part = self.0.part();
        part.connected = part.connect.is_ok();
        part.connect
    }

    fn receive(&self, into: &mut [u8], mode: Receive) -> Result<usize, WsaError> {
        let mut part = self.0.part();
        let Some(front) = part.arrived.front_mut() else {
            return part.end.map_or(Err(WsaError::WSAEWOULDBLOCK), |end| end.map(|()| 0));
        };
        let count = front.len().min(into.len());
        into[..count].copy_from_slice(&front[..count]);
        if mode == Receive::Take {
            front.drain(..count);
            if front.is_empty() {
                part.arrived.pop_front();
            }
        }
        Ok(count)
    }

    fn send(&self, data: &[u8]) -> Result<usize, WsaError> {
        self.0.part().send.map(|()| data.len())
    }

    fn receive_from(&self, into: &mut [u8], mode: Receive) -> Result<(usize, Address), WsaError> {
        let mut part = self.0.part();
        let Some(front) = part.arrived.front() else {
            return Err(part.end.and_then(Result::err).unwrap_or(WsaError::WSAEWOULDBLOCK));
        };
        let (len, fits) = (front.len(), front.len().min(into.len()));
        into[..fits].copy_from_slice(&front[..fits]);
        if mode == Receive::Take {
            part.arrived.pop_front();
        }
        Ok((len, somewhere().into()))
    }

    fn send_to(&self, data: &[u8], _: &Address) -> Result<usize, WsaError> {
        self.send(data)
    }

    fn shutdown(&self, _: Shutdown) -> Result<(), WsaError> {
        Ok(())
    }

    fn option(&self, level: i32, name: i32) -> Result<Vec<u8>, WsaError> {
        let known = self.0.part().options.get(&(level, name)).cloned();
        known.ok_or(if level == SOL_SOCKET { WsaError::WSAENOPROTOOPT } else { WsaError::WSAEINVAL })
    }

    fn set_option(&self, level: i32, name: i32, value: &[u8]) -> Result<(), WsaError> {
        match self.0.part().options.get_mut(&(level, name)) {
            Some(kept) if level != SOL_SOCKET => {
                *kept = value.to_vec();
                Ok(())
            }
            // It takes whole numbers of hundreds only.
            Some(kept) => {
                let number = value.try_into().map_or(0, u32::from_le_bytes);
                *kept = number.next_multiple_of(100).to_le_bytes().to_vec();
                Ok(())
            }
            None if level == SOL_SOCKET => Err(WsaError::WSAENOPROTOOPT),
            None => Err(WsaError::WSAEINVAL),
        }
    }

    fn waiting(&self) -> Result<usize, WsaError> {
        let part = self.0.part();
        if part.counts { Ok(part.arrived.iter().map(Vec::len).sum()) } else { Err(WsaError::WSAEOPNOTSUPP) }
    }

    fn local_addresses(&self) -> Result<Vec<Address>, WsaError> {
        let addresses = self.0.part().addresses.clone().ok_or(WsaError::WSAEOPNOTSUPP)?;
        Ok(addresses.into_iter().map(Address::from).collect())
    }

    fn ioctl(&self, code: u32, input: &[u8]) -> Result<Vec<u8>, WsaError> {
        let mut part = self.0.part();
        part.asked.push((code, input.to_vec()));
        let refusal = part.refusals.get(&code).copied().unwrap_or(WsaError::WSAEOPNOTSUPP);
        part.codes.get(&code).cloned().ok_or(refusal)
    }
}

/// Something that a test does during an upcall.
type Deed = Box<dyn FnOnce() + Send>;

/// The host's functions for events, and what a test does before and after the next call of each.
struct Watched {
    real: Option<(WPUSetEventFn, WPUResetEventFn)>,
    before: [Option<Deed>; 2],
    after: [Option<Deed>; 2],
}

static WATCHED: Mutex<Watched> =
    Mutex::new(Watched { real: None, before: [const { None }; 2], after: [const { None }; 2] });

const SET: usize = 0;
const RESET: usize = 1;

fn around(which: usize, call: impl FnOnce(WPUSetEventFn, WPUResetEventFn) -> BOOL) -> BOOL {
    let mut watched = locked(&WATCHED);
    let (set, reset) = watched.real.expect("it was started");
    let before = watched.before[which].take();
    drop(watched);
    if let Some(deed) = before {
        deed();
    }
    let answer = call(set, reset);
    let after = locked(&WATCHED).after[which].take();
    if let Some(deed) = after {
        deed();
    }
    answer
}

unsafe extern "system" fn set_event(event: WSAEVENT, errno: *mut i32) -> BOOL {
    // SAFETY: the arguments are those of the caller.
    around(SET, |set, _| unsafe { set(event, errno) })
}

unsafe extern "system" fn reset_event(event: WSAEVENT, errno: *mut i32) -> BOOL {
    // SAFETY: the arguments are those of the caller.
    around(RESET, |_, reset| unsafe { reset(event, errno) })
}

/// `WSPStartup` with functions for events that tests can watch.
unsafe extern "system" fn start_up(
    version: u16,
    data: *mut WSPDATA,
    entry: *const WSAPROTOCOL_INFOW,
    mut table: WSPUPCALLTABLE,
    functions: *mut WSPPROC_TABLE,
) -> i32 {
    locked(&WATCHED).real = table.lpWPUSetEvent.zip(table.lpWPUResetEvent);
    table.lpWPUSetEvent = Some(set_event);
    table.lpWPUResetEvent = Some(reset_event);
    // SAFETY: the arguments are those of the caller, or a table with the same contract.
    let answer = unsafe { WSPStartup(version, data, entry, table, functions) };
    if answer == 0 {
        // SAFETY: the caller passes a writable table, which the provider has filled.
        let place = unsafe { &mut (*functions).lpWSPSelect };
        *locked(&SELECT) = place.replace(select);
    }
    answer
}

/// The provider's `WSPSelect`, and how many members each set of its last call had; `None` if there was no set.
static SELECT: Mutex<Option<WSPSelectFn>> = Mutex::new(None);
static SETS: Mutex<Vec<[Option<u32>; 3]>> = Mutex::new(Vec::new());

unsafe extern "system" fn select(
    nfds: i32,
    read: *mut fd_set,
    write: *mut fd_set,
    except: *mut fd_set,
    timeout: *const timeval,
    errno: *mut i32,
) -> i32 {
    // SAFETY: each set is null, or readable during the call.
    let count = |set: *mut fd_set| unsafe { set.as_ref() }.map(|set| set.fd_count);
    locked(&SETS).push([read, write, except].map(count));
    let provider = locked(&SELECT).expect("it was started");
    // SAFETY: the arguments are those of the caller.
    unsafe { provider(nfds, read, write, except, timeout, errno) }
}

/// A host with the provider, exclusive in this process, and a client.
struct World {
    client: Client,
    host: Host,
    _alone: MutexGuard<'static, ()>,
}

impl World {
    fn new() -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = locked(&ALONE);
        locked(&ENDS).clear();
        let host = Host::new().expect("a free slot");
        // SAFETY: the function has the contract of the exported one, to which it forwards.
        let module = unsafe { Module::from_startup(start_up) };
        let kinds = [
            (AF_INET, SOCK_STREAM, IPPROTO_TCP),
            (AF_INET, SOCK_DGRAM, IPPROTO_UDP),
            (AF_INET6, SOCK_STREAM, IPPROTO_TCP),
            (AF_ATM, SOCK_RAW, 0),
        ];
        for (number, (family, kind, protocol)) in (0x7363_0000..).zip(kinds) {
            let entry = Entry::new(GUID { Data1: number, ..GUID::ZERO }, "script.dll");
            let mut entry = entry.sockets(family, kind, protocol);
            entry.info.dwMessageSize = if kind == SOCK_DGRAM { LONGEST } else { 0 };
            host.install(entry, &module);
        }
        Self { client: host.client(), host, _alone: alone }
    }

    fn open(&self, family: i32, kind: i32) -> (SOCKET, End) {
        let socket = self.client.socket(family, kind, 0).expect("a socket");
        (socket, newest())
    }

    fn stream(&self) -> (SOCKET, End) {
        self.open(AF_INET, SOCK_STREAM)
    }

    fn datagram(&self) -> (SOCKET, End) {
        self.open(AF_INET, SOCK_DGRAM)
    }

    fn connected(&self) -> (SOCKET, End) {
        let (socket, end) = self.stream();
        self.client.connect(socket, somewhere()).expect("a connection");
        (socket, end)
    }

    fn listening(&self) -> (SOCKET, End) {
        let (socket, end) = self.stream();
        self.client.bind(socket, somewhere()).expect("an address");
        self.client.listen(socket, 5).expect("a listener");
        (socket, end)
    }

    /// An event object for these events of a socket.
    fn watch(&self, socket: SOCKET, events: i32) -> WSAEVENT {
        let event = self.host.client_event();
        self.client.event_select(socket, event, events).expect("events");
        event
    }

    fn is_set(&self, event: WSAEVENT) -> bool {
        self.host.wait(event, Duration::ZERO).expect("an event")
    }

    /// What was recorded for a socket since the last time.
    fn record(&self, socket: SOCKET, event: WSAEVENT) -> NetworkEvents {
        self.client.enum_network_events(socket, event).expect("a record")
    }

    /// Whether the event object was set, and the events of the record. Resets the event object.
    fn told(&self, socket: SOCKET, event: WSAEVENT) -> (bool, i32) {
        (self.is_set(event), self.record(socket, event).events)
    }

    /// Ends the run: nothing is open but these.
    fn end<const S: usize, const E: usize>(self, sockets: [SOCKET; S], events: [WSAEVENT; E]) {
        for socket in sockets {
            self.client.close(socket).expect("a socket to close");
        }
        for event in events {
            self.host.close_client_event(event).expect("an event");
        }
        assert_eq!(self.client.finish(), Leftovers::default());
        assert_eq!(self.host.faults(), []);
    }
}

fn newest() -> End {
    locked(&ENDS).last().cloned().expect("an endpoint")
}

/// How many endpoints there are; the next one has this place.
fn made() -> usize {
    locked(&ENDS).len()
}

/// The endpoint in this place. The kit may accept a connection before its client does.
fn made_at(place: usize) -> End {
    locked(&ENDS)[place].clone()
}

/// What [`World::told`] answers if these events were told.
const fn told(events: i32) -> (bool, i32) {
    (true, events)
}

const NOTHING: (bool, i32) = (false, 0);
