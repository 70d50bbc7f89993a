//! What a plug-in says of itself.

use crate::facts::{ClassId, Facts, Kit, PlatformId};
use crate::upcall_set::are_among;

/// What a plug-in says of itself: the attribute's arguments, as data.
#[derive(Debug, Clone, Copy)]
pub struct Declaration {
    /// The facts of the spec that it follows, which the rest is in terms of.
    pub facts: &'static Facts,
    /// The plug-in's type.
    pub provider: &'static str,
    /// Its class.
    pub class: ClassId,
    /// The platform whose rules it follows.
    pub platform: PlatformId,
    /// The kit that makes upcalls on its behalf, if it has one.
    pub kit: Option<&'static Kit>,
    /// The upcalls that its own code calls, as indices of [`Facts::upcalls`].
    pub uses: &'static [usize],
    /// The required upcalls that it does without.
    pub waives: &'static [Waiver],
}

/// A required upcall that a plug-in does without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiver {
    /// The upcall, as an index of [`Facts::upcalls`].
    pub upcall: usize,
    /// Why it is not needed.
    pub reason: &'static str,
}

impl Declaration {
    /// Whether it declares every upcall that `kit` makes for a plug-in of its class: for its own code, or
    /// through its own kit.
    #[must_use]
    #[inline]
    pub const fn covers(&self, kit: &Kit) -> bool {
        let by_kit = self.by_kit();
        let mut at = 0;
        let made = kit.uses(self.class);
        while at < made.len() {
            let one = &[made[at]];
            if !are_among(one, self.uses) && !are_among(one, by_kit) {
                return false;
            }
            at += 1;
        }
        kit.is_for(self.class)
    }

    /// The upcalls that its kit makes, also those that do not apply to its platform.
    #[inline]
    pub(crate) const fn by_kit(&self) -> &'static [usize] {
        match self.kit {
            Some(kit) => kit.uses(self.class),
            None => &[],
        }
    }

    /// The reason given for doing without an upcall.
    #[must_use]
    #[inline]
    pub fn waiver(&self, upcall: usize) -> Option<&'static str> {
        self.waives.iter().find(|waiver| waiver.upcall == upcall).map(|waiver| waiver.reason)
    }
}
