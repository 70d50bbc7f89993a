//! The thirty functions and their arguments.

use crate::behavior::{Behavior, set_behaviors};
use crate::call::{Call, Client, Function, REQUESTS, Returned, SEEN};
use crate::host;
use crate::input::Input;
use crate::memory::{Arena, Arguments, BUFFERS};
use std::ptr::null_mut;
use std::sync::atomic::Ordering;
use wpu::facts::DOWNCALLS;
use wpu::ffi::{INVALID_SOCKET, QOS, WSPPROC_TABLE, sockaddr, timeval};

/// Builds arguments, makes their claims true, and calls.
macro_rules! invoke {
    ($call:ident, $slot:ident, $returned:path, ($($argument:expr),*)) => {{
        let errno = $call.errno();
        if !$call.ready(null_mut()) {
            return Returned::Nothing;
        }
        let function = $call.client.functions.$slot.expect("a full table");
        // SAFETY: each pointer is null, misaligned, or valid for what the arguments state.
        $returned(unsafe { function($($argument,)* errno) })
    }};
}

/// The functions in the order of the table.
pub(crate) static CALLS: [(&str, Function); 30] = [
    ("WSPAccept", |call| {
        let socket = call.socket();
        let (address, length) = call.args.room_at::<u8>(call.input, true);
        let (condition, context) = (call.condition(), call.socket());
        let address = address.cast::<sockaddr>();
        invoke!(call, lpWSPAccept, Returned::Socket, (socket, address, length, condition, context))
    }),
    ("WSPAddressToString", |call| {
        let (address, length) = call.args.bytes(call.input);
        let info = call.info();
        let (text, units) = call.args.room_at::<u16>(call.input, false);
        let (address, units) = (address.cast(), units.cast());
        invoke!(call, lpWSPAddressToString, Returned::Status, (address, length, info, text, units))
    }),
    ("WSPAsyncSelect", |call| {
        let (socket, window, message, events) = (call.socket(), call.handle(), call.word(), call.number());
        invoke!(call, lpWSPAsyncSelect, Returned::Status, (socket, window, message, events))
    }),
    ("WSPBind", |call| {
        let socket = call.socket();
        let (address, length) = call.args.signed_bytes(call.input);
        invoke!(call, lpWSPBind, Returned::Status, (socket, address.cast(), length))
    }),
    ("WSPCancelBlockingCall", |call| invoke!(call, lpWSPCancelBlockingCall, Returned::Status, ())),
    ("WSPCleanup", |call| {
        if call.input.below(4) > 0 {
            return Returned::Nothing;
        }
        host::while_cleaning_up(|| invoke!(call, lpWSPCleanup, Returned::Status, ()))
    }),
    ("WSPCloseSocket", |call| {
        let socket = call.socket();
        invoke!(call, lpWSPCloseSocket, Returned::Status, (socket))
    }),
    ("WSPConnect", |call| {
        let socket = call.socket();
        let (address, length) = call.args.signed_bytes(call.input);
        let caller = call.args.slice(call.input, false);
        let callee = call.args.slice(call.input, true);
        let (own, group, address) = (call.qos(), call.qos(), address.cast());
        invoke!(call, lpWSPConnect, Returned::Status, (socket, address, length, caller, callee, own, group))
    }),
    ("WSPDuplicateSocket", |call| {
        let (socket, process) = (call.socket(), call.word());
        let info = call.args.out(call.input, false);
        invoke!(call, lpWSPDuplicateSocket, Returned::Status, (socket, process, info))
    }),
    ("WSPEnumNetworkEvents", |call| {
        let (socket, event) = (call.socket(), call.handle());
        let events = call.args.out(call.input, false);
        invoke!(call, lpWSPEnumNetworkEvents, Returned::Status, (socket, event, events))
    }),
    ("WSPEventSelect", |call| {
        let (socket, event, events) = (call.socket(), call.handle(), call.number());
        invoke!(call, lpWSPEventSelect, Returned::Status, (socket, event, events))
    }),
    ("WSPGetOverlappedResult", |call| {
        let socket = call.socket();
        let known = if call.input.below(2) == 0 { host::kept(call.input.below(8)) } else { None };
        let structure = known.unwrap_or_else(|| call.args.one(call.input));
        let (count, wait) = (call.args.out(call.input, false), call.number());
        let flags = call.args.out(call.input, false);
        invoke!(call, lpWSPGetOverlappedResult, Returned::Truth, (socket, structure, count, wait, flags))
    }),
    ("WSPGetPeerName", |call| {
        let socket = call.socket();
        let (address, length) = call.args.room_at::<u8>(call.input, true);
        invoke!(call, lpWSPGetPeerName, Returned::Status, (socket, address.cast(), length))
    }),
    ("WSPGetSockName", |call| {
        let socket = call.socket();
        let (address, length) = call.args.room_at::<u8>(call.input, true);
        invoke!(call, lpWSPGetSockName, Returned::Status, (socket, address.cast(), length))
    }),
    ("WSPGetSockOpt", |call| {
        let (socket, level, option) = (call.socket(), call.number(), call.number());
        let (value, length) = call.args.room_at::<u8>(call.input, true);
        invoke!(call, lpWSPGetSockOpt, Returned::Status, (socket, level, option, value, length))
    }),
    ("WSPGetQOSByName", |call| {
        let socket = call.socket();
        let name = call.args.slice(call.input, false);
        let qos = call.args.one::<QOS>(call.input);
        call.args.writes(qos, size_of::<QOS>(), crate::memory::When::Any);
        invoke!(call, lpWSPGetQOSByName, Returned::Truth, (socket, name, qos))
    }),
    ("WSPIoctl", |call| {
        let (socket, code) = (call.socket(), call.word());
        let (given, given_length) = call.args.bytes(call.input);
        let (room, length) = call.args.room(call.input);
        let count = call.args.out(call.input, true);
        let (structure, routine, thread) = call.request();
        let errno = call.errno();
        if !call.ready(thread) {
            return Returned::Nothing;
        }
        call.most = if room.is_null() { 0 } else { length as usize };
        call.ask();
        let function = call.client.functions.lpWSPIoctl.expect("a full table");
        let (given, room) = (given.cast(), room.cast());
        // SAFETY: each pointer is null, misaligned, or valid for what the arguments state.
        let answer = unsafe {
            function(
                socket,
                code,
                given,
                given_length,
                room,
                length,
                count,
                structure,
                routine,
                thread,
                errno,
            )
        };
        call.moved(answer, count, Returned::Status(answer))
    }),
    ("WSPJoinLeaf", |call| {
        let socket = call.socket();
        let (address, length) = call.args.signed_bytes(call.input);
        let caller = call.args.slice(call.input, false);
        let callee = call.args.slice(call.input, true);
        let (own, group, flags, address) = (call.qos(), call.qos(), call.word(), address.cast());
        let errno = call.errno();
        if !call.ready(null_mut()) {
            return Returned::Nothing;
        }
        let function = call.client.functions.lpWSPJoinLeaf.expect("a full table");
        // SAFETY: each pointer is null, misaligned, or valid for what the arguments state.
        let answer = unsafe { function(socket, address, length, caller, callee, own, group, flags, errno) };
        Returned::Socket(answer)
    }),
    ("WSPListen", |call| {
        let (socket, backlog) = (call.socket(), call.number());
        invoke!(call, lpWSPListen, Returned::Status, (socket, backlog))
    }),
    ("WSPRecv", |call| receive(call, false)),
    ("WSPRecvDisconnect", |call| {
        let socket = call.socket();
        let data = call.args.slice(call.input, true);
        invoke!(call, lpWSPRecvDisconnect, Returned::Status, (socket, data))
    }),
    ("WSPRecvFrom", |call| receive(call, true)),
    ("WSPSelect", |call| {
        let count = call.number();
        let (read, write, except) =
            (call.args.set(call.input), call.args.set(call.input), call.args.set(call.input));
        let read = if call.input.below(8) == 0 { write } else { read };
        let time = call.args.optional::<timeval>(call.input);
        invoke!(call, lpWSPSelect, Returned::Number, (count, read, write, except, time))
    }),
    ("WSPSend", |call| send(call, false)),
    ("WSPSendDisconnect", |call| {
        let socket = call.socket();
        let data = call.args.slice(call.input, false);
        invoke!(call, lpWSPSendDisconnect, Returned::Status, (socket, data))
    }),
    ("WSPSendTo", |call| send(call, true)),
    ("WSPSetSockOpt", |call| {
        let (socket, level, option) = (call.socket(), call.number(), call.number());
        let (value, length) = call.args.signed_bytes(call.input);
        invoke!(call, lpWSPSetSockOpt, Returned::Status, (socket, level, option, value, length))
    }),
    ("WSPShutdown", |call| {
        let (socket, how) = (call.socket(), call.number());
        invoke!(call, lpWSPShutdown, Returned::Status, (socket, how))
    }),
    ("WSPSocket", |call| {
        let (family, kind, protocol) = (call.number(), call.number(), call.number());
        let (info, group, flags) = (call.info(), call.word(), call.word());
        invoke!(call, lpWSPSocket, Returned::Socket, (family, kind, protocol, info, group, flags))
    }),
    ("WSPStringToAddress", |call| {
        let (text, family, info) = (call.args.text(call.input), call.number(), call.info());
        let (address, length) = call.args.room_at::<u8>(call.input, true);
        let address = address.cast();
        invoke!(call, lpWSPStringToAddress, Returned::Status, (text, family, info, address, length))
    }),
];

