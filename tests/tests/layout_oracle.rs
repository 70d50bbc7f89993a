//! The second source: our C types against those that windows-sys has from Microsoft's metadata, on every host.
//!
//! Layouts and signatures are compared by the compiler (see `oracle`): a difference does not compile. What stands
//! in this test is which there are, the stated exceptions, and values.

#[macro_use]
mod oracle;

use oracle::{Spelled, our_field, same, their_field};
use std::any::TypeId;
use std::collections::BTreeSet;
use std::fs;
#[cfg(not(windows))]
use std::io::Write as _;
use std::mem::offset_of;
use std::path::Path;
#[cfg(not(windows))]
use std::process::Command;
use windows_sys::Win32::Foundation as foundation;
use windows_sys::Win32::Networking::WinSock as ws;
use wpu_sys::{WsaError, ffi};

/// What windows-sys spreads over several modules.
mod theirs {
    pub use windows_sys::Win32::Networking::WinSock::*;
    pub use windows_sys::Win32::System::IO::OVERLAPPED;
    pub use windows_sys::core::GUID;
}

structures_with_provider_functions! { theirs:
    GUID as GUID {} => "the fields have other names there" {}
    WSATHREADID as WSATHREADID { ThreadHandle, Reserved }
    WSPDATA as WSPDATA { wVersion, wHighVersion, szDescription }
    FD_SET as fd_set { fd_count, fd_array }
    OVERLAPPED as WSAOVERLAPPED { Internal, InternalHigh, hEvent }
    WSAPROTOCOLCHAIN as WSAPROTOCOLCHAIN { ChainLen, ChainEntries }
    WSAPROTOCOL_INFOW as WSAPROTOCOL_INFOW {
        dwServiceFlags1, dwServiceFlags2, dwServiceFlags3, dwServiceFlags4, dwProviderFlags, ProviderId,
        dwCatalogEntryId, ProtocolChain, iVersion, iAddressFamily, iMaxSockAddr, iMinSockAddr, iSocketType, iProtocol,
        iProtocolMaxOffset, iNetworkByteOrder, iSecurityScheme, dwMessageSize, dwProviderReserved, szProtocol,
    }
    WSPUPCALLTABLE as WSPUPCALLTABLE {}
}

/// Fields with other names there, or inside a union.
const _: () = {
    use windows_sys::Win32::System::IO::OVERLAPPED_0_0;
    assert!(offset_of!(theirs::GUID, data1) == offset_of!(ffi::GUID, Data1));
    assert!(offset_of!(theirs::GUID, data2) == offset_of!(ffi::GUID, Data2));
    assert!(offset_of!(theirs::GUID, data3) == offset_of!(ffi::GUID, Data3));
    assert!(offset_of!(theirs::GUID, data4) == offset_of!(ffi::GUID, Data4));
    same(their_field(|of: &theirs::GUID| &of.data1), our_field(|of: &ffi::GUID| &of.Data1));
    same(their_field(|of: &theirs::GUID| &of.data2), our_field(|of: &ffi::GUID| &of.Data2));
    same(their_field(|of: &theirs::GUID| &of.data3), our_field(|of: &ffi::GUID| &of.Data3));
    same(their_field(|of: &theirs::GUID| &of.data4), our_field(|of: &ffi::GUID| &of.Data4));
    let union = offset_of!(theirs::OVERLAPPED, Anonymous);
    assert!(union + offset_of!(OVERLAPPED_0_0, Offset) == offset_of!(ffi::WSAOVERLAPPED, Offset));
    assert!(union + offset_of!(OVERLAPPED_0_0, OffsetHigh) == offset_of!(ffi::WSAOVERLAPPED, OffsetHigh));
    same(their_field(|of: &OVERLAPPED_0_0| &of.Offset), our_field(|of: &ffi::WSAOVERLAPPED| &of.Offset));
    same(
        their_field(|of: &OVERLAPPED_0_0| &of.OffsetHigh),
        our_field(|of: &ffi::WSAOVERLAPPED| &of.OffsetHigh),
    );
};

