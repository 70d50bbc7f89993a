//! A host that returns scripted results and records its calls.
//!
//! Script and record are thread-local, so that each test has its own.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{NonNull, without_provenance_mut};
use std::sync::LazyLock;
use wpu_sys::ffi::{
    BOOL, DWORD_PTR, GUID, HWND, SOCKET, WSAEVENT, WSAOVERLAPPED, WSATHREADID, WSPUPCALLTABLEEX,
};
use wpu_sys::host::{Call, Host, Locate};
use wpu_sys::{Cell, Failed, FdSet, RawTable, Table, Upcalls, WideString, WsaError};

/// Arguments and results, each as one or more machine words.
pub(crate) type Words = Vec<usize>;

/// A result of the host.
pub(crate) type Answer = Result<Words, WsaError>;

type Apc = unsafe extern "system" fn(DWORD_PTR);
type Hook = unsafe extern "system" fn(DWORD_PTR) -> BOOL;

/// A call that reached a host.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) host: usize,
    pub(crate) upcall: &'static str,
    pub(crate) arguments: Words,
}

#[derive(Default)]
struct Memory {
    script: VecDeque<Answer>,
    standing: Option<Answer>,
    seen: Vec<Seen>,
    told: Vec<&'static str>,
    trips: bool,
    queued: Vec<(Apc, usize)>,
    offset_high: u32,
    hooked: Words,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

fn memory<R>(use_it: impl FnOnce(&mut Memory) -> R) -> R {
    MEMORY.with_borrow_mut(use_it)
}

/// Appends a result to the script. After its end, every call succeeds with empty results.
pub(crate) fn answer(next: Answer) {
    memory(|memory| memory.script.push_back(next));
}

/// Sets the result of every call after the end of the script.
pub(crate) fn answer_always(standing: Answer) {
    memory(|memory| memory.standing = Some(standing));
}

/// The calls since the previous query.
pub(crate) fn seen() -> Vec<Seen> {
    memory(|memory| std::mem::take(&mut memory.seen))
}

/// The names of the calls since the previous query.
pub(crate) fn seen_names() -> Vec<&'static str> {
    seen().into_iter().map(|seen| seen.upcall).collect()
}

/// The upcalls that were reported to the host since the previous query, including those refused at the
/// border.
pub(crate) fn told() -> Vec<&'static str> {
    memory(|memory| std::mem::take(&mut memory.told))
}

/// Sets whether the host panics when a call is reported to it.
pub(crate) fn trip_when_told(trips: bool) {
    memory(|memory| memory.trips = trips);
}

/// The routines that were queued since the previous query, with their contexts.
pub(crate) fn queued() -> Vec<(Apc, usize)> {
    memory(|memory| std::mem::take(&mut memory.queued))
}

/// Simulates an alertable wait of the thread: runs the queued routines in order.
pub(crate) fn wait_alertably() {
    for (routine, context) in queued() {
        // SAFETY: each routine was queued once and is called once.
        unsafe { routine(context) };
    }
}

/// `OffsetHigh` of the structure that was completed last, as the host has seen it.
pub(crate) fn offset_high() -> u32 {
    memory(|memory| memory.offset_high)
}

/// The contexts of the blocking hook's calls since the previous query.
pub(crate) fn hooked() -> Words {
    memory(|memory| std::mem::take(&mut memory.hooked))
}

/// The hook of this host: it returns its context, truncated to 32 bits.
unsafe extern "system" fn hook(context: DWORD_PTR) -> BOOL {
    memory(|memory| memory.hooked.push(context));
    BOOL::from_ne_bytes(u32::try_from(context & 0xffff_ffff).expect("cut").to_ne_bytes())
}

/// The host of this thread. Hosts with different numbers have different tables.
#[derive(Debug)]
pub(crate) struct Scripted<const NUMBER: usize = 0>;

/// The upcalls of [`Scripted`], through a table that is never closed.
pub(crate) fn upcalls() -> Upcalls {
    static CELL: Cell = Cell::new();
    open::<Scripted>(&CELL)
}

/// Opens a cell with the table of a host.
pub(crate) fn open<L: Locate>(cell: &'static Cell) -> Upcalls {
    open_raw(cell, WSPUPCALLTABLEEX::of::<L>())
}

/// Opens a cell with any table whose functions keep the contract for every value that tests pass.
pub(crate) fn open_raw(cell: &'static Cell, raw: WSPUPCALLTABLEEX) -> Upcalls {
    // SAFETY: the functions of these tables access their pointers only as documented.
    unsafe { cell.open(kept(raw.ready())) };
    Upcalls::new(cell)
}

/// Keeps a table forever, where Miri can see that it is not lost.
fn kept(table: Table) -> &'static Table {
    static KEPT: LazyLock<std::sync::Mutex<Vec<&'static Table>>> = LazyLock::new(Default::default);
    let table: &'static Table = Box::leak(Box::new(table));
    KEPT.lock().expect("nothing panics here").push(table);
    table
}

impl<const NUMBER: usize> Locate for Scripted<NUMBER> {
    type Host = Self;

    fn with<R>(body: impl FnOnce(&Self) -> R) -> Result<R, WsaError> {
        catch_unwind(AssertUnwindSafe(|| body(&Self))).map_err(|_| WsaError::WSASYSCALLFAILURE)
    }
}

