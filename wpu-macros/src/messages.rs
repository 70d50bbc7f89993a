//! All that can be wrong with a use of the attribute, in words: one function for each problem.

use crate::suggest::similar;
use std::fmt::{self, Display};
use wpu_sys::{Class, KITS, Kit, Platform, Requirement, UPCALLS, Upcall};

/// Something that the attribute's user has to change.
#[derive(Debug)]
pub(crate) struct Problem {
    /// The name under which the documentation explains it.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test compares it with the documentation"))]
    pub(crate) id: &'static str,
    wrong: String,
    note: Option<String>,
    help: Option<String>,
}

impl Problem {
    fn new(id: &'static str, wrong: impl Into<String>) -> Self {
        Self { id, wrong: wrong.into(), note: None, help: None }
    }

    /// Adds why it is wrong.
    fn note(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }

    /// Adds what to type.
    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

impl Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.wrong)?;
        self.note.iter().try_for_each(|note| write!(out, "\n= note: {note}"))?;
        self.help.iter().try_for_each(|help| write!(out, "\n= help: {help}"))
    }
}

/// One of the two lists of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    Uses,
    Waives,
}

impl List {
    /// Its key.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Uses => "uses",
            Self::Waives => "waives",
        }
    }
}

/// The most names that one message lists.
const LISTED: usize = 8;

/// A new line, as far to the right as the text of a note or help.
const NEXT: &str = "\n        ";

/// Required, and neither used nor waived.
pub(crate) fn missing(class: Class, upcalls: &[&Upcall]) -> Problem {
    let listed = &upcalls[..upcalls.len().min(LISTED)];
    let uses = list(", ", listed, |upcall| upcall.name.to_owned());
    let waives = list(", ", listed, |upcall| waiver(upcall));
    let names = quoted(upcalls, |upcall| upcall.name);
    let class = a(class);
    let wrong = format!("not all upcalls required of {class} provider are used or waived, missing: {names}");
    let help = match upcalls {
        [_] => format!("name it in `uses({uses})`, or waive it: `waives({waives})`"),
        _ => {
            format!("name those that it calls in `uses({uses})`,{NEXT}and waive the rest: `waives({waives})`")
        }
    };
    Problem::new("missing", wrong).note(reasons(listed)).help(help)
}

/// Why each is required, with those together that share a reason.
fn reasons(upcalls: &[&Upcall]) -> String {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for upcall in upcalls {
        match groups.iter_mut().find(|(reason, _)| *reason == upcall.reason) {
            Some((_, names)) => names.push(upcall.name),
            None => groups.push((upcall.reason, vec![upcall.name])),
        }
    }
    list(&format!(";{NEXT}"), &groups, |(reason, names)| format!("{}: {reason}", quoted(names, |name| name)))
}

/// A waiver as it could stand in the attribute.
fn waiver(upcall: &Upcall) -> String {
    format!("{} = {:?}", upcall.name, upcall.waiver.unwrap_or("<reason>"))
}

/// Of another class.
pub(crate) fn not_applicable(upcall: &Upcall, class: Class, list: List) -> Problem {
    let applies = |class: &Class| {
        let requirements = Platform::ALL.map(|platform| upcall.requirement(*class, platform));
        requirements.iter().any(|requirement| *requirement != Requirement::NotApplicable)
    };
    let classes: Vec<Class> = Class::ALL.into_iter().filter(applies).collect();
    let wrong = format!("upcall `{}` does not apply to {} provider", upcall.name, a(class));
    Problem::new("not-applicable", wrong)
        .note(format!("it applies to: {}", quoted(&classes, |class| class.name())))
        .help(format!("remove it from `{}(…)`, or change `class`", list.key()))
}

/// Outside the facts.
pub(crate) fn unknown(name: &str, similar: Option<&Upcall>) -> Problem {
    let problem = Problem::new("unknown", format!("cannot find upcall `{name}` in the table of upcalls"));
    match similar {
        Some(upcall) => problem.help(format!("an upcall with a similar name exists: `{}`", upcall.name)),
        None => problem,
    }
}

/// Named before, in `first`, and again in `again`.
pub(crate) fn duplicate(upcall: &Upcall, first: List, again: List) -> Problem {
    let name = upcall.name;
    if first == again {
        let wrong = format!("upcall `{name}` stands in `{}(…)` more than once", again.key());
        return Problem::new("duplicate", wrong).help(KEEP_ONE);
    }
    Problem::new("duplicate", format!("upcall `{name}` is both used and waived"))
        .help("keep it in `uses(…)` if the provider calls it, and in `waives(…)` if not")
}

const KEEP_ONE: &str = "keep one of them";

/// Waivers that share an absent or blank reason.
pub(crate) fn reason(names: &[&str]) -> Problem {
    let waivers = list(", ", names, |name| match Upcall::find(name) {
        Some(upcall) => waiver(&UPCALLS[upcall]),
        None => format!("{name} = \"<reason>\""),
    });
    let (waiver, have) = if names.len() == 1 { ("waiver", "has") } else { ("waivers", "have") };
    let wrong = format!("{waiver} of {} {have} no reason", quoted(names, |name| name));
    Problem::new("reason", wrong).help(format!("say why the rule does not hold here: `waives({waivers})`"))
}

