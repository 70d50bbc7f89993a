//! Sets of upcalls.

use crate::classes::UPCALL_COUNT;
use core::iter::FromIterator;

const WORDS: usize = UPCALL_COUNT.div_ceil(64);

/// A set of upcalls, by their index in [`UPCALLS`](crate::facts::UPCALLS).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UpcallSet([u64; WORDS]);

impl UpcallSet {
    /// No upcall.
    pub const EMPTY: Self = Self([0; WORDS]);

    /// The set of these upcalls.
    ///
    /// # Panics
    ///
    /// If an index is not one of [`UPCALLS`](crate::facts::UPCALLS).
    #[must_use]
    #[inline]
    pub const fn of(upcalls: &[usize]) -> Self {
        let mut set = Self::EMPTY;
        let mut at = 0;
        while at < upcalls.len() {
            set = set.with(upcalls[at]);
            at += 1;
        }
        set
    }

    /// This set and one more upcall.
    ///
    /// # Panics
    ///
    /// If `upcall` is not an index of [`UPCALLS`](crate::facts::UPCALLS).
    #[must_use]
    #[inline]
    pub const fn with(mut self, upcall: usize) -> Self {
        assert!(upcall < UPCALL_COUNT, "no upcall has this index");
        self.0[upcall / 64] |= 1 << (upcall % 64);
        self
    }

    /// Whether the upcall is in the set.
    #[must_use]
    #[inline]
    pub const fn contains(&self, upcall: usize) -> bool {
        upcall < UPCALL_COUNT && self.0[upcall / 64] & (1 << (upcall % 64)) != 0
    }

    /// Whether the set holds nothing.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        *self == Self::EMPTY
    }

    /// The members, in table order.
    #[inline]
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..UPCALL_COUNT).filter(move |upcall| self.contains(*upcall))
    }

    /// Whether all of it is in the other.
    #[must_use]
    #[inline]
    pub const fn is_in(self, other: Self) -> bool {
        let mut word = 0;
        while word < WORDS {
            if self.0[word] & !other.0[word] != 0 {
                return false;
            }
            word += 1;
        }
        true
    }

    /// What is in this set or in the other.
    #[must_use]
    #[inline]
    pub const fn union(mut self, other: Self) -> Self {
        let mut word = 0;
        while word < WORDS {
            self.0[word] |= other.0[word];
            word += 1;
        }
        self
    }
}

impl FromIterator<usize> for UpcallSet {
    #[inline]
    fn from_iter<I: IntoIterator<Item = usize>>(upcalls: I) -> Self {
        upcalls.into_iter().fold(Self::EMPTY, Self::with)
    }
}
