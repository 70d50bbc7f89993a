//! Memory of a client: its pointers are checked once, and its content is only copied.
//!
//! Rust never holds a reference to this memory, so that overlapping views are permitted. Each view is valid
//! until the call that received it returns, or until the request to which it was lent completes.

use alloc::vec::Vec;
use core::marker::PhantomData;
use core::ptr::NonNull;

pub use crate::client::{ClientMut, ClientRef};
pub(crate) use crate::client::{copied, good};

/// The error of [`OutBuf::fill`]: the data did not fit, and nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Short;

impl core::fmt::Display for Short {
    #[inline]
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.write_str("the buffer is too small")
    }
}

impl core::error::Error for Short {}

/// A readable array of a client.
#[derive(Debug)]
pub struct ClientSlice<'a, T> {
    pub(crate) at: NonNull<T>,
    len: usize,
    life: PhantomData<&'a T>,
}

/// Readable bytes: an address, an option value, the content of a buffer.
pub type Bytes<'a> = ClientSlice<'a, u8>;

/// Readable text in UTF-16 code units, without its terminating zero.
pub type Text<'a> = ClientSlice<'a, u16>;

/// A writable array of a client.
#[derive(Debug)]
pub struct OutBuf<'a, T = u8> {
    at: NonNull<T>,
    len: usize,
    /// The location from which its client reads the number of used items; null if there is none.
    used: *mut u32,
    /// Whether its client reads the number of needed items there, if there are too few.
    tells_needed: bool,
    life: PhantomData<&'a mut T>,
}

/// The parts of a buffer that is lent to a request.
#[derive(Debug)]
pub(crate) struct LentBuf {
    at: NonNull<u8>,
    len: usize,
    used: *mut u32,
    tells_needed: bool,
}

copied!(ClientSlice<T>, OutBuf<T>);

/// Returns the pointer to `len` items if it is neither null nor misaligned. If `len` is 0, the pointer is not
/// used.
#[inline]
fn good_row<T>(pointer: *mut T, len: usize) -> Option<NonNull<T>> {
    if len == 0 {
        return Some(NonNull::dangling());
    }
    let fits = len.checked_mul(size_of::<T>()).is_some_and(|bytes| isize::try_from(bytes).is_ok());
    good(pointer).filter(|_| fits)
}

/// Converts a length that a client passes as a number.
///
/// # Errors
///
/// `bad` if the length is negative or too large.
#[doc(hidden)]
#[inline]
pub fn length<E>(length: impl TryInto<usize>, bad: E) -> Result<usize, E> {
    length.try_into().map_err(|_| bad)
}

/// Reads a length that a client passes by pointer.
///
/// # Errors
///
/// `bad` if the pointer is null or misaligned, or the length is negative or too large.
///
/// # Safety
///
/// `pointer` is null, misaligned, or readable.
#[doc(hidden)]
#[inline]
pub unsafe fn length_at<T: Copy + TryInto<usize>, E: Copy>(pointer: *mut T, bad: E) -> Result<usize, E> {
    let at = good(pointer).ok_or(bad)?;
    // SAFETY: the pointer is neither null nor misaligned, so the caller guarantees that it is readable.
    length(unsafe { at.read() }, bad)
}

impl<'a, T: Copy> ClientSlice<'a, T> {
    /// Creates the view. `None` if `len` is not 0 and the pointer is null or misaligned.
    ///
    /// # Safety
    ///
    /// Otherwise `len` items are readable for `'a`.
    #[inline]
    pub unsafe fn from_raw(pointer: *const T, len: usize) -> Option<Self> {
        good_row(pointer.cast_mut(), len).map(|at| Self { at, len, life: PhantomData })
    }

    /// Creates a view of the caller's own items.
    #[must_use]
    #[inline]
    pub fn new(items: &'a [T]) -> Self {
        let at = NonNull::from(items).cast();
        Self { at, len: items.len(), life: PhantomData }
    }

    /// The number of items.
    #[must_use]
    #[inline]
    pub const fn len(self) -> usize {
        self.len
    }

