//! The thirty functions of a provider with their C types, and the structures that they pass.

#![allow(non_camel_case_types, non_snake_case, clippy::upper_case_acronyms)] // The names are Winsock's.

use std::ffi::c_void;
use wpu_sys::ffi::{
    BOOL, DWORD, FARPROC, GUID, HWND, SOCKET, WSAEVENT, WSAOVERLAPPED, WSAPROTOCOL_INFOW, WSATHREADID, fd_set,
};

/// A buffer with its length.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct WSABUF {
    /// How many bytes it has.
    pub len: u32,
    /// The bytes.
    pub buf: *mut u8,
}

/// A span of time.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct timeval {
    /// Seconds.
    pub tv_sec: i32,
    /// And microseconds.
    pub tv_usec: i32,
}

/// What has happened on a socket.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct WSANETWORKEVENTS {
    /// One bit for each event.
    pub lNetworkEvents: i32,
    /// The error of each event, by the number of its bit.
    pub iErrorCode: [i32; 10],
}

/// A quality of service, which this crate never looks into.
pub type QOS = c_void;

/// A client's function that runs when an overlapped request is done.
pub type LPWSAOVERLAPPED_COMPLETION_ROUTINE =
    Option<unsafe extern "system" fn(DWORD, DWORD, *mut WSAOVERLAPPED, DWORD)>;
/// A client's function that judges who may connect.
pub type LPCONDITIONPROC = Option<
    unsafe extern "system" fn(
        *mut WSABUF,
        *mut WSABUF,
        *mut QOS,
        *mut QOS,
        *mut WSABUF,
        *mut WSABUF,
        *mut u32,
        usize,
    ) -> i32,
>;

macro_rules! procs {
    ($($name:ident($($param:ty),*) -> $answer:ty;)*) => {
        /// The functions of a provider, each of which can be missing.
        #[repr(C)]
        #[derive(Clone, Copy, Debug)]
        pub struct Procs {
            $(#[allow(missing_docs)]
            pub $name: Option<unsafe extern "system" fn($($param),*) -> $answer>,)*
        }

        impl Procs {
            /// The names of the functions that are missing.
            pub(crate) fn missing(&self) -> Vec<&'static str> {
                let mut missing = Vec::new();
                $(if self.$name.is_none() {
                    missing.push(&stringify!($name)[2..]);
                })*
                missing
            }
        }
    };
}

