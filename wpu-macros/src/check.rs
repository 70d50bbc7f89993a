//! The rules of compliance, one function for each. The verdict itself comes from the facts' crate; here it gets a place
//! and words.

use crate::args::{CLASS, Declared, KIT, Name, PLATFORM, Value};
use crate::errors::{Errors, Place};
use crate::messages::{self, List};
use wpu_sys::{Class, KITS, Platform, Requirement, UPCALLS, Upcall, UpcallSet, Verdict, verdict};

/// Applies all rules that can be judged.
pub(crate) fn check(declared: &Declared, errors: &mut Errors) {
    duplicate(declared, errors);
    if let Value::Absent = declared.words[CLASS] {
        errors.add(Place::whole(), messages::no_class());
    }
    let case = Case::new(declared);
    if let Some(case) = &case {
        missing(case, errors);
        for name in &declared.names {
            not_applicable_or_no_effect(case, name, errors);
        }
    }
    reason(declared, case.as_ref(), errors);
}

/// `duplicate`: a name stands once, in one of the lists.
fn duplicate(declared: &Declared, errors: &mut Errors) {
    for (at, again) in declared.names.iter().enumerate() {
        let Some(upcall) = again.upcall else { continue };
        if let Some(first) = declared.names[..at].iter().find(|name| name.upcall == again.upcall) {
            errors.add(again.place, messages::duplicate(&UPCALLS[upcall], first.list, again.list));
        }
    }
}

/// The question that the verdict answers.
struct Case<'a> {
    declared: &'a Declared,
    class: Class,
    platform: Platform,
    used_by_kit: UpcallSet,
    /// Without those of another class: they have no say in what is said of the rest.
    uses: UpcallSet,
    waives: UpcallSet,
}

impl<'a> Case<'a> {
    /// None where class, platform or kit are not known. A name that is almost right counts as the name that was
    /// meant: it is reported once, as unknown.
    fn new(declared: &'a Declared) -> Option<Self> {
        let words = &declared.words;
        let known = matches!(words[CLASS], Value::Given(..))
            && !matches!(words[PLATFORM], Value::Wrong)
            && !matches!(words[KIT], Value::Wrong);
        let (class, platform) = (declared.class(), declared.platform());
        known.then(|| Self {
            declared,
            class,
            platform,
            used_by_kit: declared.used_by_kit(),
            uses: declared.upcalls(List::Uses, |name| name.meant).applying_to(class, platform),
            waives: declared.upcalls(List::Waives, |name| name.meant),
        })
    }

    fn verdict(&self, upcall: usize) -> Verdict {
        verdict(upcall, self.class, self.platform, self.used_by_kit, self.uses, self.waives)
    }
}

/// `missing`: every upcall that is required is used or waived. Which are, depends on the kit, which is for some classes
/// only.
fn missing(case: &Case<'_>, errors: &mut Errors) {
    match case.declared.words {
        [_, _, Value::Given(kit, place)] if !KITS[kit].is_for(case.class) => {
            errors.add(place, messages::other_kit(&KITS[kit], case.class));
        }
        [Value::Given(_, place), ..] if !case.declared.incomplete => {
            let mut missing: Vec<&Upcall> = Vec::new();
            for (at, upcall) in UPCALLS.iter().enumerate() {
                if case.verdict(at) == Verdict::Missing {
                    missing.push(upcall);
                }
            }
            if !missing.is_empty() {
                errors.add(place, messages::missing(case.class, &missing));
            }
        }
        _ => {}
    }
}

/// `not-applicable`: an upcall of another class is neither used nor waived. `no-effect`: a waiver names something that
/// would otherwise be missing.
fn not_applicable_or_no_effect(case: &Case<'_>, name: &Name, errors: &mut Errors) {
    let Some(at) = name.upcall else { return };
    let upcall = &UPCALLS[at];
    let used = case.uses.union(case.used_by_kit);
    let problem = if upcall.requirement(case.class, case.platform) == Requirement::NotApplicable {
        messages::not_applicable(upcall, case.class, name.list)
    } else if case.verdict(at) != Verdict::WaivedWithoutEffect {
        return;
    } else if let Some(kit) = case.declared.kit().filter(|_| case.used_by_kit.contains(at)) {
        messages::made(upcall, kit)
    } else if let Some(by) = upcall.acquire.filter(|acquire| used.contains(*acquire)) {
        messages::brought(upcall, &UPCALLS[by])
    } else {
        messages::not_required(upcall, case.class, case.platform)
    };
    errors.add(name.place, problem);
}

/// `reason`: a waiver says why. One that must go anyway need not.
fn reason(declared: &Declared, case: Option<&Case<'_>>, errors: &mut Errors) {
    for waiver in &declared.waivers {
        let blank = match &waiver.reason {
            Value::Absent => None,
            Value::Given(text, place) if text.trim().is_empty() => Some(*place),
            _ => continue,
        };
        let mut stay: Vec<&Name> = Vec::new();
        for name in &declared.names[waiver.names.clone()] {
            let verdict = case.zip(name.upcall).map(|(case, upcall)| case.verdict(upcall));
            if !verdict.is_some_and(Verdict::is_fault) {
                stay.push(name);
            }
        }
        if let [first, .., last] | [first @ last] = stay[..] {
            let place = blank.unwrap_or(first.place.to(last.place.last));
            let names: Vec<_> = stay.iter().map(|name| (&*name.text, name.upcall)).collect();
            errors.add(place, messages::reason(&names));
        }
    }
}
