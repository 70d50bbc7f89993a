//! Memory of a client: checked once, and only ever copied from and to.
//!
//! Rust never holds a reference to what lies behind these, so that it does not matter whether two
//! of them overlap. Each is valid until the call that brought it returns, or until the request
//! that it was lent to is completed.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

/// A structure that is a pointer to items, with their number.
pub trait Slice: Copy {
    /// Where the bytes are, and how many.
    fn parts(&self) -> (*mut u8, usize);
    /// One that stands for these bytes.
    fn from_parts(bytes: *mut u8, len: u32) -> Self;
    /// Where the number is.
    ///
    /// # Safety
    ///
    /// `this` points at such a structure.
    unsafe fn len_ptr(this: *mut Self) -> *mut u32;
}

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

/// One value, to read.
#[derive(Debug)]
pub struct View<'a, T>(NonNull<T>, PhantomData<&'a T>);

/// One value, to read and to write.
#[derive(Debug)]
pub struct ViewMut<'a, T>(NonNull<T>, PhantomData<&'a mut T>);

/// Several values in a row, to read.
#[derive(Debug)]
pub struct Items<'a, T> {
    at: NonNull<T>,
    len: usize,
    life: PhantomData<&'a T>,
}

/// Bytes to read: an address, the value of an option, what one buffer holds.
pub type Bytes<'a> = Items<'a, u8>;

/// Text to read, in 16-bit units, without its ending zero.
pub type Text<'a> = Items<'a, u16>;

/// Room for several values in a row.
#[derive(Debug)]
pub struct Room<'a, T = u8> {
    at: NonNull<T>,
    len: usize,
    /// Where its client reads how much of it is used; null where it does not.
    used: *mut u32,
    life: PhantomData<&'a mut T>,
}

/// An array of buffers whose bytes are to be read, one after the other.
#[derive(Debug)]
pub struct Gather<'a, S> {
    at: NonNull<S>,
    len: u32,
    total: usize,
    life: PhantomData<&'a S>,
}

/// An array of buffers that are to be filled, one after the other.
#[derive(Debug)]
pub struct Scatter<'a, S> {
    at: NonNull<S>,
    len: u32,
    total: usize,
    life: PhantomData<&'a mut S>,
}

/// They are pointers, and copied as such.
macro_rules! copied {
    ($($name:ident<$kind:ident>),*) => {$(
        impl<$kind> Clone for $name<'_, $kind> {
            #[inline]
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<$kind> Copy for $name<'_, $kind> {}
    )*};
}

copied!(View<T>, ViewMut<T>, Items<T>, Room<T>, Gather<S>, Scatter<S>);

/// A pointer that is neither null nor misaligned.
#[inline]
fn good<T>(pointer: *mut T) -> Option<NonNull<T>> {
    NonNull::new(pointer).filter(|pointer| pointer.is_aligned())
}

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
#[inline]
pub(crate) fn length<E>(length: impl TryInto<usize>, bad: E) -> Result<usize, E> {
    length.try_into().map_err(|_| bad)
}

/// A length that a client passes by pointer.
///
/// # Safety
///
/// `pointer` is null, or misaligned, or can be read.
#[inline]
pub(crate) unsafe fn length_at<T: Copy + TryInto<usize>, E: Copy>(pointer: *mut T, bad: E) -> Result<usize, E> {
    let at = good(pointer).ok_or(bad)?;
    // SAFETY: neither null nor misaligned; the caller vouches for the rest.
    length(unsafe { at.read() }, bad)
}

impl<'a, T: Copy> View<'a, T> {
    /// `None` if the pointer is null or misaligned.
    ///
    /// # Safety
    ///
    /// Otherwise it can be read for as long as `'a`.
    #[inline]
    pub unsafe fn from_raw(pointer: *const T) -> Option<Self> {
        good(pointer.cast_mut()).map(|pointer| Self(pointer, PhantomData))
    }

    /// A value of the caller's own.
    #[must_use]
    #[inline]
    pub fn new(value: &'a T) -> Self {
        Self(NonNull::from(value), PhantomData)
    }

    /// The value.
    #[must_use]
    #[inline]
    pub fn get(self) -> T {
        // SAFETY: whoever made this vouched that it can be read.
        unsafe { self.0.read() }
    }

    /// Where it is.
    #[must_use]
    #[inline]
    pub const fn as_ptr(self) -> *const T {
        self.0.as_ptr()
    }
}

impl<'a, T: Copy> ViewMut<'a, T> {
    /// `None` if the pointer is null or misaligned.
    ///
    /// # Safety
    ///
    /// Otherwise it can be read and written for as long as `'a`.
    #[inline]
    pub unsafe fn from_raw(pointer: *mut T) -> Option<Self> {
        good(pointer).map(|pointer| Self(pointer, PhantomData))
    }

