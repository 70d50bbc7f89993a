//! Arrays of a client's buffers, read or filled in order as one sequence of bytes.

pub use crate::client::Slice;
use crate::memory::{Bytes, ClientSlice, OutBuf, copied, empty};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

/// An array of buffers whose bytes are read in order.
#[derive(Debug)]
pub struct Gather<'a, S> {
    at: NonNull<S>,
    len: u32,
    total: usize,
    life: PhantomData<&'a S>,
}

/// An array of buffers that are filled in order.
#[derive(Debug)]
pub struct Scatter<'a, S> {
    at: NonNull<S>,
    len: u32,
    total: usize,
    life: PhantomData<&'a mut S>,
}

copied!(Gather<S>, Scatter<S>);

/// Adds the length of a buffer to `total`; `None` if the buffer is not empty and its pointer is null.
#[inline]
fn add<S: Slice>(total: usize, slice: &S) -> Option<usize> {
    let (bytes, len) = slice.parts();
    let good = len == 0 || !bytes.is_null();
    good.then_some(total.saturating_add(len))
}

/// The usual maximum number of buffers in a call.
const FEW: usize = 4;

/// A copy of a client's array of buffers. Writes into a buffer that overlaps the client's array cannot change
/// the pointers in the copy.
#[doc(hidden)]
#[derive(Debug)]
pub struct Slices<S> {
    few: [MaybeUninit<S>; FEW],
    many: Option<Box<[S]>>,
}

impl<S: Slice> Default for Slices<S> {
    #[inline]
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Slice> Slices<S> {
    /// Storage without a copy.
    #[must_use]
    #[inline]
    pub const fn new() -> Self {
        Self { few: [const { MaybeUninit::uninit() }; FEW], many: None }
    }

    /// Copies the client's array of buffers for reading. `None` if the pointer to the array, or the pointer
    /// of a buffer that is not empty, is null or misaligned.
    ///
    /// # Safety
    ///
    /// Otherwise `len` structures are readable, and the bytes of each are readable for the lifetime of the
    /// result.
    #[inline]
    pub unsafe fn gather(&mut self, pointer: *const S, len: u32) -> Option<Gather<'_, S>> {
        // SAFETY: the contract of this function.
        let (at, total) = unsafe { self.copy(pointer, len as usize) }?;
        Some(Gather { at, len, total, life: PhantomData })
    }

    /// Copies the client's array of buffers for filling. `None` as for [`gather`](Self::gather).
    ///
    /// # Safety
    ///
    /// As for [`gather`](Self::gather), with writable bytes.
    #[inline]
    pub unsafe fn scatter(&mut self, pointer: *const S, len: u32) -> Option<Scatter<'_, S>> {
        // SAFETY: the contract of this function.
        let (at, total) = unsafe { self.copy(pointer, len as usize) }?;
        Some(Scatter { at, len, total, life: PhantomData })
    }

    /// Copies the array. Returns the address of the copy and the total number of bytes of the buffers.
    ///
    /// # Safety
    ///
    /// As for [`gather`](Self::gather).
    #[inline]
    unsafe fn copy(&mut self, pointer: *const S, len: usize) -> Option<(NonNull<S>, usize)> {
        // SAFETY: the contract of this function.
        let array = unsafe { ClientSlice::from_raw(pointer, len) }?;
        if len > FEW {
            return self.copy_many(array);
        }
        let (mut at, mut total) = (array.at, 0);
        for place in self.few.iter_mut().take(len) {
            // SAFETY: `at` points to one of the structures, which are readable.
            let slice = unsafe { at.read() };
            // SAFETY: the result is at most one past the last structure.
            at = unsafe { at.add(1) };
            total = add(total, &slice)?;
            place.write(slice);
        }
        Some((NonNull::from(&mut self.few).cast(), total))
    }

    #[cold]
    fn copy_many(&mut self, array: ClientSlice<'_, S>) -> Option<(NonNull<S>, usize)> {
        let many = self.many.insert(array.to_vec().into());
        let total = many.iter().try_fold(0, add)?;
        Some((NonNull::from(&mut **many).cast(), total))
    }
}

/// The methods that `Gather` and `Scatter` share.
macro_rules! buffers {
    ($name:ident) => {
        impl<'a, S: Slice> $name<'a, S> {
            /// Creates the view. `None` if the pointer to the array, or the pointer of a buffer that is not
            /// empty, is null or misaligned, or if there are more than 4,294,967,295 buffers.
            ///
            /// # Safety
            ///
            /// Otherwise `len` structures are readable, and the bytes of each are readable (and writable, for
            /// a `Scatter`) for `'a`.
            #[inline]
            pub unsafe fn from_raw(pointer: *const S, len: usize) -> Option<Self> {
                // SAFETY: the contract of this function.
                let array = unsafe { ClientSlice::from_raw(pointer, len) }?;
                let mut total = 0;
                for index in 0..len {
                    // SAFETY: the index is less than the number of structures.
                    let slice = unsafe { array.at.add(index) };
                    // SAFETY: the caller guarantees that the structures are readable.
                    total = add(total, &unsafe { slice.read() })?;
                }
                let len = u32::try_from(len).ok()?;
                Some(Self { at: array.at, len, total, life: PhantomData })
            }

            /// An empty array.
            #[must_use]
            #[inline]
            pub const fn nothing() -> Self {
                Self { at: NonNull::dangling(), len: 0, total: 0, life: PhantomData }
            }

            /// The number of buffers.
            #[must_use]
            #[inline]
            pub const fn count(self) -> usize {
                self.len as usize
            }

            /// The total number of bytes of all buffers.
            #[must_use]
            #[inline]
            pub const fn total(self) -> usize {
                self.total
            }

            /// The address of the array.
            #[must_use]
            #[inline]
            pub const fn as_ptr(self) -> *mut S {
                self.at.as_ptr()
            }

            #[inline]
            fn slices(self) -> impl Iterator<Item = (*mut u8, usize)> + use<'a, S> {
                (0..self.count()).map(move |index| {
                    // SAFETY: the index is less than the number of structures.
                    let slice = unsafe { self.at.add(index) };
                    // SAFETY: the creator of this view guarantees that the structures are readable for `'a`.
                    unsafe { slice.read() }.parts()
                })
            }
        }
    };
}

