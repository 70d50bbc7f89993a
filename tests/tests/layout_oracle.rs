//! The second source: the C types of the bindings against those of windows-sys, from Microsoft's metadata, on
//! every host.
//!
//! The compiler compares layouts and signatures (see `oracle`): a difference does not compile. This test
//! lists them, with the stated exceptions, and compares values.

use crate::common::project;
use crate::oracle::{Spelled, our_field, same, takes_6, takes_7, their_field};
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
use windows_sys::Win32::Foundation as foundation;
use windows_sys::Win32::Networking::WinSock as ws;
use windows_sys::Win32::System::LibraryLoader as library_loader;
use windows_sys::Win32::System::SystemServices as system_services;
use windows_sys::Win32::System::Threading as threading;
use wpu_sys::{WsaError, ffi};

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
    "LPWSPSTARTUPEX",
    "SOMAXCONN",
    "WINSOCK_VERSION",
    "WSP_INVALID_SOCKET_HANDLE",
    "WSP_LEAKED_SOCKET_HANDLE",
    "WSP_NOT_INITIALIZED",
    "WSP_RETURN_INVALID",
    "WSP_SOCKET_ALREADY_CLOSED",
];

/// Types that are only another name of an integer, a pointer or a structure, which is compared.
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
];

macro_rules! numbers {
    ($theirs:ident: $($name:ident),* $(,)?) => {
        [$((stringify!($name), ffi::$name as usize, $theirs::$name as usize)),*]
    };
}

/// The same for 32-bit words, which may be signed on one side only.
macro_rules! words {
    ($theirs:ident: $($name:ident),* $(,)?) => {
        [$((stringify!($name), ffi::$name as u32 as usize, $theirs::$name as u32 as usize)),*]
    };
}

