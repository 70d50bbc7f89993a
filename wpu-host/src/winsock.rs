//! Winsock as its clients see it: start-up counts, the running providers, and the provider that receives a
//! call.

use crate::catalog::Entry;
use crate::client::memory::{Arguments, Trap};
use crate::client::pending::forget_open;
use crate::context;
use crate::faults::Rule;
use crate::leftovers::{Leftovers, left_open};
use crate::module::{Module, Running};
use crate::sync::lock;
use crate::threads::Me;
use crate::ws2::{Parts, Run, Ws2};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wpu_sys::WsaError;
use wpu_sys::ffi::{
    GUID, INVALID_SOCKET, NO_ERROR, SOCKET, SOCKET_ERROR, WSABUF, WSAPROTOCOL_INFOW, WSATHREADID,
    WSPPROC_TABLE,
};

/// The state that the clients of a host share.
pub(crate) struct Winsock {
    ws2: Arc<Ws2>,
    providers: Mutex<BTreeMap<ProviderKey, Arc<Provider>>>,
    /// The outstanding start-up count of all clients.
    starts: AtomicUsize,
    /// Held during the first start-up and the last clean-up.
    changing: Mutex<()>,
    /// Libraries that stay loaded, since functions of theirs may be queued here.
    libraries: Mutex<Vec<Arc<libloading::Library>>>,
    trap: Trap,
    /// The arguments of the last calls, kept alive because a faulty provider may still use them.
    kept_arguments: Mutex<VecDeque<Arguments>>,
}

type ProviderKey = (u32, u16, u16, [u8; 8]);

/// A GUID as a key that can be ordered.
fn key(id: &GUID) -> ProviderKey {
    (id.Data1, id.Data2, id.Data3, id.Data4)
}

/// An installed provider, which may be started.
struct Provider {
    module: Mutex<Module>,
    running: Mutex<Option<Arc<Running>>>,
}

/// The destination of a call: a running provider, and the entry for which it is called.
#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) procs: WSPPROC_TABLE,
    pub(crate) entry: Entry,
    /// Whether the provider was started through `WSPStartupEx`.
    pub(crate) extended: bool,
    /// Keeps the functions callable.
    _running: Arc<Running>,
}

/// The content of the error location before a call: not an error code of Winsock.
const UNTOUCHED: i32 = 0x5AFE_0001;

/// The time for which the last clean-up waits until the handles of closed sockets are closed.
const PATIENCE_FOR_HANDLES: Duration = Duration::from_secs(1);

/// The number of calls whose arguments are kept.
const KEPT_CALLS: usize = 256;

/// Start-up and clean-up.
impl Winsock {
    pub(crate) fn new(ws2: Arc<Ws2>) -> Self {
        Self {
            ws2,
            providers: Mutex::default(),
            starts: AtomicUsize::new(0),
            changing: Mutex::default(),
            libraries: Mutex::default(),
            trap: Trap::new(),
            kept_arguments: Mutex::default(),
        }
    }

    /// Sets the code of an entry's provider.
    pub(crate) fn attach(&self, entry: &Entry, module: &Module) {
        if let Some(library) = module.library() {
            self.keep_loaded(library);
        }
        let mut providers = lock(&self.providers);
        match providers.get(&key(&entry.info.ProviderId)) {
            Some(provider) => *lock(&provider.module) = module.clone(),
            None => {
                let provider = Provider { module: Mutex::new(module.clone()), running: Mutex::default() };
                providers.insert(key(&entry.info.ProviderId), Arc::new(provider));
            }
        }
    }

    /// Keeps a library loaded for as long as this lives.
    pub(crate) fn keep_loaded(&self, library: &Arc<libloading::Library>) {
        let mut libraries = lock(&self.libraries);
        if !libraries.iter().any(|kept| Arc::ptr_eq(kept, library)) {
            libraries.push(Arc::clone(library));
        }
    }

    pub(crate) fn start_up(&self) {
        let _changing = lock(&self.changing);
        self.starts.fetch_add(1, Ordering::SeqCst);
    }

    /// Fails if the calling thread is in a callback of a provider and this would be the last clean-up: it would end the call
    /// that waits for the callback.
    pub(crate) fn check_clean_up(&self) -> Result<(), WsaError> {
        let last = self.starts.load(Ordering::SeqCst) == 1;
        if last && context::is_inside(&self.ws2) { Err(WsaError::WSAEINPROGRESS) } else { Ok(()) }
    }

