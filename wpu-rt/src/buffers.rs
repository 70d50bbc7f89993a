//! Arrays of a client's buffers: read or filled one after the other, as if they were one.

pub use crate::client::Slice;
use crate::memory::{Bytes, ClientSlice, OutBuf, copied, empty};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

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

copied!(Gather<S>, Scatter<S>);

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
    /// Room without a copy.
    #[must_use]
    #[inline]
    pub const fn new() -> Self {
        Self { few: [const { MaybeUninit::uninit() }; FEW], many: None }
    }

    /// The client's buffers, to read. `None` if the pointer to the array, or to the bytes of a buffer that
    /// has some, is null or misaligned.
    ///
    /// # Safety
    ///
    /// Otherwise that many structures can be read, and the bytes of each be used for as long as the result is.
    #[inline]
    pub unsafe fn gather(&mut self, pointer: *const S, len: u32) -> Option<Gather<'_, S>> {
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
    pub unsafe fn scatter(&mut self, pointer: *const S, len: u32) -> Option<Scatter<'_, S>> {
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
        let array = unsafe { ClientSlice::from_raw(pointer, len) }?;
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
    fn copy_many(&mut self, array: ClientSlice<'_, S>) -> Option<(NonNull<S>, usize)> {
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
                let array = unsafe { ClientSlice::from_raw(pointer, len) }?;
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
            fn slices(self) -> impl Iterator<Item = (*mut u8, usize)> + use<'a, S> {
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
    pub fn iter(self) -> impl Iterator<Item = Bytes<'a>> + use<'a, S> {
        // SAFETY: whoever made this vouched for each buffer.
        self.slices().filter_map(|(bytes, len)| unsafe { ClientSlice::from_raw(bytes, len) })
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
    pub fn iter(self) -> impl Iterator<Item = OutBuf<'a>> + use<'a, S> {
        let nowhere = core::ptr::null_mut();
        // SAFETY: whoever made this vouched for each buffer.
        self.slices().filter_map(move |(bytes, len)| unsafe { OutBuf::from_raw(bytes, len, nowhere) })
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
