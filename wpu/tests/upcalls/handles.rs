//! Values that upcalls acquire: who releases them, and when.

use crate::common::host::{self, Scripted, hooked, seen, seen_names};
use std::ptr::{null_mut, without_provenance_mut};
use wpu_sys::ffi::{SOCKET, WSAEVENT, WSATHREADID, WSPUPCALLTABLEEX, fd_set};
use wpu_sys::{Cell, Event, EventRef, FdSet, OpenThread, SocketHandle, ThreadId, Upcalls, WsaError};

/// A value that upcalls acquire and release.
trait Resource: Sized {
    const RELEASE: &'static str;
    /// The words that the host returns, and receives at the release.
    const WORDS: &'static [usize];
    fn acquire(upcalls: Upcalls) -> Result<Self, WsaError>;
    fn close(self) -> Result<(), WsaError>;
    /// Takes the raw value out, and wraps it again.
    fn through_raw(self, cell: &'static Cell) -> Self;
    fn leave(self);
}

impl Resource for Event {
    const RELEASE: &'static str = "WPUCloseEvent";
    const WORDS: &'static [usize] = &[0x120];

    fn acquire(upcalls: Upcalls) -> Result<Self, WsaError> {
        upcalls.create_event()
    }
    fn close(self) -> Result<(), WsaError> {
        Event::close(self)
    }
    fn through_raw(self, cell: &'static Cell) -> Self {
        let raw = self.raw();
        assert_eq!(self.into_raw(), raw);
        // SAFETY: the first owner has given up the value.
        unsafe { Self::from_raw(cell, raw) }
    }
    fn leave(self) {
        let _: WSAEVENT = self.into_raw();
    }
}

impl Resource for SocketHandle {
    const RELEASE: &'static str = "WPUCloseSocketHandle";
    const WORDS: &'static [usize] = &[0x121];

    fn acquire(upcalls: Upcalls) -> Result<Self, WsaError> {
        upcalls.create_socket_handle(1, 2)
    }
    fn close(self) -> Result<(), WsaError> {
        SocketHandle::close(self)
    }
    fn through_raw(self, cell: &'static Cell) -> Self {
        let raw = self.raw();
        assert_eq!(self.into_raw(), raw);
        // SAFETY: the first owner has given up the value.
        unsafe { Self::from_raw(cell, raw) }
    }
    fn leave(self) {
        let _: SOCKET = self.into_raw();
    }
}

impl Resource for OpenThread {
    const RELEASE: &'static str = "WPUCloseThread";
    const WORDS: &'static [usize] = &[0x122, 0x123];

