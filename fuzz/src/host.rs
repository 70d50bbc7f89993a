//! The host of the cases: it records completions, and frees the memory of a request as soon as its completion
//! is reported.

use crate::errors::is_documented;
use crate::memory::Arena;
use std::collections::HashMap;
use std::ptr::{NonNull, without_provenance_mut};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use wpu::ffi::{GUID, HWND, SOCKET, WSAEVENT, WSAOVERLAPPED, WSATHREADID, WSS_OPERATION_IN_PROGRESS};
use wpu::{Failed, FdSet, WideString, WsaError};
use wpu_sys::host::{Host, Locate};

/// The detected faults of the provider, in order.
static FAULTS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static OPEN: Mutex<Option<Book>> = Mutex::new(None);
/// The number of upcalls that may fail: each failure is logged on the standard error stream.
static REFUSALS: AtomicU32 = AtomicU32::new(20);
/// Whether upcalls fail in this case.
static REFUSES: AtomicBool = AtomicBool::new(false);
/// The numbers of clean-ups that have begun and ended in this case.
static CLEAN_UPS: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Records a fault. It is reported after the call, since a panic would be contained.
pub(crate) fn fault(what: String) {
    lock(&FAULTS).push(what);
}

/// Panics if a fault was recorded.
pub(crate) fn check() {
    let faults = std::mem::take(&mut *lock(&FAULTS));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Runs a clean-up, which may be the last one: completions of requests that are made meanwhile are optional.
pub(crate) fn while_cleaning_up<R>(body: impl FnOnce() -> R) -> R {
    CLEAN_UPS[0].fetch_add(1, Ordering::SeqCst);
    let answer = body();
    CLEAN_UPS[1].fetch_add(1, Ordering::SeqCst);
    answer
}

/// The number of clean-ups; `None` while one is running.
fn clean_ups() -> Option<usize> {
    let over = CLEAN_UPS[1].load(Ordering::SeqCst);
    (CLEAN_UPS[0].load(Ordering::SeqCst) == over).then_some(over)
}

/// A request of a client.
pub(crate) struct Asked {
    pub(crate) name: &'static str,
    /// The number of bytes that it requests.
    pub(crate) most: usize,
    pub(crate) routine: bool,
    pub(crate) thread: [usize; 2],
    pub(crate) event: usize,
    /// Whether the memory is kept until the end, so that the client can read it.
    pub(crate) kept: bool,
    /// Whether the provider's class reports completions by event.
    pub(crate) by_event: bool,
}

struct Record {
    asked: Asked,
    block: Option<Arena>,
    told: u32,
    /// The result of the call, if it has returned: whether the request is pending or complete.
    answer: Option<Answer>,
    clean_ups: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Done,
    Pending,
    Failed,
}

#[derive(Default)]
struct Book {
    records: Vec<Record>,
    /// The requests without a completion, by the address of their structure.
    by_address: HashMap<usize, usize>,
    by_event: HashMap<usize, usize>,
    queued: Vec<(Apc, usize, [usize; 2])>,
}

type Apc = unsafe extern "system" fn(usize);

fn book<R>(body: impl FnOnce(&mut Book) -> R) -> R {
    body(lock(&OPEN).get_or_insert_default())
}

/// Begins a case.
pub(crate) fn begin(refuses: bool) {
    *lock(&OPEN) = Some(Book::default());
    for count in &CLEAN_UPS {
        count.store(0, Ordering::SeqCst);
    }
    REFUSES.store(refuses, Ordering::SeqCst);
}

/// An event that no other request has.
pub(crate) fn new_event() -> usize {
    static EVENTS: AtomicUsize = AtomicUsize::new(0);
    0x1000 + 4 * EVENTS.fetch_add(1, Ordering::Relaxed)
}

/// Registers a request that a client is about to make.
pub(crate) fn ask(asked: Asked, block: Arena) -> usize {
    let clean_ups = clean_ups();
    book(|book| {
        let id = book.records.len();
        book.by_address.insert(block.base().addr(), id);
        if asked.event != 0 {
            book.by_event.insert(asked.event, id);
        }
        let block = Some(block);
        book.records.push(Record { asked, block, told: 0, answer: None, clean_ups });
        id
    })
}

/// Records that the call with the request has returned.
pub(crate) fn answered(id: usize, answer: Answer) {
    book(|book| {
        let record = &mut book.records[id];
        record.answer = Some(answer);
        if answer == Answer::Failed {
            if record.told > 0 {
                fault(format!("{} failed after it reported a completion", record.asked.name));
            }
            let event = record.asked.event;
            if let Some(block) = record.block.take() {
                book.by_address.remove(&block.base().addr());
            }
            book.by_event.remove(&event);
        }
    });
}

/// The structure of a request whose memory is kept.
pub(crate) fn kept(choice: usize) -> Option<*mut WSAOVERLAPPED> {
    book(|book| {
        let kept = book.records.iter().filter(|record| record.asked.kept && record.answer.is_some());
        let kept: Vec<_> = kept.filter_map(|record| record.block.as_ref()).collect();
        (!kept.is_empty()).then(|| kept[choice % kept.len()].base().cast())
    })
}

/// Records a completion, and returns the memory to the client.
fn told(book: &mut Book, id: usize, how: &str) {
    let record = &mut book.records[id];
    record.told += 1;
    if record.told > 1 {
        fault(format!("{} reported two completions, the second {how}", record.asked.name));
    }
    if record.answer == Some(Answer::Failed) {
        fault(format!("{} failed and reported a completion {how}", record.asked.name));
    }
    if !record.asked.kept
        && let Some(block) = record.block.take()
    {
        book.by_address.remove(&block.base().addr());
    }
}

fn told_at(address: usize, error: u32, count: u32, how: &str) {
    book(|book| {
        let Some(&id) = book.by_address.get(&address) else {
            fault(format!(
                "a completion was reported {how} for a request that does not exist or is complete"
            ));
            return;
        };
        let Record { asked, .. } = &book.records[id];
        // Beside this error it is the number of bytes that are needed.
        let needed = asked.name == "WSPIoctl" && error == WsaError::WSAEFAULT.code().cast_unsigned();
        if count as usize > asked.most && !needed {
            fault(format!("{} moved {count} bytes of {}", asked.name, asked.most));
        }
        if error != 0 && !is_documented(asked.name, error.cast_signed()) {
            fault(format!("{} ended with {:?}", asked.name, WsaError::new(error.cast_signed())));
        }
        told(book, id, how);
    });
}

thread_local! {
    /// The thread that the harness simulates while it runs queued functions.
    static THREAD: std::cell::Cell<[usize; 2]> = const { std::cell::Cell::new([0, 0]) };
}

/// The client's routine.
pub(crate) unsafe extern "system" fn routine(error: u32, count: u32, at: *mut WSAOVERLAPPED, _: u32) {
    let thread = THREAD.get();
    book(|book| {
        let id = book.by_address.get(&at.addr());
        if id.is_some_and(|id| book.records[*id].asked.thread != thread) {
            fault("a routine ran on another thread than that of its client".to_owned());
        }
        if id.is_some_and(|id| !book.records[*id].asked.routine) {
            fault("a routine ran that was not requested".to_owned());
        }
    });
    told_at(at.addr(), error, count, "by routine");
}

/// Runs some of the queued routines, on the threads to which they were queued.
pub(crate) fn wait_alertably(most: usize) {
    for _ in 0..most {
        let Some((apc, context, thread)) = book(|book| book.queued.pop()) else { return };
        THREAD.set(thread);
        // SAFETY: the function was queued once, and is called once.
        unsafe { apc(context) };
    }
}

/// Checks that each promised completion was reported once. Requests that a clean-up ended have no completion.
pub(crate) fn all_are_told() {
    wait_alertably(usize::MAX);
    let clean_ups = clean_ups();
    let refused = REFUSES.load(Ordering::SeqCst);
    book(|book| {
        for Record { asked, told, answer, clean_ups: before, .. } in &book.records {
            let owed = clean_ups.is_some() && clean_ups == *before && !refused && asked.can_be_told();
            let promised = matches!(answer, Some(Answer::Done | Answer::Pending));
            if owed && promised && *told != 1 {
                fault(format!("{} returned {answer:?} and reported {told} completions", asked.name));
            }
        }
    });
    check();
}

/// Ends the case after the provider has ended: no request may be pending.
pub(crate) fn end() {
    wait_alertably(usize::MAX);
    let book = lock(&OPEN).take().unwrap_or_default();
    for Record { asked, block, answer, .. } in &book.records {
        match (answer, block) {
            (None, _) => fault(format!("{} has not returned", asked.name)),
            (Some(_), Some(block)) => {
                // SAFETY: the structure is at the start of the block, and no code writes to it any more.
                let internal = unsafe { block.base().cast::<usize>().read() };
                if internal == WSS_OPERATION_IN_PROGRESS {
                    fault(format!("{} left an operation pending", asked.name));
                }
            }
            (Some(_), None) => {}
        }
    }
    check();
}

impl Asked {
    /// Whether a completion can be reported other than in the structure.
    fn can_be_told(&self) -> bool {
        if self.routine { self.thread[0] > 1 } else { !self.by_event || self.event != 0 }
    }
}

/// The host of all cases.
pub(crate) struct Ws2;

impl Locate for Ws2 {
    type Host = Self;

    fn with<R>(body: impl FnOnce(&Self) -> R) -> Result<R, WsaError> {
        Ok(body(&Self))
    }
}

fn refuses() -> Result<(), WsaError> {
    let refuses = REFUSES.load(Ordering::Relaxed)
        && REFUSALS.try_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
    if refuses { Err(WsaError::WSAEINVAL) } else { Ok(()) }
}

impl Host for Ws2 {
    fn on_close_event(&self, _: WSAEVENT) -> Result<(), WsaError> {
        Ok(())
    }

    fn on_close_socket_handle(&self, _: SOCKET) -> Result<(), WsaError> {
        Ok(())
    }

    fn on_create_event(&self) -> Result<WSAEVENT, WsaError> {
        Ok(without_provenance_mut(4))
    }

    fn on_create_socket_handle(&self, _: u32, context: usize) -> Result<SOCKET, WsaError> {
        Ok(context)
    }

    fn on_fd_is_set(&self, socket: SOCKET, set: FdSet<'_>) -> bool {
        set.as_slice().contains(&socket)
    }

    fn on_get_provider_path(&self, _: &GUID) -> Result<WideString, WsaError> {
        Ok(WideString::from("provider.dll"))
    }

    fn on_modify_ifs_handle(&self, _: u32, proposed: SOCKET) -> Result<SOCKET, WsaError> {
        Ok(proposed)
    }

    fn on_post_message(&self, _: HWND, _: u32, _: usize, _: isize) -> Result<(), Failed> {
        Ok(())
    }

    fn on_query_blocking_callback(
        &self,
        _: u32,
    ) -> Result<Option<(unsafe extern "system" fn(usize) -> i32, usize)>, WsaError> {
        Ok(None)
    }

    fn on_query_socket_handle_context(&self, socket: SOCKET) -> Result<usize, WsaError> {
        Ok(socket)
    }

    unsafe fn on_queue_apc(&self, thread: &WSATHREADID, apc: Apc, context: usize) -> Result<(), WsaError> {
        refuses()?;
        let thread = [thread.ThreadHandle.addr(), thread.Reserved];
        book(|book| book.queued.push((apc, context, thread)));
        Ok(())
    }

    fn on_reset_event(&self, _: WSAEVENT) -> Result<(), WsaError> {
        Ok(())
    }

    fn on_set_event(&self, event: WSAEVENT) -> Result<(), WsaError> {
        refuses()?;
        book(|book| {
            let Some(id) = book.by_event.get(&event.addr()).copied() else {
                fault("an event was set that belongs to no request, or whose request failed".to_owned());
                return;
            };
            if book.records[id].asked.by_event {
                told(book, id, "by event");
            }
        });
        Ok(())
    }

    fn on_open_current_thread(&self) -> Result<WSATHREADID, WsaError> {
        Ok(WSATHREADID { ThreadHandle: without_provenance_mut(8), Reserved: 0 })
    }

    fn on_close_thread(&self, _: &WSATHREADID) -> Result<(), WsaError> {
        Ok(())
    }

    unsafe fn on_complete_overlapped_request(
        &self,
        _: SOCKET,
        operation: NonNull<WSAOVERLAPPED>,
        error: u32,
        transferred: u32,
    ) -> Result<(), WsaError> {
        refuses()?;
        let at = operation.as_ptr();
        // SAFETY: the provider has passed the structure for its completion.
        let internal = unsafe { &raw mut (*at).Internal };
        // SAFETY: as above, and it is aligned.
        unsafe { AtomicUsize::from_ptr(internal) }.store(error as usize, Ordering::Release);
        told_at(at.addr(), error, transferred, "by port");
        Ok(())
    }
}
