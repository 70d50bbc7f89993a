//! The test bench of layers: a host, a catalog, and a base provider in memory under a layer.

use super::super::Moved;
use super::super::catalog::INSTALLED;
use super::super::chain::Chains;
use super::super::loader::Loader;
use super::super::next::Next;
use super::super::overlapped::OverlappedRequests;
use super::super::states::States;
use super::super::sys::facts::Completes;
use super::super::sys::ffi::{
    GUID, SOCK_STREAM, SOCKET, WSANETWORKEVENTS, WSAPROTOCOL_INFOW, WSPUPCALLTABLE, WSPUPCALLTABLEEX,
    XP1_IFS_HANDLES, timeval,
};
use super::super::sys::{
    Bytes, Cell as TableCell, Class, ClientMut, ClientRef, CompletionResult, Condition, ConnectParams,
    EventRef, FdSetMut, OutBuf, PendingRequest, Procs, Progress, RawTable, Received, Request,
    ServiceProvider, SocketParams, Upcalls, WsaError,
};
use std::any::{Any, TypeId};
use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;
use wpu_host::{Entry, Host};

/// A timeout that no step reaches.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The id under which the layer is installed.
pub const LAYER: GUID = guid(0x1a);

pub const fn guid(number: u32) -> GUID {
    GUID { Data1: number, Data2: 0x7e57, ..GUID::ZERO }
}

/// Leaks a value in a place that Miri does not report as a leak.
fn forever<T: Any + Sync>(value: T) -> &'static T {
    static ALL: Mutex<Vec<&'static (dyn Any + Sync)>> = Mutex::new(Vec::new());
    let value = Box::leak(Box::new(value));
    ALL.lock().expect("no panic").push(value);
    value
}

/// A base provider whose behaviour a test controls.
#[derive(Default)]
pub struct Base {
    state: Mutex<BaseState>,
    pub changed: Condvar,
}

#[derive(Default)]
pub struct BaseState {
    pub starts: Vec<(WSAPROTOCOL_INFOW, [usize; 15])>,
    pub clean_ups: usize,
    pub calls: Vec<String>,
    pub opened: Vec<WSAPROTOCOL_INFOW>,
    pub sockets: Vec<SOCKET>,
    /// The errors of the next calls, by name.
    pub failures: HashMap<&'static str, WsaError>,
    /// Functions that run in the next call, once, by name.
    pub during: HashMap<&'static str, Box<dyn FnOnce() + Send>>,
    /// The handle of the next socket, for a reused value.
    pub reused: Option<SOCKET>,
    pub pended: VecDeque<PendingRequest>,
    /// The byte count with which requests complete immediately; `None` if they stay pending.
    pub at_once: Option<u32>,
    /// The error beside which what was received is defined.
    pub partial: Option<WsaError>,
    pub events: VecDeque<WSANETWORKEVENTS>,
    pub selected: Option<(SOCKET, usize, i32)>,
    /// The number of requests with a completion routine.
    pub routines: usize,
    pub threads: Vec<usize>,
    /// The provider in C that sends to addresses.
    pub below: Option<Procs>,
}

impl Base {
    pub fn state(&self) -> MutexGuard<'_, BaseState> {
        self.state.lock().expect("no test panics with it")
    }

    fn call(&self, name: &'static str, detail: &str) -> Result<(), WsaError> {
        let mut state = self.state();
        state.calls.push(format!("{name}({detail})"));
        self.changed.notify_all();
        let answer = state.failures.get(name).copied().map_or(Ok(()), Err);
        let during = state.during.remove(name);
        drop(state);
        if let Some(during) = during {
            during();
        }
        answer
    }

    /// The next pending request.
    pub fn pended(&self) -> PendingRequest {
        let state = self.state();
        let (mut state, late) = self
            .changed
            .wait_timeout_while(state, PATIENCE, |state| state.pended.is_empty())
            .expect("no panic");
        assert!(!late.timed_out(), "no request was passed down");
        state.pended.pop_front().expect("there is one")
    }

    /// Handles an overlapped request as the test determines; returns a request that is not overlapped.
    fn request<'a>(&self, request: Request<'a>) -> Result<Progress<u32>, Request<'a>> {
        if !request.is_overlapped() {
            return Err(request);
        }
        let at_once = self.state().at_once;
        {
            let mut state = self.state();
            state.routines += usize::from(request.has_routine());
            let thread = request.parts().and_then(|parts| parts.thread);
            state.threads.push(thread.map_or(0, |thread| thread.ThreadHandle.addr()));
        }
        Ok(match at_once {
            Some(count) => Progress::Done(count),
            None => {
                let (pending, pended) = request.pend::<Stand>()?;
                self.state().pended.push_back(pended);
                self.changed.notify_all();
                Progress::Pending(pending)
            }
        })
    }
}

