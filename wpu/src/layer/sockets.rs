//! Sockets: what the client knows, what the provider below knows, and how one leads to the other.

use super::chain::Chain;
use super::handles::Handles;
use super::interest::Interest;
use super::loader::Loader;
use super::states::{StateEntry, States};
use super::sys::ffi::SOCKET;
use super::sys::{Class, ServiceProvider, SocketHandle, Upcalls, WsaError};
use crate::slab::Slab;
use crate::sync::{Unpoisoned as _, lock};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, RwLock, RwLockWriteGuard};

/// A socket of the layer.
///
/// Whoever works with it holds it, so that its handle is given back only after the last use.
pub(super) struct Socket<S: Loader> {
    /// As the client knows it.
    pub upper: SOCKET,
    /// As the provider below knows it.
    pub lower: SOCKET,
    pub below: Arc<Chain<S>>,
    /// Who wants messages about it.
    interest: Mutex<Option<Interest>>,
    closing: AtomicBool,
    /// Where it is kept, if its handle was made for the layer.
    key: usize,
    /// What the layer keeps for it. It is gone before the handle is given back, so before another socket can have that.
    state: Option<StateEntry>,
    /// Gives the handle back when it is dropped.
    _handle: Option<SocketHandle>,
}

/// All sockets of the layer.
pub(super) struct Sockets<S: Loader> {
    upcalls: Upcalls,
    class: Class,
    /// By the context of the handle, where handles are made for the layer.
    made: Slab<Socket<S>>,
    /// By the handle, where handles are the system's.
    registered: RwLock<BTreeMap<SOCKET, Arc<Socket<S>>>>,
    /// An index of `registered`, changed while that is locked.
    routes: Handles<Chain<S>>,
    pub states: Arc<States>,
}

impl<S: Loader> Socket<S> {
    /// Whether the client and the provider below know it by the same handle.
    pub(super) fn is_same(&self) -> bool {
        self.upper == self.lower
    }

    pub(super) fn interest(&self) -> MutexGuard<'_, Option<Interest>> {
        lock(&self.interest)
    }

    /// True for the one caller who is to close it.
    pub(super) fn begin_to_close(&self) -> bool {
        !self.closing.swap(true, Ordering::AcqRel)
    }

    /// It was not closed after all.
    pub(super) fn stay_open(&self) {
        self.closing.store(false, Ordering::Release);
    }
}

impl<S: Loader> Sockets<S> {
    pub(super) fn new(upcalls: Upcalls, class: Class, states: Arc<States>) -> Self {
        let (registered, routes) = (RwLock::default(), Handles::new());
        Self { upcalls, class, made: Slab::new(), registered, routes, states }
    }

    /// Makes a new socket of the provider below one that the client can be given. If that fails the
    /// lower socket is closed, and the first error stays.
    pub(super) fn adopt(&self, below: &Arc<Chain<S>>, lower: SOCKET) -> Result<Arc<Socket<S>>, WsaError> {
        let adopted = match self.class {
            Class::Ifs => self.register(below, lower),
            Class::NonIfs => self.make(below, lower),
        };
        adopted.inspect_err(|_| {
            let _ = below.provider.close_socket(lower);
        })
    }

    fn register(&self, below: &Arc<Chain<S>>, lower: SOCKET) -> Result<Arc<Socket<S>>, WsaError> {
        let values = self.states.make().ok_or(WsaError::WSASYSCALLFAILURE)?;
        let upper = self.upcalls.modify_ifs_handle(below.place.entry, lower)?;
        let state = self.states.keep(upper, values);
        let socket = Arc::new(Socket::new(upper, lower, below, 0, state, None));
        // The system may use a handle again before the close of an earlier socket has come this far.
        let mut registered = self.write();
        let earlier = registered.insert(upper, Arc::clone(&socket));
        self.routes.insert(upper, below, lower);
        drop(registered);
        drop(earlier);
        Ok(socket)
    }

    fn make(&self, below: &Arc<Chain<S>>, lower: SOCKET) -> Result<Arc<Socket<S>>, WsaError> {
        let values = self.states.make().ok_or(WsaError::WSASYSCALLFAILURE)?;
        let key = self.made.reserve().ok_or(WsaError::WSAENOBUFS)?;
        let made = self.upcalls.create_socket_handle(below.place.entry, key);
        let handle = made.inspect_err(|_| drop(self.made.release(key)))?;
        let state = self.states.keep(handle.raw(), values);
        let socket = Arc::new(Socket::new(handle.raw(), lower, below, key, state, Some(handle)));
        self.made.fill(key, Arc::clone(&socket));
        Ok(socket)
    }

    /// The chain of a socket and its handle there, if they are found without a lock. This is for handles of the system: one
    /// that is made for the layer must not be given back during a call, which therefore holds what it [finds](Self::find).
    #[inline]
    pub(super) fn route(&self, upper: SOCKET) -> Option<(&Chain<S>, SOCKET)> {
        self.routes.get(upper)
    }

    /// The socket that the client knows by this handle.
    pub(super) fn find(&self, upper: SOCKET) -> Result<Arc<Socket<S>>, WsaError> {
        let found = match self.class {
            Class::Ifs => self.read(|sockets| sockets.get(&upper).cloned()),
            // The context of another provider's handle may look like a key of ours.
            Class::NonIfs => {
                let key = self.upcalls.query_socket_handle_context(upper)?;
                self.made.get(key).filter(|socket| socket.upper == upper)
            }
        };
        found.ok_or(WsaError::WSAENOTSOCK)
    }

    /// Ends a socket that is closed below. A handle that was made for the layer is given back when nobody uses the socket any
    /// more, and the layer's state stays until then; one of the system may be another socket's already.
    pub(super) fn forget(&self, socket: &Arc<Socket<S>>) {
        let forgotten = match self.class {
            Class::Ifs => {
                if let Some(state) = &socket.state {
                    state.end();
                }
                let mut registered = self.write();
                let same = registered.get(&socket.upper).is_some_and(|there| Arc::ptr_eq(there, socket));
                if same {
                    self.routes.remove(socket.upper);
                    registered.remove(&socket.upper)
                } else {
                    None
                }
            }
            Class::NonIfs => self.made.release(socket.key),
        };
        drop(forgotten);
    }

    /// All sockets that are open.
    pub(super) fn all(&self) -> Vec<Arc<Socket<S>>> {
        match self.class {
            Class::Ifs => self.read(|sockets| sockets.values().cloned().collect()),
            Class::NonIfs => self.made.values(),
        }
    }

    fn read<R>(&self, look: impl FnOnce(&BTreeMap<SOCKET, Arc<Socket<S>>>) -> R) -> R {
        look(&self.registered.read().unpoisoned())
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<SOCKET, Arc<Socket<S>>>> {
        self.registered.write().unpoisoned()
    }
}

impl<S: Loader> Socket<S> {
    fn new(
        upper: SOCKET,
        lower: SOCKET,
        below: &Arc<Chain<S>>,
        key: usize,
        state: Option<StateEntry>,
        handle: Option<SocketHandle>,
    ) -> Self {
        let below = Arc::clone(below);
        let (interest, closing) = (Mutex::new(None), AtomicBool::new(false));
        Self { upper, lower, below, interest, closing, key, state, _handle: handle }
    }
}

impl<S: Loader> fmt::Debug for Socket<S> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Socket")
            .field("upper", &self.upper)
            .field("lower", &self.lower)
            .finish_non_exhaustive()
    }
}

impl<S: Loader> fmt::Debug for Sockets<S> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.all()).finish()
    }
}
