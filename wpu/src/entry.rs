//! The entry points of a provider's DLL: `WSPStartup`, `WSPStartupEx` and `WSPCleanup`.

use crate::Provider;
use crate::instance::{Instance, Late};
use crate::lifecycle::sealed::Sealed;
use crate::lifecycle::{EntryPoint, Lifecycle, Start, class_of, start_of};
use crate::report::{failure, log};
use crate::start::{clean_up_with, start_with};
use crate::startup::{StartError, start_error};
use crate::{completion, ending, kept};
use std::any::TypeId;
use std::marker::PhantomData;
use wpu_sys::ffi::{
    SOCKET_ERROR, WINSOCK_VERSION as VERSION, WSAPROTOCOL_INFOW, WSPDATA, WSPPROC_TABLE, WSPUPCALLTABLE,
    WSPUPCALLTABLEEX,
};
use wpu_sys::rt::fixed::Fixed;
use wpu_sys::rt::panic::contain;
use wpu_sys::{Class, CompletionVtable, RawTable, Serve, ServiceProvider, Table, UpcallSet, WsaError};

/// One export of a library: one of its providers with its instance.
///
/// The `Instance` is a constant, so that all functions of the provider's table use the same one. Its type
/// contains the provider's type, so that no function can take an instance of another type for its own.
#[doc(hidden)]
pub trait Exported: 'static {
    /// The exported type.
    type Provider: EntryPoint;
    /// The static that holds its instance.
    const INSTANCE: Fixed<Instance<Self::Provider>>;
}

/// The provider type that `E` exports.
type Exports<E> = <<E as Exported>::Provider as EntryPoint>::__Itself;

/// The static that holds the instance of `E`.
fn instance<E: Exported>() -> &'static Instance<Exports<E>> {
    // SAFETY: an `Instance` has public functions for everybody, and others for this crate.
    unsafe { E::Provider::__of(E::INSTANCE, Sealed).get() }
}

/// One of the providers of a DLL, as used by the entry points.
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
            class: Class::of(Exports::<E>::DECLARATION.class),
            fits: Exports::<E>::__fits,
            serves: Exports::<E>::serves,
            of: TypeId::of::<Exports<E>>,
            start: start::<E>,
            functions: functions::<E>,
        }
    }
}

/// A table, as one of the entry points received it.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Received<'a> {
    /// A table of `WSPStartup`.
    Plain(&'a WSPUPCALLTABLE),
    /// A table of `WSPStartupEx`.
    Ex(&'a WSPUPCALLTABLEEX),
}

impl<'a> Received<'a> {
    /// The common part of the two kinds of tables.
    #[inline]
    fn plain(self) -> &'a WSPUPCALLTABLE {
        match self {
            Self::Plain(table) => table,
            // SAFETY: the longer table starts with the members of the shorter one, at the same offsets.
            Self::Ex(table) => unsafe { &*std::ptr::from_ref(table).cast() },
        }
    }
}

impl RawTable for Received<'_> {
    #[inline]
    fn ready(&self) -> Table {
        match self {
            Self::Plain(table) => table.ready(),
            Self::Ex(table) => table.ready(),
        }
    }

    #[inline]
    fn holes(&self) -> UpcallSet {
        match self {
            Self::Plain(table) => table.holes(),
            Self::Ex(table) => table.holes(),
        }
    }
}

/// A pointer to a table, as an entry point receives it.
#[doc(hidden)]
pub trait TablePointer {
    /// The table; `None` if the pointer is null or misaligned.
    ///
    /// # Safety
    ///
    /// Otherwise the table is readable for `'a`, and does not change.
    unsafe fn received<'a>(self) -> Option<Received<'a>>;
}

impl TablePointer for *const WSPUPCALLTABLE {
    #[inline]
    unsafe fn received<'a>(self) -> Option<Received<'a>> {
        // SAFETY: dereferenced only if the pointer is neither null nor misaligned; then the caller guarantees
        // the table for `'a`.
        is_good(self.cast_mut()).then(|| Received::Plain(unsafe { &*self }))
    }
}

impl TablePointer for &WSPUPCALLTABLE {
    #[inline]
    unsafe fn received<'a>(self) -> Option<Received<'a>> {
        // SAFETY: the contract of this function.
        unsafe { std::ptr::from_ref(self).received() }
    }
}

impl TablePointer for *const WSPUPCALLTABLEEX {
    #[inline]
    unsafe fn received<'a>(self) -> Option<Received<'a>> {
        // SAFETY: dereferenced only if the pointer is neither null nor misaligned; then the caller guarantees
        // the table for `'a`.
        is_good(self.cast_mut()).then(|| Received::Ex(unsafe { &*self }))
    }
}

