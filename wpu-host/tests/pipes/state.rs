//! The state of the providers of this folder, and the rules that they break.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use wpu_sys::ffi::*;

pub(super) const PENDING: i32 = 997;
pub(super) const WOULD_BLOCK: i32 = 10035;

/// The rule that a provider breaks.
pub(crate) mod fault {
    pub(crate) const NONE: u32 = 0;
    pub(crate) const ERRNO_ON_SUCCESS: u32 = 1;
    pub(crate) const NO_ERRNO: u32 = 2;
    pub(crate) const TOO_MUCH: u32 = 3;
    pub(crate) const UNKNOWN_HANDLE: u32 = 4;
    pub(crate) const WRONG_ENTRY: u32 = 5;
    pub(crate) const NEVER_TOLD: u32 = 6;
    pub(crate) const TOLD_TWICE: u32 = 7;
    pub(crate) const TOLD_AND_REFUSED: u32 = 8;
    pub(crate) const EVENT_FOR_ROUTINE: u32 = 9;
    pub(crate) const CLOSES_EVENT: u32 = 10;
    pub(crate) const FOREIGN_MESSAGE: u32 = 11;
    pub(crate) const KEEPS_THREAD_ID: u32 = 12;
    pub(crate) const KEEPS_BUFFERS: u32 = 13;
    pub(crate) const LEAKS_HANDLE: u32 = 14;
    pub(crate) const SILENT_SUCCESS: u32 = 15;
    pub(crate) const ODD_STATUS: u32 = 16;
    pub(crate) const PENDING_WITHOUT_REQUEST: u32 = 17;
    pub(crate) const WRONG_COUNT_OF_SELECT: u32 = 18;
    pub(crate) const TELLS_AT_CLEAN_UP: u32 = 19;
    pub(crate) const CLOSES_TWICE: u32 = 20;
    pub(crate) const WRITES_ERRORS: u32 = 21;
    pub(crate) const ASKS_ABOUT_STRANGER: u32 = 22;
    pub(crate) const CLOSES_FIRST: u32 = 23;
    pub(crate) const OPENS_CLIENT_THREAD: u32 = 24;
    pub(crate) const UNKNOWN_ACCEPTED: u32 = 25;
    /// No fault: each send takes one byte, and each receive gives one.
    pub(crate) const PARTIAL_TRANSFERS: u32 = 106;
    pub(crate) const NO_START: u32 = 100;
    /// No fault: completions set the event of the client, as those of file handles do.
    pub(crate) const SETS_EVENT: u32 = 103;
    /// No fault: `WSPSelect` asks the host about each member.
    pub(crate) const ASKS_ABOUT_MEMBERS: u32 = 104;
    /// No fault: the first `WSPCloseSocket` for each socket fails.
    pub(crate) const REFUSES_CLOSE: u32 = 105;
    pub(crate) const OLD_VERSION: u32 = 101;
    pub(crate) const HOLE: u32 = 102;
}

/// The state that all providers of this folder share.
pub(super) struct State {
    /// The runs, by the first field of the provider's id.
    pub(super) runs: BTreeMap<u32, RunState>,
    pub(super) sockets: BTreeMap<SOCKET, Socket>,
    pub(super) apcs: BTreeMap<usize, Done>,
    pub(super) next_apc: usize,
}

#[derive(Clone, Copy)]
pub(super) struct RunState {
    pub(super) table: WSPUPCALLTABLE,
    pub(super) entry: u32,
    pub(super) fault: u32,
    pub(super) version: u16,
    pub(super) starts: u32,
    pub(super) cleanups: u32,
    /// The arguments of the latest `WSPSocket`: family, type, protocol, flags, and `dwProviderReserved`.
    pub(super) asked: (i32, i32, i32, u32, u32),
}

/// A socket. Connected sockets come in pairs.
#[derive(Default)]
pub(super) struct Socket {
    pub(super) run: u32,
    pub(super) address: Vec<u8>,
    pub(super) peer: Option<SOCKET>,
    pub(super) listening: bool,
    pub(super) backlog: VecDeque<SOCKET>,
    pub(super) data: VecDeque<u8>,
    pub(super) ended: bool,
    pub(super) nonblocking: bool,
    pub(super) refused_closes: u32,
    pub(super) waiting: VecDeque<Receive>,
    pub(super) window: Option<(usize, u32)>,
    pub(super) event: usize,
}

/// A pending receive.
pub(super) struct Receive {
    pub(super) overlapped: usize,
    pub(super) buffers: Vec<(usize, u32)>,
    pub(super) array: usize,
    pub(super) routine: usize,
    pub(super) thread: WSATHREADID,
    pub(super) thread_pointer: usize,
}

// SAFETY: the pointer in it is the value of a thread handle and is never dereferenced.
unsafe impl Send for Receive {}

#[derive(Clone, Copy)]
pub(super) struct Done {
    pub(super) routine: usize,
    pub(super) error: u32,
    pub(super) count: u32,
    pub(super) overlapped: usize,
}

pub(super) static STATE: Mutex<State> =
    Mutex::new(State { runs: BTreeMap::new(), sockets: BTreeMap::new(), apcs: BTreeMap::new(), next_apc: 1 });
pub(super) static CHANGED: Condvar = Condvar::new();
pub(super) fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    pub(super) fn run_of(&self, socket: SOCKET) -> Option<RunState> {
        self.runs.get(&self.sockets.get(&socket)?.run).copied()
    }
}

pub(super) fn fail(errno: *mut i32, code: i32) -> i32 {
    unsafe { errno.write(code) };
    SOCKET_ERROR
}

pub(super) type Routine = LPWSAOVERLAPPED_COMPLETION_ROUTINE;
