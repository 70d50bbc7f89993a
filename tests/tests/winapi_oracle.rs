//! The third source: the C types of the bindings against those of winapi, which were written by hand from the
//! headers.
//!
//! Everything is compared at compile time. winapi is empty on systems other than Windows; there
//! `layout_oracle` compiles this file for a Windows target.
#![cfg(windows)]

use crate::oracle::{Spelled, our_field, same, their_field};
use std::any::TypeId;
use std::mem::offset_of;
use winapi::shared::winerror;
use winapi::um::minwinbase::OVERLAPPED_u_s;
use wpu_sys::{WsaError, ffi};

/// The items that winapi has in several modules.
mod theirs {
    pub use winapi::shared::guiddef::GUID;
    pub use winapi::shared::ws2def::WSABUF;
    pub use winapi::um::minwinbase::OVERLAPPED;
    pub use winapi::um::winsock2::*;
    pub use winapi::um::ws2spi::*;
}

impl Spelled for winapi::ctypes::c_void {
    type Ours = core::ffi::c_void;
}

impl Spelled for winapi::shared::windef::HWND__ {
    type Ours = core::ffi::c_void;
}

structures! { theirs:
    GUID as GUID { Data1, Data2, Data3, Data4 }
    WSATHREADID as WSATHREADID { ThreadHandle, Reserved }
    WSPDATA as WSPDATA { wVersion, wHighVersion, szDescription }
    fd_set as fd_set { fd_count, fd_array }
    OVERLAPPED as WSAOVERLAPPED { Internal, InternalHigh, hEvent }
    WSAPROTOCOLCHAIN as WSAPROTOCOLCHAIN { ChainLen, ChainEntries }
    WSAPROTOCOL_INFOW as WSAPROTOCOL_INFOW {
        dwServiceFlags1, dwServiceFlags2, dwServiceFlags3, dwServiceFlags4, ProviderId,
        dwCatalogEntryId, ProtocolChain, iVersion, iAddressFamily, iMaxSockAddr, iMinSockAddr, iSocketType, iProtocol,
        iProtocolMaxOffset, iNetworkByteOrder, iSecurityScheme, dwMessageSize, dwProviderReserved, szProtocol,
    }
    WSPUPCALLTABLE as WSPUPCALLTABLE {}
    WSPPROC_TABLE as WSPPROC_TABLE {}
    WSABUF as WSABUF { len } => "the bytes of a buffer have a sign there" { buf }
    WSANETWORKEVENTS as WSANETWORKEVENTS { lNetworkEvents, iErrorCode }
}

/// Fields inside a union, and one that winapi calls `dwServiceFlags5`.
const _: () = {
    assert!(
        offset_of!(theirs::WSAPROTOCOL_INFOW, dwServiceFlags5)
            == offset_of!(ffi::WSAPROTOCOL_INFOW, dwProviderFlags)
    );
    let union = offset_of!(theirs::OVERLAPPED, u);
    assert!(union + offset_of!(OVERLAPPED_u_s, Offset) == offset_of!(ffi::WSAOVERLAPPED, Offset));
    assert!(union + offset_of!(OVERLAPPED_u_s, OffsetHigh) == offset_of!(ffi::WSAOVERLAPPED, OffsetHigh));
};

every_slot!(theirs);

signatures! { theirs:
    LPBLOCKINGCALLBACK, LPWSAUSERAPC, LPWPUCLOSEEVENT, LPWPUCLOSESOCKETHANDLE, LPWPUCREATEEVENT,
    LPWPUCREATESOCKETHANDLE, LPWPUMODIFYIFSHANDLE, LPWPUPOSTMESSAGE, LPWPUQUERYBLOCKINGCALLBACK,
    LPWPUQUERYSOCKETHANDLECONTEXT, LPWPURESETEVENT, LPWPUSETEVENT, LPWPUOPENCURRENTTHREAD,
    LPWPUCOMPLETEOVERLAPPEDREQUEST,
}

signatures_but_for! { theirs:
    "C does not say `const`; what only goes in is `*const` here" {
        LPWPUFDISSET, S = *const ffi::fd_set, *mut ffi::fd_set: unsafe extern "system" fn(usize, S) -> i32;
        LPWPUGETPROVIDERPATH, I = *const ffi::GUID, *mut ffi::GUID: unsafe extern "system" fn(I, *mut u16, *mut i32, *mut i32) -> i32;
        LPWPUQUEUEAPC, T = *const ffi::WSATHREADID, *mut ffi::WSATHREADID:
            unsafe extern "system" fn(T, ffi::LPWSAUSERAPC, usize, *mut i32) -> i32;
        LPWPUCLOSETHREAD, T = *const ffi::WSATHREADID, *mut ffi::WSATHREADID: unsafe extern "system" fn(T, *mut i32) -> i32;
        LPWSPSTARTUP, I = *const ffi::WSAPROTOCOL_INFOW, *mut ffi::WSAPROTOCOL_INFOW:
            unsafe extern "system" fn(u16, *mut ffi::WSPDATA, I, ffi::WSPUPCALLTABLE, *mut ffi::WSPPROC_TABLE) -> i32;
    }
}