/// Constants: name, our value, their value. Their types may differ, which `as usize` removes.
#[allow(
    clippy::cast_lossless,
    clippy::cast_sign_loss,
    clippy::cast_possible_truncation,
    reason = "equal numbers stay equal"
)]
fn constants() -> Vec<(&'static str, usize, usize)> {
    let mut all = numbers! { ws:
        SOCKET_ERROR, INVALID_SOCKET, WSA_INVALID_EVENT, FD_SETSIZE, MAX_PROTOCOL_CHAIN, LAYERED_PROTOCOL,
        BASE_PROTOCOL, WSAPROTOCOL_LEN, WSPDESCRIPTION_LEN, XP1_IFS_HANDLES, WSS_OPERATION_IN_PROGRESS, IOC_IN,
    }
    .to_vec();
    all.extend(numbers! { foundation:
        NO_ERROR, FALSE, TRUE, WAIT_OBJECT_0, WAIT_IO_COMPLETION, WAIT_FAILED, WAIT_TIMEOUT, MAX_PATH,
    });
    all.extend(numbers! { threading: INFINITE });
    all.extend(numbers! { library_loader:
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_PIN,
        GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
    });
    all.extend(numbers! { system_services: MAXIMUM_WAIT_OBJECTS });
    // There, only the bit numbers exist.
    all.extend([
        ("FD_QOS", ffi::FD_QOS as usize, 1 << ws::FD_QOS_BIT),
        ("FD_GROUP_QOS", ffi::FD_GROUP_QOS as usize, 1 << ws::FD_GROUP_QOS_BIT),
        (
            "FD_ROUTING_INTERFACE_CHANGE",
            ffi::FD_ROUTING_INTERFACE_CHANGE as usize,
            1 << ws::FD_ROUTING_INTERFACE_CHANGE_BIT,
        ),
        ("FD_ADDRESS_LIST_CHANGE", ffi::FD_ADDRESS_LIST_CHANGE as usize, 1 << ws::FD_ADDRESS_LIST_CHANGE_BIT),
        ("FD_ALL_EVENTS", ffi::FD_ALL_EVENTS as usize, (1 << ws::FD_MAX_EVENTS) - 1),
    ]);
    all.extend(words! { ws:
        AF_UNSPEC, AF_INET, AF_INET6, SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_RDM, SOCK_SEQPACKET,
        IPPROTO_IP, IPPROTO_TCP, IPPROTO_UDP, FROM_PROTOCOL_INFO, WSA_FLAG_OVERLAPPED,
        WSA_FLAG_MULTIPOINT_C_ROOT, WSA_FLAG_MULTIPOINT_C_LEAF, WSA_FLAG_MULTIPOINT_D_ROOT,
        WSA_FLAG_MULTIPOINT_D_LEAF, WSA_FLAG_ACCESS_SYSTEM_SECURITY, WSA_FLAG_NO_HANDLE_INHERIT,
        JL_SENDER_ONLY, JL_RECEIVER_ONLY, JL_BOTH, CF_ACCEPT, CF_REJECT, CF_DEFER, SD_RECEIVE,
        SD_SEND, SD_BOTH, MSG_OOB, MSG_PEEK, MSG_DONTROUTE, MSG_WAITALL, MSG_PARTIAL, SOL_SOCKET, SO_DEBUG,
        SO_ACCEPTCONN, SO_REUSEADDR, SO_KEEPALIVE, SO_DONTROUTE, SO_BROADCAST, SO_LINGER, SO_DONTLINGER,
        SO_EXCLUSIVEADDRUSE, SO_OOBINLINE, SO_SNDBUF, SO_RCVBUF, SO_SNDLOWAT, SO_RCVLOWAT, SO_SNDTIMEO,
        SO_RCVTIMEO, SO_ERROR, SO_TYPE, SO_GROUP_ID, SO_GROUP_PRIORITY, SO_MAX_MSG_SIZE, SO_PROTOCOL_INFOW,
        PVD_CONFIG, SO_CONDITIONAL_ACCEPT, SO_UPDATE_ACCEPT_CONTEXT, SO_CONNECT_TIME,
        SO_UPDATE_CONNECT_CONTEXT, TCP_NODELAY, FIONBIO, FIONREAD, SIOCATMARK, SIO_FLUSH, SIO_KEEPALIVE_VALS, AF_ATM,
        SIO_ASSOCIATE_HANDLE, SIO_ENABLE_CIRCULAR_QUEUEING, SIO_GET_QOS, SIO_GET_GROUP_QOS, SIO_SET_QOS, SIO_TRANSLATE_HANDLE,
        SIO_QUERY_TARGET_PNP_HANDLE, SIO_ROUTING_INTERFACE_CHANGE,
        SIO_GET_EXTENSION_FUNCTION_POINTER, SIO_ADDRESS_LIST_QUERY, SIO_ADDRESS_LIST_CHANGE, SIO_BSP_HANDLE,
        SIO_BSP_HANDLE_SELECT, SIO_BSP_HANDLE_POLL, SIO_BASE_HANDLE, FD_READ, FD_WRITE, FD_OOB, FD_ACCEPT,
        FD_CONNECT, FD_CLOSE, FD_READ_BIT, FD_WRITE_BIT, FD_OOB_BIT, FD_ACCEPT_BIT, FD_CONNECT_BIT,
        FD_CLOSE_BIT, FD_QOS_BIT, FD_GROUP_QOS_BIT, FD_ROUTING_INTERFACE_CHANGE_BIT,
        FD_ADDRESS_LIST_CHANGE_BIT, FD_MAX_EVENTS, XP1_CONNECTIONLESS, XP1_GUARANTEED_DELIVERY,
        XP1_GUARANTEED_ORDER, XP1_MESSAGE_ORIENTED, XP1_PSEUDO_STREAM, XP1_GRACEFUL_CLOSE,
        XP1_EXPEDITED_DATA, XP1_CONNECT_DATA, XP1_DISCONNECT_DATA, XP1_SUPPORT_BROADCAST,
        XP1_SUPPORT_MULTIPOINT, XP1_MULTIPOINT_CONTROL_PLANE, XP1_MULTIPOINT_DATA_PLANE, XP1_QOS_SUPPORTED,
        XP1_INTERRUPT, XP1_UNI_SEND, XP1_UNI_RECV, XP1_PARTIAL_MESSAGE, XP1_SAN_SUPPORT_SDP,
        PFL_MULTIPLE_PROTO_ENTRIES, PFL_RECOMMENDED_PROTO_ENTRY, PFL_HIDDEN, PFL_MATCHES_PROTOCOL_ZERO,
        PFL_NETWORKDIRECT_PROVIDER, BIGENDIAN, LITTLEENDIAN, SECURITY_PROTOCOL_NONE, LSP_SYSTEM,
        LSP_INSPECTOR, LSP_REDIRECTOR, LSP_PROXY, LSP_FIREWALL, LSP_INBOUND_MODIFY, LSP_OUTBOUND_MODIFY,
        LSP_CRYPTO_COMPRESS, LSP_LOCAL_CACHE, ProviderInfoLspCategories,
    });
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
        WSA_IO_INCOMPLETE, WSAEACCES, WSAEMFILE, WSAEALREADY, WSAEDESTADDRREQ, WSAEMSGSIZE, WSAEPROTOTYPE,
        WSAENOPROTOOPT, WSAEPROTONOSUPPORT, WSAESOCKTNOSUPPORT, WSAEAFNOSUPPORT, WSAEADDRINUSE,
        WSAEADDRNOTAVAIL, WSAENETUNREACH, WSAENETRESET, WSAECONNABORTED, WSAECONNRESET, WSAEISCONN,
        WSAENOTCONN, WSAESHUTDOWN, WSAETIMEDOUT, WSAECONNREFUSED, WSAEHOSTUNREACH, WSAEDISCON, WSATRY_AGAIN,
        WSANO_RECOVERY, WSASERVICE_NOT_FOUND,
    }
    .to_vec();
    all.extend(codes! { foundation: ERROR_INVALID_HANDLE, ERROR_CALL_NOT_IMPLEMENTED });
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
            .chain(LINKED)
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
