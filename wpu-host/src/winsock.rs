//! Winsock as its clients know it: start-up counts, the providers that run, and which one a call
//! goes to.

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
use wpu_sys::WsaError;
use wpu_sys::ffi::{
    GUID, INVALID_SOCKET, NO_ERROR, SOCKET, SOCKET_ERROR, WSABUF, WSATHREADID, WSPPROC_TABLE,
};

/// What the clients of a host share.
pub(crate) struct Winsock {
    ws2: Arc<Ws2>,
    providers: Mutex<BTreeMap<ProviderKey, Arc<Provider>>>,
    /// How many start-ups were not taken back.
    starts: AtomicUsize,
    /// Held while the first start-up or the last clean-up is under way.
    changing: Mutex<()>,
    /// Libraries stay loaded while functions of theirs may be queued here.
    libraries: Mutex<Vec<Arc<libloading::Library>>>,
    trap: Trap,
    /// The arguments of the last calls, kept for providers that go on using them.
    buried: Mutex<VecDeque<Arguments>>,
}

type ProviderKey = (u32, u16, u16, [u8; 8]);

/// A GUID as something that can be ordered.
fn key(id: &GUID) -> ProviderKey {
    (id.Data1, id.Data2, id.Data3, id.Data4)
}

/// An installed provider, started or not.
struct Provider {
    module: Mutex<Module>,
    running: Mutex<Option<Arc<Running>>>,
}

/// Where a call goes: a running provider, and the entry it is called for.
#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) procs: WSPPROC_TABLE,
    pub(crate) entry: Entry,
    /// Keeps the functions callable.
    _running: Arc<Running>,
}

/// What stands at the error location before a call: no error of Winsock.
const UNTOUCHED: i32 = 0x5AFE_0001;

/// Of how many calls the arguments are kept.
const BURIED: usize = 256;

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
            buried: Mutex::default(),
        }
    }

    /// Says that `module` is the code of the entry's provider.
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

    /// Takes a start-up back. The last one cleans all providers up.
    pub(crate) fn clean_up(&self) -> Result<(), WsaError> {
        let _changing = lock(&self.changing);
        match self.starts.load(Ordering::SeqCst) {
            0 => Err(WsaError::WSANOTINITIALISED),
            1 => {
                self.starts.store(0, Ordering::SeqCst);
                self.stop();
                Ok(())
            }
            more => {
                self.starts.store(more - 1, Ordering::SeqCst);
                Ok(())
            }
        }
    }

    /// Counts what providers have acquired and not released.
    pub(crate) fn left_open(&self) -> Leftovers {
        left_open(&self.ws2)
    }

    fn stop(&self) {
        // What is pending on sockets that were closed was to end soon.
        let patience = self.ws2.lock().patience;
        self.ws2.wait(patience, false, |parts| {
            (!parts.audit.overdue(&parts.threads, &parts.requests)).then_some(())
        });
        {
            let parts = &mut *self.ws2.lock();
            parts.audit.abandon(&parts.threads, &parts.requests, &mut parts.faults);
        }
        let providers: Vec<_> = lock(&self.providers).iter().map(|(key, p)| (*key, Arc::clone(p))).collect();
        let mut any = false;
        for (id, provider) in providers {
            let running = lock(&provider.running).take();
            if let Some(running) = running {
                any = true;
                self.stop_one(&running);
                self.forget(id);
            }
        }
        forget_open(&self.ws2);
        self.look_into_trap();
        if any {
            self.look_at_leftovers();
        }
    }

    fn stop_one(&self, running: &Running) {
        let Some(clean_up) = running.procs.lpWSPCleanup else { return };
        // SAFETY: the provider was started, and this is called once for that.
        let cleaned = self.status("WSPCleanup", |errno| unsafe { clean_up(errno) });
        if let Err(error) = cleaned {
            self.fault(Rule::BadAnswer, "WSPCleanup", format!("the last clean-up failed: {error:?}"));
        }
    }

    /// Ends the registrations of a provider that no longer runs.
    fn forget(&self, id: ProviderKey) {
        let parts = &mut *self.ws2.lock();
        let entries = parts.catalog.entries().iter().filter(|entry| key(&entry.info.ProviderId) == id);
        for entry in entries {
            parts.ifs.forget_all(entry.id());
        }
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

/// Where calls go.
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

    /// The same for new sockets, of which a layer's hidden entry has none.
    pub(crate) fn route_for_sockets(&self, id: u32) -> Result<Route, WsaError> {
        let layer = self.ws2.lock().catalog.find(id).is_some_and(Entry::is_layer);
        if layer { Err(WsaError::WSAEINVAL) } else { self.route_by_id(id) }
    }

    /// The provider for new sockets of a kind.
    pub(crate) fn route_for(&self, family: i32, kind: i32, protocol: i32) -> Result<Route, WsaError> {
        self.check_started()?;
        let entry = self.ws2.lock().catalog.choose(family, kind, protocol)?.clone();
        self.route_to(entry)
    }

    fn check_started(&self) -> Result<(), WsaError> {
        let started = self.starts.load(Ordering::SeqCst) > 0;
        started.then_some(()).ok_or(WsaError::WSANOTINITIALISED)
    }

    fn route_to(&self, entry: Entry) -> Result<Route, WsaError> {
        let provider = self.provider(&entry.info.ProviderId).ok_or(WsaError::WSAEPROVIDERFAILEDINIT)?;
        let mut slot = lock(&provider.running);
        // Again under the lock: the last clean-up may have passed by here.
        self.check_started()?;
        let running = match &*slot {
            Some(running) => Arc::clone(running),
            None => Arc::clone(slot.insert(Arc::new(self.start(&entry, &provider)?))),
        };
        Ok(Route { procs: running.procs, entry, _running: running })
    }

    fn provider(&self, id: &GUID) -> Option<Arc<Provider>> {
        lock(&self.providers).get(&key(id)).cloned()
    }

    fn start(&self, entry: &Entry, provider: &Provider) -> Result<Running, WsaError> {
        let module = lock(&provider.module).clone();
        let slot = {
            let mut parts = self.ws2.lock();
            parts.run = Run::Open;
            parts.handles.slot()
        };
        let _inside = context::enter(&self.ws2);
        module.start(slot, &entry.info).map_err(|fault| {
            let error = fault.error();
            self.ws2.lock().refusals.push(format!("entry {}: {fault:?}", entry.id()));
            error
        })
    }
}