/// A waiver of what the class and the platform do not require.
pub(crate) fn not_required(upcall: &Upcall, class: Class, platform: Platform) -> Problem {
    let requirement = |platform| upcall.requirement(class, platform);
    let elsewhere = Platform::ALL.iter().any(|other| requirement(*other) == Requirement::Required);
    let on = if elsewhere { format!(" on `{}`", platform.name()) } else { String::new() };
    no_effect(upcall, &format!("it is not required of {} provider{on}", a(class))).note(format!(
        "it is {}: {}",
        requirement(platform).name(),
        upcall.reason
    ))
}

/// A waiver of what the kit makes.
pub(crate) fn made(upcall: &Upcall, kit: Kit) -> Problem {
    no_effect(upcall, &format!("the kit `{}` uses it", kit.name))
        .note("what a kit uses on behalf of a provider, the provider uses")
}

/// A waiver of what comes with an upcall in use.
pub(crate) fn brought(upcall: &Upcall, by: &Upcall) -> Problem {
    no_effect(upcall, &format!("`{}` brings it", by.name))
        .note("what a provider acquires it also releases, at the latest when the value is dropped")
}

fn no_effect(upcall: &Upcall, why: &str) -> Problem {
    Problem::new("no-effect", format!("waiver of `{}` has no effect: {why}", upcall.name))
        .help(format!("remove it from `{}(…)`", List::Waives.key()))
}

/// No class.
pub(crate) fn no_class() -> Problem {
    let text = |class: &Class| format!("`{}`: {}", class.name(), class.text().trim_end_matches('.'));
    let help = list(" or ", &Class::ALL, |class| format!("`class = {}`", class.name()));
    Problem::new("class", "expected `class = …`, found no class")
        .note(list(&format!(";{NEXT}"), &Class::ALL, text))
        .help(format!("add {help}"))
}

/// A kit for providers of another class.
pub(crate) fn other_kit(kit: Kit, class: Class) -> Problem {
    let classes: Vec<Class> = Class::ALL.into_iter().filter(|class| kit.is_for(*class)).collect();
    let fitting: Vec<&Kit> = KITS.iter().filter(|kit| kit.is_for(class)).collect();
    let wrong = format!("the kit `{}` is not for providers of class `{}`", kit.name, class.name());
    Problem::new("class", wrong)
        .note(format!("it is for {}", quoted(&classes, |class| class.name())))
        .help(format!("the kits for this class: {}", quoted(&fitting, |kit| kit.name)))
}

/// A word that is none of those allowed here.
pub(crate) fn one_of(words: &[&'static str], found: &str) -> Problem {
    let one_of = if words.len() == 1 { "" } else { "one of " };
    let wrong = format!("expected {one_of}{}, found `{found}`", quoted(words, |word| word));
    let problem = Problem::new("syntax", wrong);
    match similar(found, words) {
        Some(word) if found.starts_with('"') => problem.help(without_quotes(word)),
        Some(word) => problem.help(format!("a word with a similar name exists: `{word}`")),
        None => problem,
    }
}

/// What to type where a text stands in place of a word.
pub(crate) fn without_quotes(word: &str) -> String {
    format!("write `{word}` without quotes")
}

/// The wrong form.
pub(crate) fn expected(expected: &str, found: &str) -> Problem {
    Problem::new("syntax", format!("expected {expected}, found {found}"))
}

/// A key that stands more than once.
pub(crate) fn twice(key: &str) -> Problem {
    expected(&format!("`{key}` once"), "it again").help(KEEP_ONE)
}

/// On something else than a struct.
pub(crate) fn no_struct(found: &str) -> Problem {
    Problem::new("item", format!("expected a struct after `#[wpu_provider]`, found {found}"))
        .help("put the attribute on the struct that stands for the provider")
}

/// On a struct with parameters.
pub(crate) fn generic(name: &str) -> Problem {
    let wrong = format!("expected a struct without parameters after `#[wpu_provider]`, found `{name}<…>`");
    let help =
        format!("put the attribute on a plain struct that holds a `{name}<…>` with its parameters chosen");
    Problem::new("item", wrong)
        .note("a host starts one provider, not one for each choice of parameters")
        .help(help)
}

/// A fault of this crate.
pub(crate) fn panic(message: &str) -> Problem {
    Problem::new("panic", format!("`#[wpu_provider]` failed: {message}"))
        .note("this is a fault of wpu, not of the code that it stands on")
        .help(concat!("please report it with this code; the version is ", env!("CARGO_PKG_VERSION")))
}

/// The class with its article.
fn a(class: Class) -> String {
    let name = class.name();
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} `{name}`")
}

/// Names in backticks, with commas between them; beyond the first few, only their number.
fn quoted<T>(all: &[T], name: fn(&T) -> &str) -> String {
    let listed = all.len().min(LISTED);
    let text = list(", ", &all[..listed], |one| format!("`{}`", name(one)));
    match all.len() - listed {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

/// The words for each, with `between` between them.
fn list<T>(between: &str, all: &[T], words: impl FnMut(&T) -> String) -> String {
    all.iter().map(words).collect::<Vec<String>>().join(between)
}