    /// Decrements the start-up count. At 0, all providers are cleaned up.
    pub(crate) fn clean_up(&self) -> Result<(), WsaError> {
        let _changing = lock(&self.changing);
        match self.starts.load(Ordering::SeqCst) {
            0 => Err(WsaError::WSANOTINITIALISED),
            1 => {
                self.starts.store(0, Ordering::SeqCst);
                self.stop()
            }
            more => {
                self.starts.store(more - 1, Ordering::SeqCst);
                Ok(())
            }
        }
    }

    /// Counts the handles that providers have acquired and not released.
    pub(crate) fn left_open(&self) -> Leftovers {
        left_open(&self.ws2)
    }

    /// Ends the run in the order of Ws2_32: upcalls fail first, the table of handles is emptied, and then the providers are
    /// cleaned up in the order of the catalog, so that a layer is cleaned up before the providers below.
    fn stop(&self) -> Result<(), WsaError> {
        // Pending requests on closed sockets should complete soon.
        let patience = self.ws2.lock().patience;
        self.ws2.wait(patience, false, |parts| {
            (!parts.audit.overdue(&parts.threads, &parts.requests)).then_some(())
        });
        // Handles are closed after the last request on them, on whichever thread that ends.
        self.ws2.wait(patience.min(PATIENCE_FOR_HANDLES), false, |parts| parts.has_let_go().then_some(()));
        {
            let parts = &mut *self.ws2.lock();
            parts.audit.abandon(&parts.threads, &parts.requests, &mut parts.faults);
        }
        let (mut any, mut refused) = (false, Ok(()));
        for provider in self.in_catalog_order() {
            let running = lock(&provider.running).take();
            if let Some(running) = running {
                if !any {
                    self.ws2.lock().give_up();
                }
                any = true;
                if let Err(error) = self.stop_one(&running) {
                    // It runs on, until the next last clean-up.
                    *lock(&provider.running) = Some(running);
                    refused = Err(error);
                }
            }
        }
        forget_open(&self.ws2);
        self.check_trap();
        if any {
            self.look_at_leftovers();
        }
        if refused.is_err() {
            self.ws2.lock().run = Run::Open;
        }
        refused
    }

    fn in_catalog_order(&self) -> Vec<Arc<Provider>> {
        let entries: Vec<_> =
            self.ws2.lock().catalog.entries().iter().map(|entry| key(&entry.info.ProviderId)).collect();
        let providers = lock(&self.providers);
        entries.iter().filter_map(|id| providers.get(id).cloned()).collect()
    }

    /// Cleans a provider up. Only `WSAEINPROGRESS` concerns the client: the provider runs on.
    fn stop_one(&self, running: &Running) -> Result<(), WsaError> {
        let Some(clean_up) = running.procs.lpWSPCleanup else { return Ok(()) };
        // SAFETY: the function is of the provider's table, and is called once for its start-up.
        let cleaned = self.status("WSPCleanup", |errno| unsafe { clean_up(errno) });
        if let Err(error) = cleaned {
            self.fault(Rule::BadAnswer, "WSPCleanup", format!("the last clean-up failed: {error:?}"));
            if error == WsaError::WSAEINPROGRESS {
                return Err(error);
            }
        }
        Ok(())
    }

    fn look_at_leftovers(&self) {
        let left = self.left_open();
        let parts = &mut *self.ws2.lock();
        for (handle, entry, context) in parts.sockets.iter() {
            let detail = format!("socket {handle:#x} of entry {entry}, context {context:#x}");
            parts.faults.add(Rule::LeftOpen, "WSPCleanup", detail);
        }
        for (what, count) in [("events", left.events), ("thread ids", left.threads)] {
            if count > 0 {
                parts.faults.add(Rule::LeftOpen, "WSPCleanup", format!("{what}: {count}"));
            }
        }
        parts.run = Run::Over;
    }
}

/// Finding the provider that receives a call.
impl Winsock {
    /// The provider that owns a socket.
    pub(crate) fn route(&self, socket: SOCKET) -> Result<Route, WsaError> {
        self.check_started()?;
        let owner = {
            let parts = self.ws2.lock();
            let owner = parts.owner(socket).and_then(|id| parts.catalog.find(id));
            owner.cloned().ok_or(WsaError::WSAENOTSOCK)?
        };
        self.route_to(owner)
    }

    /// The provider of an entry, which is started if it does not run.
    pub(crate) fn route_by_id(&self, id: u32) -> Result<Route, WsaError> {
        self.check_started()?;
        let entry = self.ws2.lock().catalog.find(id).cloned().ok_or(WsaError::WSAEINVAL)?;
        self.route_to(entry)
    }