    fn acquire(upcalls: Upcalls) -> Result<Self, WsaError> {
        upcalls.open_current_thread()
    }
    fn close(self) -> Result<(), WsaError> {
        OpenThread::close(self)
    }
    fn through_raw(self, cell: &'static Cell) -> Self {
        let raw = self.raw();
        assert_eq!(self.into_raw(), raw);
        // SAFETY: the first owner has given up the value.
        unsafe { Self::from_raw(cell, raw) }
    }
    fn leave(self) {
        let _: WSATHREADID = self.into_raw();
    }
}

/// Runs a test for each kind of value, each with a cell of its own.
macro_rules! for_each_resource {
    ($test:ident) => {{
        static CELLS: [Cell; 3] = [const { Cell::new() }; 3];
        $test::<Event>(&CELLS[0]);
        $test::<SocketHandle>(&CELLS[1]);
        $test::<OpenThread>(&CELLS[2]);
    }};
}

/// Acquires a value, and clears the host's record.
fn acquired<R: Resource>(cell: &'static Cell) -> R {
    let upcalls = host::open::<Scripted>(cell);
    host::answer(Ok(R::WORDS.to_vec()));
    let resource = R::acquire(upcalls).expect("acquired");
    seen();
    resource
}

/// Checks that the host received one release, of the value that it returned.
fn assert_released<R: Resource>() {
    let seen = seen();
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!((seen[0].upcall, seen[0].arguments.as_slice()), (R::RELEASE, R::WORDS));
}

#[test]
fn drop_releases_once() {
    fn test<R: Resource>(cell: &'static Cell) {
        drop(acquired::<R>(cell));
        assert_released::<R>();
    }
    let _shows = wpu_evidence::tested(["WPUCreateEvent.released-once", "WPUOpenCurrentThread.released-once"]);
    for_each_resource!(test);
}

#[test]
fn drop_ignores_a_failed_release() {
    fn test<R: Resource>(cell: &'static Cell) {
        let resource = acquired::<R>(cell);
        host::answer(Err(WsaError::WSA_INVALID_HANDLE));
        drop(resource);
        assert_released::<R>();
    }
    for_each_resource!(test);
}

#[test]
fn close_releases_once_and_reports() {
    fn test<R: Resource>(cell: &'static Cell) {
        assert_eq!(acquired::<R>(cell).close(), Ok(()));
        assert_released::<R>();
        let resource = acquired::<R>(cell);
        host::answer(Err(WsaError::new(12345)));
        assert_eq!(resource.close(), Err(WsaError::new(12345)));
        assert_released::<R>();
    }
    let _shows = wpu_evidence::tested(["WPUCreateEvent.released-once", "WPUOpenCurrentThread.released-once"]);
    for_each_resource!(test);
}

#[test]
fn into_raw_releases_nothing() {
    fn test<R: Resource>(cell: &'static Cell) {
        acquired::<R>(cell).leave();
        assert_eq!(seen(), []);
    }
    for_each_resource!(test);
}

#[test]
fn a_handle_from_a_raw_value_releases_it() {
    fn test<R: Resource>(cell: &'static Cell) {
        let resource = acquired::<R>(cell).through_raw(cell);
        assert_eq!(seen(), []);
        drop(resource);
        assert_released::<R>();
    }
    for_each_resource!(test);
}

#[test]
fn after_clean_up_nothing_is_released() {
    fn test<R: Resource>(cell: &'static Cell) {
        let (dropped, closed) = (acquired::<R>(cell), acquired::<R>(cell));
        cell.close();
        drop(dropped);
        assert_eq!(closed.close(), Ok(()));
        assert_eq!(seen(), []);
    }
    for_each_resource!(test);
}

#[test]
fn after_a_restart_nothing_of_the_old_run_is_released() {
    fn test<R: Resource>(cell: &'static Cell) {
        let (dropped, closed) = (acquired::<R>(cell), acquired::<R>(cell));
        cell.close();
        host::open::<Scripted<1>>(cell);
        drop(dropped);
        assert_eq!(closed.close(), Ok(()));
        assert_eq!(seen(), []);
        drop(acquired::<R>(cell));
        assert_released::<R>();
    }
    for_each_resource!(test);
}

#[test]
fn a_release_goes_through_the_newest_table_of_the_run() {
    fn test<R: Resource>(cell: &'static Cell) {
        let resource = acquired::<R>(cell);
        host::open::<Scripted<1>>(cell);
        drop(resource);
        assert_eq!(seen().iter().map(|seen| seen.host).collect::<Vec<_>>(), [1]);
    }
    let _shows = wpu_evidence::tested(["start-up.newest-table-used"]);
    for_each_resource!(test);
}

#[test]
fn a_failed_acquisition_releases_nothing() {
    fn test<R: Resource>(cell: &'static Cell) {
        let upcalls = host::open::<Scripted>(cell);
        host::answer(Err(WsaError::WSAENOBUFS));
        assert!(R::acquire(upcalls).is_err());
        assert_eq!(seen().len(), 1);
    }
    for_each_resource!(test);
}

#[test]
fn a_resource_can_move_to_another_thread() {
    static CELL: Cell = Cell::new();
    let event = acquired::<Event>(&CELL);
    let there = std::thread::spawn(move || {
        drop(event);
        assert_released::<Event>();
    });
    there.join().expect("released there");
    assert_eq!(seen(), []);
}

#[test]
fn an_owner_lends_its_value_without_releasing_it() {
    static CELL: Cell = Cell::new();
    let upcalls = host::open::<Scripted>(&CELL);
    let event = acquired::<Event>(&CELL);
    upcalls.set_event(event.borrowed()).expect("set");
    upcalls.reset_event(event.borrowed()).expect("reset");
    assert!(seen().iter().all(|seen| seen.arguments == Event::WORDS));
    drop(event);
    assert_released::<Event>();
    let thread = acquired::<OpenThread>(&CELL);
    assert_eq!(thread.borrowed().raw(), thread.raw());
    assert_eq!(seen(), []);
    drop(thread);
    assert_released::<OpenThread>();
}

#[test]
fn a_clients_event_loses_its_low_bit_and_is_never_closed() {
    let _shows = wpu_evidence::tested(["overlapped.low-bit-is-masked"]);
    for (raw, masked) in [(0x120, Some(0x120)), (0x121, Some(0x120)), (1, None), (0, None)] {
        let event = EventRef::from_raw(without_provenance_mut(raw));
        assert_eq!(event.map(|event| event.raw().addr()), masked);
        if let Some(event) = event {
            host::upcalls().set_event(event).expect("set");
            assert_eq!(seen().remove(0).arguments, [0x120]);
        }
    }
    assert_eq!(seen(), []);
}

#[test]
fn a_clients_thread_is_copied_unless_it_is_zero() {
    let handle = without_provenance_mut(4);
    for raw in [
        WSATHREADID { ThreadHandle: handle, Reserved: 0 },
        WSATHREADID { ThreadHandle: null_mut(), Reserved: 1 },
    ] {
        // SAFETY: the id is not used.
        assert_eq!(unsafe { ThreadId::from_raw(raw) }.map(ThreadId::raw), Some(raw));
    }
    // SAFETY: a zero id is refused.
    assert_eq!(unsafe { ThreadId::from_raw(WSATHREADID::ZERO) }, None);
}

/// A client's set that is longer than the declared one.
#[repr(C)]
struct LongSet {
    count: u32,
    items: [SOCKET; 300],
}

impl LongSet {
    fn new(count: u32) -> Self {
        Self { count, items: std::array::from_fn(|item| 1000 + item) }
    }