    /// Whether there are no items.
    #[must_use]
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Copies as many items as fit. Returns their number.
    #[inline]
    pub fn copy_to(self, into: &mut [T]) -> usize {
        self.copy_at(0, into)
    }

    /// Copies as many items as fit, starting at index `at`. Returns their number.
    #[inline]
    pub fn copy_at(self, at: usize, into: &mut [T]) -> usize {
        let count = self.len.saturating_sub(at).min(into.len());
        if count > 0 {
            // SAFETY: `at` is less than the number of items.
            let from = unsafe { self.at.add(at) };
            // SAFETY: `count` items from there are readable, and `into` has space for them.
            unsafe { into.as_mut_ptr().copy_from(from.as_ptr(), count) };
        }
        count
    }

    /// Copies all items.
    ///
    /// # Panics
    ///
    /// Panics if there is not enough memory.
    #[must_use]
    #[inline]
    pub fn to_vec(self) -> Vec<T> {
        let mut copy = empty::<T>(self.len);
        // SAFETY: all items are readable, and the vector has space for them.
        unsafe { copy.as_mut_ptr().copy_from(self.at.as_ptr(), self.len) };
        // SAFETY: this number of items was just written.
        unsafe { copy.set_len(self.len) };
        copy
    }

    /// The address of the items.
    #[must_use]
    #[inline]
    pub const fn as_ptr(self) -> *const T {
        self.at.as_ptr()
    }
}

/// Creates a vector with space for `len` items. A client may pass any length, so a failed allocation panics
/// instead of aborting the process.
pub(crate) fn empty<T>(len: usize) -> Vec<T> {
    let mut items = Vec::new();
    let room = items.try_reserve_exact(len);
    assert!(room.is_ok(), "not enough memory for {len} items of a client");
    items
}

/// The maximum length of a client's text.
const LONGEST: usize = 0x10000;

impl Text<'_> {
    /// Finds the end of zero-terminated text. `None` if the pointer is null or misaligned, or no zero follows
    /// within 65,536 units.
    ///
    /// # Safety
    ///
    /// Otherwise everything up to the zero is readable for the lifetime of the result.
    #[must_use]
    #[inline]
    pub unsafe fn from_zero_ended(pointer: *const u16) -> Option<Self> {
        let at = good(pointer.cast_mut())?;
        for len in 0..LONGEST {
            // SAFETY: no zero was read so far, so the unit at `len` is readable.
            let unit = unsafe { at.add(len) };
            // SAFETY: as above.
            if unsafe { unit.read() } == 0 {
                return Some(Self { at, len, life: PhantomData });
            }
        }
        None
    }

    /// Copies the text into a string that can be printed.
    #[must_use]
    #[inline]
    pub fn to_wide(self) -> crate::wide::WideString {
        crate::wide::WideString::from_units(self.to_vec())
    }
}

impl<'a, T: Copy> OutBuf<'a, T> {
    /// Creates the view. `None` if `len` is not 0 and the pointer is null or misaligned.
    ///
    /// # Safety
    ///
    /// Otherwise `len` items are writable for `'a`, and `used` is null or writable.
    #[inline]
    pub unsafe fn from_raw(pointer: *mut T, len: usize, used: *mut u32) -> Option<Self> {
        good_row(pointer, len).map(|at| Self { at, len, used, tells_needed: false, life: PhantomData })
    }

