//! Providers of one test each, and Ws2_32's way to start them and to clean up after them.

use wpu::{EntryPoint, UPCALLS, WsaError};
use wpu_sys::ffi::{
    FARPROC, SOCKET_ERROR, WSAPROTOCOL_INFOW, WSPDATA, WSPPROC_TABLE, WSPUPCALLTABLE, WSPUPCALLTABLEEX,
};

/// The version that every host asks for.
pub(crate) const VERSION: u16 = 0x0202;

/// What the errno variable holds before a call.
const UNTOUCHED: i32 = -77;

/// The catalog entry that all are started for.
pub(crate) static ENTRY: WSAPROTOCOL_INFOW =
    WSAPROTOCOL_INFOW { dwCatalogEntryId: 1001, ..WSAPROTOCOL_INFOW::ZERO };

/// Makes a provider, with a run of its own.
macro_rules! provider {
    ($name:ident, uses: $uses:expr $(, kit: $kit:expr)? $(, start: $start:expr)? $(, clean_up: $clean_up:expr)?) => {
        struct $name;

        impl wpu::Provider for $name {
            type Upcalls = wpu::Upcalls;
            const DECLARATION: wpu::Declaration = wpu::Declaration {
                provider: stringify!($name),
                class: wpu::Class::NonIfs,
                platform: wpu::Platform::DEFAULT,
                kit: {
                    let last: &[Option<&'static wpu::Kit>] = &[None $(, Some($kit))?];
                    last[last.len() - 1]
                },
                uses: wpu::UpcallSet::of($uses),
                waives: &[],
            };
            fn upcalls() -> wpu::Upcalls {
                wpu::Upcalls::new(<Self as wpu::Provider>::__run().cell())
            }
            fn __run() -> &'static wpu::__private::Run {
                static RUN: wpu::__private::Run = wpu::__private::Run::new();
                &RUN
            }
            fn __import(missing: wpu::UpcallSet, _: &mut wpu::__private::Table) -> wpu::UpcallSet {
                missing
            }
        }

        #[allow(unused_variables, reason = "the default, where the provider has its own")]
        impl wpu::EntryPoint for $name {
            fn start(start: &mut wpu::Start<'_>) -> Result<(), wpu::WsaError> {
                let own: fn(&mut wpu::Start<'_>) -> Result<(), wpu::WsaError> = |_| Ok(());
                $(let own: fn(&mut wpu::Start<'_>) -> Result<(), wpu::WsaError> = $start;)?
                own(start)
            }
            fn clean_up() {
                let own: fn() = || {};
                $(let own: fn() = $clean_up;)?
                own();
            }
        }
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

/// Starts a provider as a host does. A start that fails must leave no trace.
pub(crate) fn start<P: EntryPoint>(table: &WSPUPCALLTABLE) -> Result<WSPPROC_TABLE, WsaError> {
    start_for::<P>(VERSION, table)
}

/// The same, asking for any version.
pub(crate) fn start_for<P: EntryPoint>(
    version: u16,
    table: &WSPUPCALLTABLE,
) -> Result<WSPPROC_TABLE, WsaError> {
    let blank = WSPDATA { wVersion: 1, wHighVersion: 2, ..WSPDATA::ZERO };
    let (mut data, mut functions) = (blank, WSPPROC_TABLE::ZERO);
    // SAFETY: the pointers are to locals, and the tables of the tests are callable for ever.
    let code = unsafe {
        wpu::__private::start_up::<P>(version, &raw mut data, &raw const ENTRY, table, &raw mut functions)
    };
    if code != 0 {
        assert_eq!((data, functions), (blank, WSPPROC_TABLE::ZERO), "written in spite of the failure");
        return Err(WsaError::new(code));
    }
    assert_eq!((data.wVersion, data.wHighVersion), (VERSION, VERSION));
    Ok(functions)
}

/// Cleans up as a host does, through the function that the provider gave out.
pub(crate) fn clean_up(functions: &WSPPROC_TABLE) -> Result<(), WsaError> {
    let mut errno = UNTOUCHED;
    let answer = clean_up_into(functions, &raw mut errno);
    if answer == 0 {
        assert_eq!(errno, UNTOUCHED);
        return Ok(());
    }
    assert_eq!(answer, SOCKET_ERROR);
    Err(WsaError::new(errno))
}

/// The same, with any pointer for the errno that is null, misaligned or good.
pub(crate) fn clean_up_into(functions: &WSPPROC_TABLE, errno: *mut i32) -> i32 {
    assert!(!functions.lpWSPCleanup.is_null());
    // SAFETY: the provider put a function of this type there.
    let clean_up: unsafe extern "system" fn(*mut i32) -> i32 =
        unsafe { std::mem::transmute::<FARPROC, _>(functions.lpWSPCleanup) };
    // SAFETY: the caller's pointer is as the contract wants it.
    unsafe { clean_up(errno) }
}

/// The pointers of a table.
pub(crate) fn slots(table: &WSPUPCALLTABLE) -> [*const (); 15] {
    // SAFETY: such a table is 15 pointers, each of which may be null.
    unsafe { std::mem::transmute::<WSPUPCALLTABLE, _>(*table) }
}

/// A table with the pointers of another where `keep` says so, and null everywhere else.
pub(crate) fn only(table: &WSPUPCALLTABLE, keep: impl Fn(usize) -> bool) -> WSPUPCALLTABLE {
    let mut slots = slots(table);
    thin(&mut slots, keep);
    // SAFETY: the pointers stand where they stood; a null one is an empty slot.
    unsafe { std::mem::transmute::<[*const (); 15], _>(slots) }
}

/// The same for the longer table.
pub(crate) fn only_ex(table: &WSPUPCALLTABLEEX, keep: impl Fn(usize) -> bool) -> WSPUPCALLTABLEEX {
    // SAFETY: such a table is 16 pointers, each of which may be null.
    let mut slots: [*const (); 16] = unsafe { std::mem::transmute::<WSPUPCALLTABLEEX, _>(*table) };
    thin(&mut slots, keep);
    // SAFETY: the pointers stand where they stood; a null one is an empty slot.
    unsafe { std::mem::transmute::<[*const (); 16], _>(slots) }
}

fn thin(slots: &mut [*const ()], keep: impl Fn(usize) -> bool) {
    for (slot, pointer) in slots.iter_mut().enumerate() {
        if !keep(slot) {
            *pointer = std::ptr::null();
        }
    }
}
