//! A provider of sockets in memory, written as in C, for tests of the client. It shares only the C types with
//! the rest of this project.
//!
//! Each installed entry has a state of its own. `dwServiceFlags4` selects the rule that the provider breaks,
//! as one of the constants of [`fault`].

#![allow(dead_code)]
// Each test uses the part it needs.
// SAFETY of everything below: the host keeps the contract of the functions, so that each pointer is valid for
// the access that the contract allows, and no other access is made.
#![allow(clippy::undocumented_unsafe_blocks, clippy::multiple_unsafe_ops_per_block)]
// Lengths here are at most a few bytes.
#![allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss)]

mod control;
mod data;
mod state;

pub(crate) use state::fault;

use control::*;
use data::*;
use state::*;
use std::ptr;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU32, Ordering};
use wpu_host::{Entry, Host, Module};
use wpu_sys::ffi::*;

static NEXT_ID: AtomicU32 = AtomicU32::new(FIRST_ID);
const FIRST_ID: u32 = 0x70_0000;

/// A provider id that is unique in the process.
pub(crate) fn fresh_id() -> GUID {
    GUID { Data1: NEXT_ID.fetch_add(1, Ordering::Relaxed), ..GUID::ZERO }
}

pub(crate) fn module() -> Module {
    unsafe { Module::from_startup(startup) }
}

/// The same provider, started through `WSPStartupEx` and without some functions that such a provider may
/// omit.
pub(crate) fn extended_module() -> Module {
    unsafe { Module::from_startup_ex(startup_ex) }
}

/// The same with all functions.
pub(crate) fn full_extended_module() -> Module {
    unsafe { Module::from_startup_ex(startup_ex_in_full) }
}

unsafe extern "system" fn startup_ex_in_full(
    version: u16,
    data: *mut WSPDATA,
    info: *const WSAPROTOCOL_INFOW,
    table: *const WSPUPCALLTABLEEX,
    procs: *mut WSPPROC_TABLE,
) -> i32 {
    // The larger table starts with the fields of the smaller one.
    unsafe { startup(version, data, info, table.cast::<WSPUPCALLTABLE>().read(), procs) }
}

unsafe extern "system" fn startup_ex(
    version: u16,
    data: *mut WSPDATA,
    info: *const WSAPROTOCOL_INFOW,
    table: *const WSPUPCALLTABLEEX,
    procs: *mut WSPPROC_TABLE,
) -> i32 {
    unsafe {
        // The larger table starts with the fields of the smaller one.
        let answer = startup(version, data, info, table.cast::<WSPUPCALLTABLE>().read(), procs);
        (*procs).lpWSPShutdown = None;
        (*procs).lpWSPSelect = None;
        answer
    }
}

/// Installs a base provider that breaks one rule, or none.
pub(crate) fn install(host: &Host, fault: u32) -> Entry {
    install_as(host, fault, 0)
}

