//! The rules of compliance, one function for each. The verdict itself comes from the facts' crate;
//! here it gets a place and words.

use crate::args::{Args, Name, Reason, Value, set};
use crate::errors::{Errors, List, Place, Problem};
use wpu_sys::{Class, Judgement, Kit, Platform, UPCALLS, UpcallSet, judge};

/// Applies all rules that can be judged.
pub(crate) fn check(args: &Args, errors: &mut Errors) {
    unknown(args, errors);
    duplicate(args, errors);
    let class = class(args, errors);
    let case = class.zip(platform(args)).filter(|_| !matches!(args.kit, Value::Wrong));
    let case = case.map(|(class, platform)| Case::new(args, class, platform));
    if let Some(case) = &case {
        // What is missing depends on the kit that was meant.
        if kit_fits(args, case, errors) {
            missing(args, case, errors);
        }
        not_applicable(args, case, errors);
        no_effect(args, case, errors);
    }
    reason(args, case.as_ref(), errors);
}

/// The question that the verdict answers.
struct Case {
    class: (Class, Place),
    platform: Platform,
    kit: Option<Kit>,
    /// The upcalls that the kit makes.
    made: UpcallSet,
    uses: UpcallSet,
    waives: UpcallSet,
    /// Those of another class: they have no say in what is said of the rest.
    wrong: UpcallSet,
}

impl Case {
    /// A name that is almost right counts as the name that was meant: it is reported once, as unknown.
    fn new(args: &Args, class: (Class, Place), platform: Platform) -> Self {
        let kit = match args.kit {
            Value::Given(kit, _) => Some(kit),
            Value::Absent | Value::Wrong => None,
        };
        let made = kit.map_or(UpcallSet::EMPTY, |kit| kit.uses(class.0).applying_to(class.0, platform));
        let named = set(&args.uses, Name::meant);
        let waives = set(args.waived(), Name::meant);
        let (mut uses, mut wrong) = (UpcallSet::EMPTY, UpcallSet::EMPTY);
        for upcall in 0..UPCALLS.len() {
            if judge(upcall, class.0, platform, UpcallSet::EMPTY, named, waives) == Judgement::WrongClass {
                wrong = wrong.with(upcall);
            } else if named.contains(upcall) {
                uses = uses.with(upcall);
            }
        }
        Self { class, platform, kit, made, uses, waives, wrong }
    }

    fn judge(&self, upcall: usize) -> Judgement {
        if self.wrong.contains(upcall) {
            return Judgement::WrongClass;
        }
        judge(upcall, self.class.0, self.platform, self.made, self.uses, self.waives)
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

/// A kit is for some classes only.
fn kit_fits(args: &Args, case: &Case, errors: &mut Errors) -> bool {
    match args.kit {
        Value::Given(kit, place) if !kit.is_for(case.class.0) => {
            errors.add(place, Problem::OtherKit { kit, class: case.class.0 });
            false
        }
        _ => true,
    }
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
    let mut upcalls = Vec::new();
    for (index, upcall) in UPCALLS.iter().enumerate() {
        if case.judge(index) == Judgement::Missing {
            upcalls.push(upcall);
        }
    }
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
    for (_, name) in names(args) {
        if name.upcall.is_none() {
            let similar = name.similar.map(|upcall| &UPCALLS[upcall]);
            errors.add(name.place, Problem::Unknown { name: name.text.clone(), similar });
        }
    }
}

/// `duplicate`: a name stands once, in one of the lists.
fn duplicate(args: &Args, errors: &mut Errors) {
    let names = names(args);
    for (again, name) in &names {
        let same = names.iter().filter(|(_, other)| other.upcall == name.upcall);
        let first = same.min_by_key(|(_, other)| other.place.rank);
        if let (Some(upcall), Some((first, other))) = (name.upcall, first) {
            if other.place.rank < name.place.rank {
                let upcall = &UPCALLS[upcall];
                errors.add(name.place, Problem::Duplicate { upcall, first: *first, again: *again });
            }
        }
    }
}

/// `no-effect`: a waiver names something that would otherwise be missing.
fn no_effect(args: &Args, case: &Case, errors: &mut Errors) {
    for name in args.waived() {
        if let (Some(at), Some(Judgement::WaivedWithoutEffect)) = (name.upcall, case.judge_name(name)) {
            let (class, platform) = (case.class.0, case.platform);
            let upcall = &UPCALLS[at];
            let by = upcall.acquire.filter(|acquire| case.uses.union(case.made).contains(*acquire));
            let problem = match (case.kit.filter(|_| case.made.contains(at)), by) {
                (Some(kit), _) => Problem::Made { upcall, kit },
                (None, Some(by)) => Problem::Brought { upcall, by: &UPCALLS[by] },
                (None, None) => Problem::NotRequired { upcall, class, platform },
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
    for waiver in &args.waives {
        if !is_blank(&waiver.reason) {
            continue;
        }
        let mut names = waiver.names.iter().collect::<Vec<&Name>>();
        names.retain(stays);
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

fn names(args: &Args) -> Vec<(List, &Name)> {
    let mut names = Vec::new();
    for name in &args.uses {
        names.push((List::Uses, name));
    }
    for name in args.waived() {
        names.push((List::Waives, name));
    }
    names
}
