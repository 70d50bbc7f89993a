//! How a provider is started, and the data that its start-up receives.

use crate::Provider;
use crate::instance::Instance;
use std::any::{Any, TypeId};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use wpu_sys::ffi::{WSAPROTOCOL_INFOW, WSPUPCALLTABLE, XP1_IFS_HANDLES};
use wpu_sys::rt::fixed::Fixed;
use wpu_sys::rt::sync::lock;
use wpu_sys::{Class, ServiceProvider, WsaError};

/// Creates the instance of a provider of any kind: one that implements all functions itself ([`EntryPoint`]),
/// a transport, or a layer.
///
/// There is one instance for each run, from the first start-up to the last clean-up. The last clean-up calls
/// [`cleanup`](ServiceProvider::cleanup), which must end whatever blocks the running calls. It then waits for
/// these calls, drops the instance, and waits until each [`PendingRequest`](wpu_sys::PendingRequest) that
/// exists elsewhere is completed or dropped. Upcalls can be made until then, and not afterwards.
///
/// Calls that do not return are left behind after five seconds, or after one in a layer, where they may be blocked in
/// the provider below: the library then stays loaded, and the instance is dropped when the last one has returned. A
/// clean-up while the process is ending does nothing.
#[diagnostic::on_unimplemented(
    message = "provider `{Self}` does not implement its start-up",
    label = "this needs an `impl Lifecycle for {Self}`"
)]
pub trait Lifecycle: Provider {
    /// The description of the provider in `WSPDATA`, of up to 255 characters.
    const DESCRIPTION: &'static str = "";

    /// Whether a catalog entry belongs to this provider, for a DLL with several providers. An entry whose
    /// `XP1_IFS_HANDLES` flag contradicts the provider's class never does.
    ///
    /// `WSPStartupEx` receives the entry of the TCP/IP provider instead of an entry of this DLL. The flag is
    /// then ignored, and only providers of class `non_ifs` are asked.
    #[must_use]
    #[inline]
    fn serves(entry: &WSAPROTOCOL_INFOW) -> bool {
        let _ = entry;
        true
    }

    /// Creates the provider, in the first start-up of a run.
    ///
    /// # Errors
    ///
    /// The error that `WSPStartup` returns, which should be one that its documentation names.
    fn start(start: &Start<'_>) -> Result<Self, WsaError>;

    /// Called for each further start-up, which may be for another catalog entry.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    #[inline]
    fn start_again(&self, start: &Start<'_>) -> Result<(), WsaError> {
        let _ = start;
        Ok(())
    }

    /// Whether calls may be blocked in a provider below.
    #[doc(hidden)]
    const __IS_ABOVE: bool = false;

    /// Whether the class of the entry matches. A layer is also started for entries that belong to the layer
    /// above.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    fn __fits(entry: &WSAPROTOCOL_INFOW) -> bool {
        class_of(entry).id() == Self::DECLARATION.class
    }
}

/// A start-up of a provider of type `of`.
#[inline]
pub(crate) fn start_of<'a>(entry: &'a WSAPROTOCOL_INFOW, table: &'a WSPUPCALLTABLE, of: TypeId) -> Start<'a> {
    Start { entry, table, of, claimed: AtomicBool::new(false), lent: Mutex::default() }
}

/// A provider that implements all functions, for which [`export!`](crate::export) defines entry points. Each
/// [`ServiceProvider`] with a [`Lifecycle`] is one; so are [`Base`](crate::base::Base) and
/// [`Layered`](crate::layer::Layered), over a transport and over a layer.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be exported",
    label = "this type does not implement `EntryPoint`",
    note = "add the attribute `#[wpu_provider(…)]` to it, and implement `ServiceProvider` and `Lifecycle` for it",
    note = "export a type that implements `Transport` as `Base<…>`, and one that implements `LayerProvider` as `Layered<…>`"
)]
pub trait EntryPoint: Sized {
    /// The type itself. The bounds are here and not on the trait, so that the compiler shows the message
    /// above.
    #[doc(hidden)]
    type __Itself: Lifecycle + ServiceProvider + Send + Sync;

    /// Converts an instance to the type with these bounds. Other crates cannot implement it.
    #[doc(hidden)]
    fn __of(instance: Fixed<Instance<Self>>, _: sealed::Sealed) -> Fixed<Instance<Self::__Itself>>;
}

#[diagnostic::do_not_recommend]
impl<P: Lifecycle + ServiceProvider + Send + Sync> EntryPoint for P {
    type __Itself = P;

    #[inline]
    fn __of(instance: Fixed<Instance<P>>, _: sealed::Sealed) -> Fixed<Instance<P>> {
        instance
    }
}

pub(crate) mod sealed {
    /// A type that only this crate can name, so that only this crate can implement a function with such a
    /// parameter.
    #[derive(Debug)]
    pub struct Sealed;
}

/// The class of the provider to which a catalog entry belongs.
#[must_use]
#[inline]
pub const fn class_of(entry: &WSAPROTOCOL_INFOW) -> Class {
    if entry.dwServiceFlags1 & XP1_IFS_HANDLES == 0 { Class::NonIfs } else { Class::Ifs }
}

/// The arguments of one start-up. Only an [entry point](crate::export) creates this, from what the host has
/// passed.
#[derive(Debug)]
pub struct Start<'a> {
    entry: &'a WSAPROTOCOL_INFOW,
    table: &'a WSPUPCALLTABLE,
    /// The type that is started.
    of: TypeId,
    claimed: AtomicBool,
    /// The values that the kit of the provider offers to its author's code.
    lent: Mutex<Vec<Box<dyn Any + Send + Sync>>>,
}

impl<'a> Start<'a> {
    /// The catalog entry for which the provider is started.
    #[must_use]
    #[inline]
    pub fn entry(&self) -> &'a WSAPROTOCOL_INFOW {
        self.entry
    }

    /// The table, unmodified, which a layer passes to the provider below.
    #[must_use]
    #[inline]
    pub fn table(&self) -> &'a WSPUPCALLTABLE {
        self.table
    }

    /// Whether `P` is the type that the entry point starts, and this is the first call: then the instance
    /// that `P` creates lives until the last clean-up.
    #[cfg_attr(not(feature = "layer"), allow(dead_code, reason = "only layers ask"))]
    pub(crate) fn claim<P: 'static>(&self) -> bool {
        self.of == TypeId::of::<P>() && !self.claimed.swap(true, Ordering::Relaxed)
    }

    /// Stores a value of a kit for the author's code, which [finds](Self::lent) it by its type.
    pub(crate) fn lend<T: Any + Send + Sync>(&self, value: T) {
        lock(&self.lent).push(Box::new(value));
    }

    /// The value of this type that a kit has stored. `None` if this is not the first start-up of the kit's
    /// provider.
    #[cfg_attr(not(feature = "layer"), allow(dead_code, reason = "only layers ask"))]
    pub(crate) fn lent<T: Any + Clone>(&self) -> Option<T> {
        let lent = lock(&self.lent);
        lent.iter().find_map(|value| value.downcast_ref::<T>().cloned())
    }
}
