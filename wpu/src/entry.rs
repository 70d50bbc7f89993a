//! The entries that a host calls by name, from the provider's side of the border.

use crate::Provider;
use crate::fixed::Fixed;
use crate::instance::Instance;
use crate::lifecycle::sealed::Sealed;
use crate::lifecycle::{EntryPoint, Lifecycle, Start, class_of, start_of};
use crate::panic::contain;
use crate::report::{complain, failure};
use crate::startup::StartError;
use crate::{completion, kept};
use std::any::TypeId;
use std::marker::PhantomData;
use wpu_sys::ffi::{
    SOCKET_ERROR, WINSOCK_VERSION as VERSION, WSAPROTOCOL_INFOW, WSPDATA, WSPPROC_TABLE, WSPUPCALLTABLE,
    WSPUPCALLTABLEEX,
};
use wpu_sys::{Class, CompletionVtable, RawTable, Serve, ServiceProvider, Table, UpcallSet, WsaError};

/// A place of a library where one of its providers is exported.
///
/// The `Instance` is a constant, so that every function of the provider's table goes through the same one, and it is
/// of the provider's type, so that none of them can take another type's instance for its own.
#[doc(hidden)]
pub trait Exported: 'static {
    /// What is exported.
    type Provider: EntryPoint;
    /// What leads to its instance.
    const INSTANCE: Fixed<Instance<Self::Provider>>;
}

/// What `E` exports.
type Exports<E> = <<E as Exported>::Provider as EntryPoint>::__Itself;

/// What leads to its instance.
fn instance<E: Exported>() -> &'static Instance<Exports<E>> {
    E::Provider::__of(E::INSTANCE, Sealed).get()
}

/// One of the providers of a DLL, as its entries see it.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Starter {
    name: &'static str,
    description: &'static str,
    class: Class,
    fits: fn(&WSAPROTOCOL_INFOW) -> bool,
    serves: fn(&WSAPROTOCOL_INFOW) -> bool,
    of: fn() -> TypeId,
    start: unsafe fn(&Start<'_>, &Received<'_>) -> Result<(), StartError>,
    functions: fn() -> WSPPROC_TABLE,
}

impl Starter {
    /// The provider that `E` exports.
    #[must_use]
    pub const fn of<E: Exported>() -> Self {
        Self {
            name: Exports::<E>::DECLARATION.provider,
            description: Exports::<E>::DESCRIPTION,
            class: Exports::<E>::DECLARATION.class,
            fits: Exports::<E>::__fits,
            serves: Exports::<E>::serves,
            of: TypeId::of::<Exports<E>>,
            start: start::<E>,
            functions: functions::<E>,
        }
    }
}

/// A table as one of the entries received it.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Received<'a> {
    /// By `WSPStartup`.
    Plain(&'a WSPUPCALLTABLE),
    /// By `WSPStartupEx`.
    Ex(&'a WSPUPCALLTABLEEX),
}

impl<'a> Received<'a> {
    /// What the two kinds of tables have in common.
    fn plain(self) -> &'a WSPUPCALLTABLE {
        match self {
            Self::Plain(table) => table,
            // SAFETY: the longer table begins with the members of the shorter one, in the same places.
            Self::Ex(table) => unsafe { &*std::ptr::from_ref(table).cast() },
        }
    }
}

impl RawTable for Received<'_> {
    fn ready(&self) -> Table {
        match self {
            Self::Plain(table) => table.ready(),
            Self::Ex(table) => table.ready(),
        }
    }

    fn holes(&self) -> UpcallSet {
        match self {
            Self::Plain(table) => table.holes(),
            Self::Ex(table) => table.holes(),
        }
    }
}

/// A pointer to a table as an entry gets it.
#[doc(hidden)]
pub trait TablePointer {
    /// The table; `None` if the pointer is null or misaligned.
    ///
    /// # Safety
    ///
    /// Otherwise it can be read for as long as `'a`.
    unsafe fn received<'a>(self) -> Option<Received<'a>>;
}

