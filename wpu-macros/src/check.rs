//! The rules of compliance, one function for each. The verdict itself comes from the facts' crate;
//! here it gets a place and words.

use crate::args::{Args, Name, Reason, Value};
use crate::errors::{Errors, List, Place, Problem};
use wpu_sys::{Class, Judgement, Platform, UPCALLS, Upcall, UpcallSet, judge};

/// Applies all rules that can be judged.
pub(crate) fn check(args: &Args, errors: &mut Errors) {
    unknown(args, errors);
    duplicate(args, errors);
    let class = class(args, errors);
    let case = class.zip(platform(args)).map(|(class, platform)| Case::new(args, class, platform));
    if let Some(case) = &case {
        missing(args, case, errors);
        not_applicable(args, case, errors);
        no_effect(args, case, errors);
    }
    reason(args, case.as_ref(), errors);
}

/// The question that the verdict answers.
struct Case {
    class: (Class, Place),
    platform: Platform,
    uses: UpcallSet,
    waives: UpcallSet,
    /// Those of another class: they have no say in what is said of the rest.
    wrong: UpcallSet,
}

impl Case {
    /// A name that is almost right counts as the name that was meant: it is reported once, as unknown.
    fn new(args: &Args, class: (Class, Place), platform: Platform) -> Self {
        let uses: UpcallSet = args.uses.iter().filter_map(Name::meant).collect();
        let waives = args.waived().filter_map(Name::meant).collect();
        let judge = |upcall| judge(upcall, class.0, platform, uses, waives);
        let wrong: UpcallSet =
            (0..UPCALLS.len()).filter(|upcall| judge(*upcall) == Judgement::WrongClass).collect();
        let uses = uses.iter().filter(|upcall| !wrong.contains(*upcall)).collect();
        Self { class, platform, uses, waives, wrong }
    }

    fn judge(&self, upcall: usize) -> Judgement {
        if self.wrong.contains(upcall) {
            return Judgement::WrongClass;
        }
        judge(upcall, self.class.0, self.platform, self.uses, self.waives)
    }

    /// The verdict on a name, if it is one.
    fn judge_name(&self, name: &Name) -> Option<Judgement> {
        name.upcall.map(|upcall| self.judge(upcall))
    }
}

/// `class`: it must be there. What is wrong with its value has been reported.
fn class(args: &Args, errors: &mut Errors) -> Option<(Class, Place)> {
    match args.class {
        Value::Given(class, place) => return Some((class, place)),
        Value::Absent => errors.add(Place::whole(), Problem::NoClass),
        Value::Wrong => {}
    }
    None
}

fn platform(args: &Args) -> Option<Platform> {
    match args.platform {
        Value::Given(platform, _) => Some(platform),
        Value::Absent => Some(Platform::DEFAULT),
        Value::Wrong => None,
    }
}

/// `missing`: every upcall that is required is used or waived.
fn missing(args: &Args, case: &Case, errors: &mut Errors) {
    let missing = |upcall: &usize| case.judge(*upcall) == Judgement::Missing;
    let upcalls: Vec<&Upcall> = (0..UPCALLS.len()).filter(missing).map(|upcall| &UPCALLS[upcall]).collect();
    if args.complete && !upcalls.is_empty() {
        let (class, place) = case.class;
        errors.add(place, Problem::Missing { class, upcalls });
    }
}

/// `not-applicable`: an upcall of another class is neither used nor waived.
fn not_applicable(args: &Args, case: &Case, errors: &mut Errors) {
    for (list, name) in names(args) {
        if let (Some(upcall), Some(Judgement::WrongClass)) = (name.upcall, case.judge_name(name)) {
            let upcall = &UPCALLS[upcall];
            errors.add(name.place, Problem::NotApplicable { upcall, class: case.class.0, list });
        }
    }
}

/// `unknown`: a name is that of an upcall.
fn unknown(args: &Args, errors: &mut Errors) {
    for (_, name) in names(args).filter(|(_, name)| name.upcall.is_none()) {
        let similar = name.similar.map(|upcall| &UPCALLS[upcall]);
        errors.add(name.place, Problem::Unknown { name: name.text.clone(), similar });
    }
}

/// `duplicate`: a name stands once, in one of the lists.
fn duplicate(args: &Args, errors: &mut Errors) {
    let mut names: Vec<(List, &Name)> = names(args).collect();
    names.sort_by_key(|(_, name)| name.place.rank);
    for (at, (again, name)) in names.iter().enumerate() {
        let first = names[..at].iter().find(|(_, other)| other.upcall == name.upcall);
        if let (Some(upcall), Some((first, _))) = (name.upcall, first) {
            let upcall = &UPCALLS[upcall];
            errors.add(name.place, Problem::Duplicate { upcall, first: *first, again: *again });
        }
    }
}

/// `no-effect`: a waiver names something that would otherwise be missing.
fn no_effect(args: &Args, case: &Case, errors: &mut Errors) {
    for name in args.waived() {
        if let (Some(upcall), Some(Judgement::WaivedWithoutEffect)) = (name.upcall, case.judge_name(name)) {
            let (class, platform) = (case.class.0, case.platform);
            let upcall = &UPCALLS[upcall];
            let by = upcall.acquire.filter(|acquire| case.uses.contains(*acquire));
            let problem = match by {
                Some(by) => Problem::Brought { upcall, by: &UPCALLS[by] },
                None => Problem::NotRequired { upcall, class, platform },
            };
            errors.add(name.place, problem);
        }
    }
}

/// `reason`: a waiver says why. One that must go anyway need not.
fn reason(args: &Args, case: Option<&Case>, errors: &mut Errors) {
    let stays = |name: &&Name| {
        let judgement = case.and_then(|case| case.judge_name(name));
        !judgement.is_some_and(Judgement::is_fault)
    };
    for waiver in args.waives.iter().filter(|waiver| is_blank(&waiver.reason)) {
        let names: Vec<&Name> = waiver.names.iter().filter(stays).collect();
        if let [first, .., last] | [first @ last] = &names[..] {
            let place = match waiver.reason {
                Reason::Given(_, place) => place,
                Reason::Absent | Reason::Wrong => first.place.to(last.place),
            };
            let names = names.iter().map(|name| name.text.clone()).collect();
            errors.add(place, Problem::Reason { names });
        }
    }
}

/// Whether a reason says nothing. One that is no text has been reported.
fn is_blank(reason: &Reason) -> bool {
    match reason {
        Reason::Absent => true,
        Reason::Given(text, _) => text.trim().is_empty(),
        Reason::Wrong => false,
    }
}

fn names(args: &Args) -> impl Iterator<Item = (List, &Name)> {
    let uses = args.uses.iter().map(|name| (List::Uses, name));
    uses.chain(args.waived().map(|name| (List::Waives, name)))
}
