//! The sockets of a layer: the client's handle, the lower handle, and the mapping between them.

use super::chain::Chain;
use super::handles::Handles;
use super::interest::Interest;
use super::loader::Loader;
use super::states::{StateEntry, States};
use super::sys::ffi::SOCKET;
use super::sys::{Class, ServiceProvider, SocketHandle, Upcalls, WsaError};
use crate::slab::Slab;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, RwLock, RwLockWriteGuard};
use wpu_sys::rt::sync::{Unpoisoned as _, lock};

/// A socket of the layer.
///
/// Each user holds a reference, so that the handle is closed only after the last use.
pub(super) struct Socket<S: Loader> {
    /// The client's handle.
    pub upper: SOCKET,
    /// The handle that the provider below knows.
    pub lower: SOCKET,
    pub below: Arc<Chain<S>>,
    /// The window that receives messages about the socket.
    interest: Mutex<Option<Interest>>,
    closing: AtomicBool,
    /// The key of the socket, if its handle was created for the layer.
    key: usize,
    /// The state that the layer keeps for the socket. It is dropped before the handle is closed, so before
    /// another socket can have the same handle.
    state: Option<StateEntry>,
    /// Closes the handle when it is dropped.
    handle: Mutex<Option<SocketHandle>>,
}

/// All sockets of the layer.
pub(super) struct Sockets<S: Loader> {
    upcalls: Upcalls,
    class: Class,
    /// By the context of the handle, if handles are created for the layer.
    made: Slab<Socket<S>>,
    /// By the handle, if handles are the system's.
    registered: RwLock<BTreeMap<SOCKET, Arc<Socket<S>>>>,
    /// An index of `registered`, which changes only while that is locked.
    routes: Handles<Chain<S>>,
    pub states: Arc<States>,
}

impl<S: Loader> Socket<S> {
    /// Whether the client and the provider below know the socket by the same handle.
    pub(super) fn is_same(&self) -> bool {
        self.upper == self.lower
    }

    pub(super) fn interest(&self) -> MutexGuard<'_, Option<Interest>> {
        lock(&self.interest)
    }

    /// Returns true for the one caller that must close the socket.
    pub(super) fn begin_to_close(&self) -> bool {
        !self.closing.swap(true, Ordering::AcqRel)
    }

    /// Closes the handle, for the last clean-up: a call that returns later must not, since another socket may have the same
    /// handle by then.
    pub(super) fn release(&self) {
        drop(lock(&self.handle).take());
    }

    /// Reverts `begin_to_close` after a failed close.
    pub(super) fn stay_open(&self) {
        self.closing.store(false, Ordering::Release);
    }
}

impl<S: Loader> Sockets<S> {
    pub(super) fn new(upcalls: Upcalls, class: Class, states: Arc<States>) -> Self {
        let (registered, routes) = (RwLock::default(), Handles::new());
        Self { upcalls, class, made: Slab::new(), registered, routes, states }
    }

    /// Creates a socket of the layer for a new socket of the provider below. If that fails, closes the lower
    /// socket and returns the first error.
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
        // The system may reuse a handle before the close of an earlier socket has reached this point.
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

    /// The chain of a socket and its lower handle, if they are found without a lock. This is only for handles
    /// of the system: a handle that was created for the layer must not be closed during a call, so that a
    /// call keeps the socket that it [finds](Self::find).
    #[inline]
    pub(super) fn route(&self, upper: SOCKET) -> Option<(&Chain<S>, SOCKET)> {
        self.routes.get(upper)
    }

    /// The socket of a client's handle.
    pub(super) fn find(&self, upper: SOCKET) -> Result<Arc<Socket<S>>, WsaError> {
        let found = match self.class {
            Class::Ifs => self.read(|sockets| sockets.get(&upper).cloned()),
            // The context of another provider's handle may equal a key of this layer.
            Class::NonIfs => {
                let key = self.upcalls.query_socket_handle_context(upper)?;
                self.made.get(key).filter(|socket| socket.upper == upper)
            }
        };
        found.ok_or(WsaError::WSAENOTSOCK)
    }

    /// Removes a socket that is closed below. A handle that was created for the layer is closed when the
    /// socket is no longer used, and the layer's state stays until then; a handle of the system may already
    /// belong to another socket.
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

    /// All open sockets.
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
        Self { upper, lower, below, interest, closing, key, state, handle: Mutex::new(handle) }
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
