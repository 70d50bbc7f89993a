//! The second source: the C types of the bindings against those of windows-sys, from Microsoft's metadata, on
//! every host.
//!
//! The compiler compares layouts and signatures (see `oracle`): a difference does not compile. This test
//! lists them, with the stated exceptions, and compares values.

mod values;

use crate::common::project;
use crate::oracle::{Spelled, our_field, same, shape, takes_6, takes_7, their_field};
use std::any::TypeId;
use std::collections::BTreeSet;
use std::fs;
#[cfg(not(windows))]
use std::io::Write as _;
use std::marker::PhantomData;
use std::mem::offset_of;
use std::path::Path;
#[cfg(not(windows))]
use std::process::Command;
use values::{constants, errors, guids};
use windows_sys::Win32::Networking::WinSock as ws;
use windows_sys::Win32::System::LibraryLoader as library_loader;
use wpu_sys::ffi;

/// The items that windows-sys has in several modules.
mod theirs {
    pub use windows_sys::Win32::Networking::WinSock::*;
    pub use windows_sys::Win32::System::IO::OVERLAPPED;
    pub use windows_sys::core::GUID;
}

structures! { theirs:
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
    WSPPROC_TABLE as WSPPROC_TABLE {}
    WSABUF as WSABUF { len, buf }
    WSANETWORKEVENTS as WSANETWORKEVENTS { lNetworkEvents, iErrorCode }
    FLOWSPEC as FLOWSPEC {
        TokenRate, TokenBucketSize, PeakBandwidth, Latency, DelayVariation, ServiceType, MaxSduSize, MinimumPolicedSize,
    }
    QOS as QOS { SendingFlowspec, ReceivingFlowspec, ProviderSpecific }
    TIMEVAL as timeval { tv_sec, tv_usec }
    tcp_keepalive as tcp_keepalive { onoff, keepalivetime, keepaliveinterval }
    CMSGHDR as WSACMSGHDR { cmsg_len, cmsg_level, cmsg_type }
    WSAMSG as WSAMSG { name, namelen, lpBuffers, dwBufferCount, Control, dwFlags }
    WSAPOLLFD as WSAPOLLFD { fd, events, revents }
    TRANSMIT_FILE_BUFFERS as TRANSMIT_FILE_BUFFERS { Head, HeadLength, Tail, TailLength }
    RIO_BUF as RIO_BUF { Offset, Length } => "the id of a buffer is an integer there" { BufferId }
    RIO_EXTENSION_FUNCTION_TABLE as RIO_EXTENSION_FUNCTION_TABLE { cbSize } => "the ids are integers there, see `shapes`" {
        RIOReceive, RIOReceiveEx, RIOSend, RIOSendEx, RIOCloseCompletionQueue, RIOCreateCompletionQueue,
        RIOCreateRequestQueue, RIODequeueCompletion, RIODeregisterBuffer, RIONotify, RIORegisterBuffer,
        RIOResizeCompletionQueue, RIOResizeRequestQueue,
    }
    RIORESULT as RIORESULT { Status, BytesTransferred, SocketContext, RequestContext }
    SOCKADDR as sockaddr { sa_family } => "the bytes of an address have a sign there" { sa_data }
}

/// Fields that have other names there, or are inside a union.
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
    LPCONDITIONPROC, LPWSAOVERLAPPED_COMPLETION_ROUTINE, LPWSPACCEPT, LPWSPADDRESSTOSTRING, LPWSPASYNCSELECT,
    LPWSPBIND, LPWSPCANCELBLOCKINGCALL, LPWSPCLEANUP, LPWSPCLOSESOCKET, LPWSPCONNECT, LPWSPDUPLICATESOCKET,
    LPWSPENUMNETWORKEVENTS, LPWSPGETPEERNAME, LPWSPGETSOCKNAME, LPWSPGETSOCKOPT, LPWSPGETQOSBYNAME,
    LPWSPJOINLEAF, LPWSPLISTEN, LPWSPSELECT, LPWSPSEND, LPWSPSENDDISCONNECT, LPWSPSENDTO, LPWSPSETSOCKOPT,
    LPWSPSHUTDOWN, LPWSPSOCKET, LPWSPSTRINGTOADDRESS,
    LPWSCDEINSTALLPROVIDER, LPWSCGETPROVIDERPATH, LPWSCINSTALLPROVIDER,
}