every_slot!(ws);

signatures! { ws:
    LPBLOCKINGCALLBACK, LPWSAUSERAPC, LPWPUCLOSESOCKETHANDLE, LPWPUCREATESOCKETHANDLE, LPWPUFDISSET,
    LPWPUGETPROVIDERPATH, LPWPUMODIFYIFSHANDLE, LPWPUPOSTMESSAGE, LPWPUQUERYBLOCKINGCALLBACK,
    LPWPUQUERYSOCKETHANDLECONTEXT, LPWPUQUEUEAPC, LPWPUOPENCURRENTTHREAD, LPWPUCLOSETHREAD,
    LPWPUCOMPLETEOVERLAPPEDREQUEST, LPWSCENUMPROTOCOLS,
}

/// A function that has no pointer type there. What the compiler looks at, nobody links.
const _: ffi::LPWAITFORMULTIPLEOBJECTSEX =
    Some(windows_sys::Win32::System::Threading::WaitForMultipleObjectsEx);
const FUNCTIONS: &[&str] = &["LPWAITFORMULTIPLEOBJECTSEX"];

signatures_but_for! { ws:
    "`WSAEVENT` is an integer there; in C it is a `HANDLE`" {
        LPWPUCLOSEEVENT, E = ffi::WSAEVENT, isize: unsafe extern "system" fn(E, *mut i32) -> i32;
        LPWPURESETEVENT, E = ffi::WSAEVENT, isize: unsafe extern "system" fn(E, *mut i32) -> i32;
        LPWPUSETEVENT, E = ffi::WSAEVENT, isize: unsafe extern "system" fn(E, *mut i32) -> i32;
        LPWPUCREATEEVENT, E = ffi::WSAEVENT, isize: unsafe extern "system" fn(*mut i32) -> E;
    }
    "the provider fills in `lpWSPData`, so it cannot be `*const`" {
        LPWSPSTARTUP, D = *mut ffi::WSPDATA, *const ffi::WSPDATA:
            unsafe extern "system" fn(u16, D, *const ffi::WSAPROTOCOL_INFOW, ffi::WSPUPCALLTABLE, *mut ffi::WSPPROC_TABLE) -> i32;
    }
}

/// What windows-sys does not have.
const NOT_THERE: &[&str] = &["WSPUPCALLTABLEEX", "LPWSPSTARTUPEX"];

/// Types that only give a name to an integer, a pointer or a structure: each is part of what is compared.
const NAMES_ALONE: &[&str] = &[
    "BOOL",
    "WORD",
    "WCHAR",
    "UINT",
    "DWORD",
    "DWORD_PTR",
    "ULONG_PTR",
    "UINT_PTR",
    "LONG_PTR",
    "WPARAM",
    "LPARAM",
    "HANDLE",
    "HWND",
    "FARPROC",
    "SOCKET",
    "WSAEVENT",
    "LPINT",
    "PDWORD_PTR",
    "LPGUID",
    "LPWSATHREADID",
    "LPWSAOVERLAPPED",
    "LPWSPDATA",
    "LPWSAPROTOCOL_INFOW",
    "LPWSPPROC_TABLE",
    "LPWSPUPCALLTABLEEX",
];

macro_rules! numbers {
    ($theirs:ident: $($name:ident),* $(,)?) => {
        [$((stringify!($name), ffi::$name as usize, $theirs::$name as usize)),*]
    };
}

/// Constants: name, our value, theirs. Their types differ, which `as usize` levels for all of them.
#[allow(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "equal numbers stay equal")]
fn constants() -> Vec<(&'static str, usize, usize)> {
    let mut all = numbers! { ws:
        SOCKET_ERROR, INVALID_SOCKET, WSA_INVALID_EVENT, FD_SETSIZE, MAX_PROTOCOL_CHAIN, LAYERED_PROTOCOL,
        BASE_PROTOCOL, WSAPROTOCOL_LEN, WSPDESCRIPTION_LEN, XP1_IFS_HANDLES, WSS_OPERATION_IN_PROGRESS,
    }
    .to_vec();
    all.extend(numbers! { foundation: NO_ERROR, FALSE, TRUE });
    all
}