    /// A value of the caller's own.
    #[must_use]
    #[inline]
    pub fn new(value: &'a mut T) -> Self {
        Self(NonNull::from(value), PhantomData)
    }

    /// The value.
    #[must_use]
    #[inline]
    pub fn get(self) -> T {
        // SAFETY: whoever made this vouched that it can be read.
        unsafe { self.0.read() }
    }

    /// Stores another value.
    #[inline]
    pub fn set(self, value: T) {
        // SAFETY: whoever made this vouched that it can be written.
        unsafe { self.0.write(value) }
    }

    /// Where it is: not null.
    #[must_use]
    #[inline]
    pub const fn as_non_null(self) -> NonNull<T> {
        self.0
    }

    /// Where it is.
    #[must_use]
    #[inline]
    pub const fn as_ptr(self) -> *mut T {
        self.0.as_ptr()
    }
}

impl<'a, T: Copy> Items<'a, T> {
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
fn empty<T>(len: usize) -> Vec<T> {
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
    pub fn to_wide(self) -> super::wide::WideString {
        super::wide::WideString::from_units(self.to_vec())
    }
}

impl<'a, T: Copy> Room<'a, T> {
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
    #[inline]
    pub(crate) fn lend(self) -> (*mut T, *mut u32) {
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

/// Counts the bytes of one more buffer; `None` if it has some, and the pointer to them is null.
#[inline]
fn add<S: Slice>(total: usize, slice: &S) -> Option<usize> {
    let (bytes, len) = slice.parts();
    let good = len == 0 || !bytes.is_null();
    good.then_some(total.saturating_add(len))
}

/// How many buffers a call brings as a rule, at most.
const FEW: usize = 4;

/// Room for a copy of a client's array of buffers, so that nothing which is written to one of them can
/// change where the others are.
#[derive(Debug)]
pub(crate) struct Slices<S> {
    few: [MaybeUninit<S>; FEW],
    many: Option<Box<[S]>>,
}

impl<S: Slice> Slices<S> {
    #[inline]
    pub(crate) const fn new() -> Self {
        Self { few: [const { MaybeUninit::uninit() }; FEW], many: None }
    }

    /// The client's buffers, to read. `None` if the pointer to the array, or to the bytes of a buffer that
    /// has some, is null or misaligned.
    ///
    /// # Safety
    ///
    /// Otherwise that many structures can be read, and the bytes of each be used for as long as the result is.
    #[inline]
    pub(crate) unsafe fn gather(&mut self, pointer: *const S, len: u32) -> Option<Gather<'_, S>> {
        // SAFETY: the contract of this function.
        let (at, total) = unsafe { self.copy(pointer, len as usize) }?;
        Some(Gather { at, len, total, life: PhantomData })
    }

    /// The client's buffers, to fill; otherwise as [`gather`](Self::gather).
    ///
    /// # Safety
    ///
    /// As for [`gather`](Self::gather).
    #[inline]
    pub(crate) unsafe fn scatter(&mut self, pointer: *const S, len: u32) -> Option<Scatter<'_, S>> {
        // SAFETY: the contract of this function.
        let (at, total) = unsafe { self.copy(pointer, len as usize) }?;
        Some(Scatter { at, len, total, life: PhantomData })
    }

    /// Where the copy is, and how many bytes all buffers have.
    ///
    /// # Safety
    ///
    /// As for [`gather`](Self::gather).
    #[inline]
    unsafe fn copy(&mut self, pointer: *const S, len: usize) -> Option<(NonNull<S>, usize)> {
        // SAFETY: the contract of this function.
        let array = unsafe { Items::from_raw(pointer, len) }?;
        if len > FEW {
            return self.copy_many(array);
        }
        let (mut at, mut total) = (array.at, 0);
        for place in self.few.iter_mut().take(len) {
            // SAFETY: it is one of the structures, which can be read.
            let slice = unsafe { at.read() };
            // SAFETY: at most one past the last of them.
            at = unsafe { at.add(1) };
            total = add(total, &slice)?;
            place.write(slice);
        }
        Some((NonNull::from(&mut self.few).cast(), total))
    }