impl TablePointer for *const WSPUPCALLTABLE {
    unsafe fn received<'a>(self) -> Option<Received<'a>> {
        // SAFETY: looked at only if it is neither null nor misaligned; the caller vouches for the rest.
        is_good(self.cast_mut()).then(|| Received::Plain(unsafe { &*self }))
    }
}

impl TablePointer for &WSPUPCALLTABLE {
    unsafe fn received<'a>(self) -> Option<Received<'a>> {
        // SAFETY: the contract of this function.
        unsafe { std::ptr::from_ref(self).received() }
    }
}

impl TablePointer for *const WSPUPCALLTABLEEX {
    unsafe fn received<'a>(self) -> Option<Received<'a>> {
        // SAFETY: looked at only if it is neither null nor misaligned; the caller vouches for the rest.
        is_good(self.cast_mut()).then(|| Received::Ex(unsafe { &*self }))
    }
}

/// `WSPStartup` or `WSPStartupEx` of a DLL: 0, or the code of the error.
///
/// # Safety
///
/// Each pointer is null, or misaligned, or valid during the call for what the entry does with it: the
/// table and the catalog entry can be read and do not change, the two others can be written. The table's
/// pointers are as [`Run::start`](crate::raw::Run::start) asks.
#[doc(hidden)]
pub unsafe fn start_up(
    version: u16,
    data: *mut WSPDATA,
    entry: *const WSAPROTOCOL_INFOW,
    table: impl TablePointer,
    functions: *mut WSPPROC_TABLE,
    providers: &[Starter],
) -> i32 {
    let started = contained(|| {
        if version.swap_bytes() < VERSION.swap_bytes() {
            return Err(WsaError::WSAVERNOTSUPPORTED);
        }
        // SAFETY: the caller vouches that it can be read during this call, which is as long as it is used.
        let table = unsafe { table.received() }.ok_or(WsaError::WSAEFAULT)?;
        if !is_good(data) || !is_good(entry.cast_mut()) || !is_good(functions) {
            return Err(WsaError::WSAEFAULT);
        }
        // SAFETY: neither null nor misaligned; the caller vouches for the rest.
        let entry = unsafe { &*entry };
        let provider = choose(providers, entry, &table)?;
        let start = start_of(entry, table.plain(), (provider.of)());
        // SAFETY: the caller vouches for the table's pointers, as `start` asks.
        let begun = unsafe { (provider.start)(&start, &table) };
        begun.map_err(|error| refuse(provider, error))?;
        // SAFETY: neither null nor misaligned; the caller vouches for the rest.
        unsafe { functions.write((provider.functions)()) };
        // SAFETY: as above.
        unsafe { data.write(described(provider.description)) };
        Ok(())
    });
    started.err().map_or(0, failure)
}

/// The provider that a catalog entry belongs to. The switch of system area networks passes the entry of another
/// provider, whose class says nothing; those that it starts get their handles from it.
fn choose<'a>(
    providers: &'a [Starter],
    entry: &WSAPROTOCOL_INFOW,
    table: &Received<'_>,
) -> Result<&'a Starter, WsaError> {
    let by_switch = matches!(table, Received::Ex(_));
    let fits = |provider: &Starter| {
        if by_switch { provider.class == Class::NonIfs } else { (provider.fits)(entry) }
    };
    let found = providers.iter().find(|provider| fits(provider) && (provider.serves)(entry));
    found.ok_or_else(|| {
        let class = if by_switch { Class::NonIfs } else { class_of(entry) }.name();
        let id = entry.dwCatalogEntryId;
        if by_switch {
            complain(format_args!(
                "no provider of class `{class}` of this library serves catalog entry {id}, which the switch passed"
            ));
        } else {
            complain(format_args!(
                "catalog entry {id} is of class `{class}`, and no provider of this library serves it"
            ));
        }
        WsaError::WSASYSNOTREADY
    })
}

/// The code that the host gets says nothing of holes; whoever looks for them finds them here.
fn refuse(provider: &Starter, error: StartError) -> WsaError {
    if !matches!(error, StartError::Refused(_)) {
        complain(format_args!("`{}` does not start: {error}", provider.name));
    }
    error.code()
}