/// The base as the layer's provider below.
#[derive(Clone)]
pub struct Started(pub Arc<Base>);

/// A module that is found by its path.
pub struct InMemory(Arc<Base>);

static MODULES: Mutex<Option<HashMap<PathBuf, Arc<Base>>>> = Mutex::new(None);

fn address_of(table: &WSPUPCALLTABLE) -> [usize; 15] {
    // SAFETY: the table is a `repr(C)` struct of fifteen pointers.
    unsafe { std::mem::transmute_copy(table) }
}

pub fn same_table(table: &WSPUPCALLTABLE, seen: &[usize; 15]) -> bool {
    address_of(table) == *seen
}

impl Loader for InMemory {
    type Provider = Started;

    fn load(path: PathBuf) -> Result<Self, WsaError> {
        let modules = MODULES.lock().expect("no panic");
        let found = modules.as_ref().and_then(|modules| modules.get(&path).cloned());
        found.map(Self).ok_or(WsaError::WSAEPROVIDERFAILEDINIT)
    }

    fn start(&self, info: &WSAPROTOCOL_INFOW, table: &WSPUPCALLTABLE) -> Result<Started, WsaError> {
        self.0.call("WSPStartup", &format!("{}", info.dwCatalogEntryId))?;
        self.0.state().starts.push((*info, address_of(table)));
        Ok(Started(Arc::clone(&self.0)))
    }
}

impl ServiceProvider for Started {
    fn accept(
        &self,
        socket: SOCKET,
        _: Option<OutBuf<'_>>,
        _: Option<Condition<'_>>,
    ) -> Result<SOCKET, WsaError> {
        self.0.call("accept", &format!("{socket:#x}"))?;
        Ok(new_handle(&self.0))
    }

    fn async_select(
        &self,
        socket: SOCKET,
        _: super::super::sys::Window,
        message: u32,
        events: i32,
    ) -> Result<(), WsaError> {
        self.0.call("async_select", &format!("{socket:#x}, {message}, {events:#x}"))
    }

    fn cancel_blocking_call(&self) -> Result<(), WsaError> {
        self.0.call("cancel_blocking_call", "")
    }

    fn cleanup(&self) -> Result<(), WsaError> {
        self.0.state().clean_ups += 1;
        self.0.call("cleanup", "")
    }

    fn close_socket(&self, socket: SOCKET) -> Result<(), WsaError> {
        self.0.call("close_socket", &format!("{socket:#x}"))?;
        self.0.state().sockets.retain(|open| *open != socket);
        Ok(())
    }

    fn duplicate_socket(&self, socket: SOCKET, process: u32) -> Result<WSAPROTOCOL_INFOW, WsaError> {
        self.0.call("duplicate_socket", &format!("{socket:#x}, {process}"))?;
        let info = self.0.state().opened[0];
        Ok(WSAPROTOCOL_INFOW { dwProviderReserved: 0xd0b1e, ..info })
    }

    fn enum_network_events(
        &self,
        socket: SOCKET,
        _: Option<EventRef<'_>>,
        events: ClientMut<'_, WSANETWORKEVENTS>,
    ) -> Result<(), WsaError> {
        let happened = self.0.state().events.pop_front().unwrap_or(WSANETWORKEVENTS::ZERO);
        self.0.call("enum_network_events", &format!("{socket:#x}"))?;
        events.set(happened);
        Ok(())
    }