    #[cold]
    fn copy_many(&mut self, array: Items<'_, S>) -> Option<(NonNull<S>, usize)> {
        let many = self.many.insert(array.to_vec().into());
        let total = many.iter().try_fold(0, add)?;
        Some((NonNull::from(&mut **many).cast(), total))
    }
}

/// What gathering and scattering have in common.
macro_rules! buffers {
    ($name:ident) => {
        impl<'a, S: Slice> $name<'a, S> {
            /// `None` if the pointer to the array, or to the bytes of a buffer that has some, is null
            /// or misaligned, and if there are more than 4,294,967,295 buffers.
            ///
            /// # Safety
            ///
            /// Otherwise that many structures can be read, and the bytes of each be used, for as long as `'a`.
            #[inline]
            pub unsafe fn from_raw(pointer: *const S, len: usize) -> Option<Self> {
                // SAFETY: the contract of this function.
                let array = unsafe { Items::from_raw(pointer, len) }?;
                let mut total = 0;
                for index in 0..len {
                    // SAFETY: the index is less than the number of structures.
                    let slice = unsafe { array.at.add(index) };
                    // SAFETY: they can be read.
                    total = add(total, &unsafe { slice.read() })?;
                }
                let len = u32::try_from(len).ok()?;
                Some(Self { at: array.at, len, total, life: PhantomData })
            }

            /// No buffers.
            #[must_use]
            #[inline]
            pub const fn nothing() -> Self {
                Self { at: NonNull::dangling(), len: 0, total: 0, life: PhantomData }
            }

            /// How many buffers there are.
            #[must_use]
            #[inline]
            pub const fn count(self) -> usize {
                self.len as usize
            }

            /// How many bytes all of them have.
            #[must_use]
            #[inline]
            pub const fn total(self) -> usize {
                self.total
            }

            /// Where the array is.
            #[must_use]
            #[inline]
            pub const fn as_ptr(self) -> *mut S {
                self.at.as_ptr()
            }

            #[inline]
            fn slices(self) -> impl Iterator<Item = (*mut u8, usize)> {
                (0..self.count()).map(move |index| {
                    // SAFETY: the index is less than the number of structures.
                    let slice = unsafe { self.at.add(index) };
                    // SAFETY: whoever made this vouched that they can be read.
                    unsafe { slice.read() }.parts()
                })
            }
        }
    };
}

buffers!(Gather);
buffers!(Scatter);

impl<'a, S: Slice> Gather<'a, S> {
    /// The bytes of each buffer.
    #[inline]
    pub fn iter(self) -> impl Iterator<Item = Bytes<'a>> {
        // SAFETY: whoever made this vouched for each buffer.
        self.slices().filter_map(|(bytes, len)| unsafe { Items::from_raw(bytes, len) })
    }

    /// Copies as many bytes as fit, beginning with byte `at` of all, and says how many.
    #[inline]
    pub fn copy_at(self, mut at: usize, into: &mut [u8]) -> usize {
        let mut copied = 0;
        for bytes in self.iter() {
            copied += bytes.copy_at(at, &mut into[copied..]);
            at = at.saturating_sub(bytes.len());
        }
        copied
    }

    /// A copy of all bytes.
    ///
    /// # Panics
    ///
    /// If there is no memory for so many.
    #[must_use]
    #[inline]
    pub fn to_vec(self) -> Vec<u8> {
        let mut copy = empty::<u8>(self.total());
        for bytes in self.iter() {
            // There is room already, if nobody has changed the buffers since they were counted.
            copy.reserve(bytes.len());
            // SAFETY: so many bytes are in use.
            let end = unsafe { copy.as_mut_ptr().add(copy.len()) };
            // SAFETY: whoever made this vouched that they can be read, and there is room for them.
            unsafe { end.copy_from(bytes.as_ptr(), bytes.len()) };
            // SAFETY: so many more were just written.
            unsafe { copy.set_len(copy.len() + bytes.len()) };
        }
        copy
    }
}

impl<'a, S: Slice> Scatter<'a, S> {
    /// The room of each buffer.
    #[inline]
    pub fn iter(self) -> impl Iterator<Item = Room<'a>> {
        let nowhere = core::ptr::null_mut();
        // SAFETY: whoever made this vouched for each buffer.
        self.slices().filter_map(move |(bytes, len)| unsafe { Room::from_raw(bytes, len, nowhere) })
    }

    /// Writes as many bytes as fit, beginning with byte `at` of all, and says how many.
    #[must_use = "not all bytes may fit"]
    #[inline]
    pub fn write_at(self, mut at: usize, data: &[u8]) -> usize {
        let mut written = 0;
        for room in self.iter() {
            written += room.write_at(at, &data[written..]);
            at = at.saturating_sub(room.capacity());
        }
        written
    }

    /// Copies as many bytes as fit out of what was written, beginning with byte `at` of all.
    #[inline]
    pub fn copy_at(self, at: usize, into: &mut [u8]) -> usize {
        Gather { at: self.at, len: self.len, total: self.total, life: PhantomData }.copy_at(at, into)
    }
}