procs! {
    lpWSPAccept(SOCKET, *mut u8, *mut i32, LPCONDITIONPROC, usize, *mut i32) -> SOCKET;
    lpWSPAddressToString(*const u8, DWORD, *const WSAPROTOCOL_INFOW, *mut u16, *mut DWORD, *mut i32) -> i32;
    lpWSPAsyncSelect(SOCKET, HWND, u32, i32, *mut i32) -> i32;
    lpWSPBind(SOCKET, *const u8, i32, *mut i32) -> i32;
    lpWSPCancelBlockingCall(*mut i32) -> i32;
    lpWSPCleanup(*mut i32) -> i32;
    lpWSPCloseSocket(SOCKET, *mut i32) -> i32;
    lpWSPConnect(SOCKET, *const u8, i32, *const WSABUF, *mut WSABUF, *const QOS, *const QOS, *mut i32) -> i32;
    lpWSPDuplicateSocket(SOCKET, DWORD, *mut WSAPROTOCOL_INFOW, *mut i32) -> i32;
    lpWSPEnumNetworkEvents(SOCKET, WSAEVENT, *mut WSANETWORKEVENTS, *mut i32) -> i32;
    lpWSPEventSelect(SOCKET, WSAEVENT, i32, *mut i32) -> i32;
    lpWSPGetOverlappedResult(SOCKET, *mut WSAOVERLAPPED, *mut DWORD, BOOL, *mut DWORD, *mut i32) -> BOOL;
    lpWSPGetPeerName(SOCKET, *mut u8, *mut i32, *mut i32) -> i32;
    lpWSPGetSockName(SOCKET, *mut u8, *mut i32, *mut i32) -> i32;
    lpWSPGetSockOpt(SOCKET, i32, i32, *mut u8, *mut i32, *mut i32) -> i32;
    lpWSPGetQOSByName(SOCKET, *const WSABUF, *mut QOS, *mut i32) -> BOOL;
    lpWSPIoctl(
        SOCKET, DWORD, *const c_void, DWORD, *mut c_void, DWORD, *mut DWORD, *mut WSAOVERLAPPED,
        LPWSAOVERLAPPED_COMPLETION_ROUTINE, *const WSATHREADID, *mut i32
    ) -> i32;
    lpWSPJoinLeaf(
        SOCKET, *const u8, i32, *const WSABUF, *mut WSABUF, *const QOS, *const QOS, DWORD, *mut i32
    ) -> SOCKET;
    lpWSPListen(SOCKET, i32, *mut i32) -> i32;
    lpWSPRecv(
        SOCKET, *const WSABUF, DWORD, *mut DWORD, *mut DWORD, *mut WSAOVERLAPPED,
        LPWSAOVERLAPPED_COMPLETION_ROUTINE, *const WSATHREADID, *mut i32
    ) -> i32;
    lpWSPRecvDisconnect(SOCKET, *mut WSABUF, *mut i32) -> i32;
    lpWSPRecvFrom(
        SOCKET, *const WSABUF, DWORD, *mut DWORD, *mut DWORD, *mut u8, *mut i32, *mut WSAOVERLAPPED,
        LPWSAOVERLAPPED_COMPLETION_ROUTINE, *const WSATHREADID, *mut i32
    ) -> i32;
    lpWSPSelect(i32, *mut fd_set, *mut fd_set, *mut fd_set, *const timeval, *mut i32) -> i32;
    lpWSPSend(
        SOCKET, *const WSABUF, DWORD, *mut DWORD, DWORD, *mut WSAOVERLAPPED,
        LPWSAOVERLAPPED_COMPLETION_ROUTINE, *const WSATHREADID, *mut i32
    ) -> i32;
    lpWSPSendDisconnect(SOCKET, *const WSABUF, *mut i32) -> i32;
    lpWSPSendTo(
        SOCKET, *const WSABUF, DWORD, *mut DWORD, DWORD, *const u8, i32, *mut WSAOVERLAPPED,
        LPWSAOVERLAPPED_COMPLETION_ROUTINE, *const WSATHREADID, *mut i32
    ) -> i32;
    lpWSPSetSockOpt(SOCKET, i32, i32, *const u8, i32, *mut i32) -> i32;
    lpWSPShutdown(SOCKET, i32, *mut i32) -> i32;
    lpWSPSocket(i32, i32, i32, *const WSAPROTOCOL_INFOW, u32, DWORD, *mut i32) -> SOCKET;
    lpWSPStringToAddress(*const u16, i32, *const WSAPROTOCOL_INFOW, *mut u8, *mut i32, *mut i32) -> i32;
}

const _: () = assert!(size_of::<Procs>() == size_of::<wpu_sys::ffi::WSPPROC_TABLE>());
const _: () = assert!(size_of::<FARPROC>() == size_of::<LPCONDITIONPROC>());

/// A GUID as something that can be ordered.
pub(crate) fn key(id: &GUID) -> (u32, u16, u16, [u8; 8]) {
    (id.Data1, id.Data2, id.Data3, id.Data4)
}

pub(crate) const AF_INET: i32 = 2;
pub(crate) const AF_INET6: i32 = 23;
pub(crate) const FROM_PROTOCOL_INFO: i32 = -1;
pub(crate) const WSA_FLAG_OVERLAPPED: u32 = 1;
pub(crate) const PFL_HIDDEN: u32 = 4;
pub(crate) const FIONBIO: u32 = 0x8004_667E;
pub(crate) const CF_ACCEPT: i32 = 0;
pub(crate) const CF_REJECT: i32 = 1;
pub(crate) const CF_DEFER: i32 = 2;
pub(crate) const INFINITE: u32 = u32::MAX;
pub(crate) const WAIT_OBJECT_0: u32 = 0;
pub(crate) const WAIT_IO_COMPLETION: u32 = 0xC0;
pub(crate) const WAIT_TIMEOUT: u32 = 258;
pub(crate) const WAIT_FAILED: u32 = u32::MAX;