fn described(description: &str) -> WSPDATA {
    let mut data = WSPDATA { wVersion: VERSION, wHighVersion: VERSION, ..WSPDATA::ZERO };
    // The last unit stays the zero that ends it, and no character is cut in two.
    let mut room = data.szDescription.len() - 1;
    let mut at = data.szDescription.iter_mut();
    for character in description.chars() {
        let mut units = [0; 2];
        let units = character.encode_utf16(&mut units);
        let Some(left) = room.checked_sub(units.len()) else { break };
        room = left;
        units.iter().zip(at.by_ref()).for_each(|(unit, place)| *place = *unit);
    }
    data
}

/// # Safety
///
/// As for [`Run::start`](crate::raw::Run::start).
unsafe fn start<E: Exported>(start: &Start<'_>, table: &Received<'_>) -> Result<(), StartError> {
    let instance = instance::<E>();
    let ready = |first| {
        contained(|| {
            if first {
                // A kit may let its author's code make calls of its own.
                start.lend(instance);
                instance.open(Exports::<E>::start(start)?);
                return Ok(());
            }
            instance.with(|provider| provider.start_again(start))
        })
    };
    // SAFETY: the contract of this function.
    unsafe { Exports::<E>::__RUN.get().start_with(instance, table, ready) }
}

fn functions<E: Exported>() -> WSPPROC_TABLE {
    WSPPROC_TABLE { lpWSPCleanup: Some(clean_up::<E>), ..WSPPROC_TABLE::serving::<Serving<E>>() }
}

/// `WSPCleanup` of a provider.
///
/// # Safety
///
/// `errno` is null, or misaligned, or can be written to.
unsafe extern "system" fn clean_up<E: Exported>(errno: *mut i32) -> i32 {
    let instance = instance::<E>();
    let last = || {
        let answer = instance.close(ServiceProvider::cleanup, late::<Exports<E>>);
        answer.unwrap_or(Err(WsaError::WSASYSCALLFAILURE))
    };
    let Err(error) = contained(|| Exports::<E>::__RUN.get().clean_up_with(instance, last)) else {
        return 0;
    };
    if is_good(errno) {
        // SAFETY: neither null nor misaligned; the caller vouches for the rest.
        unsafe { errno.write(failure(error)) };
    }
    SOCKET_ERROR
}

/// A process that hangs in its last clean-up says what for.
fn late<P: Provider>(owed: usize) {
    let name = P::DECLARATION.provider;
    complain(format_args!(
        "the last clean-up of `{name}` waits for requests that it has pended ({owed}): complete or drop each \
         `PendingRequest` in `cleanup`"
    ));
}

/// Leads the functions of a table to the instance of `E`.
struct Serving<E>(PhantomData<fn() -> E>);

// SAFETY: what is kept stays until it is released, or the client uses its structure again: then the request has ended.
unsafe impl<E: Exported> Serve for Serving<E> {
    type Provider = Exports<E>;
    const COMPLETES: bool = wpu_sys::facts::completes(&Exports::<E>::DECLARATION);
    const COMPLETION: CompletionVtable = CompletionVtable {
        begin: completion::begin::<Exports<E>>,
        tell: completion::tell::<Exports<E>>,
        keep: |parts, kept| kept::keep(parts, kept),
        release: |parts, kept| kept::release(parts, kept),
        end: completion::end::<Exports<E>>,
    };

    #[inline]
    fn with<R>(body: impl FnOnce(&Exports<E>) -> Result<R, WsaError>) -> Result<R, WsaError> {
        instance::<E>().with(body)
    }
}

/// Whether a pointer can be used, as far as can be told.
fn is_good<T>(pointer: *mut T) -> bool {
    !pointer.is_null() && pointer.is_aligned()
}

/// Runs what must not panic across the border; a panic is an error like others.
fn contained(body: impl FnOnce() -> Result<(), WsaError>) -> Result<(), WsaError> {
    contain(body).unwrap_or(Err(WsaError::WSASYSCALLFAILURE))
}