// In C none of their pointers is to constant data, and the ids of registered I/O are pointers.
shapes! { ws:
    LPFN_ACCEPTEX, LPFN_CONNECTEX, LPFN_DISCONNECTEX, LPFN_GETACCEPTEXSOCKADDRS, LPFN_TRANSMITFILE, LPFN_TRANSMITPACKETS,
    LPFN_WSAPOLL, LPFN_WSARECVMSG, LPFN_WSASENDMSG,
    LPFN_RIOCLOSECOMPLETIONQUEUE, LPFN_RIOCREATECOMPLETIONQUEUE, LPFN_RIOCREATEREQUESTQUEUE, LPFN_RIODEQUEUECOMPLETION,
    LPFN_RIODEREGISTERBUFFER, LPFN_RIONOTIFY, LPFN_RIORECEIVE, LPFN_RIORECEIVEEX, LPFN_RIOREGISTERBUFFER,
    LPFN_RIORESIZECOMPLETIONQUEUE, LPFN_RIORESIZEREQUESTQUEUE, LPFN_RIOSEND, LPFN_RIOSENDEX,
}

/// Functions without a pointer type there. The compiler checks them, and they are not linked.
const _: ffi::LPWAITFORMULTIPLEOBJECTSEX =
    Some(windows_sys::Win32::System::Threading::WaitForMultipleObjectsEx);
const _: ffi::LPGETMODULEHANDLEEXW = Some(library_loader::GetModuleHandleExW);
const LINKED: &[&str] = &[
    "LPGETMODULEHANDLEEXW",
    "LPWAITFORMULTIPLEOBJECTSEX",
    "LPWSCGETPROVIDERINFO",
    "LPWSCSETPROVIDERINFO",
    "LPWSCGETAPPLICATIONCATEGORY",
    "LPWSCSETAPPLICATIONCATEGORY",
    "LPWSCDEINSTALLPROVIDER32",
    "LPWSCENUMPROTOCOLS32",
    "LPWSCGETPROVIDERINFO32",
    "LPWSCGETPROVIDERPATH32",
    "LPWSCINSTALLPROVIDER64_32",
    "LPWSCSETPROVIDERINFO32",
    "LPWSCWRITEPROVIDERORDER32",
];
const _: () = {
    same(takes_6(ws::WSCGetApplicationCategory), PhantomData::<ffi::LPWSCGETAPPLICATIONCATEGORY>);
    same(takes_7(ws::WSCSetApplicationCategory), PhantomData::<ffi::LPWSCSETAPPLICATIONCATEGORY>);
    same(takes_6(ws::WSCGetProviderInfo), PhantomData::<ffi::LPWSCGETPROVIDERINFO>);
    same(takes_6(ws::WSCSetProviderInfo), PhantomData::<ffi::LPWSCSETPROVIDERINFO>);
};
/// Only 64-bit systems have a second catalog.
#[cfg(target_pointer_width = "64")]
const _: () = {
    use crate::oracle::{takes_2, takes_4, takes_5};
    same(takes_2(ws::WSCDeinstallProvider32), PhantomData::<ffi::LPWSCDEINSTALLPROVIDER32>);
    same(takes_4(ws::WSCEnumProtocols32), PhantomData::<ffi::LPWSCENUMPROTOCOLS32>);
    same(takes_6(ws::WSCGetProviderInfo32), PhantomData::<ffi::LPWSCGETPROVIDERINFO32>);
    same(takes_4(ws::WSCGetProviderPath32), PhantomData::<ffi::LPWSCGETPROVIDERPATH32>);
    same(takes_5(ws::WSCInstallProvider64_32), PhantomData::<ffi::LPWSCINSTALLPROVIDER64_32>);
    same(takes_6(ws::WSCSetProviderInfo32), PhantomData::<ffi::LPWSCSETPROVIDERINFO32>);
    // Its differences are those of the function for the other catalog.
    same(PhantomData::<ffi::LPWSCWRITEPROVIDERORDER>, PhantomData::<ffi::LPWSCWRITEPROVIDERORDER32>);
};

