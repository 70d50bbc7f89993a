//! Values of a client, and values that safe code may pass in their place.
//!
//! An invalid pointer must never reach code that dereferences it. Safe code therefore creates values only of
//! types without pointers ([`Plain`]), or of types with pointers in a form that owns the memory to which they
//! point ([`Built`]). All other values it can only pass on.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// A type without pointers: any value that safe code creates can be passed to C.
///
/// # Safety
///
/// Every value of the type may be passed to the other side: it contains no pointers and no functions, and no
/// length of memory to which a pointer points.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has pointers, so safe code cannot pass a value of its own",
    label = "a type with pointers",
    note = "a view that came from the client can be passed on unchanged",
    note = "if each pointer belongs to a slice, `Built` creates a value that owns the bytes"
)]
pub unsafe trait Plain: Copy {}

macro_rules! plain {
    ($($number:ident)*) => {$(
        // SAFETY: an integer is not a pointer.
        unsafe impl Plain for $number {}
    )*};
}

plain!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize);

// SAFETY: the items of the array have no pointers.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}

/// A pointer whose meaning only the other side knows: parameter number `PARAMETER` of function number
/// `FUNCTION`, numbered as in the spec.
///
/// Safe code can pass it to the function to which it belongs, and cannot create one.
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
    /// Wraps a pointer whose validity the caller guarantees.
    ///
    /// # Safety
    ///
    /// For as long as the result is used, the pointer satisfies what the documentation requires of the
    /// parameter; the documentation of the function that takes it quotes the requirement.
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

/// A pointer to one readable value.
#[derive(Debug)]
pub struct ClientRef<'a, T>(NonNull<T>, PhantomData<&'a T>);

/// A pointer to one readable and writable value.
#[derive(Debug)]
pub struct ClientMut<'a, T>(NonNull<T>, PhantomData<&'a mut T>);

/// Implements `Clone`, `Copy` and `Debug`: the views are pointers, and are copied as such.
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

/// Returns the pointer if it is neither null nor misaligned.
#[inline]
pub(crate) fn good<T>(pointer: *mut T) -> Option<NonNull<T>> {
    NonNull::new(pointer).filter(|pointer| pointer.is_aligned())
}

impl<'a, T: Copy> ClientRef<'a, T> {
    /// Creates the view. `None` if the pointer is null or misaligned.
    ///
    /// # Safety
    ///
    /// Otherwise the value is readable for `'a`.
    #[inline]
    pub unsafe fn from_raw(pointer: *const T) -> Option<Self> {
        good(pointer.cast_mut()).map(|pointer| Self(pointer, PhantomData))
    }

    /// Creates a view of the caller's own value, whose type has no pointers. For types with pointers use
    /// [`Built`].
    #[must_use]
    #[inline]
    pub fn new(value: &'a T) -> Self
    where
        T: Plain,
    {
        Self(NonNull::from(value), PhantomData)
    }

    /// Reads the value.
    #[must_use]
    #[inline]
    pub fn get(self) -> T {
        // SAFETY: the creator of this view guarantees that the value is readable for `'a`.
        unsafe { self.0.read() }
    }

    /// The address of the value.
    #[must_use]
    #[inline]
    pub const fn as_ptr(self) -> *const T {
        self.0.as_ptr()
    }
}

impl<'a, T: Copy> ClientMut<'a, T> {
    /// Creates the view. `None` if the pointer is null or misaligned.
    ///
    /// # Safety
    ///
    /// Otherwise the value is readable and writable for `'a`.
    #[inline]
    pub unsafe fn from_raw(pointer: *mut T) -> Option<Self> {
        good(pointer).map(|pointer| Self(pointer, PhantomData))
    }

