//! Providers for single tests, and starting and cleaning them up as Ws2_32 does.

use wpu::__private::{Exported, Starter, TablePointer, start_up};
use wpu::{Class, Provider, UPCALLS, WsaError};
use wpu_sys::ffi::{
    SOCKET_ERROR, WSAPROTOCOL_INFOW, WSPDATA, WSPPROC_TABLE, WSPUPCALLTABLE, WSPUPCALLTABLEEX,
    XP1_IFS_HANDLES,
};

/// The version that every host requests.
pub(crate) const VERSION: u16 = 0x0202;

/// The content of the errno variable before a call.
const UNTOUCHED: i32 = -77;

/// The catalog entry for which non-IFS providers are started.
pub(crate) static ENTRY: WSAPROTOCOL_INFOW =
    WSAPROTOCOL_INFOW { dwCatalogEntryId: 1001, ..WSAPROTOCOL_INFOW::ZERO };

/// The catalog entry for which IFS providers are started.
pub(crate) static IFS_ENTRY: WSAPROTOCOL_INFOW =
    WSAPROTOCOL_INFOW { dwCatalogEntryId: 1002, dwServiceFlags1: XP1_IFS_HANDLES, ..WSAPROTOCOL_INFOW::ZERO };

/// Defines exports for providers that have the attribute, for [`start`].
macro_rules! exported {
    ($($name:ident),+) => {$(
        impl wpu::__private::Exported for $name {
            type Provider = Self;
            const INSTANCE: wpu::__private::Fixed<wpu::__private::Instance<Self>> = {
                static INSTANCE: wpu::__private::Instance<$name> = wpu::__private::Instance::new();
                wpu::__private::Fixed::new(&INSTANCE)
            };
        }
    )+};
}
pub(crate) use exported;