signatures_but_for! { ws:
    "`WSAEVENT` is an integer there; in C it is a `HANDLE`" {
        LPWPUCLOSEEVENT, E = ffi::WSAEVENT, isize: unsafe extern "system" fn(E, *mut i32) -> i32;
        LPWPURESETEVENT, E = ffi::WSAEVENT, isize: unsafe extern "system" fn(E, *mut i32) -> i32;
        LPWPUSETEVENT, E = ffi::WSAEVENT, isize: unsafe extern "system" fn(E, *mut i32) -> i32;
        LPWPUCREATEEVENT, E = ffi::WSAEVENT, isize: unsafe extern "system" fn(*mut i32) -> E;
        LPWSPEVENTSELECT, E = ffi::WSAEVENT, isize: unsafe extern "system" fn(usize, E, i32, *mut i32) -> i32;
    }
    "the provider fills in `lpWSPData`, so it cannot be `*const`" {
        LPWSPSTARTUP, D = *mut ffi::WSPDATA, *const ffi::WSPDATA:
            unsafe extern "system" fn(u16, D, *const ffi::WSAPROTOCOL_INFOW, ffi::WSPUPCALLTABLE, *mut ffi::WSPPROC_TABLE) -> i32;
    }
    "the order is only read" {
        LPWSCWRITEPROVIDERORDER, O = *const u32, *mut u32: unsafe extern "system" fn(O, u32) -> i32;
    }
    "the provider may change the structure of a request that is under way" {
        LPWSPGETOVERLAPPEDRESULT, O = *mut ffi::WSAOVERLAPPED, *const ffi::WSAOVERLAPPED:
            unsafe extern "system" fn(usize, O, *mut u32, i32, *mut u32, *mut i32) -> i32;
    }
    "the C type is `LPVOID`, for input too" {
        LPWSPIOCTL, I = *mut core::ffi::c_void, *const core::ffi::c_void: unsafe extern "system" fn(
            usize, u32, I, u32, *mut core::ffi::c_void, u32, *mut u32, *mut ffi::WSAOVERLAPPED,
            ffi::LPWSAOVERLAPPED_COMPLETION_ROUTINE, *const ffi::WSATHREADID, *mut i32,
        ) -> i32;
    }
    "the provider fills the buffers, and writes the error, so neither can be `*const`" {
        LPWSPRECV, B = *mut ffi::WSABUF, *const ffi::WSABUF, E = *mut i32, *const i32: unsafe extern "system" fn(
            usize, B, u32, *mut u32, *mut u32, *mut ffi::WSAOVERLAPPED,
            ffi::LPWSAOVERLAPPED_COMPLETION_ROUTINE, *const ffi::WSATHREADID, E,
        ) -> i32;
        LPWSPRECVDISCONNECT, B = *mut ffi::WSABUF, *const ffi::WSABUF: unsafe extern "system" fn(usize, B, *mut i32) -> i32;
        LPWSPRECVFROM, B = *mut ffi::WSABUF, *const ffi::WSABUF: unsafe extern "system" fn(
            usize, B, u32, *mut u32, *mut u32, *mut ffi::sockaddr, *mut i32, *mut ffi::WSAOVERLAPPED,
            ffi::LPWSAOVERLAPPED_COMPLETION_ROUTINE, *const ffi::WSATHREADID, *mut i32,
        ) -> i32;
    }
}

/// Items that windows-sys lacks, or has from another header: its `SOMAXCONN` is that of Windows Sockets 1.1.
/// The version is compared with the header, and no header has the stop codes of Application Verifier.
const NOT_THERE: &[&str] = &[
    "WSPUPCALLTABLEEX",
    "LPRTLDLLSHUTDOWNINPROGRESS",
    "LPWSPSTARTUPEX",
    "SOMAXCONN",
    "WINSOCK_VERSION",
    "RIO_INVALID_CQ",
    "RIO_INVALID_RQ",
    "SIO_CHK_QOS",
    "SIO_GET_INTERFACE_LIST",
    "SIO_GET_INTERFACE_LIST_EX",
    "SIO_IDEAL_SEND_BACKLOG_CHANGE",
    "SIO_IDEAL_SEND_BACKLOG_QUERY",
    "WSP_INVALID_SOCKET_HANDLE",
    "WSP_LEAKED_SOCKET_HANDLE",
    "WSP_NOT_INITIALIZED",
    "WSP_RETURN_INVALID",
    "WSP_SOCKET_ALREADY_CLOSED",
];

/// Types that are only another name of an integer, a pointer or a structure, which is compared.
const NAMES_ALONE: &[&str] = &[
    "BOOL",
    "BOOLEAN",
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
    "GROUP",
    "HMODULE",
    "INT",
    "LPDWORD",
    "LPQOS",
    "LPSOCKADDR",
    "LPVOID",
    "LPWSABUF",
    "LPWSANETWORKEVENTS",
    "LPWSTR",
    "SERVICETYPE",
    "ULONG",
    "ULONGLONG",
    "LPTRANSMIT_FILE_BUFFERS",
    "LPTRANSMIT_PACKETS_ELEMENT",
    "LPWSAMSG",
    "LPWSAPOLLFD",
    "PRIORESULT",
    "PRIO_BUF",
    "PRIO_NOTIFICATION_COMPLETION",
    "RIO_BUFFERID",
    "RIO_CQ",
    "RIO_RQ",
];