    /// The same buffer for a client that reads the number of needed items if there are too few.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub const fn telling_needed(self) -> Self {
        Self { tells_needed: true, ..self }
    }

    /// Creates a view of the caller's own memory.
    #[must_use]
    #[inline]
    pub fn new(items: &'a mut [T]) -> Self {
        let (at, len) = (NonNull::from(&mut *items).cast(), items.len());
        Self { at, len, used: core::ptr::null_mut(), tells_needed: false, life: PhantomData }
    }

    /// Creates a view of the caller's own memory, with a location for the number of used items, or of needed items
    /// if there are too few.
    #[must_use]
    #[inline]
    pub fn with_used(items: &'a mut [T], used: &'a mut u32) -> Self {
        let room = Self { used: &raw mut *used, tells_needed: true, ..Self::new(items) };
        room.set_used(room.len);
        room
    }

    /// The pointers for passing the buffer on. Resets the number of used items to the capacity.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub fn lend(self) -> (*mut T, *mut u32) {
        self.set_used(self.len);
        (self.at.as_ptr(), self.used)
    }

    /// The number of items that fit.
    #[must_use]
    #[inline]
    pub const fn capacity(self) -> usize {
        self.len
    }

    /// Writes all of `data` at the start, and sets the number of used items.
    ///
    /// # Errors
    ///
    /// Fails if the data does not fit. Then no data is written, and the number of needed items is set as by
    /// [`set_needed`](Self::set_needed).
    #[inline]
    pub fn fill(self, data: &[T]) -> Result<(), Short> {
        if data.len() > self.len {
            self.set_needed(data.len());
            return Err(Short);
        }
        self.write_at(0, data);
        self.set_used(data.len());
        Ok(())
    }

    /// Writes as many items as fit, starting at index `at`. Returns their number.
    #[inline]
    pub fn write_at(self, at: usize, data: &[T]) -> usize {
        let count = self.len.saturating_sub(at).min(data.len());
        if count > 0 {
            // SAFETY: `at` is less than the number of items.
            let to = unsafe { self.at.add(at) };
            // SAFETY: `count` items from there are writable.
            unsafe { to.as_ptr().copy_from(data.as_ptr(), count) };
        }
        count
    }

    /// Sets the number of used items, limited to the capacity, if its client reads it.
    #[inline]
    pub fn set_used(self, used: usize) {
        if !self.used.is_null() {
            let used = u32::try_from(used.min(self.len)).unwrap_or(u32::MAX);
            // SAFETY: the pointer is not null, so the creator of this view guarantees that it is writable.
            unsafe { self.used.write_unaligned(used) };
        }
    }

    /// Sets the number of items that are needed, more than the capacity, if its client reads it. The call then fails
    /// with the error for a buffer that is too small.
    ///
    /// A client reads it where the documentation says so; otherwise this does nothing.
    #[inline]
    pub fn set_needed(self, needed: usize) {
        if self.tells_needed && !self.used.is_null() {
            // Some clients read an `i32`.
            let needed = i32::try_from(needed).unwrap_or(i32::MAX).unsigned_abs();
            // SAFETY: the pointer is not null, so the creator of this view guarantees that it is writable.
            unsafe { self.used.write_unaligned(needed) };
        }
    }

    /// The number of needed items that its client would read now; `None` if it does not exceed the capacity.
    #[must_use]
    #[inline]
    pub fn needed(self) -> Option<usize> {
        if self.used.is_null() {
            return None;
        }
        // SAFETY: the pointer is not null, so the creator of this view guarantees that it is readable.
        let needed = unsafe { self.used.read_unaligned() } as usize;
        (needed > self.len).then_some(needed)
    }

    /// The number of used items that its client would read now; the capacity if there is no location for it.
    #[must_use]
    #[inline]
    pub fn used(self) -> usize {
        if self.used.is_null() {
            return self.len;
        }
        // SAFETY: the pointer is not null, so the creator of this view guarantees that it is readable.
        let used = unsafe { self.used.read_unaligned() };
        (used as usize).min(self.len)
    }

    /// The address of the items.
    #[must_use]
    #[inline]
    pub const fn as_ptr(self) -> *mut T {
        self.at.as_ptr()
    }

    /// The location from which its client reads the number of used items; null if there is none.
    #[must_use]
    #[inline]
    pub const fn used_ptr(self) -> *mut u32 {
        self.used
    }
}

impl LentBuf {
    /// The parts of `room`.
    pub(crate) const fn of(room: OutBuf<'_>) -> Self {
        let OutBuf { at, len, used, tells_needed, .. } = room;
        Self { at, len, used, tells_needed }
    }

    /// The buffer of these parts.
    ///
    /// # Safety
    ///
    /// The memory that the buffer had when it was taken apart is lent for `'a`.
    pub(crate) const unsafe fn buffer<'a>(&self) -> OutBuf<'a> {
        OutBuf {
            at: self.at,
            len: self.len,
            used: self.used,
            tells_needed: self.tells_needed,
            life: PhantomData,
        }
    }
}