    /// Creates a view of the caller's own value, whose type has no pointers. For types with pointers use
    /// [`Built`].
    #[must_use]
    #[inline]
    pub fn new(value: &'a mut T) -> Self
    where
        T: Plain,
    {
        Self(NonNull::from(value), PhantomData)
    }

    /// Reads the value.
    #[must_use]
    #[inline]
    pub fn get(self) -> T {
        // SAFETY: the creator of this view guarantees that the value is readable for `'a`.
        unsafe { self.0.read() }
    }

    /// Overwrites the value, whose type has no pointers. In a structure with pointers, single members can be
    /// [set](Self::set_member).
    #[inline]
    pub fn set(self, value: T)
    where
        T: Plain,
    {
        // SAFETY: the creator of this view guarantees that the value is writable for `'a`.
        unsafe { self.0.write(value) }
    }

    /// Overwrites a member, whose type has no pointers.
    #[inline]
    pub fn set_member<V: Plain>(self, member: Member<T, V>, value: V) {
        // SAFETY: the creator of this view guarantees that the pointer points to a `T`.
        let place = unsafe { member.of(self.as_ptr()) };
        // SAFETY: the creator of this view guarantees that all of the structure is writable.
        unsafe { place.write(value) };
    }

    /// The address of the value, which is not null.
    #[must_use]
    #[inline]
    pub const fn as_non_null(self) -> NonNull<T> {
        self.0
    }

    /// The address of the value.
    #[must_use]
    #[inline]
    pub const fn as_ptr(self) -> *mut T {
        self.0.as_ptr()
    }
}

/// A structure that consists of a pointer to bytes and their number.
///
/// # Safety
///
/// [`parts`](Self::parts) returns the members of the structure, and for a result of
/// [`from_parts`](Self::from_parts) the arguments of that call.
pub unsafe trait Slice: Copy {
    /// The address and the number of the bytes.
    fn parts(&self) -> (*mut u8, usize);
    /// Creates the structure for these bytes.
    fn from_parts(bytes: *mut u8, len: u32) -> Self;
    /// The address of the number.
    ///
    /// # Safety
    ///
    /// `this` points to such a structure. The result points into it.
    unsafe fn len_ptr(this: *mut Self) -> *mut u32;
}

/// A structure whose only pointers are those of slices, so that safe code can build it.
///
/// # Safety
///
/// Every pointer in [`ZERO`](Self::ZERO) is null.
pub unsafe trait Buildable: Copy {
    /// The value with all bytes zero.
    const ZERO: Self;
}

/// A member `V` of the structure `S` that safe code can set: a member without pointers, or a slice.
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
    /// Creates the member of this type at this offset.
    ///
    /// # Safety
    ///
    /// `S` has a member of type `V` at `offset`. It may hold any `V` that safe code can create, or any slice
    /// of bytes.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub const unsafe fn new(offset: usize) -> Self {
        Self { offset, types: PhantomData }
    }

    /// The address of the member in a structure.
    ///
    /// # Safety
    ///
    /// `structure` points to an `S`.
    #[inline]
    const unsafe fn of(self, structure: *mut S) -> *mut V {
        // SAFETY: the creator of this member guarantees that the offset is that of a member of `S`.
        unsafe { structure.byte_add(self.offset) }.cast()
    }
}

/// A structure with pointers that its creator built: it owns the memory to which they point.
///
/// It starts with all bytes zero. Safe code sets the members for which the bindings have a [`Member`].
#[derive(Debug)]
pub struct Built<T> {
    value: T,
    /// The memory to which the pointers in `value` point. Its address does not change when the vectors are
    /// moved.
    kept: Vec<Vec<u8>>,
}

impl<T: Buildable> Built<T> {
    /// Creates the structure with all bytes zero.
    #[must_use]
    #[inline]
    pub const fn new() -> Self {
        Self { value: T::ZERO, kept: Vec::new() }
    }

    /// Sets a member without pointers.
    #[inline]
    pub const fn set_member<V: Plain>(&mut self, member: Member<T, V>, value: V) {
        // SAFETY: the pointer points to `self.value`, which is borrowed mutably.
        let place = unsafe { member.of(&raw mut self.value) };
        // SAFETY: as above.
        unsafe { place.write(value) };
    }

    /// Sets a slice member to a copy of `bytes`, which lives as long as the structure. At most four gigabytes
    /// are copied.
    #[inline]
    pub fn set_bytes<V: Slice>(&mut self, member: Member<T, V>, bytes: &[u8]) {
        let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let mut copy = bytes[..len as usize].to_vec();
        let slice = V::from_parts(copy.as_mut_ptr(), len);
        self.kept.push(copy);
        // SAFETY: the pointer points to `self.value`, which is borrowed mutably.
        let place = unsafe { member.of(&raw mut self.value) };
        // SAFETY: as above; the copy that the slice points to lives as long as the structure.
        unsafe { place.write(slice) };
    }

    /// A view of the structure, to be passed on.
    #[must_use]
    #[inline]
    pub fn view(&self) -> ClientRef<'_, T> {
        ClientRef(NonNull::from(&self.value), PhantomData)
    }

    /// Lends the structure for reading and writing. Returns the result of `body` and the final value of the
    /// structure.
    ///
    /// The structure is consumed, since the other side may have stored pointers of its own in it.
    #[inline]
    pub fn with<R>(mut self, body: impl FnOnce(ClientMut<'_, T>) -> R) -> (R, T) {
        let at = NonNull::from(&mut self.value);
        let answer = body(ClientMut(at, PhantomData));
        // SAFETY: the pointer points to the value of `self`, which lives here.
        (answer, unsafe { at.read() })
    }
}

impl<T: Buildable> Default for Built<T> {
    #[inline]
    fn default() -> Self {
        Self::new()
    }
}
