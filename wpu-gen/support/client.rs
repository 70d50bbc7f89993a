//! Values of a client, and what safe code may make of its own in their place.
//!
//! A made-up pointer must never reach code that follows it. So safe code makes its own values only of types without
//! pointers ([`Plain`]), and of those with pointers in a form that owns what they lead to ([`Built`]); everything
//! else it only hands on.

use alloc::vec::Vec;
use core::convert::TryFrom as _;
use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// A type without pointers: whatever safe code makes of it can be handed to C.
///
/// # Safety
///
/// Every value of the type is one that the other side may be given: it has no pointers, no functions, and nothing that
/// says how long something is that a pointer leads to.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has pointers, so safe code cannot hand on a value that it has made",
    label = "a type with pointers",
    note = "a view that came from the client can be handed on as it is",
    note = "where each pointer is that of a slice, `Built` makes a value that owns the bytes behind it"
)]
pub unsafe trait Plain: Copy {}

macro_rules! plain {
    ($($number:ident)*) => {$(
        // SAFETY: a number is no pointer.
        unsafe impl Plain for $number {}
    )*};
}

plain!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize);

// SAFETY: its items have no pointers.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}

/// A pointer of which only the other side knows what it leads to: parameter number `PARAMETER` of function number
/// `FUNCTION`, counted as the spec has them.
///
/// Safe code hands it on to the function that it belongs to, and cannot make one.
pub struct Vouched<'a, T, const FUNCTION: usize, const PARAMETER: usize>(*mut T, PhantomData<&'a T>);

impl<T, const FUNCTION: usize, const PARAMETER: usize> Clone for Vouched<'_, T, FUNCTION, PARAMETER> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, const FUNCTION: usize, const PARAMETER: usize> Copy for Vouched<'_, T, FUNCTION, PARAMETER> {}

impl<T, const FUNCTION: usize, const PARAMETER: usize> fmt::Debug for Vouched<'_, T, FUNCTION, PARAMETER> {
    #[inline]
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Pointer::fmt(&self.0, out)
    }
}

impl<T, const FUNCTION: usize, const PARAMETER: usize> Vouched<'_, T, FUNCTION, PARAMETER> {
    /// A pointer that the caller vouches for.
    ///
    /// # Safety
    ///
    /// For as long as the result is used, the pointer is what the documentation asks of the parameter; the
    /// function that takes it quotes that.
    #[inline]
    #[must_use]
    pub const unsafe fn from_raw(pointer: *const T) -> Self {
        Self(pointer.cast_mut(), PhantomData)
    }

    /// The pointer.
    #[inline]
    #[must_use]
    pub const fn as_ptr(self) -> *mut T {
        self.0
    }
}

/// One value, to read.
#[derive(Debug)]
pub struct ClientRef<'a, T>(NonNull<T>, PhantomData<&'a T>);

/// One value, to read and to write.
#[derive(Debug)]
pub struct ClientMut<'a, T>(NonNull<T>, PhantomData<&'a mut T>);

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

pub(super) use copied;

copied!(ClientRef<T>, ClientMut<T>);

/// A pointer that is neither null nor misaligned.
#[inline]
pub(super) fn good<T>(pointer: *mut T) -> Option<NonNull<T>> {
    NonNull::new(pointer).filter(|pointer| pointer.is_aligned())
}

impl<'a, T: Copy> ClientRef<'a, T> {
    /// `None` if the pointer is null or misaligned.
    ///
    /// # Safety
    ///
    /// Otherwise it can be read for as long as `'a`.
    #[inline]
    pub unsafe fn from_raw(pointer: *const T) -> Option<Self> {
        good(pointer.cast_mut()).map(|pointer| Self(pointer, PhantomData))
    }

    /// A value of the caller's own, which has no pointers. What has some is a [`Built`].
    #[must_use]
    #[inline]
    pub fn new(value: &'a T) -> Self
    where
        T: Plain,
    {
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

impl<'a, T: Copy> ClientMut<'a, T> {
    /// `None` if the pointer is null or misaligned.
    ///
    /// # Safety
    ///
    /// Otherwise it can be read and written for as long as `'a`.
    #[inline]
    pub unsafe fn from_raw(pointer: *mut T) -> Option<Self> {
        good(pointer).map(|pointer| Self(pointer, PhantomData))
    }

    /// A value of the caller's own, which has no pointers. What has some is a [`Built`].
    #[must_use]
    #[inline]
    pub fn new(value: &'a mut T) -> Self
    where
        T: Plain,
    {
        Self(NonNull::from(value), PhantomData)
    }

    /// The value.
    #[must_use]
    #[inline]
    pub fn get(self) -> T {
        // SAFETY: whoever made this vouched that it can be read.
        unsafe { self.0.read() }
    }

    /// Stores another value, which has no pointers. What has some is written member by member.
    #[inline]
    pub fn set(self, value: T)
    where
        T: Plain,
    {
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

/// A structure with pointers that its holder made: it owns what they lead to.
///
/// It begins with all bytes zero, and has a `set_…` for each member that safe code can set.
#[derive(Debug)]
pub struct Built<T> {
    pub(crate) value: T,
    /// What pointers in `value` lead to. A vector stays where it is when it is moved.
    kept: Vec<Vec<u8>>,
}

impl<T: Copy> Built<T> {
    /// What has no pointer but null.
    #[inline]
    pub(crate) const fn zero(value: T) -> Self {
        Self { value, kept: Vec::new() }
    }

    /// Keeps bytes for as long as the structure, and says where they are and how many; no more than four gigabytes.
    #[inline]
    pub(crate) fn keep(&mut self, bytes: &[u8]) -> (*mut u8, u32) {
        let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let mut copy = bytes[..len as usize].to_vec();
        let at = copy.as_mut_ptr();
        self.kept.push(copy);
        (at, len)
    }

    /// The structure, to be handed on.
    #[inline]
    #[must_use]
    pub fn view(&self) -> ClientRef<'_, T> {
        ClientRef(NonNull::from(&self.value), PhantomData)
    }

    /// Lends the structure to be read and written, and returns the answer of `body` with what stands in it then.
    ///
    /// The structure is not handed on a second time: somebody else's pointers may stand in it.
    #[inline]
    pub fn with<R>(mut self, body: impl FnOnce(ClientMut<'_, T>) -> R) -> (R, T) {
        let at = NonNull::from(&mut self.value);
        let answer = body(ClientMut(at, PhantomData));
        // SAFETY: it is the value of `self`.
        (answer, unsafe { at.read() })
    }
}
