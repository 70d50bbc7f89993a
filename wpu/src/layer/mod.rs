//! The kit for layers: providers between clients and another provider, which pass on the calls that they do
//! not change.
//!
//! A layer is a struct with the attribute. Its [`Layer`] impl overrides the functions that it handles, and
//! [`LayerProvider::ID`] is the id under which it is installed. [`Layered`] turns it into a provider:
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
//!     // All other functions are passed on.
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
//! - It finds the layer's position in the chain for which it is started, and the provider below: another
//!   layer receives the same protocol information, a base provider its own. `WPUGetProviderPath` returns the
//!   path of that provider. The provider below receives the table of upcalls unmodified, and must fill in all
//!   thirty functions.
//! - Each chain is opened when a client first uses it, and cleaned up in the last clean-up of the layer.
//! - Sockets have two handles: the client's and the lower one. The layer receives the client's handle only.
//! - [`Below`] gives threads of the layer access to the providers below.
//! - [`SocketStates`] keeps a value for each socket while the socket exists.
//! - `ifs`: each new handle is registered with `WPUModifyIFSHandle`. Overlapped requests are passed down
//!   unmodified, so the layer observes their start but not their completion. It does not observe `ReadFile`,
//!   `WriteFile` and completion ports.
//! - `non_ifs`: each handle is created with `WPUCreateSocketHandle`. Its context is a key that is never
//!   confused with that of another socket. Overlapped requests are replaced by requests of the layer, and
//!   [`LayerProvider::completed`] is called when they complete. `WSPSelect` and `WSPAsyncSelect` are
//!   translated.
//!
//! # What it does not do
//!
//! - An `ifs` layer cannot observe the completion of requests that the provider below completes later: this
//!   is inherent in handles of the system.
//! - If sockets have handles of their own, queries for functions by `SIO_GET_EXTENSION_FUNCTION_POINTER` and
//!   `SIO_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER` are refused, because these functions would bypass the layer.
//! - On systems other than Windows, libraries are cleaned up but never unloaded: threads that ran their code
//!   may run more of it when they end.
//! - `WPUQueryBlockingCallback` is for providers that block, such as the base provider.
//!
//! # One library, several layers
//!
//! A library may export several layers, even layers of the same chain. `WSPStartup` does not state which of
//! them is meant: the kit starts the highest layer of the chain that is not currently starting the provider
//! below it.

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
use self::sys::{CompletionResult, Layer, ServiceProvider, Upcalls, WsaError};
use crate::__private::{Fixed, Import, Run};
use crate::instance::Instance;
use crate::provider::run_of;
use crate::provider::{WithLayer, assert_declares};
use crate::report::log;
use crate::{Lifecycle, Provider, Start, class_of};
use std::any::TypeId;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wpu_sys::{Class, Declaration, facts};

/// The part of a layer that its author implements beside the functions that it [overrides](Layer).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a layer",
    label = "this needs an `impl LayerProvider for {Self}`"
)]
pub trait LayerProvider: Lifecycle + WithLayer + Layer + Send + Sync {
    /// The id under which the layer's own hidden entry is installed.
    const ID: GUID;

    /// Called when bytes of a client were transferred: by a call that completed immediately, or by an
    /// overlapped request that has completed. It is not called for requests of an `ifs` layer that complete
    /// later.
    ///
    /// It must not block. Within it the last clean-up is refused, as in any call.
    fn moved(&self, socket: SOCKET, moved: Moved, count: u32) {
        let _ = (socket, moved, count);
    }

    /// Called when an overlapped request of a client has completed below, with what it has transferred or an error,
    /// or both where the documentation defines that, if the layer saw it start as [`Progress::Pending`](crate::Progress). The completion is reported to the
    /// client afterwards.
    ///
    /// Only a `non_ifs` layer receives this call, on a thread of the kit; it must not block there. Within it
    /// the last clean-up is refused, as in any call.
    fn completed(&self, socket: SOCKET, moved: Moved, completion: &CompletionResult) {
        let _ = (socket, moved, completion);
    }
}

/// The number of layers that were started, over all layers of the library.
static RUNS: AtomicU64 = AtomicU64::new(0);

/// A layer with the providers below it, as Ws2_32 starts it: pass it to [`export!`](crate::export).
pub struct Layered<L> {
    layer: Arc<L>,
    next: Next,
    /// Identifies this run of the layer.
    run: u64,
}

/// Runs as a call of the provider, so that either the last clean-up waits for it or it finds no instance.
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
    /// The author's layer.
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
    const __IS_ABOVE: bool = true;

    fn serves(entry: &WSAPROTOCOL_INFOW) -> bool {
        // If the catalog cannot be read, the start-up reports the error.
        let there =
            catalog::entries().map_or(true, |entries| catalog::place(&entries, &L::ID, entry).is_some());
        there && !chain::is_starting(TypeId::of::<L>(), entry) && L::serves(entry)
    }

    fn __fits(entry: &WSAPROTOCOL_INFOW) -> bool {
        // The flags of a chain are those of its top layer.
        let place = catalog::entries().ok().and_then(|entries| catalog::place(&entries, &L::ID, entry));
        place.is_some_and(|place| !place.top) || class_of(entry).id() == L::DECLARATION.class
    }

    fn start(start: &Start<'_>) -> Result<Self, WsaError> {
        // Hand-written code can reach this point without the declaration.
        const { assert_declares(&L::DECLARATION, facts::kits::Layer::kit()) };
        if !start.claim::<Self>() {
            log(format_args!(
                "`Layered` can be started only as the type that `export!` names, and not from within other code"
            ));
            return Err(WsaError::WSASYSNOTREADY);
        }
        let states = Arc::<States>::default();
        start.lend(Arc::clone(&states));
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        let instance = start.lent::<&'static Instance<Self>>().ok_or(WsaError::WSASYSNOTREADY)?;
        start.lend(Below::of(instance, run));
        let layer = Arc::new(L::start(start)?);
        let upcalls = Upcalls::new(run_of::<L>().cell());
        let chains =
            Chains::new(L::ID, TypeId::of::<L>(), Class::of(L::DECLARATION.class), upcalls, *start.table());
        chains.of(start.entry()).inspect_err(|_| states.end())?;
        let told = Arc::clone(&layer);
        let moves = OverlappedRequests::new::<L::__Itself>(move |socket, moved, completion| {
            run_of::<L>().call(|| {
                told.completed(socket, moved, completion);
                if let Some(bytes) =
                    completion.ok().and_then(|outcome| moved.bytes(&outcome.map(|of| of.bytes)))
                {
                    told.moved(socket, moved, bytes);
                }
            });
        });
        let next = Next::new(upcalls, Class::of(L::DECLARATION.class), chains, moves, states);
        Ok(Self { layer, next, run })
    }

    fn start_again(&self, start: &Start<'_>) -> Result<(), WsaError> {
        // The author's code must not start another instance with this start.
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