/// `WSPSend` and `WSPSendTo`.
fn send(call: &mut Call<'_, '_>, with_address: bool) -> Returned {
    let (socket, flags) = (call.socket(), call.word());
    let (buffers, number) = call.args.buffers(call.input, false);
    let count = call.args.out(call.input, true);
    let (to, length) = call.args.signed_bytes(call.input);
    let to = to.cast::<sockaddr>();
    let (structure, routine, thread) = call.request();
    let errno = call.errno();
    if !call.ready(thread) {
        return Returned::Nothing;
    }
    call.asks(buffers, number);
    call.ask();
    let functions = &call.client.functions;
    let answer = if with_address {
        let function = functions.lpWSPSendTo.expect("a full table");
        // SAFETY: each pointer is null, misaligned, or valid for what the arguments state.
        unsafe {
            function(socket, buffers, number, count, flags, to, length, structure, routine, thread, errno)
        }
    } else {
        let function = functions.lpWSPSend.expect("a full table");
        // SAFETY: as above.
        unsafe { function(socket, buffers, number, count, flags, structure, routine, thread, errno) }
    };
    call.moved(answer, count, Returned::Status(answer))
}

/// `WSPRecv` and `WSPRecvFrom`.
fn receive(call: &mut Call<'_, '_>, with_address: bool) -> Returned {
    let socket = call.socket();
    let (buffers, number) = call.args.buffers(call.input, true);
    let (count, flags) = (call.args.out(call.input, true), call.args.out(call.input, false));
    let (from, length) =
        if with_address { call.args.room_at::<u8>(call.input, true) } else { (null_mut(), null_mut()) };
    let from = from.cast::<sockaddr>();
    let (structure, routine, thread) = call.request();
    let errno = call.errno();
    if !call.ready(thread) {
        return Returned::Nothing;
    }
    call.asks(buffers, number);
    call.ask();
    let functions = &call.client.functions;
    let answer = if with_address {
        let function = functions.lpWSPRecvFrom.expect("a full table");
        // SAFETY: each pointer is null, misaligned, or valid for what the arguments state.
        unsafe {
            function(socket, buffers, number, count, flags, from, length, structure, routine, thread, errno)
        }
    } else {
        let function = functions.lpWSPRecv.expect("a full table");
        // SAFETY: as above.
        unsafe { function(socket, buffers, number, count, flags, structure, routine, thread, errno) }
    };
    call.moved(answer, count, Returned::Status(answer))
}