/// Constants and errors: their values, whatever their types.
macro_rules! numbers {
    ($($ours:expr, $theirs:expr;)*) => {
        #[allow(clippy::cast_possible_wrap, reason = "equal numbers stay equal")]
        const _: () = { $(assert!($ours as i64 == $theirs as i64);)* };
    };
}

numbers! {
    ffi::SOCKET_ERROR, theirs::SOCKET_ERROR;
    ffi::INVALID_SOCKET, theirs::INVALID_SOCKET;
    ffi::FD_SETSIZE, theirs::FD_SETSIZE;
    ffi::MAX_PROTOCOL_CHAIN, theirs::MAX_PROTOCOL_CHAIN;
    ffi::LAYERED_PROTOCOL, theirs::LAYERED_PROTOCOL;
    ffi::BASE_PROTOCOL, theirs::BASE_PROTOCOL;
    ffi::WSAPROTOCOL_LEN, theirs::WSAPROTOCOL_LEN;
    ffi::WSPDESCRIPTION_LEN, theirs::WSPDESCRIPTION_LEN;
    ffi::XP1_IFS_HANDLES, theirs::XP1_IFS_HANDLES;
    ffi::WSS_OPERATION_IN_PROGRESS, theirs::WSS_OPERATION_IN_PROGRESS;
    ffi::NO_ERROR, winerror::NO_ERROR;
    WsaError::ERROR_INVALID_HANDLE.code(), winerror::ERROR_INVALID_HANDLE;
    WsaError::WSA_INVALID_HANDLE.code(), theirs::WSA_INVALID_HANDLE;
    WsaError::WSA_NOT_ENOUGH_MEMORY.code(), theirs::WSA_NOT_ENOUGH_MEMORY;
    WsaError::WSA_INVALID_PARAMETER.code(), theirs::WSA_INVALID_PARAMETER;
    WsaError::WSA_OPERATION_ABORTED.code(), theirs::WSA_OPERATION_ABORTED;
    WsaError::WSA_IO_PENDING.code(), theirs::WSA_IO_PENDING;
    WsaError::WSAEFAULT.code(), winerror::WSAEFAULT;
    WsaError::WSAEINVAL.code(), winerror::WSAEINVAL;
    WsaError::WSAENOTSOCK.code(), winerror::WSAENOTSOCK;
    WsaError::WSAENOBUFS.code(), winerror::WSAENOBUFS;
    WsaError::WSANOTINITIALISED.code(), winerror::WSANOTINITIALISED;
    WsaError::WSAEINTR.code(), winerror::WSAEINTR;
    WsaError::WSAEWOULDBLOCK.code(), winerror::WSAEWOULDBLOCK;
    WsaError::WSAEINPROGRESS.code(), winerror::WSAEINPROGRESS;
    WsaError::WSAEOPNOTSUPP.code(), winerror::WSAEOPNOTSUPP;
    WsaError::WSAENETDOWN.code(), winerror::WSAENETDOWN;
    WsaError::WSAEPROCLIM.code(), winerror::WSAEPROCLIM;
    WsaError::WSASYSNOTREADY.code(), winerror::WSASYSNOTREADY;
    WsaError::WSAVERNOTSUPPORTED.code(), winerror::WSAVERNOTSUPPORTED;
    WsaError::WSAEINVALIDPROCTABLE.code(), winerror::WSAEINVALIDPROCTABLE;
    WsaError::WSAEINVALIDPROVIDER.code(), winerror::WSAEINVALIDPROVIDER;
    WsaError::WSAEPROVIDERFAILEDINIT.code(), winerror::WSAEPROVIDERFAILEDINIT;
    WsaError::WSASYSCALLFAILURE.code(), winerror::WSASYSCALLFAILURE;
}

#[test]
fn every_exception_is_needed() {
    assert_eq!(needless(), [""; 0]);
}

#[test]
fn every_slot_and_signature_is_compared() {
    let counts = (SLOTS.len(), FUNCTIONS.len(), SIGNATURES.len() + DIFFERENT.len(), STRUCTURES.len());
    assert_eq!(counts, (15, 30, 19, 11));
}