macro_rules! codes {
    ($theirs:ident: $($name:ident),* $(,)?) => {
        [$((stringify!($name), WsaError::$name, i64::from($theirs::$name))),*]
    };
}

fn errors() -> Vec<(&'static str, WsaError, i64)> {
    let mut all = codes! { ws:
        WSA_INVALID_HANDLE, WSA_NOT_ENOUGH_MEMORY, WSAEFAULT, WSAEINVAL, WSAENOTSOCK, WSAENOBUFS, WSANOTINITIALISED,
        WSA_INVALID_PARAMETER, WSA_OPERATION_ABORTED, WSA_IO_PENDING, WSAEINTR, WSAEWOULDBLOCK, WSAEINPROGRESS,
        WSAEOPNOTSUPP, WSAENETDOWN, WSAEPROCLIM, WSASYSNOTREADY, WSAVERNOTSUPPORTED, WSAEINVALIDPROCTABLE,
        WSAEINVALIDPROVIDER, WSAEPROVIDERFAILEDINIT, WSASYSCALLFAILURE,
    }
    .to_vec();
    all.extend(codes! { foundation: ERROR_INVALID_HANDLE });
    all
}

#[test]
fn every_declaration_has_a_second_source() {
    let mut compared: BTreeSet<String> = BTreeSet::new();
    let signatures = SIGNATURES.iter().chain(DIFFERENT.iter().map(|(name, _)| name));
    compared.extend(
        STRUCTURES
            .iter()
            .chain(signatures)
            .chain(FUNCTIONS)
            .chain(NOT_THERE)
            .chain(NAMES_ALONE)
            .map(|name| (*name).to_owned()),
    );
    compared.extend(constants().into_iter().map(|(name, ..)| name.to_owned()));
    let ours = declared();
    assert!(ours.len() > 60, "found only {} declarations", ours.len());
    let alone: Vec<_> = ours.difference(&compared).collect();
    assert!(alone.is_empty(), "compare these with windows-sys, or say why not: {alone:?}");
}

/// The names that `ffi` declares, but for the function types that are never null: they are part of those that may be.
fn declared() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../generated/src/ffi.rs");
    let text = fs::read_to_string(path).expect("the bindings are there");
    let items = syn::parse_file(&text).expect("they are Rust").items;
    let names = items.iter().filter_map(|item| match item {
        syn::Item::Struct(item) => Some(item.ident.to_string()),
        syn::Item::Const(item) => Some(item.ident.to_string()),
        syn::Item::Type(item) => Some(item.ident.to_string()).filter(|name| !name.ends_with("Fn")),
        _ => None,
    });
    names.collect()
}

#[test]
fn every_exception_is_needed() {
    assert_eq!(needless(), [""; 0]);
    assert!(DIFFERENT.iter().all(|(_, reason)| !reason.is_empty()));
}

/// The facts say in which slot an upcall is; the metadata say at which offset.
#[test]
fn the_facts_have_the_slots_of_the_metadata() {
    assert_eq!(SLOTS.len(), 15);
    for (slot, (member, offset)) in SLOTS.iter().enumerate() {
        let name = member.strip_prefix("lp").expect("members begin with `lp`");
        let upcall = &wpu_sys::UPCALLS[slot];
        assert_eq!((upcall.name, slot * size_of::<usize>()), (name, *offset));
        let tables: Vec<_> = upcall.slots.iter().map(|slot| (slot.table, slot.index as usize)).collect();
        assert_eq!(tables, [("WSPUPCALLTABLE", slot), ("WSPUPCALLTABLEEX", slot)]);
    }
}