    /// The provider of an entry for a new socket. The hidden entry of a layer is refused.
    pub(crate) fn route_for_sockets(&self, id: u32) -> Result<Route, WsaError> {
        let layer = self.ws2.lock().catalog.find(id).is_some_and(Entry::is_layer);
        if layer { Err(WsaError::WSAEINVAL) } else { self.route_by_id(id) }
    }

    /// The provider for new sockets of an address family, type and protocol.
    pub(crate) fn route_for(&self, family: i32, kind: i32, protocol: i32) -> Result<Route, WsaError> {
        self.check_started()?;
        let entry = self.ws2.lock().catalog.choose(family, kind, protocol)?.clone();
        self.route_to(entry)
    }

    /// The entries that clients find, in catalog order.
    pub(crate) fn visible(&self) -> Result<Vec<WSAPROTOCOL_INFOW>, WsaError> {
        self.check_started()?;
        let parts = self.ws2.lock();
        Ok(parts
            .catalog
            .entries()
            .iter()
            .filter(|entry| entry.is_visible())
            .map(|entry| entry.info)
            .collect())
    }

    /// The provider of the first entry of an address family.
    pub(crate) fn route_for_family(&self, family: i32) -> Result<Route, WsaError> {
        self.check_started()?;
        let entry = self.ws2.lock().catalog.of_family(family)?.clone();
        self.route_to(entry)
    }

    fn check_started(&self) -> Result<(), WsaError> {
        let started = self.starts.load(Ordering::SeqCst) > 0;
        started.then_some(()).ok_or(WsaError::WSANOTINITIALISED)
    }

    fn route_to(&self, entry: Entry) -> Result<Route, WsaError> {
        let provider = self.provider(&entry.info.ProviderId).ok_or(WsaError::WSAEPROVIDERFAILEDINIT)?;
        let mut slot = lock(&provider.running);
        // Checked again under the lock: the last clean-up may have run meanwhile.
        self.check_started()?;
        let running = match &*slot {
            Some(running) => Arc::clone(running),
            None => Arc::clone(slot.insert(Arc::new(self.start(&entry, &provider)?))),
        };
        Ok(Route { procs: running.procs, entry, extended: running.extended, _running: running })
    }

    fn provider(&self, id: &GUID) -> Option<Arc<Provider>> {
        lock(&self.providers).get(&key(id)).cloned()
    }

    fn start(&self, entry: &Entry, provider: &Provider) -> Result<Running, WsaError> {
        let module = lock(&provider.module).clone();
        let (slot, info) = {
            let mut parts = self.ws2.lock();
            parts.run = Run::Open;
            let info = if module.is_extended() { parts.catalog.for_san(entry) } else { entry.info };
            (parts.handles.slot(), info)
        };
        let _inside = context::enter(&self.ws2);
        module.start(slot, &info).map_err(|fault| {
            let error = fault.error();
            self.ws2.lock().refusals.push(format!("entry {}: {fault:?}", entry.id()));
            error
        })
    }
}

/// Calls to providers, with checks of their results.
impl Winsock {
    /// The id of the calling thread.
    pub(crate) fn current_thread(&self) -> WSATHREADID {
        let me = Me::current().expect("the thread is not being torn down");
        let parts = &mut *self.ws2.lock();
        let handles = &parts.handles;
        parts.threads.client_id(&me, || handles.fresh()).expect("handle values remain")
    }

    /// The buffer array and the thread id for a call by the calling thread.
    pub(crate) fn arguments(&self, buffers: Vec<WSABUF>) -> Arguments {
        Arguments::new(buffers, self.current_thread())
    }

    /// Overwrites the arguments of a call that has returned.
    pub(crate) fn spoil(&self, arguments: &Arguments) {
        let handle = ptr::without_provenance_mut(self.ws2.lock().spoilt_thread);
        arguments.spoil(&self.trap, WSATHREADID { ThreadHandle: handle, Reserved: 0 });
    }

    pub(crate) fn ws2(&self) -> &Arc<Ws2> {
        &self.ws2
    }

    /// Keeps the arguments of a returned call alive for a while.
    pub(crate) fn keep_arguments(&self, arguments: Arguments) {
        let mut kept_arguments = lock(&self.kept_arguments);
        kept_arguments.push_back(arguments);
        if kept_arguments.len() > KEPT_CALLS {
            kept_arguments.pop_front();
        }
    }

