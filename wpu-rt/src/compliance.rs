//! The rules of compliance, as pure functions over facts and what a plug-in declares.

use crate::declaration::Declaration;
use crate::facts::{ClassId, Facts, PlatformId, Requirement};
use crate::upcall_set::UpcallSet;
use alloc::vec::Vec;
use core::fmt;

/// What the rules say of one upcall in one plug-in.
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
    /// Whether the plug-in breaks a rule here.
    #[must_use]
    #[inline]
    pub const fn is_fault(self) -> bool {
        matches!(self, Self::Missing | Self::WrongClass | Self::UsedAndWaived | Self::WaivedWithoutEffect)
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

/// A plug-in as the rules see it. Each list has indices of [`Facts::upcalls`], in any order.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// Its class.
    pub class: ClassId,
    /// The platform whose rules it follows.
    pub platform: PlatformId,
    /// The upcalls that its kit makes. Those count that apply to it.
    pub kit: &'a [usize],
    /// The upcalls that its own code calls.
    pub uses: &'a [usize],
    /// The upcalls that it does without.
    pub waives: &'a [usize],
}

/// Judges one upcall of a plug-in.
///
/// # Panics
///
/// If an index is not one of the facts.
#[must_use]
#[inline]
pub fn verdict(facts: &Facts, case: &Case<'_>, upcall: usize) -> Verdict {
    let fact = &facts.upcalls[upcall];
    let made = case.makes(facts, upcall);
    let released = || {
        let acquire = fact.acquire;
        acquire.is_some_and(|acquire| case.uses.contains(&acquire) || case.makes(facts, acquire))
    };
    let (used, waived) = (case.uses.contains(&upcall), case.waives.contains(&upcall));
    match (fact.requirement(case.class, case.platform), used, waived) {
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

impl Case<'_> {
    /// Whether its kit makes this upcall for it.
    #[inline]
    fn makes(&self, facts: &Facts, upcall: usize) -> bool {
        self.kit.contains(&upcall) && facts.upcalls[upcall].applies(self.class, self.platform)
    }

    /// Every upcall that is made: those that it uses, those of its kit that apply to it, and the releases
    /// that they bring.
    #[must_use]
    #[inline]
    pub fn calls(&self, facts: &Facts) -> UpcallSet {
        let mut calls = UpcallSet::of(self.uses);
        for upcall in self.kit {
            if self.makes(facts, *upcall) {
                calls.insert(*upcall);
            }
        }
        for upcall in &*calls.clone() {
            if let Some(release) = facts.upcalls[*upcall].release {
                calls.insert(release);
            }
        }
        calls
    }
}

impl Declaration {
    /// Judges each upcall, in table order.
    #[inline]
    pub fn verdicts(&self) -> impl Iterator<Item = (usize, Verdict)> + use<> {
        let declaration = *self;
        let waives: Vec<usize> = self.waives.iter().map(|waiver| waiver.upcall).collect();
        (0..self.facts.upcalls.len())
            .map(move |upcall| (upcall, verdict(declaration.facts, &declaration.case(&waives), upcall)))
    }

    /// Every upcall that it makes: those in `uses`, those of its kit that apply to it, and the releases that
    /// they bring.
    #[must_use]
    #[inline]
    pub fn makes(&self) -> UpcallSet {
        self.case(&[]).calls(self.facts)
    }

    #[inline]
    fn case<'a>(&self, waives: &'a [usize]) -> Case<'a> {
        let Self { class, platform, uses, .. } = *self;
        Case { class, platform, kit: self.by_kit(), uses, waives }
    }
}

impl fmt::Display for Declaration {
    /// The compliance table: each upcall with what is required, what is declared, and why.
    #[inline]
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { facts, class, platform, .. } = *self;
        let (class_name, platform_name) = (facts.class(class).name, facts.platform(platform).name);
        write!(out, "{}: class {class_name}, platform {platform_name}", self.provider)?;
        match self.kit {
            Some(kit) => writeln!(out, ", kit {}", kit.name)?,
            None => writeln!(out)?,
        }
        let width = facts.upcalls.iter().map(|upcall| upcall.name.len()).max().unwrap_or(0);
        for (at, verdict) in self.verdicts() {
            let upcall = &facts.upcalls[at];
            let requirement = upcall.requirement(class, platform);
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
