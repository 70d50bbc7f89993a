//! The values that a layer keeps for its sockets: created with the socket, found by the client's handle,
//! dropped with the socket.

use super::sys::WsaError;
use super::sys::ffi::SOCKET;
use crate::Start;
use crate::report::log;
use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};
use wpu_sys::rt::panic::contain;
use wpu_sys::rt::sync::{Unpoisoned as _, lock};

/// A value of type `S` for each socket of a layer.
///
/// A layer creates this in its [`start`](crate::Lifecycle::start) and keeps it. From then on the kit creates
/// an `S` for each new socket, whichever function creates the socket: `WSPSocket`, also for a socket that
/// another process has duplicated, `WSPAccept` and `WSPJoinLeaf`.
///
/// ```standalone_crate
/// # #![forbid(unsafe_code)]
/// # use std::sync::atomic::{AtomicU64, Ordering};
/// # use wpu::layer::{LayerProvider, Layered, Moved, SocketStates};
/// # use wpu::prelude::*;
/// # #[wpu_provider(class = ifs, kit = layer, waives(WPUCloseSocketHandle, WPUQueryBlockingCallback = "left to the base"))]
/// pub struct PerSocket {
///     counts: SocketStates<AtomicU64>,
/// }
///
/// impl Lifecycle for PerSocket {
///     fn start(start: &Start<'_>) -> Result<Self, WsaError> {
///         Ok(Self { counts: SocketStates::new(start, AtomicU64::default)? })
///     }
/// }
///
/// impl LayerProvider for PerSocket {
/// #   const ID: GUID = GUID { Data1: 0x6f1c_9a40, Data2: 0x1d3b, Data3: 0x4c58, Data4: [0x9a; 8] };
///     // …
///     fn moved(&self, socket: SOCKET, _: Moved, count: u32) {
///         if let Some(bytes) = self.counts.get(socket) {
///             bytes.fetch_add(count.into(), Ordering::Relaxed);
///         }
///     }
/// }
/// # impl Layer for PerSocket {}
/// # wpu::export!(Layered<PerSocket>);
/// # fn main() {}
/// ```
///
/// The kit drops its `S` when the socket is closed and no call of the kit and no pending request uses the
/// socket any more; for an `ifs` layer, whose requests are the system's, when the socket is closed. The last
/// clean-up drops all remaining values before it returns. A result of [`get`](Self::get) keeps its `S` alive
/// longer.
///
/// A layer may have several of these. Clones share the same values.
pub struct SocketStates<S> {
    states: Arc<States>,
    /// The index of this value among the values of a socket.
    at: usize,
    of: PhantomData<fn() -> S>,
}

impl<S: Send + Sync + 'static> SocketStates<S> {
    /// Makes the kit call `make` for each new socket. If `make` panics, the client gets no socket and the
    /// lower socket is closed.
    ///
    /// # Errors
    ///
    /// `WSASYSNOTREADY` if `start` is not the first start of a layer, by [`Layered`](super::Layered).
    pub fn new(start: &Start<'_>, make: impl Fn() -> S + Send + Sync + 'static) -> Result<Self, WsaError> {
        let Some(states) = start.lent::<Arc<States>>() else {
            log(format_args!(
                "`SocketStates` can be created only in the `start` of a layer that is exported as `Layered`"
            ));
            return Err(WsaError::WSASYSNOTREADY);
        };
        Ok(Self::of(&states, make))
    }

    pub(super) fn of(states: &Arc<States>, make: impl Fn() -> S + Send + Sync + 'static) -> Self {
        let at = states.add(Arc::new(move || Arc::new(make())));
        Self { states: Arc::clone(states), at, of: PhantomData }
    }

    /// The value of a socket, by the client's handle. It belongs to the socket that currently has the handle,
    /// never to an earlier one.
    ///
    /// `None` if the handle is not a socket of this layer: a closed socket, or an inherited handle that did
    /// not come through it.
    ///
    /// A client may close a socket during a call that uses it, and the system may reuse the handle. A call
    /// that needs the value after it has called the provider below must therefore get it before.
    #[must_use]
    pub fn get(&self, socket: SOCKET) -> Option<Arc<S>> {
        self.states.get(socket, self.at)?.downcast().ok()
    }
}

