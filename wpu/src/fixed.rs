//! A static, as a constant of a trait names it.

/// Leads to one static, always the same.
///
/// A trait's function may answer with another place each time; a constant of a trait has one value for
/// each type, also where somebody implements the trait by hand. So two pieces of code that reach a place
/// through the same constant share it, and that is proven by the language.
///
/// Constants may hold no reference to what can change, hence the pointer.
#[derive(Debug)]
pub struct Fixed<T: 'static>(*const T);

impl<T> Fixed<T> {
    /// Leads to `place`.
    #[must_use]
    pub const fn new(place: &'static T) -> Self {
        Self(place)
    }

    /// The place. Only this crate gets there: whoever has the run of a provider could make any upcall through its
    /// cell, also one that the provider has not declared.
    #[inline]
    #[must_use]
    pub(crate) const fn get(self) -> &'static T {
        // SAFETY: the only constructor made the pointer of a reference that is good for ever.
        unsafe { &*self.0 }
    }
}

impl<T> Clone for Fixed<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Fixed<T> {}

/// Whether it is the same place.
impl<T> PartialEq for Fixed<T> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl<T> Eq for Fixed<T> {}

#[cfg(test)]
mod tests {
    use super::Fixed;

    #[test]
    fn places_are_told_apart_by_where_they_are_and_not_by_what_they_hold() {
        static PAIR: [u8; 2] = [1, 1];
        let [one, other] = PAIR.each_ref().map(Fixed::new);
        assert!(one == Fixed::new(&PAIR[0]) && one != other);
    }
}