    fn event_select(&self, socket: SOCKET, event: Option<EventRef<'_>>, events: i32) -> Result<(), WsaError> {
        self.0.call("event_select", &format!("{socket:#x}, {events:#x}"))?;
        self.0.state().selected = event.map(|event| (socket, event.raw().expose_provenance(), events));
        Ok(())
    }

    fn get_sock_opt(&self, socket: SOCKET, level: i32, option: i32, _: OutBuf<'_>) -> Result<(), WsaError> {
        self.0.call("get_sock_opt", &format!("{socket:#x}, {level:#x}, {option:#x}"))
    }

    fn ioctl(&self, socket: SOCKET, code: u32, request: Request<'_>) -> Result<Progress<u32>, WsaError> {
        self.0.call("ioctl", &format!("{socket:#x}, {code:#x}"))?;
        Ok(self.0.request(request).unwrap_or(Progress::Done(0)))
    }

    fn join_leaf(
        &self,
        socket: SOCKET,
        _: Bytes<'_>,
        _: ConnectParams<'_>,
        flags: u32,
    ) -> Result<SOCKET, WsaError> {
        self.0.call("join_leaf", &format!("{socket:#x}, {flags}"))?;
        // As the root of a session, or as one of several of equal rank.
        Ok(if flags == 0 { socket } else { new_handle(&self.0) })
    }

    fn recv(&self, socket: SOCKET, flags: u32, request: Request<'_>) -> Result<Progress<Received>, WsaError> {
        self.0.call("recv", &format!("{socket:#x}, {}, {flags}", request.scatter().total()))?;
        let progress = self.0.request(request).unwrap_or_else(|plain| {
            let count = plain.scatter().write_at(0, b"data");
            Progress::Done(count.try_into().expect("few"))
        });
        let received = |bytes| Received { bytes, flags: 0 };
        Ok(match (progress, self.0.state().partial) {
            (Progress::Done(bytes), Some(error)) => Progress::Partial(received(bytes), error),
            (progress, _) => progress.map(received),
        })
    }

    fn select(
        &self,
        _: i32,
        read: Option<FdSetMut<'_>>,
        write: Option<FdSetMut<'_>>,
        except: Option<FdSetMut<'_>>,
        _: Option<ClientRef<'_, timeval>>,
    ) -> Result<i32, WsaError> {
        let seen = |set: Option<FdSetMut<'_>>| set.map(|set| set.iter().collect::<Vec<_>>());
        self.0.call("select", &format!("{:x?} {:x?} {:x?}", seen(read), seen(write), seen(except)))?;
        // The first socket of each set is ready, except in the last set.
        let first = |set: Option<FdSetMut<'_>>| {
            let mut first = true;
            if let Some(set) = set {
                set.retain(|_| std::mem::take(&mut first));
            }
        };
        first(read);
        first(write);
        if let Some(except) = except {
            except.clear();
        }
        Ok(i32::from(read.is_some()) + i32::from(write.is_some()))
    }

    fn send(&self, socket: SOCKET, flags: u32, request: Request<'_>) -> Result<Progress<u32>, WsaError> {
        let total = request.gather().total();
        self.0.call("send", &format!("{socket:#x}, {total}, {flags}"))?;
        let begun = self.0.request(request);
        Ok(begun.unwrap_or_else(|_| Progress::Done(total.try_into().expect("few"))))
    }

    fn send_to(&self, socket: SOCKET, flags: u32, request: Request<'_>) -> Result<Progress<u32>, WsaError> {
        let below = self.0.state().below.ok_or(WsaError::WSAEOPNOTSUPP)?;
        below.send_to(socket, flags, request)
    }

    fn set_sock_opt(
        &self,
        socket: SOCKET,
        level: i32,
        option: i32,
        value: Bytes<'_>,
    ) -> Result<(), WsaError> {
        self.0.call("set_sock_opt", &format!("{socket:#x}, {level:#x}, {option:#x}, {:?}", value.to_vec()))
    }

    fn socket(&self, params: SocketParams<'_>) -> Result<SOCKET, WsaError> {
        let info = params.info;
        self.0.call("socket", &format!("{:?}", info.map(|info| info.get().dwCatalogEntryId)))?;
        self.0.state().opened.extend(info.map(ClientRef::get));
        Ok(new_handle(&self.0))
    }
}

