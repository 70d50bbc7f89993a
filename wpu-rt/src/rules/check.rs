//! The rules, one by one. The verdict gets a place and words here.

use super::declared::{CLASS, Declared, KEYS, KIT, Name, PLATFORM, Place, Problems, USES, Value, WAIVES};
use super::messages;
use crate::compliance::{Verdict, verdict};
use crate::facts::Upcall;
use crate::upcall_set::UpcallSet;
use alloc::vec::Vec;

/// Applies all rules that can be judged.
pub fn check(declared: &Declared, problems: &mut Problems) {
    let known = matches!(declared.words[CLASS], Value::Given(..))
        && !matches!(declared.words[PLATFORM], Value::Wrong)
        && !matches!(declared.words[KIT], Value::Wrong);
    // A name that is almost right counts as the name that it is meant for: it is reported once, as unknown. Upcalls of
    // another class have no influence on the verdict on others.
    let mut uses = Vec::new();
    for upcall in &*declared.upcalls(USES, |name| name.meant) {
        if declared.applies(*upcall) {
            uses.push(*upcall);
        }
    }
    let waives = declared.upcalls(WAIVES, |name| name.meant);
    let question = Question { declared, known, uses, waives };
    if let Value::Absent = declared.words[CLASS] {
        problems.add(Place::WHOLE, messages::no_class(declared.facts));
    }
    question.missing(problems);
    for at in 0..declared.names.len() {
        question.duplicate(at, problems);
        question.not_applicable_or_no_effect(&declared.names[at], problems);
    }
    question.reason(problems);
}

/// What the verdict is about.
struct Question<'a> {
    declared: &'a Declared,
    /// Whether class, platform and kit are known. Otherwise there is no verdict.
    known: bool,
    uses: Vec<usize>,
    waives: UpcallSet,
}

impl Question<'_> {
    fn verdict(&self, upcall: usize) -> Option<Verdict> {
        let case = self.declared.case(&self.uses, &self.waives);
        self.known.then(|| verdict(self.declared.facts, &case, upcall))
    }

    /// `missing`: every required upcall is used or waived. Which are required depends on the kit, which is for some
    /// classes only.
    fn missing(&self, problems: &mut Problems) {
        let declared = self.declared;
        let (facts, kits, class) = (declared.facts, declared.kits, declared.class());
        match declared.words {
            [_, _, Value::Given(kit, place)] if self.known && !kits[kit].is_for(class) => {
                problems.add(place, messages::other_kit(facts, kits, &kits[kit], class));
            }
            [Value::Given(_, place), ..] if !declared.incomplete => {
                let mut missing: Vec<&Upcall> = Vec::new();
                for at in 0..facts.upcalls.len() {
                    if self.verdict(at) == Some(Verdict::Missing) {
                        missing.push(&facts.upcalls[at]);
                    }
                }
                if !missing.is_empty() {
                    problems.add(place, messages::missing(facts, class, &missing));
                }
            }
            _ => {}
        }
    }

    /// `duplicate`: a name is in one of the lists, once.
    fn duplicate(&self, at: usize, problems: &mut Problems) {
        let again = &self.declared.names[at];
        let first = self.declared.names[..at].iter().find(|name| name.upcall == again.upcall);
        if let (Some(first), Some(upcall)) = (first, again.upcall) {
            let upcall = self.declared.upcall(upcall);
            problems.add(again.place, messages::duplicate(upcall, KEYS[first.list], KEYS[again.list]));
        }
    }

    /// `not-applicable`: an upcall of another class is neither used nor waived. `no-effect`: a waiver names an upcall that
    /// would otherwise be missing.
    fn not_applicable_or_no_effect(&self, name: &Name, problems: &mut Problems) {
        let declared = self.declared;
        let Some((at, verdict)) = name.upcall.and_then(|at| Some((at, self.verdict(at)?))) else { return };
        let (facts, upcall, class) = (declared.facts, declared.upcall(at), declared.class());
        let made = |upcall: usize| declared.by_kit().contains(&upcall) && declared.applies(upcall);
        let problem = if !declared.applies(at) {
            messages::not_applicable(facts, upcall, class, KEYS[name.list])
        } else if verdict != Verdict::WaivedWithoutEffect {
            return;
        } else if let Some(kit) = declared.kit().filter(|_| made(at)) {
            messages::made(upcall, kit)
        } else if let Some(by) = upcall.acquire.filter(|by| self.uses.contains(by) || made(*by)) {
            messages::brought(upcall, declared.upcall(by))
        } else {
            messages::not_required(facts, upcall, class, declared.platform())
        };
        problems.add(name.place, problem);
    }

    /// `reason`: a waiver says why. One that must be removed need not.
    fn reason(&self, problems: &mut Problems) {
        for waiver in &self.declared.waivers {
            let blank = match &waiver.reason {
                Value::Absent => None,
                Value::Given(text, place) if text.trim().is_empty() => Some(*place),
                _ => continue,
            };
            let (mut names, mut place) = (Vec::new(), None);
            for name in &self.declared.names[waiver.names.clone()] {
                let verdict = name.upcall.and_then(|at| self.verdict(at));
                if !verdict.is_some_and(Verdict::is_fault) {
                    let usual = name.upcall.and_then(|at| self.declared.upcall(at).waiver);
                    names.push((&*name.text, usual));
                    place = Some(place.unwrap_or(name.place).to(name.place));
                }
            }
            if let Some(place) = place {
                problems.add(blank.unwrap_or(place), messages::reason(&names));
            }
        }
    }
}
