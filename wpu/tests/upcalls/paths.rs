//! `WPUGetProviderPath`: the growing buffer, and hosts that report wrong lengths.

use crate::common::host;
use crate::common::stubs::{self, SilentFailure};
use std::cell::RefCell;
use wpu_sys::ffi::{GUID, NO_ERROR, SOCKET_ERROR, WCHAR, WPUGetProviderPathFn, WSPUPCALLTABLEEX};
use wpu_sys::{Cell, WideString, WsaError};

/// Lengths of paths: around those of the buffers, and up to the longest of the operating system. Under Miri,
/// which is slow, only the short ones.
const LENGTHS: &[usize] = if cfg!(miri) {
    &[1, 259, 260, 300]
} else {
    &[1, 2, 258, 259, 260, 261, 300, 1039, 1040, 4159, 4160, 5000, 16640, 0x7ffe]
};

/// An `x`.
const X: WCHAR = 0x78;

thread_local! {
    /// The lengths that were passed, in units.
    static ASKED: RefCell<Vec<i32>> = const { RefCell::new(Vec::new()) };
}

/// Queries a host with this function. Returns the result and the lengths that were passed.
fn ask(path: WPUGetProviderPathFn) -> (Result<WideString, WsaError>, Vec<i32>) {
    static CELL: Cell = Cell::new();
    // The cell is shared, so the tests are serialized.
    static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let table = WSPUPCALLTABLEEX { lpWPUGetProviderPath: Some(path), ..stubs::table::<SilentFailure>() };
    let answer = host::open_raw(&CELL, table).get_provider_path(&GUID::ZERO);
    (answer, ASKED.take())
}

/// Records the length, and returns the buffer as a slice of that length.
///
/// # Safety
///
/// As many units of the buffer are writable as the length says.
unsafe fn lent<'a>(buffer: *mut WCHAR, length: *mut i32) -> &'a mut [WCHAR] {
    // SAFETY: the contract of this function.
    let units = unsafe { length.read() };
    ASKED.with_borrow_mut(|lengths| lengths.push(units));
    // SAFETY: as above.
    unsafe { std::slice::from_raw_parts_mut(buffer, usize::try_from(units).expect("a length")) }
}

#[test]
fn a_path_of_any_length_arrives_whole() {
    for &length in LENGTHS {
        let path: Vec<usize> = (0..length).map(|unit| 0x61 + unit % 26).collect();
        host::answer_always(Ok(path.clone()));
        let found = host::upcalls().get_provider_path(&GUID::ZERO).expect("a path");
        assert!(found.units().iter().map(|unit| usize::from(*unit)).eq(path), "{length}");
        assert_eq!(found.to_zero_ended().len(), length + 1);
    }
}

#[test]
fn a_short_path_takes_one_call() {
    host::answer(Ok(vec![0x63; 259]));
    assert!(host::upcalls().get_provider_path(&GUID::ZERO).is_ok());
    assert_eq!(host::seen().len(), 1);
}

#[test]
fn a_path_is_text() {
    host::answer(Ok(vec![0x43, 0x3a, 0x5c, 0xd83d, 0xde00]));
    let path = host::upcalls().get_provider_path(&GUID::ZERO).expect("a path");
    assert_eq!((path.to_string().as_str(), path.units().len()), ("C:\\\u{1f600}", 5));
    assert_eq!(path, WideString::from("C:\\\u{1f600}"));
}

#[test]
fn no_path_at_all_is_a_system_failure() {
    host::answer(Ok(vec![]));
    let none = host::upcalls().get_provider_path(&GUID::ZERO);
    assert_eq!(none, Err(WsaError::WSASYSCALLFAILURE));
}

/// Under Miri this shows that the length is in units, and never exceeds the buffer.
#[test]
fn text_without_a_zero_is_queried_again_and_then_fails() {
    unsafe extern "system" fn endless(
        _: *const GUID,
        buffer: *mut u16,
        length: *mut i32,
        _: *mut i32,
    ) -> i32 {
        // SAFETY: the wrapper passes a buffer of the stated length.
        unsafe { lent(buffer, length) }.fill(X);
        NO_ERROR
    }
    let (answer, lengths) = ask(endless);
    assert_eq!(answer, Err(WsaError::WSASYSCALLFAILURE));
    assert_grows(&lengths);
}

