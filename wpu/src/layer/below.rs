//! The providers below a layer, for code of the layer that runs outside of its clients' calls.

use super::sys::{ServiceProvider, WsaError};
use crate::Start;
use crate::report::complain;
use std::fmt;

/// Calls the providers below a layer when no client calls the layer: from threads of the layer's own, which may have this and
/// its clones as long as they like.
///
/// A layer makes it in its [`start`](crate::Lifecycle::start). It is of that run of the layer: from the first start-up to the last
/// clean-up.
///
/// ```standalone_crate
/// # #![forbid(unsafe_code)]
/// # use wpu::layer::{Below, LayerProvider, Layered};
/// # use wpu::prelude::*;
/// /// Lets no client wait for a `shutdown`.
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
/// # The end
///
/// [`call`](Self::call) is a call of the layer like one of a client. The last clean-up lets none begin any more, and waits
/// for those that have begun. So a layer with threads of its own keeps these rules, or its last clean-up does not return:
///
/// - A thread returns from each `call`. One that is blocked in the provider below returns when that is cleaned up, which
///   `next.cleanup()` does. Whatever else it waits for within a `call` is ended by the layer's own
///   [`cleanup`](wpu_sys::Layer::cleanup).
/// - A thread whose `call` fails with `WSANOTINITIALISED` stops: no later one of this `Below` succeeds. (Before the start is over
///   calls fail so too; a thread makes its first one for a socket of a client, which comes later.)
/// - Nobody waits for a thread that is in a `call`, or will make one that blocks, before `next.cleanup()` has returned. After that,
///   in `cleanup` or where the layer is dropped, is the place to join threads.
///
/// A thread that is not joined may run on after the last clean-up: the library stays loaded once a `Below` is made.
#[derive(Clone)]
pub struct Below {
    layer: &'static dyn Reach,
    run: u64,
}

/// Where a layer's instance is, as long as there is one.
pub(super) trait Reach: Sync {
    /// Runs `body` with what is below the layer, in a call of it.
    ///
    /// # Errors
    ///
    /// `WSANOTINITIALISED` if the instance is not that of this run, and `WSASYSCALLFAILURE` if `body` panics.
    fn reach(&self, run: u64, body: &mut dyn FnMut(&dyn ServiceProvider)) -> Result<(), WsaError>;
}

impl Below {
    /// For the layer that is being started.
    ///
    /// # Errors
    ///
    /// `WSASYSNOTREADY` if `start` is not the first start of a layer, by [`Layered`](super::Layered).
    pub fn new(start: &Start<'_>) -> Result<Self, WsaError> {
        let Some(below) = start.lent::<Self>() else {
            complain(format_args!("`Below` is made in the `start` of a layer that is exported as `Layered`"));
            return Err(WsaError::WSASYSNOTREADY);
        };
        // Threads that have it may run when the last clean-up is over, and then the host may unload the library.
        crate::module::stay();
        Ok(below)
    }

    /// For this run of that layer, which may not have an instance yet.
    pub(super) fn of(layer: &'static dyn Reach, run: u64) -> Self {
        Self { layer, run }
    }

    /// Runs `body` with the providers below, which it sees as one under the handles that the clients know, as each method of
    /// [`Layer`](wpu_sys::Layer) does. The layer itself does not see these calls, and is not told what they
    /// [move](super::LayerProvider::moved).
    ///
    /// Within a call of a client this works, too. Within `body` the last clean-up is refused, as in any call.
    ///
    /// The client may close the socket at any time, and the system may give its handle to another one. A layer that has to
    /// know keeps what [`SocketStates::get`](super::SocketStates::get) gives for it, and compares that.
    ///
    /// # Errors
    ///
    /// `WSANOTINITIALISED` before the start is over and once the last clean-up has begun, for ever: then `body` does not run.
    /// `WSASYSCALLFAILURE` if it panics, and otherwise those of `body`.
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
