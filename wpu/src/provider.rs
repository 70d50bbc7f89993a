//! The trait that `#[wpu_provider]` implements.

use crate::__private::{Fixed, Import, Run};
use wpu_sys::Declaration;
#[cfg(any(feature = "base", feature = "layer"))]
use wpu_sys::Kit;

/// A Winsock service provider. [`wpu_provider`](crate::wpu_provider) implements it.
pub trait Provider: Sized + 'static {
    /// The type with a method for each upcall that the provider declares.
    type Upcalls: Copy;

    /// The declaration of the provider.
    const DECLARATION: Declaration;

    /// The declared upcalls. This can be called at any time; upcalls fail while the provider is not started.
    fn upcalls() -> Self::Upcalls;

    /// The current table, with the counts of start-ups and calls.
    #[doc(hidden)]
    const __RUN: Fixed<Run>;

    /// The declared upcalls that are exported by name, for tables without a slot for them.
    #[doc(hidden)]
    const __IMPORTS: &'static [Import];
}

/// The `Run` of `P`, for this crate.
#[cfg(feature = "provider")]
#[inline]
pub(crate) fn run_of<P: Provider>() -> &'static Run {
    // SAFETY: this crate makes no upcall through the cell that `P` has not declared: a completion is reported
    // only for a provider that declares the upcalls for it (`Serve::COMPLETES`), and a kit takes only a
    // provider whose declaration covers the kit.
    unsafe { P::__RUN.get() }
}

/// A provider that names a kit in its attribute, which permits the kit to make upcalls on its behalf.
///
/// `K` is one of the types in [`facts::kits`](crate::facts::kits). [`wpu_provider`](crate::wpu_provider)
/// implements it.
#[diagnostic::on_unimplemented(
    message = "provider `{Self}` does not name the kit `{K}`",
    label = "this needs the kit `{K}`",
    note = "add `kit = …`, with the kit's name in snake case, to its `#[wpu_provider(…)]`"
)]
pub trait WithKit<K>: Provider {}

/// The requirement of a transport: a provider that names the kit `base`.
#[cfg(feature = "base")]
#[diagnostic::on_unimplemented(
    message = "provider `{Self}` does not name the kit `base`",
    label = "this needs the kit `base`",
    note = "write `kit = base` in its `#[wpu_provider(…)]`"
)]
pub trait WithBase {
    /// The type itself, as in [`EntryPoint`](crate::EntryPoint).
    #[doc(hidden)]
    type __Itself: WithKit<wpu_sys::facts::kits::Base> + wpu_sys::facts::Completes;
}

#[cfg(feature = "base")]
#[diagnostic::do_not_recommend]
impl<P: WithKit<wpu_sys::facts::kits::Base> + wpu_sys::facts::Completes> WithBase for P {
    type __Itself = P;
}

/// The requirement of a layer: a provider that names the kit `layer`.
#[cfg(feature = "layer")]
#[diagnostic::on_unimplemented(
    message = "provider `{Self}` does not name the kit `layer`",
    label = "this needs the kit `layer`",
    note = "write `kit = layer` in its `#[wpu_provider(…)]`"
)]
pub trait WithLayer {
    /// The type itself, as in [`EntryPoint`](crate::EntryPoint).
    #[doc(hidden)]
    type __Itself: WithKit<wpu_sys::facts::kits::Layer> + wpu_sys::facts::Completes;
}

#[cfg(feature = "layer")]
#[diagnostic::do_not_recommend]
impl<P: WithKit<wpu_sys::facts::kits::Layer> + wpu_sys::facts::Completes> WithLayer for P {
    type __Itself = P;
}

/// Refuses to build a provider whose declaration omits upcalls that `kit` makes: a hand-written impl can
/// satisfy the bound [`WithKit`] with another declaration.
///
/// ```compile_fail,E0080
/// use wpu::layer::{LayerProvider, Layered};
/// use wpu::prelude::*;
///
/// #[wpu_provider(class = ifs, kit = requests, waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUModifyIFSHandle,
///     WPUPostMessage, WPUQueryBlockingCallback = "not declared"))]
/// struct Silent;
///
/// impl wpu::WithKit<wpu::facts::kits::Layer> for Silent {}
/// impl Layer for Silent {}
/// impl Lifecycle for Silent {
///     fn start(_: &Start<'_>) -> Result<Self, WsaError> {
///         Ok(Self)
///     }
/// }
///
/// impl LayerProvider for Silent {
///     const ID: GUID = GUID::ZERO;
/// }
///
/// wpu::export!(Layered<Silent>);
/// # fn main() {}
/// ```
///
/// The same holds for a transport: with `kit = base` in place of `kit = requests`, and without the
/// hand-written `impl`, this builds.
///
/// ```compile_fail,E0080
/// use std::net::Shutdown;
/// use wpu::base::{Address, Base, Endpoint, Kind, Notify, Receive, Transport};
/// use wpu::prelude::*;
///
/// #[wpu_provider(class = non_ifs, kit = requests, waives(WPUCloseSocketHandle, WPUCreateSocketHandle, WPUGetProviderPath,
///     WPUPostMessage, WPUQueryBlockingCallback, WPUQuerySocketHandleContext = "not declared"))]
/// struct Silent;
///
/// impl wpu::WithKit<wpu::facts::kits::Base> for Silent {}
/// impl Lifecycle for Silent {
///     fn start(_: &Start<'_>) -> Result<Self, WsaError> { Ok(Self) }
/// }
///
/// impl Transport for Silent {
///     type Endpoint = Nowhere;
///     fn open(&self, _: Kind, _: Notify) -> Result<Nowhere, WsaError> { Ok(Nowhere) }
/// }
///
/// struct Nowhere;
/// impl Endpoint for Nowhere {
///     fn bind(&self, _: &Address) -> Result<(), WsaError> { Ok(()) }
///     fn local(&self) -> Result<Address, WsaError> { Err(WsaError::WSAEINVAL) }
///     fn peer(&self) -> Result<Address, WsaError> { Err(WsaError::WSAEINVAL) }
///     fn connect(&self, _: &Address) -> Result<(), WsaError> { Ok(()) }
///     fn receive(&self, _: &mut [u8], _: Receive) -> Result<usize, WsaError> { Ok(0) }
///     fn send(&self, _: &[u8]) -> Result<usize, WsaError> { Ok(0) }
///     fn shutdown(&self, _: Shutdown) -> Result<(), WsaError> { Ok(()) }
/// }
///
/// wpu::export!(Base<Silent>);
/// # fn main() {}
/// ```
#[cfg(any(feature = "base", feature = "layer"))]
pub(crate) const fn assert_declares(declaration: &Declaration, kit: &Kit) {
    assert!(
        declaration.covers(kit),
        "the provider does not declare each upcall that its kit makes: write `kit = base` for `Base`, and `kit = layer` \
         for `Layered`, in its `#[wpu_provider(\u{2026})]`"
    );
}
