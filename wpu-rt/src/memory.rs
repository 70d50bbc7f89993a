//! Memory of a client: checked once, and only ever copied from and to.
//!
//! Rust never holds a reference to what lies behind these, so that it does not matter whether two
//! of them overlap. Each is valid until the call that brought it returns, or until the request
//! that it was lent to is completed.

use alloc::vec::Vec;
use core::marker::PhantomData;
use core::ptr::NonNull;

pub use crate::client::{ClientMut, ClientRef};
pub(crate) use crate::client::{copied, good};

/// Data did not fit, and none of it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Short;

impl core::fmt::Display for Short {
    #[inline]
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.write_str("there is not enough room")
    }
}

impl core::error::Error for Short {}

/// Several values in a row, to read.
#[derive(Debug)]
pub struct ClientSlice<'a, T> {
    pub(crate) at: NonNull<T>,
    len: usize,
    life: PhantomData<&'a T>,
}

/// Bytes to read: an address, the value of an option, what one buffer holds.
pub type Bytes<'a> = ClientSlice<'a, u8>;

/// Text to read, in 16-bit units, without its ending zero.
pub type Text<'a> = ClientSlice<'a, u16>;

/// Room for several values in a row.
#[derive(Debug)]
pub struct OutBuf<'a, T = u8> {
    at: NonNull<T>,
    len: usize,
    /// Where its client reads how much of it is used; null where it does not.
    used: *mut u32,
    life: PhantomData<&'a mut T>,
}

copied!(ClientSlice<T>, OutBuf<T>);

/// A pointer to `len` items, which is looked at only if there is one.
#[inline]
fn good_row<T>(pointer: *mut T, len: usize) -> Option<NonNull<T>> {
    if len == 0 {
        return Some(NonNull::dangling());
    }
    let fits = len.checked_mul(size_of::<T>()).is_some_and(|bytes| isize::try_from(bytes).is_ok());
    good(pointer).filter(|_| fits)
}

/// A length that a client passes as a number.
///
/// # Errors
///
/// `bad` if it is negative or too large.
#[doc(hidden)]
#[inline]
pub fn length<E>(length: impl TryInto<usize>, bad: E) -> Result<usize, E> {
    length.try_into().map_err(|_| bad)
}

/// A length that a client passes by pointer.
///
/// # Errors
///
/// `bad` if the pointer is null or misaligned, or the length is negative or too large.
///
/// # Safety
///
/// `pointer` is null, or misaligned, or can be read.
#[doc(hidden)]
#[inline]
pub unsafe fn length_at<T: Copy + TryInto<usize>, E: Copy>(pointer: *mut T, bad: E) -> Result<usize, E> {
    let at = good(pointer).ok_or(bad)?;
    // SAFETY: neither null nor misaligned; the caller vouches for the rest.
    length(unsafe { at.read() }, bad)
}

impl<'a, T: Copy> ClientSlice<'a, T> {
    /// `None` if there are items, and the pointer to them is null or misaligned.
    ///
    /// # Safety
    ///
    /// Otherwise that many can be read for as long as `'a`.
    #[inline]
    pub unsafe fn from_raw(pointer: *const T, len: usize) -> Option<Self> {
        good_row(pointer.cast_mut(), len).map(|at| Self { at, len, life: PhantomData })
    }

    /// Items of the caller's own.
    #[must_use]
    #[inline]
    pub fn new(items: &'a [T]) -> Self {
        let at = NonNull::from(items).cast();
        Self { at, len: items.len(), life: PhantomData }
    }

    /// How many there are.
    #[must_use]
    #[inline]
    pub const fn len(self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Copies as many as fit, and says how many.
    #[inline]
    pub fn copy_to(self, into: &mut [T]) -> usize {
        self.copy_at(0, into)
    }

    /// Copies as many as fit, beginning with number `at`, and says how many.
    #[inline]
    pub fn copy_at(self, at: usize, into: &mut [T]) -> usize {
        let count = self.len.saturating_sub(at).min(into.len());
        if count > 0 {
            // SAFETY: `at` is less than the number of items.
            let from = unsafe { self.at.add(at) };
            // SAFETY: that many follow, which can be read, and `into` has room for them.
            unsafe { into.as_mut_ptr().copy_from(from.as_ptr(), count) };
        }
        count
    }

    /// A copy of all of them.
    ///
    /// # Panics
    ///
    /// If there is no memory for so many.
    #[must_use]
    #[inline]
    pub fn to_vec(self) -> Vec<T> {
        let mut copy = empty::<T>(self.len);
        // SAFETY: they can be read, and the vector has room for them.
        unsafe { copy.as_mut_ptr().copy_from(self.at.as_ptr(), self.len) };
        // SAFETY: so many were just written.
        unsafe { copy.set_len(self.len) };
        copy
    }

    /// Where they are.
    #[must_use]
    #[inline]
    pub const fn as_ptr(self) -> *const T {
        self.at.as_ptr()
    }
}

/// A vector with room for `len` items. A client may say any number, which must not end the process.
pub(crate) fn empty<T>(len: usize) -> Vec<T> {
    let mut items = Vec::new();
    let room = items.try_reserve_exact(len);
    assert!(room.is_ok(), "there is no memory for {len} items of a client");
    items
}

/// Texts of clients end somewhere.
const LONGEST: usize = 0x10000;

impl Text<'_> {
    /// Text that ends with a zero. `None` if the pointer is null or misaligned, or no zero follows
    /// within 65,536 units.
    ///
    /// # Safety
    ///
    /// Otherwise everything up to the zero can be read for as long as the result is used.
    #[must_use]
    #[inline]
    pub unsafe fn from_zero_ended(pointer: *const u16) -> Option<Self> {
        let at = good(pointer.cast_mut())?;
        for len in 0..LONGEST {
            // SAFETY: everything up to the zero can be read, and there was none so far.
            let unit = unsafe { at.add(len) };
            // SAFETY: as above.
            if unsafe { unit.read() } == 0 {
                return Some(Self { at, len, life: PhantomData });
            }
        }
        None
    }