buffers!(Gather);
buffers!(Scatter);

/// A buffer of these bytes. A length that C cannot express is shortened to the maximum.
fn slice<S: Slice>(bytes: *mut u8, len: usize) -> S {
    S::from_parts(bytes, u32::try_from(len).unwrap_or(u32::MAX))
}

impl<S: Slice> Gather<'_, S> {
    /// Lends `body` a view of the caller's own bytes, such as a header and the data after it.
    ///
    /// [`Request::sending`](crate::request::Request::sending) sends them. Such a request is not overlapped,
    /// so the bytes are not used after the call.
    #[inline]
    pub fn with<R>(bytes: &[&[u8]], body: impl FnOnce(Gather<'_, S>) -> R) -> R {
        let array: Vec<S> = bytes.iter().map(|part| slice(part.as_ptr().cast_mut(), part.len())).collect();
        // SAFETY: the array and the bytes are readable until `body` has returned, and the view lasts no longer.
        body(unsafe { Gather::from_raw(array.as_ptr(), array.len()) }.unwrap_or_else(Gather::nothing))
    }
}

impl<'a, S: Slice> Gather<'a, S> {
    /// Iterates over the bytes of each buffer.
    #[inline]
    pub fn iter(self) -> impl Iterator<Item = Bytes<'a>> + use<'a, S> {
        // SAFETY: the creator of this view guarantees that the bytes of each buffer are readable for `'a`.
        self.slices().filter_map(|(bytes, len)| unsafe { ClientSlice::from_raw(bytes, len) })
    }

    /// Copies as many bytes as fit, starting at byte `at` of the sequence. Returns their number.
    #[inline]
    pub fn copy_at(self, mut at: usize, into: &mut [u8]) -> usize {
        let mut copied = 0;
        for bytes in self.iter() {
            copied += bytes.copy_at(at, &mut into[copied..]);
            at = at.saturating_sub(bytes.len());
        }
        copied
    }

    /// Copies all bytes.
    ///
    /// # Panics
    ///
    /// Panics if there is not enough memory.
    #[must_use]
    #[inline]
    pub fn to_vec(self) -> Vec<u8> {
        let mut copy = empty::<u8>(self.total());
        for bytes in self.iter() {
            // The capacity suffices unless the buffers were changed after their bytes were counted.
            copy.reserve(bytes.len());
            // SAFETY: the first `copy.len()` bytes are initialised, so the result is within the allocation or
            // at its end.
            let end = unsafe { copy.as_mut_ptr().add(copy.len()) };
            // SAFETY: the creator of this view guarantees that the bytes are readable, and `reserve`
            // guarantees space for them.
            unsafe { end.copy_from(bytes.as_ptr(), bytes.len()) };
            // SAFETY: the bytes up to the new length were just written, within the capacity.
            unsafe { copy.set_len(copy.len() + bytes.len()) };
        }
        copy
    }
}

impl<S: Slice> Scatter<'_, S> {
    /// Lends `body` a view of the caller's own memory, which is filled in this order.
    ///
    /// [`Request::receiving`](crate::request::Request::receiving) receives into it. Such a request is not
    /// overlapped, so the memory is not used after the call.
    #[inline]
    pub fn with<R>(rooms: &mut [&mut [u8]], body: impl FnOnce(Scatter<'_, S>) -> R) -> R {
        let array: Vec<S> = rooms.iter_mut().map(|room| slice(room.as_mut_ptr(), room.len())).collect();
        // SAFETY: the array is readable, and the memory is borrowed mutably, until `body` has returned, and
        // the view lasts no longer.
        body(unsafe { Scatter::from_raw(array.as_ptr(), array.len()) }.unwrap_or_else(Scatter::nothing))
    }
}

impl<'a, S: Slice> Scatter<'a, S> {
    /// Iterates over the buffers to fill.
    #[inline]
    pub fn iter(self) -> impl Iterator<Item = OutBuf<'a>> + use<'a, S> {
        let nowhere = core::ptr::null_mut();
        // SAFETY: the creator of this view guarantees that the bytes of each buffer are writable for `'a`.
        self.slices().filter_map(move |(bytes, len)| unsafe { OutBuf::from_raw(bytes, len, nowhere) })
    }

    /// Writes as many bytes as fit, starting at byte `at` of the sequence. Returns their number.
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

    /// Copies as many bytes as fit out of the buffers, starting at byte `at` of the sequence.
    #[inline]
    pub fn copy_at(self, at: usize, into: &mut [u8]) -> usize {
        Gather { at: self.at, len: self.len, total: self.total, life: PhantomData }.copy_at(at, into)
    }
}