    fn borrowed(&self) -> FdSet<'_> {
        let set = (&raw const *self).cast();
        // SAFETY: the items follow the count, and there are enough of them.
        unsafe { FdSet::from_raw(set) }.expect("neither null nor misaligned")
    }
}

#[test]
fn a_set_has_the_length_of_its_count() {
    for count in [0, 1, 63, 64, 65, 300] {
        let long = LongSet::new(count);
        assert_eq!(long.borrowed().as_slice(), &long.items[..host::word(count)]);
        host::answer(Ok(vec![1]));
        assert!(host::upcalls().fd_is_set(7, long.borrowed()));
        assert_eq!(seen()[0].arguments[1..], long.items[..host::word(count)]);
    }
}

#[test]
fn a_set_that_counts_more_than_it_holds_is_refused() {
    for (count, good) in [(0, true), (1, true), (64, true), (65, false), (u32::MAX, false)] {
        let set = fd_set { fd_count: count, ..fd_set::ZERO };
        assert_eq!(FdSet::new(&set).is_some(), good, "{count}");
        assert!(FdSet::new(&set).is_none_or(|set| set.as_slice().len() == host::word(count)));
    }
}

#[test]
fn a_set_behind_a_bad_pointer_is_refused() {
    let room = [0_usize; 70];
    let misaligned = room.as_ptr().cast::<fd_set>().wrapping_byte_add(1);
    for bad in [std::ptr::null(), misaligned] {
        // SAFETY: the pointer is null or misaligned.
        assert!(unsafe { FdSet::from_raw(bad) }.is_none());
    }
}

#[test]
fn a_hook_can_be_called_again_until_its_run_is_over() {
    static CELL: Cell = Cell::new();
    host::answer(Ok(vec![3]));
    let asked = host::open::<Scripted>(&CELL).query_blocking_callback(1, |hook| {
        let hook = hook.expect("a hook");
        assert!(hook.call() && hook.call());
        assert_eq!((seen_names(), hooked()), (vec!["WPUQueryBlockingCallback"], vec![3, 3]));
        CELL.close();
        assert!(!hook.call());
        host::open::<Scripted<1>>(&CELL);
        assert!(!hook.call());
    });
    assert_eq!((asked, hooked()), (Ok(()), vec![]));
}

/// A clean-up and a new start-up during an upcall: its result belongs to the old host.
#[test]
fn a_handle_of_a_replaced_host_is_not_released_in_the_next_run() {
    static CELL: Cell = Cell::new();
    unsafe extern "system" fn replaced_meanwhile(_: *mut i32) -> WSAEVENT {
        CELL.close();
        host::open::<Scripted<1>>(&CELL);
        without_provenance_mut(0x120)
    }
    let old =
        WSPUPCALLTABLEEX { lpWPUCreateEvent: Some(replaced_meanwhile), ..WSPUPCALLTABLEEX::of::<Scripted>() };
    let event = host::open_raw(&CELL, old).create_event().expect("an event");
    drop(event);
    assert_eq!(seen(), []);
}