fn new_handle(base: &Base) -> SOCKET {
    static NEXT: AtomicUsize = AtomicUsize::new(0x100);
    let mut state = base.state();
    let handle = state.reused.take().unwrap_or_else(|| NEXT.fetch_add(4, Ordering::Relaxed));
    state.sockets.push(handle);
    handle
}

/// The installed providers: base, layer, and their chain.
pub struct Stand {
    pub host: Host,
    pub base: Arc<Base>,
    pub base_entry: Entry,
    pub hidden: Entry,
    pub chain: Entry,
    pub upcalls: Upcalls,
    pub table: WSPUPCALLTABLE,
    pub next: Next<InMemory>,
    pub states: Arc<States>,
    /// The completions that were reported to the layer.
    pub told: Arc<Mutex<Vec<(SOCKET, Moved, CompletionResult)>>>,
}

impl Completes for Stand {}

/// The base provider of a path.
pub fn module(path: &str) -> Arc<Base> {
    let base = Arc::new(Base::default());
    let mut modules = MODULES.lock().expect("no panic");
    modules.get_or_insert_default().insert(path.into(), Arc::clone(&base));
    base
}

impl Stand {
    pub fn new(class: Class) -> Self {
        Self::under(class, |_| {})
    }

    /// A bench whose layer sees the host's table with changes.
    pub fn under(class: Class, change: impl FnOnce(&mut WSPUPCALLTABLEEX)) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = format!("base-{number}.dll");
        let base = module(&path);
        let host = Host::new().expect("a free slot");
        let flags = if class == Class::Ifs { XP1_IFS_HANDLES } else { 0 };
        let base_entry = Entry::new(guid(0xba5e), &path).flags(flags).sockets(2, SOCK_STREAM, 6);
        let base_entry = host.add_entry(base_entry);
        let hidden = host.add_entry(Entry::layer(LAYER, "layer.dll").flags(flags));
        let chain = Entry::chain(guid(0xc4), "layer.dll", &[&hidden, &base_entry]);
        let chain = host.add_entry(chain.flags(flags).sockets(2, SOCK_STREAM, 6));
        INSTALLED.set(vec![base_entry.info, hidden.info, chain.info]);
        let cell: &'static TableCell = forever(TableCell::default());
        let table = host.table();
        let mut seen = host.table_ex();
        change(&mut seen);
        // SAFETY: the host lives as long as the test.
        unsafe { cell.open(forever(seen.ready())) };
        let upcalls = Upcalls::new(cell);
        let told = Arc::new(Mutex::new(Vec::new()));
        let note = Arc::clone(&told);
        let moves = OverlappedRequests::new::<Self>(move |socket, moved, outcome| {
            note.lock().expect("no panic").push((socket, moved, *outcome));
        });
        let chains = Chains::new(LAYER, TypeId::of::<Self>(), class, upcalls, table);
        let states = Arc::<States>::default();
        let next = Next::new(upcalls, class, chains, moves, Arc::clone(&states));
        Self { host, base, base_entry, hidden, chain, upcalls, table, next, states, told }
    }

    /// Adds an entry to the catalog.
    pub fn install(&self, entry: Entry) -> Entry {
        let entry = self.host.add_entry(entry);
        INSTALLED.with_borrow_mut(|catalog| catalog.push(entry.info));
        entry
    }

    /// A new socket of the layer's chain.
    pub fn socket(&self) -> SOCKET {
        self.try_socket().expect("a socket")
    }

    pub fn try_socket(&self) -> Result<SOCKET, WsaError> {
        self.next.socket(SocketParams::new(2, 1, 6).info(ClientRef::new(&self.chain.info)))
    }

    /// The lower handle of the newest socket.
    pub fn lower(&self) -> SOCKET {
        *self.base.state().sockets.last().expect("a socket is open below")
    }

    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.base.state().calls)
    }

    pub fn assert_nothing_left(&self) {
        assert!(self.host.left_open().is_empty(), "{:?}", self.host.left_open());
        let state = self.base.state();
        assert_eq!(state.starts.len(), state.clean_ups);
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        self.next.end();
        if !std::thread::panicking() {
            self.assert_nothing_left();
        }
    }
}