impl<S> Clone for SocketStates<S> {
    fn clone(&self) -> Self {
        Self { states: Arc::clone(&self.states), at: self.at, of: PhantomData }
    }
}

impl<S> fmt::Debug for SocketStates<S> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sockets = self.states.read().sockets.len();
        out.debug_struct("SocketStates").field("sockets", &sockets).finish_non_exhaustive()
    }
}

/// A value of a type that the author has chosen.
type Value = Arc<dyn Any + Send + Sync>;
type Make = Arc<dyn Fn() -> Value + Send + Sync>;

/// The values of all sockets of a layer, in one of its runs.
#[derive(Default)]
pub(super) struct States {
    /// The functions that create the values of a socket.
    makers: Mutex<Vec<Make>>,
    open: RwLock<Open>,
}

#[derive(Default)]
struct Open {
    sockets: BTreeMap<SOCKET, (u64, Vec<Value>)>,
    /// The number of sockets so far, which distinguishes sockets that have had the same handle.
    count: u64,
    ended: bool,
}

/// The entry of a socket among all values, while the socket lives.
pub(super) struct StateEntry {
    states: Arc<States>,
    socket: SOCKET,
    number: u64,
}

impl States {
    fn add(&self, make: Make) -> usize {
        let mut makers = lock(&self.makers);
        makers.push(make);
        makers.len() - 1
    }

    /// Creates the values of one socket. `None` if the author's code panics. No lock is held while it runs.
    pub(super) fn make(&self) -> Option<Vec<Value>> {
        let makers = lock(&self.makers).clone();
        contain(|| makers.iter().map(|make| make()).collect())
    }

    /// Stores the values of a socket that the client is about to receive under this handle. A layer without
    /// values has no entry.
    pub(super) fn keep(self: &Arc<Self>, socket: SOCKET, values: Vec<Value>) -> Option<StateEntry> {
        if values.is_empty() {
            return None;
        }
        let mut open = self.write();
        if open.ended {
            drop(open);
            discard(values);
            return None;
        }
        open.count += 1;
        let number = open.count;
        let earlier = open.sockets.insert(socket, (number, values));
        drop(open);
        discard(earlier);
        Some(StateEntry { states: Arc::clone(self), socket, number })
    }

    fn get(&self, socket: SOCKET, at: usize) -> Option<Value> {
        self.read().sockets.get(&socket)?.1.get(at).cloned()
    }

    /// Drops all values, and stores none from now on.
    pub(super) fn end(&self) {
        let mut open = self.write();
        open.ended = true;
        let left = std::mem::take(&mut open.sockets);
        drop(open);
        discard(left);
        // The functions may refer to this themselves, which would keep it alive forever.
        let makers = std::mem::take(&mut *lock(&self.makers));
        discard(makers);
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.read().sockets.is_empty()
    }

    fn read(&self) -> RwLockReadGuard<'_, Open> {
        self.open.read().unpoisoned()
    }

    fn write(&self) -> RwLockWriteGuard<'_, Open> {
        self.open.write().unpoisoned()
    }
}

impl StateEntry {
    /// Drops the values of this socket, and not those of a later one with the same handle.
    pub(super) fn end(&self) {
        let mut open = self.states.write();
        let same = open.sockets.get(&self.socket).is_some_and(|(number, _)| *number == self.number);
        let ended = if same { open.sockets.remove(&self.socket) } else { None };
        drop(open);
        discard(ended);
    }
}

impl Drop for StateEntry {
    fn drop(&mut self) {
        self.end();
    }
}

/// Drops values of the author. No lock is held, since their code may call back into the kit. A panic is
/// contained, since this may run in a routine that the provider below calls.
fn discard<T>(value: T) {
    let _ = contain(|| drop(value));
}