/// Makes one call.
pub(crate) fn call(input: &mut Input<'_>, client: &Client) {
    let slot = input.below(CALLS.len());
    call_slot(slot, input, client);
}

pub(crate) fn call_slot(slot: usize, input: &mut Input<'_>, client: &Client) {
    let (name, function) = CALLS[slot];
    set_behaviors(slot, [Behavior::new(input), Behavior::new(input)]);
    let args = Arguments::new(&client.arena);
    let (errno, request, most, before, id) = (null_mut(), None, 0, Vec::new(), None);
    let mut call = Call { input, args, client, slot, name, errno, request, most, before, id };
    if REQUESTS.contains(&name) && call.input.below(2) == 0 {
        call.args.block = Some(Arena::new(BUFFERS + 16 + call.input.below(24) * 16));
    }
    let returned = function(&mut call);
    call.judge(&returned);
    host::check();
}

/// Makes the provider complete all pending requests.
pub(crate) fn close_all(functions: &WSPPROC_TABLE) {
    set_behaviors(6, [Behavior::Succeed; 2]);
    let mut errno = 0;
    let close = functions.lpWSPCloseSocket.expect("a full table");
    for socket in (0..12).chain([INVALID_SOCKET, usize::MAX >> 1]) {
        // SAFETY: the pointer points to a local.
        unsafe { close(socket, &raw mut errno) };
    }
    assert_eq!(errno, 0, "closing succeeds");
}

/// Cleans up once.
pub(crate) fn clean_up(functions: &WSPPROC_TABLE) {
    set_behaviors(5, [Behavior::Succeed; 2]);
    let mut errno = 0;
    let to = &raw mut errno;
    let clean_up = functions.lpWSPCleanup.expect("a full table");
    // SAFETY: the pointer is that of a local.
    let answer = host::while_cleaning_up(|| unsafe { clean_up(to) });
    assert_eq!((answer, errno), (0, 0), "cleaning up succeeds");
}

/// Checks that the list contains all functions in order.
pub(crate) fn all_are_called() {
    assert_eq!(CALLS.map(|(name, _)| name), DOWNCALLS.each_ref().map(|downcall| downcall.name));
}

/// Reports how often each function has succeeded, was pending, or has failed; fails if one of these is
/// missing.
pub(crate) fn seen() -> Result<String, String> {
    let mut text = String::new();
    for ((name, _), counts) in CALLS.iter().zip(&SEEN) {
        let [done, pending, failed] = counts.each_ref().map(|count| count.load(Ordering::Relaxed));
        let line = format!("{name}: {done} done, {pending} pending, {failed} failed\n");
        if done == 0 || failed == 0 || (pending == 0) == REQUESTS.contains(name) {
            return Err(line);
        }
        text.push_str(&line);
    }
    Ok(text)
}
