//! The provider's functions that send and receive, immediately or overlapped.

use super::state::*;
use std::ptr;
use std::sync::PoisonError;
use wpu_sys::ffi::*;

/// Sends: the bytes go to the peer immediately.
pub(super) unsafe extern "system" fn send(
    handle: SOCKET,
    buffers: *const WSABUF,
    count: DWORD,
    sent: *mut DWORD,
    _: DWORD,
    overlapped: *mut WSAOVERLAPPED,
    routine: Routine,
    thread: *const WSATHREADID,
    errno: *mut i32,
) -> i32 {
    let buffers = unsafe { std::slice::from_raw_parts(buffers, count as usize) };
    let mut data: Vec<u8> = buffers
        .iter()
        .flat_map(|buffer| unsafe { std::slice::from_raw_parts(buffer.buf, buffer.len as usize) }.to_vec())
        .collect();
    if state().run_of(handle).is_some_and(|run| run.fault == fault::PARTIAL_TRANSFERS) {
        data.truncate(1);
    }
    let length = data.len() as u32;
    let (run, peer) = {
        let mut state = state();
        let Some(run) = state.run_of(handle) else { return fail(errno, 10038) };
        let Some(peer) = state.sockets[&handle].peer else { return fail(errno, 10057) };
        let Some(other) = state.sockets.get_mut(&peer) else { return fail(errno, 10054) };
        other.data.extend(data);
        CHANGED.notify_all();
        (run, peer)
    };
    match run.fault {
        fault::PENDING_WITHOUT_REQUEST => return fail(errno, PENDING),
        fault::TOO_MUCH => unsafe { *sent = length + 1 },
        _ => unsafe { *sent = length },
    }
    serve(peer);
    if !overlapped.is_null() {
        let receive = Receive {
            overlapped: overlapped.expose_provenance(),
            buffers: Vec::new(),
            array: 0,
            routine: routine.map_or(0, |routine| routine as usize),
            thread: unsafe { *thread },
            thread_pointer: thread.expose_provenance(),
        };
        if run.fault != fault::SILENT_SUCCESS {
            tell(&run, handle, &receive, 0, length);
        }
        if run.fault == fault::TOLD_AND_REFUSED {
            return fail(errno, 10055);
        }
    }
    0
}

