//! What the arguments mean, and the rules of compliance, one function for each. The verdict itself comes from
//! the facts' crate; here it gets a place and words.

use crate::args::{Args, Name, Value, Waiver};
use crate::errors::{Errors, Place};
use crate::messages::{self, List};
use crate::suggest::similar;
use proc_macro2::TokenStream;
use wpu_sys::{Class, Judgement, KITS, Kit, Platform, UPCALLS, Upcall, UpcallSet, judge};

/// The arguments, in terms of the facts.
#[derive(Default)]
pub(crate) struct Declared<'a> {
    /// The class, with its place.
    pub(crate) class: Value<Class>,
    /// The platform; without a value if it was wrong.
    pub(crate) platform: Value<Platform>,
    /// The kit.
    pub(crate) kit: Value<Kit>,
    /// The names of both lists, those in `uses` first.
    pub(crate) names: Vec<Named<'a>>,
    /// The path of the crate, where one is given.
    pub(crate) krate: Option<&'a TokenStream>,
}

/// A name in one of the lists.
pub(crate) struct Named<'a> {
    pub(crate) name: &'a Name,
    /// The waiver that it stands in, if it stands in `waives`.
    pub(crate) waiver: Option<&'a Waiver>,
    /// The upcall of that name, as an index of [`UPCALLS`].
    pub(crate) upcall: Option<usize>,
    /// Where there is none, the upcall with a similar name.
    similar: Option<usize>,
}

impl Named<'_> {
    /// The upcall that the user had in mind, as far as one can tell.
    fn meant(&self) -> Option<usize> {
        self.upcall.or(self.similar)
    }

    fn list(&self) -> List {
        if self.waiver.is_some() { List::Waives } else { List::Uses }
    }

    fn rank(&self) -> usize {
        self.name.place.rank
    }
}

/// Finds the facts that the arguments name, and applies all rules that can be judged.
pub(crate) fn check<'a>(args: &'a Args, errors: &mut Errors) -> Declared<'a> {
    let mut declared = Declared {
        class: fact(&args.class, &Class::ALL, Class::name, errors),
        platform: fact(&args.platform, &Platform::ALL, Platform::name, errors),
        kit: fact(&args.kit, &KITS, |kit| kit.name, errors),
        names: names(args),
        krate: args.krate.as_ref(),
    };
    let is_kit = |word: &String| KITS.iter().any(|kit| kit.name == word);
    if matches!(declared.kit, Value::Absent) && args.stray.iter().any(is_kit) {
        declared.kit = Value::Wrong;
    }
    // What is no name and tells of no upcall has been reported.
    let all = declared.names.len();
    declared.names.retain(|named| named.upcall.is_some() || !named.name.reported);
    let complete = !args.incomplete && declared.names.len() == all;
    rules(&declared, complete, errors);
    declared
}

fn rules(declared: &Declared<'_>, complete: bool, errors: &mut Errors) {
    unknown(declared, errors);
    duplicate(declared, errors);
    if matches!(declared.class, Value::Absent) {
        errors.add(Place::whole(), messages::no_class());
    }
    let case = Case::new(declared);
    if let Some(case) = &case {
        // What is missing depends on the kit that was meant.
        if kit_fits(declared, case, errors) && complete {
            missing(case, errors);
        }
        not_applicable(declared, case, errors);
        no_effect(declared, case, errors);
    }
    reason(declared, case.as_ref(), errors);
}

/// The fact that a word names.
fn fact<T: Copy>(
    word: &Value<String>,
    all: &[T],
    name: fn(T) -> &'static str,
    errors: &mut Errors,
) -> Value<T> {
    let (word, place) = match word {
        Value::Absent => return Value::Absent,
        Value::Wrong => return Value::Wrong,
        Value::Given(word, place) => (word, *place),
    };
    if let Some(fact) = all.iter().find(|fact| name(**fact) == word) {
        return Value::Given(*fact, place);
    }
    let words: Vec<&'static str> = all.iter().map(|fact| name(*fact)).collect();
    errors.add(place, messages::one_of(&words, word));
    Value::Wrong
}

/// The upcalls that the names name.
fn names<'a>(args: &'a Args) -> Vec<Named<'a>> {
    let known = UPCALLS.map(|upcall| upcall.name);
    let uses = args.uses.iter().map(|name| (name, None));
    let waives =
        args.waives.iter().flat_map(|waiver| waiver.names.iter().map(move |name| (name, Some(waiver))));
    let named = |(name, waiver): (&'a Name, Option<&'a Waiver>)| {
        let similar = similar(&name.text, &known).and_then(Upcall::find);
        Named { name, waiver, upcall: Upcall::find(&name.text), similar }
    };
    uses.chain(waives).map(named).collect()
}

/// The question that the verdict answers.
struct Case {
    class: Class,
    class_place: Place,
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
    /// None where class, platform or kit are not known. A name that is almost right counts as the name that was
    /// meant: it is reported once, as unknown.
    fn new(declared: &Declared<'_>) -> Option<Self> {
        let Value::Given(class, class_place) = declared.class else { return None };
        if matches!(declared.platform, Value::Wrong) || matches!(declared.kit, Value::Wrong) {
            return None;
        }
        let platform = declared.platform.given().unwrap_or(Platform::DEFAULT);
        let kit = declared.kit.given();
        let made = kit.map_or(UpcallSet::EMPTY, |kit| kit.uses(class).applying_to(class, platform));
        let meant = |list| {
            let names = declared.names.iter().filter(|named| named.list() == list);
            names.filter_map(Named::meant).collect::<UpcallSet>()
        };
        let (named, waives) = (meant(List::Uses), meant(List::Waives));
        let (mut uses, mut wrong) = (UpcallSet::EMPTY, UpcallSet::EMPTY);
        for upcall in 0..UPCALLS.len() {
            if judge(upcall, class, platform, UpcallSet::EMPTY, named, waives) == Judgement::WrongClass {
                wrong = wrong.with(upcall);
            } else if named.contains(upcall) {
                uses = uses.with(upcall);
            }
        }
        Some(Self { class, class_place, platform, kit, made, uses, waives, wrong })
    }

