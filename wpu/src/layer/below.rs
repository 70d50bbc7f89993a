//! `Below`: access to the providers below a layer outside of its clients' calls.

use super::sys::{ServiceProvider, WsaError};
use crate::Start;
use crate::report::log;
use std::fmt;

/// Calls the providers below a layer outside of its clients' calls, from threads of the layer. These may keep
/// this value and its clones for any time.
///
/// A layer creates it in its [`start`](crate::Lifecycle::start). It is valid for that run of the layer: from
/// the first start-up to the last clean-up.
///
/// ```standalone_crate
/// # #![forbid(unsafe_code)]
/// # use wpu::layer::{Below, LayerProvider, Layered};
/// # use wpu::prelude::*;
/// /// Performs each `shutdown` in the background.
/// # #[wpu_provider(class = ifs, kit = layer, waives(WPUCloseSocketHandle, WPUQueryBlockingCallback = "left to the base"))]
/// pub struct Background {
///     below: Below,
/// }
///
/// impl Lifecycle for Background {
///     fn start(start: &Start<'_>) -> Result<Self, WsaError> {
///         Ok(Self { below: Below::new(start)? })
///     }
/// }
///
/// impl Layer for Background {
///     fn shutdown(&self, _: &impl ServiceProvider, socket: SOCKET, how: i32) -> Result<(), WsaError> {
///         let below = self.below.clone();
///         std::thread::spawn(move || below.call(|next| next.shutdown(socket, how)));
///         Ok(())
///     }
/// }
/// # impl LayerProvider for Background {
/// #     const ID: GUID = GUID { Data1: 0x6f1c_9a41, Data2: 0x1d3b, Data3: 0x4c58, Data4: [0x9a; 8] };
/// # }
/// # wpu::export!(Layered<Background>);
/// # fn main() {}
/// ```
///
/// # The end of a run
///
/// [`call`](Self::call) counts as a call of the layer, like that of a client. The last clean-up lets no
/// further call begin, and waits for those that have begun, but not for ever. A layer with threads of its own must
/// follow these rules, or its last clean-up leaves calls behind, or does not return:
///
/// - A thread returns from each `call`. A call that is blocked in the provider below returns when that
///   provider is cleaned up, by `next.cleanup()`. Anything else that a thread waits for within a `call` is
///   ended by the layer's own [`cleanup`](wpu_sys::Layer::cleanup).
/// - A thread whose `call` fails with `WSANOTINITIALISED` stops: no later call of this `Below` succeeds.
///   (Calls also fail with this error before the start is complete; a thread makes its first call for a
///   socket of a client, which comes later.)
/// - No thread may wait, before `next.cleanup()` has returned, for a thread that is in a `call` or will make
///   one that blocks. Threads can be joined after that: in `cleanup`, or where the layer is dropped.
///
/// A thread that is not joined may run after the last clean-up: the library stays loaded once a `Below` is
/// created.
#[derive(Clone)]
pub struct Below {
    layer: &'static dyn Reach,
    run: u64,
}

/// Access to the instance of a layer while there is one.
pub(super) trait Reach: Sync {
    /// Runs `body` with the provider below the layer, in a call of the layer.
    ///
    /// # Errors
    ///
    /// `WSANOTINITIALISED` if the instance does not belong to this run, and `WSASYSCALLFAILURE` if `body`
    /// panics.
    fn reach(&self, run: u64, body: &mut dyn FnMut(&dyn ServiceProvider)) -> Result<(), WsaError>;
}

impl Below {
    /// Creates the access for the layer that is being started.
    ///
    /// # Errors
    ///
    /// `WSASYSNOTREADY` if `start` is not the first start of a layer, by [`Layered`](super::Layered).
    pub fn new(start: &Start<'_>) -> Result<Self, WsaError> {
        let Some(below) = start.lent::<Self>() else {
            log(format_args!(
                "a `Below` can be created only in the `start` of a layer that is exported as `Layered`"
            ));
            return Err(WsaError::WSASYSNOTREADY);
        };
        // Threads that use it may run after the last clean-up, when the host could unload the library.
        crate::module::stay();
        Ok(below)
    }

    /// Creates the access for this run of the layer, which may not have an instance yet.
    pub(super) fn of(layer: &'static dyn Reach, run: u64) -> Self {
        Self { layer, run }
    }

    /// Runs `body` with the providers below, which appear as one provider with the handles that the clients
    /// know, as in each method of [`Layer`](wpu_sys::Layer). The layer itself does not receive these calls,
    /// and is not notified of the bytes that they [transfer](super::LayerProvider::moved).
    ///
    /// It can also be called within a call of a client. Within `body` the last clean-up is refused, as in any
    /// call.
    ///
    /// The client may close the socket at any time, and the system may assign its handle to another socket.
    /// To detect that, a layer keeps the result of [`SocketStates::get`](super::SocketStates::get) for the
    /// socket and compares it.
    ///
    /// # Errors
    ///
    /// `WSANOTINITIALISED` before the start is complete, and permanently once the last clean-up has begun:
    /// then `body` does not run. `WSASYSCALLFAILURE` if `body` panics, and otherwise the errors of `body`.
    pub fn call<R>(
        &self,
        body: impl FnOnce(&dyn ServiceProvider) -> Result<R, WsaError>,
    ) -> Result<R, WsaError> {
        let (mut body, mut answer) = (Some(body), None);
        self.layer.reach(self.run, &mut |next| answer = body.take().map(|body| body(next)))?;
        answer.unwrap_or(Err(WsaError::WSASYSCALLFAILURE))
    }
}

impl fmt::Debug for Below {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = self.call(|_| Ok(())).is_ok();
        out.debug_struct("Below").field("open", &open).finish_non_exhaustive()
    }
}
