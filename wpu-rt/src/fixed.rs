//! A reference to a static, for use in a constant of a trait.

/// Points to one static, always the same.
///
/// A function of a trait may return a different static each time. A constant of a trait has one value for
/// each type, even in a hand-written impl. Two pieces of code that use the same constant therefore share the
/// same static, which the language proves.
///
/// A constant may not hold a reference to mutable data, so this holds a pointer.
#[derive(Debug)]
pub struct Fixed<T: 'static>(*const T);

impl<T> Fixed<T> {
    /// Creates a pointer to `place`.
    #[must_use]
    #[inline]
    pub const fn new(place: &'static T) -> Self {
        Self(place)
    }

    /// The static.
    ///
    /// # Safety
    ///
    /// The caller does with the static only what its owner permits. The owner of a [`Run`](crate::startup::Run)
    /// is one plug-in, and permits upcalls that this plug-in declares: code with access to its
    /// [cell](crate::startup::Run::cell) could make every other upcall too.
    #[doc(hidden)]
    #[inline]
    #[must_use]
    pub const unsafe fn get(self) -> &'static T {
        // SAFETY: the only constructor takes a `&'static T`.
        unsafe { &*self.0 }
    }
}

impl<T> Clone for Fixed<T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Fixed<T> {}

/// Compares the addresses.
impl<T> PartialEq for Fixed<T> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        core::ptr::eq(self.0, other.0)
    }
}

impl<T> Eq for Fixed<T> {}

#[cfg(test)]
mod tests {
    use super::Fixed;

    #[test]
    fn statics_are_compared_by_address_and_not_by_value() {
        static PAIR: [u8; 2] = [1, 1];
        let [one, other] = PAIR.each_ref().map(Fixed::new);
        assert!(one == Fixed::new(&PAIR[0]) && one != other);
    }
}