/// Calls, with a look at how they end.
impl Winsock {
    /// The id of the calling thread.
    pub(crate) fn current_thread(&self) -> WSATHREADID {
        let me = Me::current().expect("the thread is not being torn down");
        let parts = &mut *self.ws2.lock();
        let handles = &parts.handles;
        parts.threads.client_id(&me, || handles.fresh()).expect("handle values remain")
    }

    /// The buffer array and the thread id of a call that the calling thread makes.
    pub(crate) fn arguments(&self, buffers: Vec<WSABUF>) -> Arguments {
        Arguments::new(buffers, self.current_thread())
    }

    /// Overwrites the arguments of a call that is over.
    pub(crate) fn spoil(&self, arguments: &Arguments) {
        let handle = ptr::without_provenance_mut(self.ws2.lock().spoilt_thread);
        arguments.spoil(&self.trap, WSATHREADID { ThreadHandle: handle, Reserved: 0 });
    }

    pub(crate) fn ws2(&self) -> &Arc<Ws2> {
        &self.ws2
    }

    /// Keeps the arguments of a call for a while after it.
    pub(crate) fn bury(&self, arguments: Arguments) {
        let mut buried = lock(&self.buried);
        buried.push_back(arguments);
        if buried.len() > BURIED {
            buried.pop_front();
        }
    }

    /// Notes a fault if somebody used a buffer array after its call.
    pub(crate) fn look_into_trap(&self) {
        if self.trap.sprang() {
            self.fault(Rule::KeptBuffers, "WSPRecv", "bytes went where the array pointed after the call");
        }
    }

    pub(crate) fn fault(&self, rule: Rule, call: &'static str, detail: impl Into<String>) {
        self.ws2.lock().faults.add(rule, call, detail);
    }

    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut Parts) -> R) -> R {
        self.ws2.change(change)
    }

    /// A call that answers 0 or `SOCKET_ERROR`.
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

    /// A call that answers a count or `SOCKET_ERROR`.
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

    /// A call that answers `TRUE` or `FALSE`.
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

    /// A call that answers a new socket of `entry`, or `INVALID_SOCKET`.
    pub(crate) fn new_socket(
        &self,
        name: &'static str,
        entry: &Entry,
        call: impl FnOnce(*mut i32) -> SOCKET,
    ) -> Result<SOCKET, WsaError> {
        let (socket, errno) = self.run(call);
        if socket == INVALID_SOCKET {
            return Err(self.failure(name, errno));
        }
        self.success(name, errno);
        let owner = self.ws2.lock().owner(socket);
        match owner {
            None => self.fault(Rule::UnknownHandle, name, format!("{socket:#x}")),
            Some(owner) if !self.same_provider(owner, entry) => {
                let detail = format!("{socket:#x} is of entry {owner}, not {}", entry.id());
                self.fault(Rule::WrongEntry, name, detail);
            }
            Some(_) => {}
        }
        Ok(socket)
    }

    fn run<R>(&self, call: impl FnOnce(*mut i32) -> R) -> (R, i32) {
        let _inside = context::enter(&self.ws2);
        let mut errno = UNTOUCHED;
        let answer = call(&raw mut errno);
        (answer, errno)
    }

    /// Where the owner is the provider's hidden entry, or another entry of the same provider, the
    /// calls still reach it.
    fn same_provider(&self, owner: u32, entry: &Entry) -> bool {
        let parts = self.ws2.lock();
        parts.catalog.find(owner).is_some_and(|found| found.info.ProviderId == entry.info.ProviderId)
    }

    /// A provider may clear the error, and must not set it.
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
