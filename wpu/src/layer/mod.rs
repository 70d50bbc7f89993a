//! Layers: providers that stand between clients and another provider, and pass on what they do not
//! want to change.
//!
//! A layer is a struct with the attribute, whose [`Layer`] overrides what it wants to see, and which
//! says under which [id](LayerProvider::ID) it is installed. [`Layered`] makes a provider of it:
//!
//! ```standalone_crate
//! # #![forbid(unsafe_code)]
//! # use std::sync::atomic::{AtomicU64, Ordering};
//! use wpu::layer::{LayerProvider, Layered, Moved};
//! use wpu::prelude::*;
//!
//! /// Counts the bytes that are sent.
//! #[wpu_provider(class = ifs, kit = layer, waives(WPUCloseSocketHandle, WPUQueryBlockingCallback = "left to the base"))]
//! #[derive(Debug)]
//! pub struct Count {
//!     sent: AtomicU64,
//! }
//!
//! impl Lifecycle for Count {
//!     fn start(_: &Start<'_>) -> Result<Self, WsaError> {
//!         Ok(Self { sent: AtomicU64::new(0) })
//!     }
//! }
//!
//! impl LayerProvider for Count {
//!     const ID: GUID = GUID { Data1: 0x6f1c_9a3e, Data2: 0x1d3b, Data3: 0x4c58, Data4: [0x9a; 8] };
//!
//!     fn moved(&self, _: SOCKET, moved: Moved, count: u32) {
//!         if moved == Moved::Sent {
//!             self.sent.fetch_add(count.into(), Ordering::Relaxed);
//!         }
//!     }
//! }
//!
//! impl Layer for Count {
//!     // What is not written here is passed on.
//!     fn shutdown(&self, next: &impl ServiceProvider, socket: SOCKET, how: i32) -> Result<(), WsaError> {
//!         println!("{} bytes so far", self.sent.load(Ordering::Relaxed));
//!         next.shutdown(socket, how)
//!     }
//! }
//!
//! wpu::export!(Layered<Count>);
//! # fn main() {}
//! ```
//!
//! # What the kit does
//!
//! - It finds the layer's place in the chain that it is started for, and what comes below: a layer gets
//!   the same protocol information, a base provider its own. `WPUGetProviderPath` says where that is
//!   installed. It gets the table of upcalls as it came, and must fill in all thirty functions.
//! - Each chain is opened when a client first uses it, and cleaned up in the last clean-up of the layer.
//! - Sockets have two handles, the client's and the one below. All that the layer sees is the client's.
//! - [`Below`] leads to what is below for threads of the layer's own.
//! - [`SocketStates`] keeps something for each socket, as long as the socket is there.
//! - `ifs`: each new handle is registered with `WPUModifyIFSHandle`. Overlapped requests are passed down
//!   as they are, so the layer sees them begin, and not end; it sees nothing of `ReadFile`, `WriteFile`
//!   and completion ports.
//! - `non_ifs`: each handle is made with `WPUCreateSocketHandle`. Its context is a key that cannot be
//!   mistaken for that of another socket. Overlapped requests are moved down and up, and
//!   [`LayerProvider::completed`] is told of their end. `WSPSelect` and `WSPAsyncSelect` are translated.
//!
//! # What it does not do
//!
//! - An `ifs` layer cannot see requests end that the provider below promised to complete: that is the
//!   price of the system's handles.
//! - Where sockets have handles of their own, functions that `SIO_GET_EXTENSION_FUNCTION_POINTER` would hand
//!   out are refused, because they would pass the layer by.
//! - On systems other than Windows, what was loaded is cleaned up and never unloaded: threads that ran
//!   some of it may run more when they end.
//! - `WPUQueryBlockingCallback` is for whoever blocks, which is the base.
//!
//! # One library, several layers
//!
//! A library may export several layers, also such as stand in the same chain. `WSPStartup` is not told
//! which of them is meant; the one is started that stands highest and is not just starting what is below.

mod below;
mod calls;
mod catalog;
mod chain;
mod handles;
mod interest;
mod loader;
mod messages;
mod next;
mod overlapped;
mod provider;
mod sockets;
mod states;
mod worker;

#[cfg(test)]
mod tests;

pub use self::below::Below;
pub use self::overlapped::Moved;
pub use self::states::SocketStates;

use wpu_sys as sys;

use self::below::Reach;
use self::chain::Chains;
use self::next::Next;
use self::overlapped::OverlappedRequests;
use self::states::States;
use self::sys::ffi::{GUID, SOCKET, WSAPROTOCOL_INFOW};
use self::sys::{Layer, ServiceProvider, Upcalls, WsaError};
use crate::__private::{Fixed, Import, Run};
use crate::instance::Instance;
use crate::provider::{WithLayer, assert_declares};
use crate::report::complain;
use crate::{Lifecycle, Provider, Start, class_of};
use std::any::TypeId;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wpu_sys::{Declaration, facts};

/// What the author of a layer says beside what it [overrides](Layer).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a layer",
    label = "this needs an `impl LayerProvider for {Self}`"
)]
pub trait LayerProvider: Lifecycle + WithLayer + Layer + Send + Sync {
    /// The id under which the layer's own entry is installed: the hidden one, of no chain.
    const ID: GUID;