/// The body of `WSPStartup` and `WSPStartupEx`: returns 0 or an error code.
///
/// # Safety
///
/// Each pointer is null, misaligned, or valid during the call for its use: the table and the catalog entry
/// are readable and do not change, the other two are writable. The pointers of the table satisfy the contract
/// of [`start`](crate::raw::start).
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
        // SAFETY: the caller guarantees that the table is readable during this call, and it is not used
        // longer.
        let table = unsafe { table.received() }.ok_or(WsaError::WSAEFAULT)?;
        if !is_good(data) || !is_good(entry.cast_mut()) || !is_good(functions) {
            return Err(WsaError::WSAEFAULT);
        }
        // SAFETY: the pointer is neither null nor misaligned, so the caller guarantees that it is readable.
        let entry = unsafe { &*entry };
        let provider = choose(providers, entry, &table)?;
        ending::watch();
        if ending::is_ending() {
            // Another thread may be gone in the middle of a start-up, and would be waited for.
            return Err(WsaError::WSASYSNOTREADY);
        }
        let start = start_of(entry, table.plain(), (provider.of)());
        // SAFETY: the caller guarantees the contract of `start` for the table's pointers.
        let begun = unsafe { (provider.start)(&start, &table) };
        begun.map_err(|error| refuse(provider, &error))?;
        // SAFETY: the pointer is neither null nor misaligned, so the caller guarantees that it is writable.
        unsafe { functions.write((provider.functions)()) };
        // SAFETY: as above.
        unsafe { data.write(described(provider.description)) };
        Ok(())
    });
    started.err().map_or(0, failure)
}

/// Finds the provider to which a catalog entry belongs. The switch for system area networks passes the entry
/// of another provider, whose class is not significant; the providers that it starts get their handles from
/// the switch.
#[inline]
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
            log(format_args!(
                "no provider of class `{class}` of this library serves catalog entry {id}, which the switch passed"
            ));
        } else {
            log(format_args!(
                "catalog entry {id} is of class `{class}`, and no provider of this library serves it"
            ));
        }
        WsaError::WSASYSNOTREADY
    })
}

/// Logs why a provider does not start, since the error code does not name the missing upcalls.
#[inline]
fn refuse(provider: &Starter, error: &StartError) -> WsaError {
    if !matches!(error, StartError::Refused(_)) {
        log(format_args!("`{}` does not start: {error}{}", provider.name, help(error)));
    }
    start_error(error)
}

/// What an author can do about an error.
#[inline]
fn help(error: &StartError) -> &'static str {
    match error {
        StartError::Shared => {
            "; export it in one form only, as itself, as `Base` or as `Layered`, with one `export!`"
        }
        _ => "",
    }
}

#[inline]
fn described(description: &str) -> WSPDATA {
    let mut data = WSPDATA { wVersion: VERSION, wHighVersion: VERSION, ..WSPDATA::ZERO };
    // The last unit remains zero as the terminator, and no surrogate pair is split.
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
/// As for [`start`](crate::raw::start).
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
    unsafe { start_with(instance, table, ready) }
}

fn functions<E: Exported>() -> WSPPROC_TABLE {
    WSPPROC_TABLE { lpWSPCleanup: Some(clean_up::<E>), ..WSPPROC_TABLE::serving::<Serving<E>>() }
}

/// `WSPCleanup` of a provider. While the process is ending it does nothing: the threads that it would wait for may be
/// gone, what they held is in no known state, and the system frees everything.
///
/// # Safety
///
/// `errno` is null, misaligned, or writable.
unsafe extern "system" fn clean_up<E: Exported>(errno: *mut i32) -> i32 {
    if ending::is_ending() {
        return 0;
    }
    let instance = instance::<E>();
    let last = || {
        let answer = instance.close(ServiceProvider::cleanup, Exports::<E>::__IS_ABOVE, late::<Exports<E>>);
        answer.unwrap_or(Err(WsaError::WSASYSCALLFAILURE))
    };
    // SAFETY: `last` closes the instance.
    let Err(error) = contained(|| unsafe { clean_up_with(instance, last) }) else { return 0 };
    if is_good(errno) {
        // SAFETY: the pointer is neither null nor misaligned, so the caller guarantees that it is writable.
        unsafe { errno.write(failure(error)) };
    }
    SOCKET_ERROR
}

/// Logs for what the last clean-up has waited.
fn late<P: Provider>(what: Late) {
    let name = P::DECLARATION.provider;
    match what {
        Late::Calls => log(format_args!(
            "the last clean-up of `{name}` leaves calls behind that do not return, and the library loaded: end what \
             blocks them in `cleanup`"
        )),
        Late::Requests(requests) => log(format_args!(
            "the last clean-up of `{name}` waits for pending requests ({requests}): complete or drop each \
             `PendingRequest` in `cleanup`"
        )),
    }
}

/// Passes the functions of a table to the instance of `E`.
struct Serving<E>(PhantomData<fn() -> E>);

// SAFETY: kept memory lives until it is released, or until the client reuses its structure, which is after
// the request has completed.
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

/// Whether a pointer is neither null nor misaligned.
fn is_good<T>(pointer: *mut T) -> bool {
    !pointer.is_null() && pointer.is_aligned()
}

/// Runs `body`, and converts a panic to an error, since no panic may cross the border.
fn contained(body: impl FnOnce() -> Result<(), WsaError>) -> Result<(), WsaError> {
    contain(body).unwrap_or(Err(WsaError::WSASYSCALLFAILURE))
}

#[cfg(test)]
mod tests {
    use super::{StartError, help};

    #[test]
    fn a_refusal_states_what_to_do() {
        let help = help(&StartError::Shared);
        assert!(help.contains("`Base`") && help.contains("one `export!`"), "{help}");
    }
}
