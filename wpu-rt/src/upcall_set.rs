//! Sets of upcalls, of any size.

use alloc::vec::Vec;
use core::iter::FromIterator;
use core::ops::Deref;

/// A set of upcalls, as indices of [`Facts::upcalls`](crate::facts::Facts::upcalls) in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpcallSet(Vec<usize>);

impl UpcallSet {
    /// The set of these upcalls.
    #[must_use]
    #[inline]
    pub fn of(upcalls: &[usize]) -> Self {
        let mut set = Self::default();
        for upcall in upcalls {
            set.insert(*upcall);
        }
        set
    }

    /// Whether the upcall is in the set.
    #[must_use]
    #[inline]
    pub fn contains(&self, upcall: usize) -> bool {
        self.0.binary_search(&upcall).is_ok()
    }

    /// Adds an upcall, unless it is there.
    #[inline]
    pub fn insert(&mut self, upcall: usize) {
        if let Err(place) = self.0.binary_search(&upcall) {
            self.0.insert(place, upcall);
        }
    }
}

/// The members, in table order.
impl Deref for UpcallSet {
    type Target = [usize];

    #[inline]
    fn deref(&self) -> &[usize] {
        &self.0
    }
}

impl FromIterator<usize> for UpcallSet {
    #[inline]
    fn from_iter<I: IntoIterator<Item = usize>>(upcalls: I) -> Self {
        // Without a sort, which is more code than all else that a set needs. Upcalls mostly come in order.
        let mut set = Self::default();
        for upcall in upcalls {
            set.insert(upcall);
        }
        set
    }
}

/// Whether each of `some` is among `all`.
#[must_use]
#[inline]
pub const fn are_among(some: &[usize], all: &[usize]) -> bool {
    let mut at = 0;
    while at < some.len() {
        let mut found = 0;
        while found < all.len() && all[found] != some[at] {
            found += 1;
        }
        if found == all.len() {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{UpcallSet, are_among};

    #[test]
    fn a_set_has_each_upcall_once_and_in_order_however_many_there_are() {
        let set: UpcallSet = (0..1000).rev().chain(0..1000).map(|upcall| upcall * 3).collect();
        assert_eq!((set.len(), set[0], set[999]), (1000, 0, 2997));
        assert!(set.contains(300) && !set.contains(301) && !set.contains(3000));
        let mut other = UpcallSet::default();
        assert!(other.is_empty());
        for upcall in [9, 2, 9, 4] {
            other.insert(upcall);
        }
        assert_eq!(other, UpcallSet::of(&[2, 4, 9]));
    }

    #[test]
    fn whether_upcalls_are_among_others_does_not_rest_on_their_order() {
        const HELD: bool = are_among(&[130, 2], &[2, 64, 130]);
        assert!(HELD && are_among(&[], &[]));
        assert!(!are_among(&[2, 3], &[2]) && !are_among(&[1], &[]));
    }
}