/// Defines a provider with a run of its own, and optionally its behaviour: `start` and `again` in its
/// start-ups, `called` when a client closes a socket, `clean_up` in the last clean-up, `dropped` when it is
/// dropped.
macro_rules! provider {
    (
        $name:ident, $(class: $class:ident,)? uses: $uses:expr $(, kit: $kit:expr)?
        $(, serves: $serves:expr)? $(, start: $start:expr)? $(, again: $again:expr)?
        $(, called: $called:expr)? $(, clean_up: $clean_up:expr)? $(, dropped: $dropped:expr)?
    ) => {
        struct $name(());

        const _: () = {
            static RUN: wpu::__private::Run = wpu::__private::Run::new();

            impl wpu::Provider for $name {
                type Upcalls = wpu::Upcalls;
                const DECLARATION: wpu::Declaration = wpu::Declaration {
                    facts: &wpu::facts::FACTS,
                    provider: stringify!($name),
                    class: {
                        let last: &[wpu::Class] = &[wpu::Class::NonIfs $(, wpu::Class::$class)?];
                        last[last.len() - 1].id()
                    },
                    platform: wpu::Platform::DEFAULT.id(),
                    kit: {
                        let last: &[Option<&'static wpu::Kit>] = &[None $(, Some($kit))?];
                        last[last.len() - 1]
                    },
                    uses: $uses,
                    waives: &[],
                };
                fn upcalls() -> wpu::Upcalls {
                    wpu::Upcalls::new(RUN.cell())
                }
                const __RUN: wpu::__private::Fixed<wpu::__private::Run> = wpu::__private::Fixed::new(&RUN);
                const __IMPORTS: &'static [wpu::__private::Import] = &[];
            }
        };

        crate::common::provider::exported!($name);

        #[allow(unused_variables, unused_assignments, unused_mut, reason = "the defaults, where the provider has its own")]
        const _: () = {
            type Step = fn(&wpu::Start<'_>) -> Result<(), wpu::WsaError>;

            impl wpu::Lifecycle for $name {
                const DESCRIPTION: &'static str = stringify!($name);
                fn serves(entry: &wpu_sys::ffi::WSAPROTOCOL_INFOW) -> bool {
                    let mut own: fn(&wpu_sys::ffi::WSAPROTOCOL_INFOW) -> bool = |_| true;
                    $(own = $serves;)?
                    own(entry)
                }
                fn start(start: &wpu::Start<'_>) -> Result<Self, wpu::WsaError> {
                    let mut own: Step = |_| Ok(());
                    $(own = $start;)?
                    own(start).map(|()| Self(()))
                }
                fn start_again(&self, start: &wpu::Start<'_>) -> Result<(), wpu::WsaError> {
                    let mut own: Step = |_| Ok(());
                    $(own = $again;)?
                    own(start)
                }
            }

            impl wpu::ServiceProvider for $name {
                fn close_socket(&self, socket: usize) -> Result<(), wpu::WsaError> {
                    let mut own: fn(usize) -> Result<(), wpu::WsaError> = |_| Ok(());
                    $(own = $called;)?
                    own(socket)
                }
                fn cleanup(&self) -> Result<(), wpu::WsaError> {
                    let mut own: fn() -> Result<(), wpu::WsaError> = || Ok(());
                    $(own = $clean_up;)?
                    own()
                }
            }

            impl Drop for $name {
                fn drop(&mut self) {
                    let mut own: fn() = || {};
                    $(own = $dropped;)?
                    own();
                }
            }
        };
    };
}
pub(crate) use provider;

/// The index of an upcall, by its C name.
pub(crate) const fn upcall(name: &str) -> usize {
    let mut at = 0;
    while !same(UPCALLS[at].name.as_bytes(), name.as_bytes()) {
        at += 1;
    }
    at
}

const fn same(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

/// Starts a provider as a host does. A failed start-up must have no effect.
pub(crate) fn start<E: Exported>(table: &WSPUPCALLTABLE) -> Result<WSPPROC_TABLE, WsaError> {
    start_for::<E>(VERSION, table)
}

/// The same with any version.
pub(crate) fn start_for<E: Exported>(
    version: u16,
    table: &WSPUPCALLTABLE,
) -> Result<WSPPROC_TABLE, WsaError> {
    let entry = if <E::Provider as wpu::EntryPoint>::__Itself::DECLARATION.class == Class::Ifs.id() {
        &IFS_ENTRY
    } else {
        &ENTRY
    };
    start_any(version, entry, table, &[Starter::of::<E>()]).map(|(_, functions)| functions)
}

/// The same for any catalog entry and several providers of one DLL. Also returns the provider's `WSPDATA`.
pub(crate) fn start_any(
    version: u16,
    entry: &WSAPROTOCOL_INFOW,
    table: impl TablePointer,
    providers: &[Starter],
) -> Result<(WSPDATA, WSPPROC_TABLE), WsaError> {
    let blank = WSPDATA { wVersion: 1, wHighVersion: 2, ..WSPDATA::ZERO };
    let (mut data, mut functions) = (blank, WSPPROC_TABLE::ZERO);
    // SAFETY: the pointers point to locals, and the tables of the tests are callable for the lifetime of the
    // process.
    let code = unsafe { start_up(version, &raw mut data, entry, table, &raw mut functions, providers) };
    if code != 0 {
        assert_eq!(data, blank, "written despite the failure");
        assert!(functions_of(&functions).iter().all(|function| function.is_null()), "as above");
        return Err(WsaError::new(code));
    }
    assert_eq!((data.wVersion, data.wHighVersion), (VERSION, VERSION));
    let hole = functions_of(&functions).iter().position(|function| function.is_null());
    assert_eq!(hole, None, "Ws2_32 refuses a table with a null slot");
    Ok((data, functions))
}

/// Closes a socket, as a client does.
pub(crate) fn call(functions: &WSPPROC_TABLE, socket: usize) -> Result<(), WsaError> {
    let close = functions.lpWSPCloseSocket.expect("a full table");
    let mut errno = UNTOUCHED;
    // SAFETY: the provider takes any number, and the errno is a local.
    let answer = unsafe { close(socket, &raw mut errno) };
    answered(answer, errno)
}

/// Cleans up as a host does, through the function in the provider's table.
pub(crate) fn clean_up(functions: &WSPPROC_TABLE) -> Result<(), WsaError> {
    let mut errno = UNTOUCHED;
    let answer = clean_up_into(functions, &raw mut errno);
    answered(answer, errno)
}

/// The same with any errno pointer that is null, misaligned or valid.
pub(crate) fn clean_up_into(functions: &WSPPROC_TABLE, errno: *mut i32) -> i32 {
    let clean_up = functions.lpWSPCleanup.expect("a full table");
    // SAFETY: the caller guarantees the contract for the pointer.
    unsafe { clean_up(errno) }
}

/// The result of a provider's function: the errno must be written on failure, and only then.
fn answered(answer: i32, errno: i32) -> Result<(), WsaError> {
    if answer == 0 {
        assert_eq!(errno, UNTOUCHED);
        return Ok(());
    }
    assert_eq!(answer, SOCKET_ERROR);
    assert_ne!(errno, UNTOUCHED);
    Err(WsaError::new(errno))
}

/// The pointers of a provider's table.
pub(crate) fn functions_of(table: &WSPPROC_TABLE) -> [*const (); 30] {
    // SAFETY: such a table is 30 nullable function pointers.
    unsafe { std::mem::transmute::<WSPPROC_TABLE, _>(*table) }
}

/// The pointers of a table.
pub(crate) fn slots(table: &WSPUPCALLTABLE) -> [*const (); 15] {
    // SAFETY: such a table is 15 nullable function pointers.
    unsafe { std::mem::transmute::<WSPUPCALLTABLE, _>(*table) }
}

/// A table with the pointers of another where `keep` returns true, and null otherwise.
pub(crate) fn only(table: &WSPUPCALLTABLE, keep: impl Fn(usize) -> bool) -> WSPUPCALLTABLE {
    let mut slots = slots(table);
    thin(&mut slots, keep);
    // SAFETY: each pointer is in its original slot; null is an empty slot.
    unsafe { std::mem::transmute::<[*const (); 15], _>(slots) }
}

/// The same for the longer table.
pub(crate) fn only_ex(table: &WSPUPCALLTABLEEX, keep: impl Fn(usize) -> bool) -> WSPUPCALLTABLEEX {
    // SAFETY: such a table is 16 nullable function pointers.
    let mut slots: [*const (); 16] = unsafe { std::mem::transmute::<WSPUPCALLTABLEEX, _>(*table) };
    thin(&mut slots, keep);
    // SAFETY: each pointer is in its original slot; null is an empty slot.
    unsafe { std::mem::transmute::<[*const (); 16], _>(slots) }
}

fn thin(slots: &mut [*const ()], keep: impl Fn(usize) -> bool) {
    for (slot, pointer) in slots.iter_mut().enumerate() {
        if !keep(slot) {
            *pointer = std::ptr::null();
        }
    }
}