/// A structure that counts the items that follow in it, which may be more than its declaration says.
///
/// # Safety
///
/// The count is a `u32` at offset 0, and the items begin at [`ITEMS`](Self::ITEMS).
pub unsafe trait Counted {
    /// One of the items.
    type Item: Copy + PartialEq;
    /// Where they begin, in bytes.
    const ITEMS: usize;
}

/// A counted structure of a client, to read and to write.
///
/// It never has more items than at first, whatever is written over its count.
#[derive(Debug)]
pub struct SetMut<'a, S> {
    at: NonNull<S>,
    most: usize,
    life: PhantomData<&'a mut S>,
}

copied!(SetMut<S>);

impl<S: Counted> SetMut<'_, S> {
    /// `None` if the pointer is null or misaligned.
    ///
    /// # Safety
    ///
    /// Otherwise the count and that many items can be read and written for as long as the result is used.
    #[inline]
    pub unsafe fn from_raw(pointer: *mut S) -> Option<Self> {
        let at = good(pointer)?;
        // SAFETY: the count is there, and can be read.
        let most = unsafe { at.cast::<u32>().read() } as usize;
        Some(Self { at, most, life: PhantomData })
    }

    /// Lends `body` a set of these items, and returns its answer with the items that are left.
    #[inline]
    pub fn with<R>(items: &[S::Item], body: impl FnOnce(SetMut<'_, S>) -> R) -> (R, Vec<S::Item>) {
        let bytes = S::ITEMS + size_of_val(items);
        // As large as the declared structure, at least, and as aligned as any integer.
        let mut memory = vec![0_u64; bytes.max(size_of::<S>()).div_ceil(8)];
        const { assert!(align_of::<S>() <= align_of::<u64>()) };
        let at = NonNull::from(&mut *memory).cast();
        let set = SetMut::<S> { at, most: items.len(), life: PhantomData };
        set.set_len(items.len());
        for (index, item) in items.iter().enumerate() {
            set.set(index, *item);
        }
        let answer = body(set);
        (answer, set.iter().take(items.len()).collect())
    }

    /// How many items there are.
    #[must_use]
    #[inline]
    pub fn len(self) -> usize {
        // SAFETY: the count is there, and can be read.
        let count = unsafe { self.at.cast::<u32>().read() };
        (count as usize).min(self.most)
    }

    /// Whether there are none.
    #[must_use]
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// One of the items.
    #[must_use]
    #[inline]
    pub fn get(self, index: usize) -> Option<S::Item> {
        // SAFETY: such an item can be read.
        self.item(index).map(|item| unsafe { item.read() })
    }

    /// Replaces one of the items; nothing happens if there is none with this index.
    #[inline]
    pub fn set(self, index: usize, item: S::Item) {
        if let Some(place) = self.item(index) {
            // SAFETY: such an item can be written.
            unsafe { place.write(item) };
        }
    }

    /// All items.
    #[inline]
    pub fn iter(self) -> impl Iterator<Item = S::Item> {
        (0..self.len()).map_while(move |index| self.get(index))
    }

    /// Whether it holds `item`.
    #[must_use]
    #[inline]
    pub fn contains(self, item: S::Item) -> bool {
        self.iter().any(|other| other == item)
    }

    /// Keeps the items for which `keep` says so.
    #[inline]
    pub fn retain(self, mut keep: impl FnMut(S::Item) -> bool) {
        let mut kept = 0;
        for item in self.iter() {
            if keep(item) {
                self.set(kept, item);
                kept += 1;
            }
        }
        self.set_len(kept);
    }

    /// Removes all items.
    #[inline]
    pub fn clear(self) {
        self.set_len(0);
    }

    /// Where it is.
    #[must_use]
    #[inline]
    pub const fn as_ptr(self) -> *mut S {
        self.at.as_ptr()
    }

    /// Lends the set on: its count is right, whatever lies over it was written to.
    #[inline]
    pub(crate) fn lend(self) -> *mut S {
        self.set_len(self.len());
        self.at.as_ptr()
    }

    #[inline]
    fn set_len(self, len: usize) {
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        // SAFETY: the count is there, and can be written.
        unsafe { self.at.cast::<u32>().write(len) };
    }

    /// Where an item is, if there is one with this index.
    #[inline]
    fn item(self, index: usize) -> Option<NonNull<S::Item>> {
        if index >= self.len() {
            return None;
        }
        // SAFETY: the items begin there.
        let items = unsafe { self.at.byte_add(S::ITEMS) }.cast::<S::Item>();
        // SAFETY: the index is less than the number of items.
        Some(unsafe { items.add(index) })
    }
}
