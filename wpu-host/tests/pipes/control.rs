//! The provider's functions for readiness, modes, options and names.

use super::data::serve;
use super::state::*;
use std::ptr;
use wpu_sys::ffi::*;

pub(super) unsafe extern "system" fn select(
    _: i32,
    read: *mut fd_set,
    write: *mut fd_set,
    except: *mut fd_set,
    _: *const timeval,
    errno: *mut i32,
) -> i32 {
    let state = state();
    let mut fault = fault::NONE;
    let mut keep = |set: *mut fd_set, ready: &dyn Fn(&Socket) -> bool| {
        if set.is_null() {
            return Some(0);
        }
        let set = unsafe { &mut *set };
        assert_ne!(set.fd_count, 0, "a set without a socket");
        let asked = set.fd_array[..set.fd_count as usize].to_vec();
        for handle in &asked {
            ask_about(state.run_of(*handle)?, *handle, set);
        }
        set.fd_count = 0;
        for handle in asked {
            fault = state.run_of(handle)?.fault;
            if ready(&state.sockets[&handle]) {
                set.fd_array[set.fd_count as usize] = handle;
                set.fd_count += 1;
            }
        }
        Some(set.fd_count as i32)
    };
    let readable = |socket: &Socket| !socket.data.is_empty() || socket.ended || !socket.backlog.is_empty();
    let counts =
        [keep(read, &readable), keep(write, &|socket| socket.peer.is_some()), keep(except, &|_| false)];
    match counts.into_iter().sum::<Option<i32>>() {
        Some(count) if fault == fault::WRONG_COUNT_OF_SELECT => count + 1,
        Some(count) => count,
        None => fail(errno, 10038),
    }
}

/// Asks the host whether a socket is in a client's set, or whether a socket is that no client has.
fn ask_about(run: RunState, member: SOCKET, set: &fd_set) {
    let (mut errno, ask) = (0, run.table.lpWPUFDIsSet.unwrap());
    if run.fault == fault::ASKS_ABOUT_MEMBERS {
        assert_ne!(unsafe { ask(member, set) }, 0);
    }
    if run.fault == fault::ASKS_ABOUT_STRANGER {
        let own = unsafe { run.table.lpWPUCreateSocketHandle.unwrap()(run.entry, 7, &raw mut errno) };
        assert_eq!(unsafe { ask(own, set) }, 0);
        unsafe { run.table.lpWPUCloseSocketHandle.unwrap()(own, &raw mut errno) };
    }
}

pub(super) unsafe extern "system" fn async_select(
    handle: SOCKET,
    window: HWND,
    message: u32,
    events: i32,
    errno: *mut i32,
) -> i32 {
    match state().sockets.get_mut(&handle) {
        Some(socket) => {
            socket.window = (events != 0).then_some((window.addr(), message));
            socket.nonblocking = true;
        }
        None => return fail(errno, 10038),
    }
    serve(handle);
    0
}

pub(super) unsafe extern "system" fn event_select(
    handle: SOCKET,
    event: WSAEVENT,
    _: i32,
    errno: *mut i32,
) -> i32 {
    match state().sockets.get_mut(&handle) {
        Some(socket) => {
            socket.event = event.addr();
            socket.nonblocking = true;
        }
        None => return fail(errno, 10038),
    }
    serve(handle);
    0
}

pub(super) unsafe extern "system" fn enum_events(
    handle: SOCKET,
    event: WSAEVENT,
    events: *mut WSANETWORKEVENTS,
    errno: *mut i32,
) -> i32 {
    let (run, readable) = {
        let state = state();
        let Some(run) = state.run_of(handle) else { return fail(errno, 10038) };
        (run, !state.sockets[&handle].data.is_empty())
    };
    if !event.is_null() {
        let mut ignored = 0;
        unsafe { run.table.lpWPUResetEvent.unwrap()(event, &raw mut ignored) };
    }
    unsafe { (*events).lNetworkEvents = if readable { FD_READ } else { 0 } };
    if readable {
        unsafe { (*events).iErrorCode[0] = 0 };
    }
    if run.fault == fault::WRITES_ERRORS {
        unsafe { (*events).iErrorCode = [10050; 10] };
    }
    0
}