    /// A copy, which can be printed.
    #[must_use]
    #[inline]
    pub fn to_wide(self) -> crate::wide::WideString {
        crate::wide::WideString::from_units(self.to_vec())
    }
}

impl<'a, T: Copy> OutBuf<'a, T> {
    /// `None` if there is room for something, and the pointer to it is null or misaligned.
    ///
    /// # Safety
    ///
    /// Otherwise that many items can be written for as long as `'a`, and `used` is null or can be written.
    #[inline]
    pub unsafe fn from_raw(pointer: *mut T, len: usize, used: *mut u32) -> Option<Self> {
        good_row(pointer, len).map(|at| Self { at, len, used, life: PhantomData })
    }

    /// Room of the caller's own.
    #[must_use]
    #[inline]
    pub fn new(items: &'a mut [T]) -> Self {
        let (at, len) = (NonNull::from(&mut *items).cast(), items.len());
        Self { at, len, used: core::ptr::null_mut(), life: PhantomData }
    }

    /// Room of the caller's own, and a place to say how much of it is used.
    #[must_use]
    #[inline]
    pub fn with_used(items: &'a mut [T], used: &'a mut u32) -> Self {
        let room = Self { used: &raw mut *used, ..Self::new(items) };
        room.set_used(room.len);
        room
    }

    /// Lends the room on: its length is the capacity again, where its client reads it.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub fn lend(self) -> (*mut T, *mut u32) {
        self.set_used(self.len);
        (self.at.as_ptr(), self.used)
    }

    /// How many items fit.
    #[must_use]
    #[inline]
    pub const fn capacity(self) -> usize {
        self.len
    }

    /// Writes all of `data` from the beginning, and tells the client how much that is.
    ///
    /// # Errors
    ///
    /// If it does not fit. Nothing is written then.
    #[inline]
    pub fn fill(self, data: &[T]) -> Result<(), Short> {
        if data.len() > self.len {
            return Err(Short);
        }
        self.write_at(0, data);
        self.set_used(data.len());
        Ok(())
    }

    /// Writes as much as fits, beginning with item `at`, and says how much.
    #[inline]
    pub fn write_at(self, at: usize, data: &[T]) -> usize {
        let count = self.len.saturating_sub(at).min(data.len());
        if count > 0 {
            // SAFETY: `at` is less than the number of items.
            let to = unsafe { self.at.add(at) };
            // SAFETY: that many follow, which can be written.
            unsafe { to.as_ptr().copy_from(data.as_ptr(), count) };
        }
        count
    }

    /// Tells the client how many items are used, where it asks for that; never more than there are.
    #[inline]
    pub fn set_used(self, used: usize) {
        if !self.used.is_null() {
            let used = u32::try_from(used.min(self.len)).unwrap_or(u32::MAX);
            // SAFETY: not null; whoever made this vouched that it can be written.
            unsafe { self.used.write_unaligned(used) };
        }
    }

    /// What the client would read now; the capacity where it does not ask.
    #[must_use]
    #[inline]
    pub fn used(self) -> usize {
        if self.used.is_null() {
            return self.len;
        }
        // SAFETY: not null; whoever made this vouched for it.
        let used = unsafe { self.used.read_unaligned() };
        (used as usize).min(self.len)
    }

    /// Where it is.
    #[must_use]
    #[inline]
    pub const fn as_ptr(self) -> *mut T {
        self.at.as_ptr()
    }

    /// Where its client reads how much is used; null where it does not.
    #[must_use]
    #[inline]
    pub const fn used_ptr(self) -> *mut u32 {
        self.used
    }
}