    /// Bytes of a client were moved: by a call that has done it at once, or by an overlapped request that
    /// has ended. What an `ifs` layer promises through the provider below is not among it.
    ///
    /// It must not block. Within it the last clean-up is refused, as in any call.
    fn moved(&self, socket: SOCKET, moved: Moved, count: u32) {
        let _ = (socket, moved, count);
    }

    /// An overlapped request of a client has ended below, which the layer saw begin as
    /// [`Progress::Pending`](crate::Progress): with bytes and flags, or an error. The client is told
    /// after this.
    ///
    /// Only a `non_ifs` layer sees that, on a thread of the kit; it must not block there. Within it the last
    /// clean-up is refused, as in any call.
    fn completed(&self, socket: SOCKET, moved: Moved, result: &Result<(u32, u32), WsaError>) {
        let _ = (socket, moved, result);
    }
}

/// How often layers were started.
static RUNS: AtomicU64 = AtomicU64::new(0);

/// A layer with all that is below it, as Ws2_32 starts it: give it to [`export!`](crate::export).
pub struct Layered<L> {
    layer: Arc<L>,
    next: Next,
    /// Tells this run of the layer from others.
    run: u64,
}

/// As a call of the provider, so that the last clean-up waits for it or it finds no instance.
impl<L: LayerProvider> Reach for Instance<Layered<L>> {
    fn reach(&self, run: u64, body: &mut dyn FnMut(&dyn ServiceProvider)) -> Result<(), WsaError> {
        self.with(|started| {
            if started.run != run {
                return Err(WsaError::WSANOTINITIALISED);
            }
            body(&started.next);
            Ok(())
        })
    }
}

impl<L: LayerProvider> Layered<L> {
    /// The author's part.
    pub fn layer(&self) -> &L {
        &self.layer
    }
}

impl<L: LayerProvider> Provider for Layered<L> {
    type Upcalls = L::Upcalls;
    const DECLARATION: Declaration = {
        assert_declares(&L::DECLARATION, facts::kits::Layer::kit());
        L::DECLARATION
    };

    fn upcalls() -> L::Upcalls {
        L::upcalls()
    }

    const __RUN: Fixed<Run> = L::__RUN;
    const __IMPORTS: &'static [Import] = L::__IMPORTS;
}

impl<L: LayerProvider> Lifecycle for Layered<L> {
    const DESCRIPTION: &'static str = L::DESCRIPTION;

    fn serves(entry: &WSAPROTOCOL_INFOW) -> bool {
        // Where the catalog cannot be read the start says why.
        let there =
            catalog::entries().map_or(true, |entries| catalog::place(&entries, &L::ID, entry).is_some());
        there && !chain::is_starting(TypeId::of::<L>(), entry) && L::serves(entry)
    }

    fn __fits(entry: &WSAPROTOCOL_INFOW) -> bool {
        // The flags of a chain are those of its top layer.
        let place = catalog::entries().ok().and_then(|entries| catalog::place(&entries, &L::ID, entry));
        place.is_some_and(|place| !place.top) || class_of(entry) == L::DECLARATION.class
    }

    fn start(start: &Start<'_>) -> Result<Self, WsaError> {
        // Code by hand can come here without the declaration.
        const { assert_declares(&L::DECLARATION, facts::kits::Layer::kit()) };
        if !start.claim::<Self>() {
            complain(format_args!(
                "`Layered` starts only as what `export!` names, and not from within other code"
            ));
            return Err(WsaError::WSASYSNOTREADY);
        }
        let states = Arc::<States>::default();
        start.lend(Arc::clone(&states));
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        let instance = start.lent::<&'static Instance<Self>>().ok_or(WsaError::WSASYSNOTREADY)?;
        start.lend(Below::of(instance, run));
        let layer = Arc::new(L::start(start)?);
        let upcalls = Upcalls::new(L::__RUN.get().cell());
        let chains = Chains::new(L::ID, TypeId::of::<L>(), L::DECLARATION.class, upcalls, *start.table());
        chains.of(start.entry()).inspect_err(|_| states.end())?;
        let told = Arc::clone(&layer);
        let moves = OverlappedRequests::new::<L::__Itself>(move |socket, moved, result| {
            L::__RUN.get().call(|| {
                told.completed(socket, moved, result);
                if let Ok((count, _)) = result {
                    told.moved(socket, moved, *count);
                }
            });
        });
        let next = Next::new(upcalls, L::DECLARATION.class, chains, moves, states);
        Ok(Self { layer, next, run })
    }

    fn start_again(&self, start: &Start<'_>) -> Result<(), WsaError> {
        // What the author does with this start is not to begin another instance.
        let _ = start.claim::<Self>();
        self.next.chains.renew(*start.table())?;
        self.next.chains.of(start.entry())?;
        self.layer.start_again(start)
    }
}

impl<L: LayerProvider + fmt::Debug> fmt::Debug for Layered<L> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Layered")
            .field("layer", &self.layer)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}
