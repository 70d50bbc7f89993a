//! The rules of compliance, one function for each. The verdict itself comes from the runtime's crate; here it gets a place
//! and words.

use crate::args::{Declared, Name, Value};
use crate::errors::{Errors, Place};
use crate::keys::{CLASS, KIT, PLATFORM};
use crate::messages::{self, List};
use crate::spec::Spec;
use proc_macro2::Span;
use wpu_rt::compliance::{Verdict, verdict};
use wpu_rt::facts::Upcall;
use wpu_rt::upcall_set::UpcallSet;

/// Applies all rules that can be judged.
pub(crate) fn check(declared: &Declared<'_>, attribute: Span, errors: &mut Errors) {
    duplicate(declared, errors);
    if let Value::Absent = declared.words[CLASS] {
        errors.add(Place::whole(attribute), messages::no_class(declared.spec.facts));
    }
    let question = Question::new(declared);
    if let Some(question) = &question {
        missing(question, errors);
        for name in &declared.names {
            not_applicable_or_no_effect(question, name, errors);
        }
    }
    reason(declared, question.as_ref(), errors);
}

/// `duplicate`: a name stands once, in one of the lists.
fn duplicate(declared: &Declared<'_>, errors: &mut Errors) {
    for (at, again) in declared.names.iter().enumerate() {
        let Some(upcall) = again.upcall else { continue };
        if let Some(first) = declared.names[..at].iter().find(|name| name.upcall == again.upcall) {
            errors.add(again.place, messages::duplicate(declared.upcall(upcall), first.list, again.list));
        }
    }
}

/// The question that the verdict answers.
struct Question<'a> {
    declared: &'a Declared<'a>,
    /// Without those of another class: they have no say in what is said of the rest.
    uses: UpcallSet,
    waives: UpcallSet,
}

impl<'a> Question<'a> {
    /// None where class, platform or kit are not known. A name that is almost right counts as the name that was
    /// meant: it is reported once, as unknown.
    fn new(declared: &'a Declared<'a>) -> Option<Self> {
        let words = &declared.words;
        let known = matches!(words[CLASS], Value::Given(..))
            && !matches!(words[PLATFORM], Value::Wrong)
            && !matches!(words[KIT], Value::Wrong);
        let uses = declared.upcalls(List::Uses, |name| name.meant);
        let uses = uses.iter().copied().filter(|upcall| declared.applies(*upcall)).collect();
        known.then(|| Self { declared, uses, waives: declared.upcalls(List::Waives, |name| name.meant) })
    }

    fn verdict(&self, upcall: usize) -> Verdict {
        verdict(self.declared.spec.facts, &self.declared.case(&self.uses, &self.waives), upcall)
    }
}

/// `missing`: every upcall that is required is used or waived. Which are, depends on the kit, which is for some classes
/// only.
fn missing(question: &Question<'_>, errors: &mut Errors) {
    let declared = question.declared;
    let Spec { facts, kits, .. } = declared.spec;
    match declared.words {
        [_, _, Value::Given(kit, place)] if !kits[kit].is_for(declared.class()) => {
            errors.add(place, messages::other_kit(declared.spec, &kits[kit], declared.class()));
        }
        [Value::Given(_, place), ..] if !declared.incomplete => {
            let missing = (0..facts.upcalls.len()).filter(|at| question.verdict(*at) == Verdict::Missing);
            let missing: Vec<&Upcall> = missing.map(|at| &facts.upcalls[at]).collect();
            if !missing.is_empty() {
                errors.add(place, messages::missing(facts, declared.class(), &missing));
            }
        }
        _ => {}
    }
}

/// `not-applicable`: an upcall of another class is neither used nor waived. `no-effect`: a waiver names something that
/// would otherwise be missing.
fn not_applicable_or_no_effect(question: &Question<'_>, name: &Name, errors: &mut Errors) {
    let Some(at) = name.upcall else { return };
    let declared = question.declared;
    let (facts, upcall) = (declared.spec.facts, declared.upcall(at));
    let made = |upcall: usize| declared.by_kit().contains(&upcall) && declared.applies(upcall);
    let problem = if !declared.applies(at) {
        messages::not_applicable(facts, upcall, declared.class(), name.list)
    } else if question.verdict(at) != Verdict::WaivedWithoutEffect {
        return;
    } else if let Some(kit) = declared.kit().filter(|_| made(at)) {
        messages::made(upcall, kit)
    } else if let Some(by) = upcall.acquire.filter(|by| question.uses.contains(*by) || made(*by)) {
        messages::brought(upcall, declared.upcall(by))
    } else {
        messages::not_required(facts, upcall, declared.class(), declared.platform())
    };
    errors.add(name.place, problem);
}

/// `reason`: a waiver says why. One that must go anyway need not.
fn reason(declared: &Declared<'_>, question: Option<&Question<'_>>, errors: &mut Errors) {
    for waiver in &declared.waivers {
        let blank = match &waiver.reason {
            Value::Absent => None,
            Value::Given(text, place) if text.trim().is_empty() => Some(*place),
            _ => continue,
        };
        let mut stay: Vec<&Name> = Vec::new();
        for name in &declared.names[waiver.names.clone()] {
            let verdict = question.zip(name.upcall).map(|(question, upcall)| question.verdict(upcall));
            if !verdict.is_some_and(Verdict::is_fault) {
                stay.push(name);
            }
        }
        if let [first, .., last] | [first @ last] = stay[..] {
            let place = blank.unwrap_or(first.place.to(last.place.last));
            let names: Vec<_> =
                stay.iter().map(|name| (&*name.text, name.upcall.map(|at| declared.upcall(at)))).collect();
            errors.add(place, messages::reason(&names));
        }
    }
}