    fn judge(&self, upcall: usize) -> Judgement {
        if self.wrong.contains(upcall) {
            return Judgement::WrongClass;
        }
        judge(upcall, self.class, self.platform, self.made, self.uses, self.waives)
    }

    /// Whether the verdict on a name is this one.
    fn is(&self, named: &Named<'_>, judgement: Judgement) -> bool {
        named.upcall.is_some_and(|upcall| self.judge(upcall) == judgement)
    }
}

/// A kit is for some classes only.
fn kit_fits(declared: &Declared<'_>, case: &Case, errors: &mut Errors) -> bool {
    match declared.kit {
        Value::Given(kit, place) if !kit.is_for(case.class) => {
            errors.add(place, messages::other_kit(kit, case.class));
            false
        }
        _ => true,
    }
}

/// `missing`: every upcall that is required is used or waived.
fn missing(case: &Case, errors: &mut Errors) {
    let missing = |(at, _): &(usize, &Upcall)| case.judge(*at) == Judgement::Missing;
    let upcalls: Vec<&Upcall> =
        UPCALLS.iter().enumerate().filter(missing).map(|(_, upcall)| upcall).collect();
    if !upcalls.is_empty() {
        errors.add(case.class_place, messages::missing(case.class, &upcalls));
    }
}

/// `not-applicable`: an upcall of another class is neither used nor waived.
fn not_applicable(declared: &Declared<'_>, case: &Case, errors: &mut Errors) {
    for named in declared.names.iter().filter(|named| case.is(named, Judgement::WrongClass)) {
        if let Some(upcall) = named.upcall {
            let problem = messages::not_applicable(&UPCALLS[upcall], case.class, named.list());
            errors.add(named.name.place, problem);
        }
    }
}

/// `unknown`: a name is that of an upcall.
fn unknown(declared: &Declared<'_>, errors: &mut Errors) {
    for Named { name, similar, .. } in declared.names.iter().filter(|named| named.upcall.is_none()) {
        errors.add(name.place, messages::unknown(&name.text, similar.map(|upcall| &UPCALLS[upcall])));
    }
}

/// `duplicate`: a name stands once, in one of the lists.
fn duplicate(declared: &Declared<'_>, errors: &mut Errors) {
    for again in &declared.names {
        let Some(upcall) = again.upcall else { continue };
        let same = declared.names.iter().filter(|named| named.upcall == again.upcall);
        let first = same.min_by_key(|named| named.rank()).filter(|first| first.rank() < again.rank());
        if let Some(first) = first {
            let problem = messages::duplicate(&UPCALLS[upcall], first.list(), again.list());
            errors.add(again.name.place, problem);
        }
    }
}

/// `no-effect`: a waiver names something that would otherwise be missing.
fn no_effect(declared: &Declared<'_>, case: &Case, errors: &mut Errors) {
    for named in declared.names.iter().filter(|named| case.is(named, Judgement::WaivedWithoutEffect)) {
        let Some(at) = named.upcall else { continue };
        let upcall = &UPCALLS[at];
        let by = upcall.acquire.filter(|acquire| case.uses.union(case.made).contains(*acquire));
        let problem = match (case.kit.filter(|_| case.made.contains(at)), by) {
            (Some(kit), _) => messages::made(upcall, kit),
            (None, Some(by)) => messages::brought(upcall, &UPCALLS[by]),
            (None, None) => messages::not_required(upcall, case.class, case.platform),
        };
        errors.add(named.name.place, problem);
    }
}

/// `reason`: a waiver says why. One that must go anyway need not.
fn reason(declared: &Declared<'_>, case: Option<&Case>, errors: &mut Errors) {
    let goes = |named: &Named<'_>| {
        let judgement = case.zip(named.upcall).map(|(case, upcall)| case.judge(upcall));
        judgement.is_some_and(Judgement::is_fault)
    };
    // Those of one waiver stand side by side.
    let same = |one: &Named<'_>, other: &Named<'_>| match (one.waiver, other.waiver) {
        (Some(one), Some(other)) => std::ptr::eq(one, other),
        _ => false,
    };
    for names in declared.names.chunk_by(same) {
        let Some(reason) = names[0].waiver.map(|waiver| &waiver.reason).filter(|reason| is_blank(reason))
        else {
            continue;
        };
        let stay: Vec<&Name> = names.iter().filter(|named| !goes(named)).map(|named| named.name).collect();
        if let [first, .., last] | [first @ last] = stay[..] {
            let place = match reason {
                Value::Given(_, place) => *place,
                Value::Absent | Value::Wrong => first.place.to(last.place.last),
            };
            let names: Vec<&str> = stay.iter().map(|name| name.text.as_str()).collect();
            errors.add(place, messages::reason(&names));
        }
    }
}

/// Whether a reason says nothing. One that is no text has been reported.
fn is_blank(reason: &Value<String>) -> bool {
    match reason {
        Value::Absent => true,
        Value::Given(text, _) => text.trim().is_empty(),
        Value::Wrong => false,
    }
}