#[test]
fn a_buffer_that_is_always_too_small_fails() {
    unsafe extern "system" fn never_enough(
        _: *const GUID,
        buffer: *mut u16,
        length: *mut i32,
        errno: *mut i32,
    ) -> i32 {
        // SAFETY: the wrapper passes a buffer of the stated length.
        unsafe { lent(buffer, length) };
        // SAFETY: the wrapper passes a valid pointer.
        unsafe { errno.write(WsaError::WSAEFAULT.code()) };
        SOCKET_ERROR
    }
    let _shows = wpu_evidence::tested(["WPUGetProviderPath.length-not-trusted"]);
    let (answer, lengths) = ask(never_enough);
    assert_eq!(answer, Err(WsaError::WSAEFAULT));
    assert_grows(&lengths);
}

/// Checks that the lengths grow from one that suffices for nearly every path to one that suffices for all, in
/// a few steps.
fn assert_grows(lengths: &[i32]) {
    assert_eq!(lengths.first(), Some(&260));
    assert_eq!(lengths.last(), Some(&0x8000));
    assert!(lengths.is_sorted_by(|one, next| one < next), "{lengths:?}");
    assert!(lengths.len() <= 8, "{lengths:?}");
}

#[test]
fn another_error_is_returned_without_a_retry() {
    unsafe extern "system" fn unknown(
        _: *const GUID,
        buffer: *mut u16,
        length: *mut i32,
        errno: *mut i32,
    ) -> i32 {
        // SAFETY: the wrapper passes a buffer of the stated length.
        unsafe { lent(buffer, length) }.fill(X);
        // SAFETY: the wrapper passes a valid pointer.
        unsafe { errno.write(WsaError::WSAEINVAL.code()) };
        SOCKET_ERROR
    }
    let (answer, lengths) = ask(unknown);
    assert_eq!((answer, lengths.len()), (Err(WsaError::WSAEINVAL), 1));
}

#[test]
fn truncated_text_is_queried_again() {
    /// Writes 300 units and a zero, or as many of them as fit, and reports success.
    unsafe extern "system" fn cuts_off(
        _: *const GUID,
        buffer: *mut u16,
        length: *mut i32,
        _: *mut i32,
    ) -> i32 {
        // SAFETY: the wrapper passes a buffer of the stated length.
        let room = unsafe { lent(buffer, length) };
        let text = [[X; 300].as_slice(), &[0]].concat();
        let units = room.len().min(text.len());
        room[..units].copy_from_slice(&text[..units]);
        NO_ERROR
    }
    let (answer, lengths) = ask(cuts_off);
    assert_eq!((answer.expect("a path").units(), lengths.len()), ([X; 300].as_slice(), 2));
}

#[test]
fn text_without_its_zero_ends_where_the_host_stopped() {
    unsafe extern "system" fn forgets_the_zero(
        _: *const GUID,
        buffer: *mut u16,
        length: *mut i32,
        _: *mut i32,
    ) -> i32 {
        // SAFETY: the wrapper passes a buffer of the stated length.
        let room = unsafe { lent(buffer, length) };
        room[..3].fill(X);
        NO_ERROR
    }
    let (answer, lengths) = ask(forgets_the_zero);
    assert_eq!((answer.expect("a path").units(), lengths.len()), ([X; 3].as_slice(), 1));
}

#[test]
fn the_length_that_the_host_stores_is_ignored() {
    unsafe extern "system" fn nonsense(
        _: *const GUID,
        buffer: *mut u16,
        length: *mut i32,
        _: *mut i32,
    ) -> i32 {
        // SAFETY: the wrapper passes a buffer of the stated length.
        let room = unsafe { lent(buffer, length) };
        room[..2].copy_from_slice(&[X, 0]);
        // SAFETY: the wrapper passes a valid pointer.
        unsafe { length.write(-5) };
        NO_ERROR
    }
    let _shows = wpu_evidence::tested(["WPUGetProviderPath.length-not-trusted"]);
    let (answer, lengths) = ask(nonsense);
    assert_eq!((answer.expect("a path").units(), lengths), ([X].as_slice(), vec![260]));
}

#[test]
fn data_of_a_failed_call_is_not_part_of_the_path() {
    /// Fills the first buffer and fails; writes a short path into the next.
    unsafe extern "system" fn untidy(
        _: *const GUID,
        buffer: *mut u16,
        length: *mut i32,
        errno: *mut i32,
    ) -> i32 {
        // SAFETY: the wrapper passes a buffer of the stated length.
        let room = unsafe { lent(buffer, length) };
        if room.len() > 260 {
            room[..2].fill(X);
            return NO_ERROR;
        }
        room.fill(0x79);
        // SAFETY: the wrapper passes a valid pointer.
        unsafe { errno.write(WsaError::WSAEFAULT.code()) };
        SOCKET_ERROR
    }
    assert_eq!(ask(untidy).0.expect("a path").units(), [X; 2]);
}
