//! What a provider says of itself.

use crate::classes::{Class, Platform};
use crate::support::facts::Kit;
use crate::support::upcall_set::UpcallSet;

/// What a provider says of itself: the attribute's arguments, as data.
#[derive(Debug, Clone, Copy)]
pub struct Declaration {
    /// The provider's type.
    pub provider: &'static str,
    /// Its class.
    pub class: Class,
    /// The platform whose rules it follows.
    pub platform: Platform,
    /// The kit that makes upcalls on its behalf, if it has one.
    pub kit: Option<&'static Kit>,
    /// The upcalls that its own code calls.
    pub uses: UpcallSet,
    /// The required upcalls that it does without.
    pub waives: &'static [Waiver],
}

/// A required upcall that a provider does without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiver {
    /// The upcall, as an index of [`UPCALLS`](crate::facts::UPCALLS).
    pub upcall: usize,
    /// Why it is not needed.
    pub reason: &'static str,
}

impl Declaration {
    /// Whether it declares every upcall that `kit` makes for a provider of its class: for its own code, or through its
    /// own kit.
    #[must_use]
    pub const fn covers(&self, kit: &Kit) -> bool {
        let declared = match self.kit {
            Some(own) => self.uses.union(own.uses(self.class)),
            None => self.uses,
        };
        kit.is_for(self.class) && kit.uses(self.class).is_in(declared)
    }

    /// The reason given for doing without an upcall.
    #[must_use]
    #[inline]
    pub fn waiver(&self, upcall: usize) -> Option<&'static str> {
        self.waives.iter().find(|waiver| waiver.upcall == upcall).map(|waiver| waiver.reason)
    }
}