pub(crate) fn install_as(host: &Host, fault: u32, flags: u32) -> Entry {
    let mut entry = Entry::new(fresh_id(), "pipes.dll").sockets(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    entry.info.dwServiceFlags4 = fault;
    host.install(entry.flags(flags), &module())
}

/// How often the provider of an entry was started and cleaned up.
pub(crate) fn starts(entry: &Entry) -> (u32, u32) {
    state().runs.get(&entry.info.ProviderId.Data1).map_or((0, 0), |run| (run.starts, run.cleanups))
}

/// The version that was wanted in the latest start.
pub(crate) fn version(entry: &Entry) -> u16 {
    state().runs[&entry.info.ProviderId.Data1].version
}

/// The arguments of the latest `WSPSocket`: family, type, protocol, flags, and `dwProviderReserved`.
pub(crate) fn asked(entry: &Entry) -> (i32, i32, i32, u32, u32) {
    state().runs[&entry.info.ProviderId.Data1].asked
}

/// Whether a provider has returned this value as a socket that is open.
pub(crate) fn has(socket: SOCKET) -> bool {
    state().sockets.contains_key(&socket)
}

/// The table that the provider of an entry received.
pub(crate) fn table(entry: &Entry) -> WSPUPCALLTABLE {
    state().runs[&entry.info.ProviderId.Data1].table
}

pub(crate) unsafe extern "system" fn startup(
    version: u16,
    data: *mut WSPDATA,
    info: *const WSAPROTOCOL_INFOW,
    table: WSPUPCALLTABLE,
    procs: *mut WSPPROC_TABLE,
) -> i32 {
    let info = unsafe { &*info };
    let fault = info.dwServiceFlags4;
    let id = info.ProviderId.Data1;
    unsafe {
        (*data).wVersion = if fault == fault::OLD_VERSION { 0x0101 } else { 0x0202 };
        let mut functions = PROCS;
        functions.lpWSPCleanup = Some(CLEANUPS[(id - FIRST_ID) as usize]);
        if fault == fault::HOLE {
            functions.lpWSPShutdown = None;
        }
        procs.write(functions);
    }
    if fault == fault::NO_START {
        return 10067;
    }
    let entry = info.dwCatalogEntryId;
    let run = RunState { table, entry, fault, version, starts: 0, cleanups: 0, asked: (0, 0, 0, 0, 0) };
    let mut state = state();
    let known = state.runs.entry(id).or_insert(run);
    *known = RunState { starts: known.starts + 1, cleanups: known.cleanups, ..run };
    0
}

macro_rules! cleanups {
    ($($sixteenth:literal)*) => { cleanups!(@ $($sixteenth, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15;)*) };
    (@ $($high:literal, $($low:literal)*;)*) => { [$($(cleanup::<{ 16 * $high + $low }>),*),*] };
}

/// A clean-up has no argument that identifies its provider, so each provider of a program has a function of its own.
static CLEANUPS: [unsafe extern "system" fn(*mut i32) -> i32; 256] =
    cleanups![0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15];

unsafe extern "system" fn cleanup<const N: u32>(_: *mut i32) -> i32 {
    clean_up(FIRST_ID + N)
}

fn clean_up(id: u32) -> i32 {
    let (run, sockets) = {
        let mut state = state();
        let run = state.runs.get_mut(&id).expect("a start");
        run.cleanups += 1;
        let run = *run;
        let of_run: Vec<SOCKET> =
            state.sockets.iter().filter(|(_, socket)| socket.run == id).map(|(handle, _)| *handle).collect();
        let sockets: Vec<_> =
            of_run.into_iter().filter_map(|handle| Some((handle, state.sockets.remove(&handle)?))).collect();
        (run, sockets)
    };
    // Calls that wait for such a socket return.
    CHANGED.notify_all();
    let mut errno = 0;
    for (handle, socket) in sockets {
        for receive in socket.waiting {
            if run.fault == fault::TELLS_AT_CLEAN_UP {
                unsafe {
                    let overlapped = receive.overlapped as *mut WSAOVERLAPPED;
                    wpu_host::WPUCompleteOverlappedRequest(handle, overlapped, 995, 0, &raw mut errno);
                }
            }
        }
        unsafe { run.table.lpWPUCloseSocketHandle.unwrap()(handle, &raw mut errno) };
    }
    0
}

/// Creates a handle for a new socket.
fn create(run: &RunState, id: u32, errno: *mut i32) -> SOCKET {
    let handle = unsafe { run.table.lpWPUCreateSocketHandle.unwrap()(run.entry, 7, errno) };
    if handle != INVALID_SOCKET {
        state().sockets.insert(handle, Socket { run: id, ..Socket::default() });
    }
    handle
}

unsafe extern "system" fn socket(
    family: i32,
    kind: i32,
    protocol: i32,
    info: *const WSAPROTOCOL_INFOW,
    _: u32,
    flags: DWORD,
    errno: *mut i32,
) -> SOCKET {
    let (id, reserved) = unsafe { ((*info).ProviderId.Data1, (*info).dwProviderReserved) };
    state().runs.get_mut(&id).unwrap().asked = (family, kind, protocol, flags, reserved);
    let mut run = state().runs[&id];
    match run.fault {
        fault::OLD_VERSION => panic!("a call to a provider whose version was not wanted"),
        fault::UNKNOWN_HANDLE => return 0x1234,
        fault::WRONG_ENTRY => run.entry -= 1,
        fault::NO_ERRNO => return INVALID_SOCKET,
        fault::ERRNO_ON_SUCCESS => unsafe { errno.write(10022) },
        _ => {}
    }
    create(&run, id, errno)
}

unsafe extern "system" fn bind(handle: SOCKET, name: *const sockaddr, length: i32, errno: *mut i32) -> i32 {
    let address = unsafe { std::slice::from_raw_parts(name.cast::<u8>(), length as usize) }.to_vec();
    let mut state = state();
    let Some(run) = state.run_of(handle) else { return fail(errno, 10038) };
    let id = state.sockets[&handle].run;
    if state.sockets.values().any(|socket| socket.run == id && socket.address == address) {
        return fail(errno, 10048);
    }
    if run.fault == fault::ODD_STATUS {
        return 5;
    }
    state.sockets.get_mut(&handle).unwrap().address = address;
    0
}

unsafe extern "system" fn listen(handle: SOCKET, _: i32, errno: *mut i32) -> i32 {
    match state().sockets.get_mut(&handle) {
        Some(socket) => socket.listening = true,
        None => return fail(errno, 10038),
    }
    0
}

unsafe extern "system" fn connect(
    handle: SOCKET,
    name: *const sockaddr,
    length: i32,
    _: *const WSABUF,
    _: *mut WSABUF,
    _: *const QOS,
    _: *const QOS,
    errno: *mut i32,
) -> i32 {
    let address = unsafe { std::slice::from_raw_parts(name.cast::<u8>(), length as usize) };
    let mut state = state();
    let Some(id) = state.sockets.get(&handle).map(|socket| socket.run) else { return fail(errno, 10038) };
    let found = state
        .sockets
        .iter_mut()
        .find(|(_, socket)| socket.run == id && socket.listening && socket.address == address);
    let Some((_, listener)) = found else { return fail(errno, 10061) };
    listener.backlog.push_back(handle);
    CHANGED.notify_all();
    0
}

unsafe extern "system" fn accept(
    handle: SOCKET,
    address: *mut sockaddr,
    length: *mut i32,
    condition: LPCONDITIONPROC,
    context: usize,
    errno: *mut i32,
) -> SOCKET {
    let (run, id, peer) = {
        let mut state = state();
        loop {
            let Some(run) = state.run_of(handle) else {
                fail(errno, 10038);
                return INVALID_SOCKET;
            };
            let socket = state.sockets.get_mut(&handle).unwrap();
            if let Some(peer) = socket.backlog.pop_front() {
                break (run, socket.run, peer);
            }
            if socket.nonblocking {
                fail(errno, WOULD_BLOCK);
                return INVALID_SOCKET;
            }
            state = CHANGED.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    };
    if run.fault == fault::UNKNOWN_ACCEPTED {
        return 0x1234;
    }
    let mut name: Vec<u8> = state().sockets[&peer].address.clone();
    if name.is_empty() {
        name = wpu_host::encode_address(([127, 0, 0, 1], 1).into());
    }
    if let Some(condition) = condition {
        let mut data = *b"hello";
        let mut caller = WSABUF { len: name.len() as u32, buf: name.as_mut_ptr() };
        let mut caller_data = WSABUF { len: 5, buf: data.as_mut_ptr() };
        let none = ptr::null_mut();
        let (caller, data) = (&raw mut caller, &raw mut caller_data);
        let verdict = unsafe {
            condition(caller, data, none, none, ptr::null_mut(), ptr::null_mut(), ptr::null_mut(), context)
        };
        if verdict == 2 {
            state().sockets.get_mut(&handle).unwrap().backlog.push_front(peer);
            fail(errno, 11002);
            return INVALID_SOCKET;
        }
        if verdict != 0 {
            fail(errno, 10061);
            return INVALID_SOCKET;
        }
    }
    let accepted = create(&run, id, errno);
    if !address.is_null() {
        unsafe {
            ptr::copy_nonoverlapping(name.as_ptr(), address.cast(), name.len());
            *length = name.len() as i32;
        }
    }
    let mut state = state();
    state.sockets.get_mut(&accepted).unwrap().peer = Some(peer);
    state.sockets.get_mut(&peer).unwrap().peer = Some(accepted);
    CHANGED.notify_all();
    accepted
}

unsafe extern "system" fn close(handle: SOCKET, errno: *mut i32) -> i32 {
    let (run, socket) = {
        let mut state = state();
        let Some(run) = state.run_of(handle) else { return fail(errno, 10038) };
        let refused = &mut state.sockets.get_mut(&handle).unwrap().refused_closes;
        if run.fault == fault::REFUSES_CLOSE && std::mem::replace(refused, 1) == 0 {
            return fail(errno, WOULD_BLOCK);
        }
        let socket = state.sockets.remove(&handle).unwrap();
        if let Some(peer) = socket.peer.and_then(|peer| state.sockets.get_mut(&peer)) {
            peer.ended = true;
        }
        CHANGED.notify_all();
        (run, socket)
    };
    let mut ignored = 0;
    if run.fault == fault::CLOSES_FIRST {
        unsafe { run.table.lpWPUCloseSocketHandle.unwrap()(handle, &raw mut ignored) };
    }
    if run.fault != fault::NEVER_TOLD {
        for receive in socket.waiting {
            tell(&run, handle, &receive, 995, 0);
        }
    }
    if run.fault != fault::LEAKS_HANDLE && run.fault != fault::CLOSES_FIRST {
        unsafe { run.table.lpWPUCloseSocketHandle.unwrap()(handle, &raw mut ignored) };
    }
    if run.fault == fault::CLOSES_TWICE {
        unsafe { run.table.lpWPUCloseSocketHandle.unwrap()(handle, &raw mut ignored) };
    }
    if let Some(peer) = socket.peer {
        serve(peer);
    }
    0
}

/// Says that the call of the thread is cancelled.
unsafe extern "system" fn cancel(_: *mut i32) -> i32 {
    0
}

macro_rules! refuse {
    ($($name:ident($($param:ty),*) -> $answer:ty = $failure:expr;)*) => {
        $(unsafe extern "system" fn $name($(_: $param,)* errno: *mut i32) -> $answer {
            fail(errno, 10045);
            $failure
        })*
    };
}

refuse! {
    peer_name(SOCKET, *mut sockaddr, *mut i32) -> i32 = SOCKET_ERROR;
    qos(SOCKET, *const WSABUF, *mut QOS) -> BOOL = FALSE;
    join(SOCKET, *const sockaddr, i32, *const WSABUF, *mut WSABUF, *const QOS, *const QOS, DWORD) -> SOCKET
        = INVALID_SOCKET;
    recv_disconnect(SOCKET, *mut WSABUF) -> i32 = SOCKET_ERROR;
    send_disconnect(SOCKET, *const WSABUF) -> i32 = SOCKET_ERROR;
}

const PROCS: WSPPROC_TABLE = WSPPROC_TABLE {
    lpWSPAccept: Some(accept),
    lpWSPAddressToString: Some(address_to_string),
    lpWSPAsyncSelect: Some(async_select),
    lpWSPBind: Some(bind),
    lpWSPCancelBlockingCall: Some(cancel),
    lpWSPCleanup: None,
    lpWSPCloseSocket: Some(close),
    lpWSPConnect: Some(connect),
    lpWSPDuplicateSocket: Some(duplicate),
    lpWSPEnumNetworkEvents: Some(enum_events),
    lpWSPEventSelect: Some(event_select),
    lpWSPGetOverlappedResult: Some(overlapped_result),
    lpWSPGetPeerName: Some(peer_name),
    lpWSPGetSockName: Some(name),
    lpWSPGetSockOpt: Some(get_option),
    lpWSPGetQOSByName: Some(qos),
    lpWSPIoctl: Some(ioctl),
    lpWSPJoinLeaf: Some(join),
    lpWSPListen: Some(listen),
    lpWSPRecv: Some(recv),
    lpWSPRecvDisconnect: Some(recv_disconnect),
    lpWSPRecvFrom: Some(recv_from),
    lpWSPSelect: Some(select),
    lpWSPSend: Some(send),
    lpWSPSendDisconnect: Some(send_disconnect),
    lpWSPSendTo: Some(send_to),
    lpWSPSetSockOpt: Some(set_option),
    lpWSPShutdown: Some(shutdown),
    lpWSPSocket: Some(socket),
    lpWSPStringToAddress: Some(string_to_address),
};