/// windows-sys lacks the table for SAN providers: the other table, and one slot behind it.
#[test]
fn the_larger_table_begins_like_the_smaller() {
    assert_eq!(size_of::<ffi::WSPUPCALLTABLEEX>(), size_of::<ws::WSPUPCALLTABLE>() + size_of::<usize>());
    assert_eq!(
        offset_of!(ffi::WSPUPCALLTABLEEX, lpWPUCompleteOverlappedRequest),
        size_of::<ws::WSPUPCALLTABLE>()
    );
    let last: fn(&ffi::WSPUPCALLTABLEEX) -> &ffi::LPWPUCOMPLETEOVERLAPPEDREQUEST =
        |table| &table.lpWPUCompleteOverlappedRequest;
    assert!(last(&ffi::WSPUPCALLTABLEEX::ZERO).is_none());
    let upcall = &wpu_sys::UPCALLS[15];
    assert_eq!(
        (upcall.name, upcall.slots[0].table, upcall.slots[0].index),
        ("WPUCompleteOverlappedRequest", "WSPUPCALLTABLEEX", 15)
    );
}

#[test]
fn constants_have_the_values_of_the_metadata() {
    for (name, ours, theirs) in constants() {
        assert_eq!(ours, theirs, "{name}");
    }
}

#[test]
fn errors_have_the_values_of_the_metadata() {
    let errors = errors();
    for (name, ours, theirs) in &errors {
        assert_eq!(i64::from(ours.code()), *theirs, "{name}");
    }
    let compared: BTreeSet<_> = errors.iter().map(|(name, ..)| *name).collect();
    let declared: BTreeSet<_> = wpu_sys::facts::ERRORS.iter().map(|error| error.name).collect();
    assert_eq!(compared, declared);
}

/// winapi is empty but for Windows. There its oracle is a test like others; here the compiler looks at it for
/// Windows targets, which is all of it: what it compares, it compares while it compiles.
#[test]
#[cfg(not(windows))]
fn winapi_agrees_too() {
    for target in ["x86_64-pc-windows-gnu", "i686-pc-windows-gnu"] {
        if installed(target) {
            checked_with_winapi(target);
        } else {
            // Straight to the terminal: what a passing test prints is not shown.
            let line = format!("not run: winapi's types for {target} (`rustup target add {target}`)\n");
            std::io::stderr().write_all(line.as_bytes()).expect("there is a terminal or a log");
        }
    }
}

/// Checks the oracle alone, in a package of its own: for a Windows target, the other tests need much more.
#[cfg(not(windows))]
fn checked_with_winapi(target: &str) {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("winapi");
    let manifest = format!(
        "[package]\nname = \"winapi-oracle\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\nwpu-sys = {{ path = '{}' }}\n\
        winapi = {{ version = \"0.3.9\", features = [\"winsock2\", \"ws2spi\"] }}\n\n[lib]\npath = '{}'\n",
        tests.join("../generated").display(),
        tests.join("tests/winapi_oracle.rs").display(),
    );
    fs::create_dir_all(&folder).expect("the target folder can be written to");
    fs::write(folder.join("Cargo.toml"), manifest).expect("the target folder can be written to");
    let lock = tests.join("../Cargo.lock");
    fs::copy(lock, folder.join("Cargo.lock")).expect("the versions of the project hold here too");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let check = Command::new(cargo)
        .args(["check", "--quiet", "--tests", "--target", target, "--target-dir"])
        .arg(folder.join("target"))
        .current_dir(&folder)
        .output()
        .expect("cargo can be started");
    assert!(check.status.success(), "{target}\n{}", String::from_utf8_lossy(&check.stderr));
}

/// Whether the standard library is there for a target.
#[cfg(not(windows))]
fn installed(target: &str) -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let found = Command::new(rustc).args(["--print", "target-libdir", "--target", target]).output();
    found.is_ok_and(|found| Path::new(String::from_utf8_lossy(&found.stdout).trim()).is_dir())
}