pub(super) unsafe extern "system" fn recv(
    handle: SOCKET,
    buffers: *mut WSABUF,
    count: DWORD,
    received: *mut DWORD,
    flags: *mut DWORD,
    overlapped: *mut WSAOVERLAPPED,
    routine: Routine,
    thread: *const WSATHREADID,
    errno: *mut i32,
) -> i32 {
    let array = unsafe { std::slice::from_raw_parts(buffers, count as usize) };
    let list: Vec<_> = array.iter().map(|buffer| (buffer.buf as usize, buffer.len)).collect();
    let mut state = state();
    if state.run_of(handle).is_none() {
        return fail(errno, 10038);
    }
    if unsafe { *flags } & MSG_OOB != 0 {
        return fail(errno, 10045);
    }
    if state.run_of(handle).is_some_and(|run| run.fault == fault::OPENS_CLIENT_THREAD) {
        let (table, mut id) = (state.run_of(handle).unwrap().table, WSATHREADID::ZERO);
        unsafe {
            table.lpWPUOpenCurrentThread.unwrap()(&raw mut id, errno);
            table.lpWPUCloseThread.unwrap()(&raw mut id, errno);
        }
    }
    if !overlapped.is_null() {
        let receive = Receive {
            overlapped: overlapped.expose_provenance(),
            buffers: list,
            array: buffers as usize,
            routine: routine.map_or(0, |routine| routine as usize),
            thread: unsafe { *thread },
            thread_pointer: thread as usize,
        };
        state.sockets.get_mut(&handle).unwrap().waiting.push_back(receive);
        drop(state);
        serve(handle);
        return fail(errno, PENDING);
    }
    let is_partial = state.run_of(handle).is_some_and(|run| run.fault == fault::PARTIAL_TRANSFERS);
    let list = if is_partial { vec![(list[0].0, 1)] } else { list };
    loop {
        let Some(socket) = state.sockets.get_mut(&handle) else { return fail(errno, 10004) };
        if !socket.data.is_empty() || socket.ended {
            let moved = socket.move_to(&list);
            unsafe {
                *received = moved;
                *flags = 0;
            }
            return 0;
        }
        if socket.nonblocking {
            return fail(errno, WOULD_BLOCK);
        }
        state = CHANGED.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
}

impl Socket {
    /// Copies received bytes into buffers.
    fn move_to(&mut self, buffers: &[(usize, u32)]) -> u32 {
        let mut moved = 0;
        for (pointer, length) in buffers {
            let part: Vec<u8> = self.data.drain(..self.data.len().min(*length as usize)).collect();
            let pointer = ptr::with_exposed_provenance_mut::<u8>(*pointer);
            unsafe { ptr::copy_nonoverlapping(part.as_ptr(), pointer, part.len()) };
            moved += part.len() as u32;
        }
        moved
    }
}

/// Completes pending receives of a socket that has data, or else reports a network event.
pub(super) fn serve(handle: SOCKET) {
    loop {
        let mut guard = state();
        let Some(run) = guard.run_of(handle) else { return };
        let socket = guard.sockets.get_mut(&handle).unwrap();
        if socket.data.is_empty() && !socket.ended {
            return;
        }
        let Some(mut receive) = socket.waiting.pop_front() else {
            let (window, event) = (socket.window, socket.event);
            drop(guard);
            let mut errno = 0;
            if let Some((window, message)) = window {
                let named = if run.fault == fault::FOREIGN_MESSAGE { handle + 4 } else { handle };
                let window = ptr::without_provenance_mut(window);
                unsafe { run.table.lpWPUPostMessage.unwrap()(window, message, named, FD_READ as isize) };
            }
            if event != 0 {
                let event = ptr::without_provenance_mut(event);
                unsafe { run.table.lpWPUSetEvent.unwrap()(event, &raw mut errno) };
            }
            return;
        };
        if run.fault == fault::KEEPS_BUFFERS {
            let array = ptr::with_exposed_provenance::<WSABUF>(receive.array);
            let buffer = unsafe { array.read_volatile() };
            receive.buffers = vec![(buffer.buf.expose_provenance(), buffer.len)];
        }
        let moved = socket.move_to(&receive.buffers);
        drop(guard);
        tell(&run, handle, &receive, 0, moved);
        if run.fault == fault::TOLD_TWICE {
            tell(&run, handle, &receive, 0, moved);
        }
    }
}

/// Reports the completion of a request to the client.
pub(super) fn tell(run: &RunState, handle: SOCKET, request: &Receive, error: u32, count: u32) {
    let mut errno = 0;
    let overlapped = ptr::with_exposed_provenance_mut::<WSAOVERLAPPED>(request.overlapped);
    unsafe {
        (*overlapped).OffsetHigh = error;
        (*overlapped).Offset = 0;
        if run.fault == fault::CLOSES_EVENT {
            run.table.lpWPUCloseEvent.unwrap()((*overlapped).hEvent, &raw mut errno);
        }
        if request.routine == 0 && run.fault == fault::SETS_EVENT {
            (*overlapped).InternalHigh = count as usize;
            (*overlapped).Internal = error as usize;
            let event = (*overlapped).hEvent.map_addr(|event| event & !1);
            run.table.lpWPUSetEvent.unwrap()(event, &raw mut errno);
            return;
        }
        if request.routine == 0 || run.fault == fault::EVENT_FOR_ROUTINE {
            wpu_host::WPUCompleteOverlappedRequest(handle, overlapped, error, count, &raw mut errno);
            return;
        }
    }
    let count = count + u32::from(run.fault == fault::TOO_MUCH);
    let done = Done { routine: request.routine, error, count, overlapped: request.overlapped };
    let key = {
        let mut state = state();
        let key = state.next_apc;
        state.next_apc += 1;
        state.apcs.insert(key, done);
        key
    };
    let mut thread = request.thread;
    if run.fault == fault::KEEPS_THREAD_ID {
        thread =
            unsafe { ptr::with_exposed_provenance::<WSATHREADID>(request.thread_pointer).read_volatile() };
    }
    unsafe { run.table.lpWPUQueueApc.unwrap()(&raw mut thread, Some(run_apc), key, &raw mut errno) };
}

pub(super) unsafe extern "system" fn run_apc(key: usize) {
    let done = state().apcs.remove(&key).unwrap();
    let routine: unsafe extern "system" fn(DWORD, DWORD, *mut WSAOVERLAPPED, DWORD) =
        unsafe { std::mem::transmute(ptr::with_exposed_provenance::<()>(done.routine)) };
    let overlapped = ptr::with_exposed_provenance_mut(done.overlapped);
    unsafe { routine(done.error, done.count, overlapped, 0) };
}

/// Sends to the socket that is bound to the address.
pub(super) unsafe extern "system" fn send_to(
    handle: SOCKET,
    buffers: *const WSABUF,
    count: DWORD,
    sent: *mut DWORD,
    _: DWORD,
    to: *const sockaddr,
    length: i32,
    overlapped: *mut WSAOVERLAPPED,
    routine: Routine,
    thread: *const WSATHREADID,
    errno: *mut i32,
) -> i32 {
    let address = unsafe { std::slice::from_raw_parts(to.cast::<u8>(), length as usize) };
    {
        let mut state = state();
        let id = state.sockets[&handle].run;
        let found = state.sockets.iter().find(|(_, other)| other.run == id && other.address == address);
        let Some(peer) = found.map(|(peer, _)| *peer) else { return fail(errno, 10065) };
        state.sockets.get_mut(&handle).unwrap().peer = Some(peer);
    }
    unsafe { send(handle, buffers, count, sent, 0, overlapped, routine, thread, errno) }
}

/// Receives the bytes that are available.
pub(super) unsafe extern "system" fn recv_from(
    handle: SOCKET,
    buffers: *mut WSABUF,
    count: DWORD,
    received: *mut DWORD,
    flags: *mut DWORD,
    from: *mut sockaddr,
    length: *mut i32,
    overlapped: *mut WSAOVERLAPPED,
    routine: Routine,
    thread: *const WSATHREADID,
    errno: *mut i32,
) -> i32 {
    let name = wpu_host::encode_address(([127, 0, 0, 1], 1).into());
    unsafe {
        if (*length as usize) < name.len() {
            return fail(errno, 10014);
        }
        ptr::copy_nonoverlapping(name.as_ptr(), from.cast(), name.len());
        *length = name.len() as i32;
        recv(handle, buffers, count, received, flags, overlapped, routine, thread, errno)
    }
}

pub(super) unsafe extern "system" fn overlapped_result(
    _: SOCKET,
    overlapped: *mut WSAOVERLAPPED,
    count: *mut DWORD,
    _: BOOL,
    flags: *mut DWORD,
    errno: *mut i32,
) -> BOOL {
    unsafe {
        if (&raw const (*overlapped).Internal).read_volatile() == WSS_OPERATION_IN_PROGRESS {
            errno.write(996);
            return FALSE;
        }
        *count = (*overlapped).InternalHigh as u32;
        *flags = (*overlapped).Offset;
        if (*overlapped).OffsetHigh != 0 {
            errno.write((*overlapped).OffsetHigh as i32);
            return FALSE;
        }
    }
    TRUE
}

pub(super) unsafe extern "system" fn name(
    handle: SOCKET,
    name: *mut sockaddr,
    length: *mut i32,
    errno: *mut i32,
) -> i32 {
    let Some(address) = state().sockets.get(&handle).map(|socket| socket.address.clone()) else {
        return fail(errno, 10038);
    };
    unsafe {
        if (*length as usize) < address.len() {
            return fail(errno, 10014);
        }
        ptr::copy_nonoverlapping(address.as_ptr(), name.cast(), address.len());
        *length = address.len() as i32;
    }
    0
}