    /// Records a fault if a buffer array was used after its call.
    pub(crate) fn check_trap(&self) {
        if self.trap.was_written() {
            self.fault(
                Rule::KeptBuffers,
                "WSPRecv",
                "the buffers of the array were written to after the call",
            );
        }
    }

    pub(crate) fn fault(&self, rule: Rule, call: &'static str, detail: impl Into<String>) {
        self.ws2.lock().faults.add(rule, call, detail);
    }

    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut Parts) -> R) -> R {
        self.ws2.change(change)
    }

    /// Makes a call that returns 0 or `SOCKET_ERROR`.
    pub(crate) fn status(
        &self,
        name: &'static str,
        call: impl FnOnce(*mut i32) -> i32,
    ) -> Result<(), WsaError> {
        let (answer, errno) = self.run(call);
        if answer == SOCKET_ERROR {
            return Err(self.failure(name, errno));
        }
        if answer != NO_ERROR {
            self.fault(Rule::BadAnswer, name, format!("{answer}"));
        }
        self.success(name, errno);
        Ok(())
    }

    /// Makes a call that returns a count or `SOCKET_ERROR`.
    pub(crate) fn count(
        &self,
        name: &'static str,
        call: impl FnOnce(*mut i32) -> i32,
    ) -> Result<usize, WsaError> {
        let (answer, errno) = self.run(call);
        if answer == SOCKET_ERROR {
            return Err(self.failure(name, errno));
        }
        self.success(name, errno);
        usize::try_from(answer).map_err(|_| {
            self.fault(Rule::BadAnswer, name, format!("{answer}"));
            WsaError::WSASYSCALLFAILURE
        })
    }

    /// Makes a call that returns `TRUE` or `FALSE`.
    pub(crate) fn truth(
        &self,
        name: &'static str,
        call: impl FnOnce(*mut i32) -> i32,
    ) -> Result<(), WsaError> {
        let (answer, errno) = self.run(call);
        if answer == 0 {
            return Err(self.failure(name, errno));
        }
        self.success(name, errno);
        Ok(())
    }

    /// Makes a call that returns a new socket of the route's entry, or `INVALID_SOCKET`.
    pub(crate) fn new_socket(
        &self,
        name: &'static str,
        Route { entry, extended, .. }: &Route,
        call: impl FnOnce(*mut i32) -> SOCKET,
    ) -> Result<SOCKET, WsaError> {
        let (socket, errno) = self.run(call);
        if socket == INVALID_SOCKET {
            return Err(self.failure(name, errno));
        }
        self.success(name, errno);
        let owner = {
            let mut parts = self.ws2.lock();
            parts.given.insert(socket);
            if *extended {
                parts.san.insert(socket, entry.id());
            }
            parts.owner(socket)
        };
        match owner {
            None => self.fault(Rule::UnknownHandle, name, format!("{socket:#x}")),
            Some(owner) if !self.same_provider(owner, entry) => {
                let detail = format!("{socket:#x} belongs to entry {owner}, not to entry {}", entry.id());
                self.fault(Rule::WrongEntry, name, detail);
            }
            Some(_) => {}
        }
        Ok(socket)
    }

    fn run<R>(&self, call: impl FnOnce(*mut i32) -> R) -> (R, i32) {
        if let Some(me) = Me::current().filter(|_| !context::is_inside(&self.ws2)) {
            self.ws2.lock().hooks.begin(me.serial());
        }
        let _inside = context::enter(&self.ws2);
        let mut errno = UNTOUCHED;
        let answer = call(&raw mut errno);
        (answer, errno)
    }

    /// Whether `owner` is another entry of the provider of `entry`, such as its hidden entry: calls then
    /// still reach the same provider.
    fn same_provider(&self, owner: u32, entry: &Entry) -> bool {
        let parts = self.ws2.lock();
        parts.catalog.find(owner).is_some_and(|found| found.info.ProviderId == entry.info.ProviderId)
    }

    /// Checks the error after a success: a provider may set it to 0, but not to an error code.
    fn success(&self, name: &'static str, errno: i32) {
        if errno != UNTOUCHED && errno != NO_ERROR {
            self.fault(Rule::ErrnoOnSuccess, name, format!("{:?}", WsaError::new(errno)));
        }
    }

    fn failure(&self, name: &'static str, errno: i32) -> WsaError {
        if errno == UNTOUCHED || errno == NO_ERROR {
            self.fault(Rule::FailureWithoutErrno, name, "no error code");
            return WsaError::WSASYSCALLFAILURE;
        }
        WsaError::new(errno)
    }
}

impl fmt::Debug for Winsock {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Winsock").finish_non_exhaustive()
    }
}