impl<const NUMBER: usize> Scripted<NUMBER> {
    fn asked(upcall: &'static str, arguments: impl Into<Words>) -> Answer {
        let seen = Seen { host: NUMBER, upcall, arguments: arguments.into() };
        memory(|memory| {
            memory.seen.push(seen);
            let standing = || memory.standing.clone().unwrap_or(Ok(Vec::new()));
            memory.script.pop_front().unwrap_or_else(standing)
        })
    }
}

impl<const NUMBER: usize> Host for Scripted<NUMBER> {
    fn on_close_event(&self, event: WSAEVENT) -> Result<(), WsaError> {
        Self::asked("WPUCloseEvent", [event.addr()]).map(drop)
    }

    fn on_close_socket_handle(&self, socket: SOCKET) -> Result<(), WsaError> {
        Self::asked("WPUCloseSocketHandle", [socket]).map(drop)
    }

    fn on_create_event(&self) -> Result<WSAEVENT, WsaError> {
        Self::asked("WPUCreateEvent", []).map(|words| without_provenance_mut(words[0]))
    }

    fn on_create_socket_handle(&self, entry: u32, context: usize) -> Result<SOCKET, WsaError> {
        Self::asked("WPUCreateSocketHandle", [word(entry), context]).map(|words| words[0])
    }

    fn on_fd_is_set(&self, socket: SOCKET, set: FdSet<'_>) -> bool {
        let arguments = [&[socket], set.as_slice()].concat();
        Self::asked("WPUFDIsSet", arguments).is_ok_and(|words| words[0] != 0)
    }

    fn on_get_provider_path(&self, id: &GUID) -> Result<WideString, WsaError> {
        Self::asked("WPUGetProviderPath", guid_words(id)).map(|words| text(&words))
    }

    fn on_modify_ifs_handle(&self, entry: u32, proposed: SOCKET) -> Result<SOCKET, WsaError> {
        Self::asked("WPUModifyIFSHandle", [word(entry), proposed]).map(|words| words[0])
    }

    fn on_post_message(
        &self,
        window: HWND,
        message: u32,
        wparam: usize,
        lparam: isize,
    ) -> Result<(), Failed> {
        let arguments = [window.addr(), word(message), wparam, usize::from_ne_bytes(lparam.to_ne_bytes())];
        Self::asked("WPUPostMessage", arguments).map(drop).map_err(|_| Failed)
    }

    fn on_query_blocking_callback(&self, entry: u32) -> Result<Option<(Hook, usize)>, WsaError> {
        let words = Self::asked("WPUQueryBlockingCallback", [word(entry)])?;
        Ok(words.first().map(|context| (hook as Hook, *context)))
    }

    fn on_query_socket_handle_context(&self, socket: SOCKET) -> Result<usize, WsaError> {
        Self::asked("WPUQuerySocketHandleContext", [socket]).map(|words| words[0])
    }

    unsafe fn on_queue_apc(
        &self,
        thread: &WSATHREADID,
        routine: Apc,
        context: usize,
    ) -> Result<(), WsaError> {
        Self::asked("WPUQueueApc", [thread.ThreadHandle.addr(), thread.Reserved, context])?;
        memory(|memory| memory.queued.push((routine, context)));
        Ok(())
    }

    fn on_reset_event(&self, event: WSAEVENT) -> Result<(), WsaError> {
        Self::asked("WPUResetEvent", [event.addr()]).map(drop)
    }

    fn on_set_event(&self, event: WSAEVENT) -> Result<(), WsaError> {
        Self::asked("WPUSetEvent", [event.addr()]).map(drop)
    }

    fn on_open_current_thread(&self) -> Result<WSATHREADID, WsaError> {
        let words = Self::asked("WPUOpenCurrentThread", [])?;
        Ok(WSATHREADID { ThreadHandle: without_provenance_mut(words[0]), Reserved: words[1] })
    }

    fn on_close_thread(&self, thread: &WSATHREADID) -> Result<(), WsaError> {
        Self::asked("WPUCloseThread", [thread.ThreadHandle.addr(), thread.Reserved]).map(drop)
    }

    unsafe fn on_complete_overlapped_request(
        &self,
        socket: SOCKET,
        operation: NonNull<WSAOVERLAPPED>,
        error: u32,
        transferred: u32,
    ) -> Result<(), WsaError> {
        // SAFETY: a provider passes a structure that the host may access until its completion.
        let WSAOVERLAPPED { Offset: offset, OffsetHigh: high, .. } = unsafe { operation.read() };
        memory(|memory| memory.offset_high = high);
        let arguments = [socket, word(offset), word(error), word(transferred)];
        Self::asked("WPUCompleteOverlappedRequest", arguments).map(drop)
    }

    fn called(&self, call: &Call<'_>) {
        assert!(!memory(|memory| memory.trips), "as the test wants it");
        memory(|memory| memory.told.push(call.upcall.name));
    }
}

/// A number of 32 bits as a machine word.
pub(crate) fn word(number: u32) -> usize {
    usize::try_from(number).expect("a word has at least 32 bits")
}

/// The parts of a GUID.
fn guid_words(id: &GUID) -> Words {
    let head = [word(id.Data1), id.Data2.into(), id.Data3.into()];
    head.into_iter().chain(id.Data4.map(usize::from)).collect()
}

/// The text with these 16-bit units.
fn text(units: &[usize]) -> WideString {
    let units: Vec<u16> = units.iter().map(|unit| u16::try_from(*unit).expect("16 bits")).collect();
    WideString::from(String::from_utf16(&units).expect("UTF-16").as_str())
}
