//! The rules of compliance, as pure functions over the facts.

use crate::classes::{Class, Platform};
use crate::facts::UPCALLS;
use crate::support::declaration::Declaration;
use crate::support::facts::Requirement;
use crate::support::upcall_set::UpcallSet;
use core::fmt;

/// What the rules say of one upcall in one provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Declared in `uses`.
    Used,
    /// Not declared in `uses`, but made by the kit.
    UsedByKit,
    /// Not declared, but called when what an upcall in `uses` or of the kit acquires is released.
    UsedAsRelease,
    /// Required, and waived.
    Waived,
    /// Neither used nor waived, and not required.
    Unused,
    /// Of another class, and neither used nor waived.
    NotApplicable,
    /// Fault: required, and neither used nor waived.
    Missing,
    /// Fault: used or waived, though it belongs to another class.
    WrongClass,
    /// Fault: both used and waived.
    UsedAndWaived,
    /// Fault: waived, though nothing requires it, or the kit or its acquiring upcall brings it.
    WaivedWithoutEffect,
}

impl Verdict {
    /// Whether the provider breaks a rule here.
    #[must_use]
    #[inline]
    pub const fn is_fault(self) -> bool {
        matches!(
            self,
            Self::Missing | Self::WrongClass | Self::UsedAndWaived | Self::WaivedWithoutEffect
        )
    }

    /// The words for it, as they stand in a compliance table.
    #[must_use]
    #[inline]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::UsedByKit => "used by the kit",
            Self::UsedAsRelease => "used (on release)",
            Self::Waived => "waived",
            Self::Unused => "not used",
            Self::NotApplicable => "not applicable",
            Self::Missing => "MISSING",
            Self::WrongClass => "WRONG CLASS",
            Self::UsedAndWaived => "USED AND WAIVED",
            Self::WaivedWithoutEffect => "WAIVED WITHOUT EFFECT",
        }
    }
}

/// Judges one upcall of a provider that declares `uses` and `waives`, and whose kit makes the upcalls in `kit`
/// that apply to it.
///
/// # Panics
///
/// If `upcall` is not an index of [`UPCALLS`].
#[must_use]
#[inline]
pub fn verdict(
    upcall: usize,
    class: Class,
    platform: Platform,
    kit: UpcallSet,
    uses: UpcallSet,
    waives: UpcallSet,
) -> Verdict {
    let requirement = UPCALLS[upcall].requirement(class, platform);
    let used = uses.contains(upcall);
    let made = kit.contains(upcall);
    let released = || uses.union(kit.applying_to(class, platform)).with_releases().contains(upcall);
    let waived = waives.contains(upcall);
    match (requirement, used, waived) {
        (Requirement::NotApplicable, false, false) => Verdict::NotApplicable,
        (Requirement::NotApplicable, _, _) => Verdict::WrongClass,
        (_, true, true) => Verdict::UsedAndWaived,
        (_, true, false) => Verdict::Used,
        (_, false, true) if made || released() => Verdict::WaivedWithoutEffect,
        (_, false, false) if made => Verdict::UsedByKit,
        (_, false, false) if released() => Verdict::UsedAsRelease,
        (Requirement::Required, false, true) => Verdict::Waived,
        (Requirement::Required, false, false) => Verdict::Missing,
        (_, false, true) => Verdict::WaivedWithoutEffect,
        (_, false, false) => Verdict::Unused,
    }
}

impl UpcallSet {
    /// Those members that a provider of this class may use on this platform.
    #[must_use]
    #[inline]
    pub fn applying_to(self, class: Class, platform: Platform) -> Self {
        let applies =
            |upcall: &usize| UPCALLS[*upcall].requirement(class, platform) != Requirement::NotApplicable;
        self.iter().filter(applies).collect()
    }

    /// The set together with the release of everything that a member acquires.
    #[must_use]
    #[inline]
    pub fn with_releases(self) -> Self {
        self.iter()
            .filter_map(|upcall| UPCALLS[upcall].release)
            .fold(self, Self::with)
    }
}

impl Declaration {
    /// Judges each upcall, in table order.
    #[inline]
    pub fn verdicts(&self) -> impl Iterator<Item = (usize, Verdict)> + use<> {
        let Self { class, platform, uses, .. } = *self;
        let kit = self.kit.map_or(UpcallSet::EMPTY, |kit| kit.uses(class));
        let waives = self.waives.iter().map(|waiver| waiver.upcall).collect();
        (0..UPCALLS.len()).map(move |upcall| (upcall, verdict(upcall, class, platform, kit, uses, waives)))
    }

    /// Every upcall that it makes: those in `uses`, those of its kit that apply to it, and the releases that they bring.
    #[must_use]
    #[inline]
    pub fn makes(&self) -> UpcallSet {
        let kit = self.kit.map_or(UpcallSet::EMPTY, |kit| kit.uses(self.class).applying_to(self.class, self.platform));
        self.uses.union(kit).with_releases()
    }

}

impl fmt::Display for Declaration {
    /// The compliance table: each upcall with what is required, what is declared, and why.
    #[inline]
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (class, platform) = (self.class.name(), self.platform.name());
        write!(out, "{}: class {class}, platform {platform}", self.provider)?;
        match self.kit {
            Some(kit) => writeln!(out, ", kit {}", kit.name)?,
            None => writeln!(out)?,
        }
        let width = UPCALLS.iter().map(|upcall| upcall.name.len()).max().unwrap_or(0);
        for (at, verdict) in self.verdicts() {
            let upcall = &UPCALLS[at];
            let requirement = upcall.requirement(self.class, self.platform);
            let requirement = if requirement == Requirement::NotApplicable { "" } else { requirement.name() };
            write!(out, "  {:width$}  {requirement:11}  {}", upcall.name, verdict.name())?;
            match (verdict, self.kit, self.waiver(at)) {
                (Verdict::UsedByKit, Some(kit), _) => writeln!(out, " `{}`", kit.name)?,
                (_, _, Some(reason)) => writeln!(out, ": {reason}")?,
                _ => writeln!(out)?,
            }
        }
        Ok(())
    }
}