#[test]
fn every_declaration_has_a_second_source() {
    let mut compared: BTreeSet<String> = BTreeSet::new();
    let signatures = SIGNATURES.iter().chain(DIFFERENT.iter().map(|(name, _)| name));
    compared.extend(
        STRUCTURES
            .iter()
            .chain(signatures)
            .chain(SHAPES)
            .chain(LINKED)
            .chain(NOT_THERE)
            .chain(NAMES_ALONE)
            .map(|name| (*name).to_owned()),
    );
    compared.extend(constants().into_iter().map(|(name, ..)| name.to_owned()));
    compared.extend(guids().into_iter().map(|(name, ..)| name.to_owned()));
    let ours = declared();
    assert!(ours.len() > 60, "found only {} declarations", ours.len());
    let alone: Vec<_> = ours.difference(&compared).collect();
    assert!(alone.is_empty(), "compare these with windows-sys, or say why not: {alone:?}");
}

/// The names that `ffi` declares, except the function types that are never null, which are part of the
/// nullable ones, and texts, whose names are the spec's own.
fn declared() -> BTreeSet<String> {
    let path = project().join("generated/src/ffi.rs");
    let text = fs::read_to_string(path).expect("the bindings are there");
    let items = syn::parse_file(&text).expect("they are Rust").items;
    let names = items.iter().filter_map(|item| match item {
        syn::Item::Struct(item) => Some(item.ident.to_string()),
        syn::Item::Const(item) => {
            Some(item.ident.to_string()).filter(|_| !matches!(*item.ty, syn::Type::Reference(_)))
        }
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

/// The facts state the slot of an upcall; the metadata states its offset.
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

/// The same for the functions of a provider.
#[test]
fn the_facts_have_the_functions_of_the_metadata() {
    assert_eq!(FUNCTIONS.len(), wpu_sys::facts::DOWNCALLS.len());
    for ((slot, (member, offset)), downcall) in FUNCTIONS.iter().enumerate().zip(&wpu_sys::facts::DOWNCALLS) {
        let name = member.strip_prefix("lp").expect("members begin with `lp`");
        assert_eq!((downcall.name, slot * size_of::<usize>()), (name, *offset));
        assert_eq!(downcall.slot as usize, slot);
    }
}

/// windows-sys lacks the table for SAN providers: the other table, followed by one slot.
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
    for (name, ours, theirs) in guids() {
        let theirs = (theirs.data1, theirs.data2, theirs.data3, theirs.data4);
        assert_eq!((ours.Data1, ours.Data2, ours.Data3, ours.Data4), theirs, "{name}");
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

/// winapi is empty on systems other than Windows. On Windows its oracle is an ordinary test; here the
/// compiler checks it for Windows targets, which suffices, since it compares everything at compile time.
#[test]
#[cfg(not(windows))]
fn winapi_agrees_too() {
    for target in ["x86_64-pc-windows-gnu", "i686-pc-windows-gnu"] {
        if installed(target) {
            checked_with_winapi(target);
        } else {
            // Written to the terminal directly, since the output of a passing test is not shown.
            let line = format!("not run: winapi's types for {target} (`rustup target add {target}`)\n");
            std::io::stderr().write_all(line.as_bytes()).expect("there is a terminal or a log");
        }
    }
}

/// Checks the oracle in a package of its own, since the other tests need much more for a Windows target.
#[cfg(not(windows))]
fn checked_with_winapi(target: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("winapi");
    let manifest = format!(
        "[package]\nname = \"winapi-oracle\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\nwpu-sys = {{ path = '{}' }}\n\
        winapi = {{ version = \"0.3.9\", features = [\"winsock2\", \"ws2spi\"] }}\n\n[lib]\npath = 'lib.rs'\n",
        project().join("generated").display(),
    );
    let module =
        |path| format!("#[path = r\"{}\"]\nmod ", project().join("tests/tests").join(path).display());
    let lib = format!(
        "#[macro_use]\n{}oracle;\n{}winapi_oracle;\n",
        module("oracle/mod.rs"),
        module("winapi_oracle.rs")
    );
    fs::create_dir_all(&folder).expect("the target folder can be written to");
    fs::write(folder.join("Cargo.toml"), manifest).expect("the target folder can be written to");
    fs::write(folder.join("lib.rs"), lib).expect("the target folder can be written to");
    fs::copy(project().join("Cargo.lock"), folder.join("Cargo.lock"))
        .expect("the versions of the project hold here too");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let check = Command::new(cargo)
        .args(["check", "--quiet", "--tests", "--target", target, "--target-dir"])
        .arg(folder.join("target"))
        .current_dir(&folder)
        .output()
        .expect("cargo can be started");
    assert!(check.status.success(), "{target}\n{}", String::from_utf8_lossy(&check.stderr));
}

/// Whether the standard library is installed for a target.
#[cfg(not(windows))]
fn installed(target: &str) -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let found = Command::new(rustc).args(["--print", "target-libdir", "--target", target]).output();
    found.is_ok_and(|found| Path::new(String::from_utf8_lossy(&found.stdout).trim()).is_dir())
}
