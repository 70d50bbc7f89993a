//! Values of a client, and what safe code may make of its own in their place.
//!
//! A made-up pointer must never reach code that follows it. So safe code makes its own values only of types without
//! pointers ([`Plain`]), and of those with pointers in a form that owns what they lead to ([`Built`]); everything
//! else it only hands on.

use alloc::vec::Vec;
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

#[cfg(feature = "provider")]
pub(crate) use copied;

copied!(ClientRef<T>, ClientMut<T>);

/// A pointer that is neither null nor misaligned.
#[inline]
pub(crate) fn good<T>(pointer: *mut T) -> Option<NonNull<T>> {
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

    /// Stores another value, which has no pointers. Of one that has some, members can be
    /// [set](Self::set_member).
    #[inline]
    pub fn set(self, value: T)
    where
        T: Plain,
    {
        // SAFETY: whoever made this vouched that it can be written.
        unsafe { self.0.write(value) }
    }

    /// Sets a member, which has no pointers.
    #[inline]
    pub fn set_member<V: Plain>(self, member: Member<T, V>, value: V) {
        // SAFETY: whoever made this vouched that the structure is there.
        let place = unsafe { member.of(self.as_ptr()) };
        // SAFETY: the same of writing to it.
        unsafe { place.write(value) };
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
///
/// # Safety
///
/// What [`from_parts`](Self::from_parts) makes has these [`parts`](Self::parts), which are members of the structure.
pub unsafe trait Slice: Copy {
    /// Where the bytes are, and how many.
    fn parts(&self) -> (*mut u8, usize);
    /// One that stands for these bytes.
    fn from_parts(bytes: *mut u8, len: u32) -> Self;
    /// Where the number is.
    ///
    /// # Safety
    ///
    /// `this` points at such a structure, within which the result is.
    unsafe fn len_ptr(this: *mut Self) -> *mut u32;
}

/// A structure whose pointers are those of slices, so that safe code can build one.
///
/// # Safety
///
/// No pointer in [`ZERO`](Self::ZERO) leads anywhere: each is null.
pub unsafe trait Buildable: Copy {
    /// All bytes are zero.
    const ZERO: Self;
}

/// A member `V` of the structure `S` that safe code can set: one without pointers, or a slice.
pub struct Member<S, V> {
    offset: usize,
    types: PhantomData<fn(S) -> V>,
}

impl<S, V> Clone for Member<S, V> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<S, V> Copy for Member<S, V> {}

impl<S, V> fmt::Debug for Member<S, V> {
    #[inline]
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Member").field(&self.offset).finish()
    }
}

impl<S, V> Member<S, V> {
    /// The member of this type at this offset.
    ///
    /// # Safety
    ///
    /// `S` has such a member there, and any `V` may stand in it that safe code can make, or that is a slice of bytes.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub const unsafe fn new(offset: usize) -> Self {
        Self { offset, types: PhantomData }
    }

    /// Where it is in a structure.
    ///
    /// # Safety
    ///
    /// `structure` points at an `S`.
    #[inline]
    const unsafe fn of(self, structure: *mut S) -> *mut V {
        // SAFETY: the member is part of the structure, as whoever made this vouched.
        unsafe { structure.byte_add(self.offset) }.cast()
    }
}

/// A structure with pointers that its holder made: it owns what they lead to.
///
/// It begins with all bytes zero. Safe code sets the members for which the bindings have a [`Member`].
#[derive(Debug)]
pub struct Built<T> {
    value: T,
    /// What pointers in `value` lead to. A vector stays where it is when it is moved.
    kept: Vec<Vec<u8>>,
}

impl<T: Buildable> Built<T> {
    /// All bytes are zero.
    #[must_use]
    #[inline]
    pub const fn new() -> Self {
        Self { value: T::ZERO, kept: Vec::new() }
    }

    /// Sets a member.
    #[inline]
    pub const fn set_member<V: Plain>(&mut self, member: Member<T, V>, value: V) {
        // SAFETY: the value is this structure's own, and can be written.
        let place = unsafe { member.of(&raw mut self.value) };
        // SAFETY: as above.
        unsafe { place.write(value) };
    }

    /// Sets a member that leads to bytes: to a copy of these, which is kept for as long as the structure; of no more
    /// than four gigabytes.
    #[inline]
    pub fn set_bytes<V: Slice>(&mut self, member: Member<T, V>, bytes: &[u8]) {
        let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let mut copy = bytes[..len as usize].to_vec();
        let slice = V::from_parts(copy.as_mut_ptr(), len);
        self.kept.push(copy);
        // SAFETY: the value is this structure's own, and can be written.
        let place = unsafe { member.of(&raw mut self.value) };
        // SAFETY: as above; the bytes live as long.
        unsafe { place.write(slice) };
    }

    /// The structure, to be handed on.
    #[must_use]
    #[inline]
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

impl<T: Buildable> Default for Built<T> {
    #[inline]
    fn default() -> Self {
        Self::new()
    }
}