pub(super) unsafe extern "system" fn ioctl(
    handle: SOCKET,
    code: DWORD,
    input: LPVOID,
    length: DWORD,
    _: LPVOID,
    _: DWORD,
    returned: *mut DWORD,
    overlapped: *mut WSAOVERLAPPED,
    routine: Routine,
    _: *const WSATHREADID,
    errno: *mut i32,
) -> i32 {
    if code != FIONBIO || length != 4 {
        // The provider would dereference it.
        return fail(errno, if length == 0 { 10022 } else { 10014 });
    }
    // As for `ioctlsocket`.
    assert!(overlapped.is_null() && routine.is_none());
    match state().sockets.get_mut(&handle) {
        Some(socket) => socket.nonblocking = unsafe { input.cast::<u32>().read_unaligned() } != 0,
        None => return fail(errno, 10038),
    }
    unsafe { *returned = 0 };
    0
}

pub(super) unsafe extern "system" fn get_option(
    _: SOCKET,
    _: i32,
    _: i32,
    value: *mut u8,
    length: *mut i32,
    errno: *mut i32,
) -> i32 {
    if unsafe { *length } < 4 {
        return fail(errno, 10014);
    }
    unsafe {
        value.cast::<i32>().write_unaligned(42);
        *length = 4;
    }
    0
}

pub(super) unsafe extern "system" fn set_option(
    _: SOCKET,
    _: i32,
    _: i32,
    _: *const u8,
    _: i32,
    errno: *mut i32,
) -> i32 {
    fail(errno, 10042)
}

pub(super) unsafe extern "system" fn shutdown(handle: SOCKET, _: i32, errno: *mut i32) -> i32 {
    let peer = {
        let mut state = state();
        let Some(socket) = state.sockets.get(&handle) else { return fail(errno, 10038) };
        let Some(peer) = socket.peer else { return fail(errno, 10057) };
        if let Some(other) = state.sockets.get_mut(&peer) {
            other.ended = true;
        }
        CHANGED.notify_all();
        peer
    };
    serve(peer);
    0
}

pub(super) unsafe extern "system" fn address_to_string(
    address: *const sockaddr,
    length: DWORD,
    _: *const WSAPROTOCOL_INFOW,
    text: *mut u16,
    room: *mut DWORD,
    errno: *mut i32,
) -> i32 {
    let bytes = unsafe { std::slice::from_raw_parts(address.cast::<u8>(), length as usize) };
    let Some(address) = wpu_host::decode_address(bytes) else { return fail(errno, 10022) };
    let units: Vec<u16> = address.to_string().encode_utf16().chain([0]).collect();
    unsafe {
        if (*room as usize) < units.len() {
            return fail(errno, 10014);
        }
        ptr::copy_nonoverlapping(units.as_ptr(), text, units.len());
        *room = units.len() as u32;
    }
    0
}

pub(super) unsafe extern "system" fn string_to_address(
    text: *const u16,
    _: i32,
    _: *const WSAPROTOCOL_INFOW,
    address: *mut sockaddr,
    room: *mut i32,
    errno: *mut i32,
) -> i32 {
    let length = (0..4096).take_while(|at| unsafe { *text.add(*at) } != 0).count();
    let text = String::from_utf16_lossy(unsafe { std::slice::from_raw_parts(text, length) });
    let Ok(parsed) = text.parse() else { return fail(errno, 10022) };
    let bytes = wpu_host::encode_address(parsed);
    unsafe {
        if (*room as usize) < bytes.len() {
            return fail(errno, 10014);
        }
        ptr::copy_nonoverlapping(bytes.as_ptr(), address.cast(), bytes.len());
        *room = bytes.len() as i32;
    }
    0
}

pub(super) unsafe extern "system" fn duplicate(
    handle: SOCKET,
    _: DWORD,
    info: *mut WSAPROTOCOL_INFOW,
    errno: *mut i32,
) -> i32 {
    let (run, id) = {
        let state = state();
        let Some(run) = state.run_of(handle) else { return fail(errno, 10038) };
        (run, state.sockets[&handle].run)
    };
    unsafe {
        *info = WSAPROTOCOL_INFOW { dwCatalogEntryId: run.entry, ..WSAPROTOCOL_INFOW::ZERO };
        (*info).ProviderId.Data1 = id;
        (*info).dwProviderReserved = 1;
    }
    0
}
