//! How a provider is started, and what it is told then.

use crate::Provider;
use crate::fixed::Fixed;
use crate::instance::Instance;
use crate::sync::lock;
use std::any::{Any, TypeId};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use wpu_sys::ffi::{WSAPROTOCOL_INFOW, WSPUPCALLTABLE, XP1_IFS_HANDLES};
use wpu_sys::{Class, ServiceProvider, WsaError};

/// How an instance of a provider comes to be, whatever the provider is: one that answers all functions itself
/// ([`EntryPoint`]), a transport or a layer.
///
/// There is one instance for each run, from the first start-up to the last clean-up. That one lets
/// [`cleanup`](ServiceProvider::cleanup) run, which is to end what blocks the calls that are under way,
/// waits for them, drops the instance, and waits until each [`PendingRequest`](wpu_sys::PendingRequest) that lives elsewhere
/// is completed or dropped. Upcalls can be made all that time, and not after it.
#[diagnostic::on_unimplemented(
    message = "provider `{Self}` does not say how it is started",
    label = "this needs an `impl Lifecycle for {Self}`"
)]
pub trait Lifecycle: Provider {
    /// What the provider says of itself, in `WSPDATA`: up to 255 characters.
    const DESCRIPTION: &'static str = "";

    /// Whether a catalog entry is this provider's, where one DLL has several. An entry whose
    /// `XP1_IFS_HANDLES` flag contradicts the provider's class never is.
    ///
    /// `WSPStartupEx` gets the entry of the TCP/IP provider in place of one of this DLL. There the flag does not
    /// count, and providers of class `non_ifs` alone are asked.
    #[must_use]
    fn serves(entry: &WSAPROTOCOL_INFOW) -> bool {
        let _ = entry;
        true
    }

    /// Makes the provider, in the first start-up of a run.
    ///
    /// # Errors
    ///
    /// What `WSPStartup` is to answer; one of the codes that its documentation names.
    fn start(start: &Start<'_>) -> Result<Self, WsaError>;

    /// Runs in every other start-up, which may be for another catalog entry.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    fn start_again(&self, start: &Start<'_>) -> Result<(), WsaError> {
        let _ = start;
        Ok(())
    }

    /// Whether the entry's class fits. A layer is also started for entries that belong to the layer above.
    #[doc(hidden)]
    #[must_use]
    fn __fits(entry: &WSAPROTOCOL_INFOW) -> bool {
        class_of(entry) == Self::DECLARATION.class
    }
}

/// The start of a provider of type `of`.
pub(crate) fn start_of<'a>(entry: &'a WSAPROTOCOL_INFOW, table: &'a WSPUPCALLTABLE, of: TypeId) -> Start<'a> {
    Start { entry, table, of, claimed: AtomicBool::new(false), lent: Mutex::default() }
}

/// What [`export!`](crate::export) makes the entries of a library for: a provider that answers all functions. Whatever
/// is a [`ServiceProvider`] and says how it [starts](Lifecycle) is one; so are [`Base`](crate::base::Base) and
/// [`Layered`](crate::layer::Layered), over a transport and over a layer.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be exported",
    label = "this is not an `EntryPoint`",
    note = "give it the attribute `#[wpu_provider(…)]`, and implement `ServiceProvider` and `Lifecycle` for it",
    note = "what implements `Transport` is exported as `Base<…>`, and what implements `LayerProvider` as `Layered<…>`"
)]
pub trait EntryPoint: Sized {
    /// The type itself. What it can do stands here and not in supertraits, so that the compiler says above what is missing.
    #[doc(hidden)]
    type __Itself: Lifecycle + ServiceProvider + Send + Sync;

    /// The same instance, as one of a type that can all that. Nobody else can implement it.
    #[doc(hidden)]
    fn __of(instance: Fixed<Instance<Self>>, _: sealed::Sealed) -> Fixed<Instance<Self::__Itself>>;
}

#[diagnostic::do_not_recommend]
impl<P: Lifecycle + ServiceProvider + Send + Sync> EntryPoint for P {
    type __Itself = P;

    fn __of(instance: Fixed<Instance<P>>, _: sealed::Sealed) -> Fixed<Instance<P>> {
        instance
    }
}

pub(crate) mod sealed {
    /// What only this library can name, so that only it can implement a function that takes one.
    #[derive(Debug)]
    pub struct Sealed;
}

/// The class of the provider that a catalog entry belongs to.
#[must_use]
pub const fn class_of(entry: &WSAPROTOCOL_INFOW) -> Class {
    if entry.dwServiceFlags1 & XP1_IFS_HANDLES == 0 { Class::NonIfs } else { Class::Ifs }
}

/// One start-up. Only an [entry](crate::export) makes one, of what the host passed along.
#[derive(Debug)]
pub struct Start<'a> {
    entry: &'a WSAPROTOCOL_INFOW,
    table: &'a WSPUPCALLTABLE,
    /// The type that is started.
    of: TypeId,
    claimed: AtomicBool,
    /// What the kit that starts the provider has for its author.
    lent: Mutex<Vec<Box<dyn Any + Send + Sync>>>,
}

impl<'a> Start<'a> {
    /// The catalog entry that the provider is started for.
    #[must_use]
    pub fn entry(&self) -> &'a WSAPROTOCOL_INFOW {
        self.entry
    }

    /// The table as it arrived, for a layer to hand to the provider below as it is.
    #[must_use]
    pub fn table(&self) -> &'a WSPUPCALLTABLE {
        self.table
    }

    /// Whether `P` is what the entry starts, and this the first time that it asks: so the instance that
    /// `P` makes is the one that lives until the last clean-up, and not longer.
    #[cfg_attr(not(feature = "layer"), allow(dead_code, reason = "only layers ask"))]
    pub(crate) fn claim<P: 'static>(&self) -> bool {
        self.of == TypeId::of::<P>() && !self.claimed.swap(true, Ordering::Relaxed)
    }

    /// Keeps something of a kit for the author's code, which [finds](Self::lent) it by its type.
    pub(crate) fn lend<T: Any + Send + Sync>(&self, value: T) {
        lock(&self.lent).push(Box::new(value));
    }

    /// What a kit has lent of this type. `None` if this is not the first start of what the kit makes.
    #[cfg_attr(not(feature = "layer"), allow(dead_code, reason = "only layers ask"))]
    pub(crate) fn lent<T: Any + Clone>(&self) -> Option<T> {
        let lent = lock(&self.lent);
        lent.iter().find_map(|value| value.downcast_ref::<T>().cloned())
    }
}
