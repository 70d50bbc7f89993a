//! Everything that can be wrong with a use of the attribute, in words: one function for each problem.

use super::suggest::similar;
use crate::facts::{ClassId, Facts, Kit, PlatformId, Requirement, Upcall};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// Something that the attribute's user has to change.
pub struct Problem {
    /// The name under which the documentation explains it.
    pub id: &'static str,
    /// What is wrong, then why, then what to type.
    pub text: String,
}

impl Problem {
    fn new(id: &'static str, text: String) -> Self {
        Self { id, text }
    }

    /// Adds why it is wrong.
    fn note(self, note: &str) -> Self {
        Self { text: self.text + "\n= note: " + note, ..self }
    }

    /// Adds what to type.
    #[must_use]
    pub fn help(self, help: &str) -> Self {
        Self { text: self.text + "\n= help: " + help, ..self }
    }
}

/// The maximum number of names that one message lists.
const LISTED: usize = 8;

/// Separates the parts of a note: a new line, indented as far as its text.
const NEXT: &str = ";\n        ";

/// Required, and neither used nor waived.
#[must_use]
pub fn missing(facts: &Facts, class: ClassId, upcalls: &[&Upcall]) -> Problem {
    let names: Vec<&str> = upcalls.iter().map(|upcall| upcall.name).collect();
    let listed = &upcalls[..upcalls.len().min(LISTED)];
    // Upcalls with one reason share a line.
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for upcall in listed {
        match reasons.iter_mut().find(|(reason, _)| *reason == upcall.reason) {
            Some((_, names)) => names.push(upcall.name),
            None => reasons.push((upcall.reason, vec![upcall.name])),
        }
    }
    let reasons = reasons.iter().map(|(reason, names)| format!("{}: {reason}", quoted(names)));
    let (class, all) = (a(facts, class), quoted(&names));
    let uses: Vec<String> = listed.iter().map(|upcall| upcall.name.to_owned()).collect();
    let uses = uses.join(", ");
    let waivers = waivers(listed.iter().map(|upcall| (upcall.name, upcall.waiver)));
    let text = format!("not all upcalls required of {class} provider are used or waived, missing: {all}");
    Problem::new("missing", text).note(&reasons.collect::<Vec<_>>().join(NEXT)).help(&match upcalls {
        [_] => format!("name it in `uses({uses})`, or waive it: {waivers}"),
        _ => format!("name those that it calls in `uses({uses})`,\n        and waive the rest: {waivers}"),
    })
}

/// Waivers as the attribute may contain them: names, and their usual reasons.
fn waivers<'a>(names: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> String {
    let waivers = names.map(|(name, reason)| format!("{name} = {:?}", reason.unwrap_or("<reason>")));
    format!("`waives({})`", waivers.collect::<Vec<_>>().join(", "))
}

/// Of another class.
#[must_use]
pub fn not_applicable(facts: &Facts, upcall: &Upcall, class: ClassId, list: &str) -> Problem {
    let applies = |class: ClassId| platforms(facts).any(|platform| upcall.applies(class, platform));
    let text = format!("upcall `{}` does not apply to {} provider", upcall.name, a(facts, class));
    Problem::new("not-applicable", text)
        .note(&format!("it applies to: {}", classes(facts, &applies)))
        .help(&format!("remove it from `{list}(…)`, or change `class`"))
}

/// Not in the facts.
#[must_use]
pub fn unknown(name: &str, similar: Option<&Upcall>) -> Problem {
    let problem = Problem::new("unknown", format!("cannot find upcall `{name}` in the table of upcalls"));
    match similar {
        Some(upcall) => problem.help(&format!("an upcall with a similar name exists: `{}`", upcall.name)),
        None => problem,
    }
}

/// Named before, in the list `first`, and again in the list `again`.
#[must_use]
pub fn duplicate(upcall: &Upcall, first: &str, again: &str) -> Problem {
    let name = upcall.name;
    if first == again {
        let text = format!("upcall `{name}` is in `{again}(…)` more than once");
        return Problem::new("duplicate", text).help(KEEP_ONE);
    }
    Problem::new("duplicate", format!("upcall `{name}` is both used and waived"))
        .help("keep it in `uses(…)` if the provider calls it, and in `waives(…)` if not")
}

const KEEP_ONE: &str = "keep one of them";

/// Waivers that share a missing or blank reason: each name as it is written, and the usual reason.
#[must_use]
pub fn reason(names: &[(&str, Option<&str>)]) -> Problem {
    let (waiver, have) = if names.len() == 1 { ("waiver", "has") } else { ("waivers", "have") };
    let all = quoted(&names.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    Problem::new("reason", format!("{waiver} of {all} {have} no reason"))
        .help(&format!("say why the rule does not apply here: {}", waivers(names.iter().copied())))
}

/// A waiver of what the class and the platform do not require.
#[must_use]
pub fn not_required(facts: &Facts, upcall: &Upcall, class: ClassId, platform: PlatformId) -> Problem {
    let requirement = |platform| upcall.requirement(class, platform);
    let elsewhere = platforms(facts).any(|other| requirement(other) == Requirement::Required);
    let on = if elsewhere { format!(" on `{}`", facts.platform(platform).name) } else { String::new() };
    let why = format!("it is not required of {} provider{on}", a(facts, class));
    no_effect(upcall, &why, &format!("it is {}: {}", requirement(platform).name(), upcall.reason))
}

/// A waiver of what the kit makes.
#[must_use]
pub fn made(upcall: &Upcall, kit: &Kit) -> Problem {
    let why = format!("the kit `{}` uses it", kit.name);
    no_effect(upcall, &why, "an upcall that a kit uses on behalf of a provider counts as used")
}

/// A waiver of what comes with an upcall in use.
#[must_use]
pub fn brought(upcall: &Upcall, by: &Upcall) -> Problem {
    let note = "a provider releases what it acquires, at the latest when the value is dropped";
    no_effect(upcall, &format!("`{}` also declares it", by.name), note)
}

fn no_effect(upcall: &Upcall, why: &str, note: &str) -> Problem {
    Problem::new("no-effect", format!("waiver of `{}` has no effect: {why}", upcall.name))
        .note(note)
        .help("remove it from `waives(…)`")
}

/// No class.
#[must_use]
pub fn no_class(facts: &Facts) -> Problem {
    let mut texts = Vec::new();
    let mut help = Vec::new();
    for class in facts.classes {
        texts.push(format!("`{}`: {}", class.name, class.text.trim_end_matches('.')));
        help.push(format!("`class = {}`", class.name));
    }
    Problem::new("class", "expected `class = …`, found no class".to_owned())
        .note(&texts.join(NEXT))
        .help(&format!("add {}", help.join(" or ")))
}

/// A kit for providers of another class.
#[must_use]
pub fn other_kit(facts: &Facts, kits: &[Kit], kit: &Kit, class: ClassId) -> Problem {
    let fitting: Vec<&str> = kits.iter().filter(|kit| kit.is_for(class)).map(|kit| kit.name).collect();
    let name = facts.class(class).name;
    Problem::new("class", format!("the kit `{}` is not for providers of class `{name}`", kit.name))
        .note(&format!("it is for {}", classes(facts, &|class| kit.is_for(class))))
        .help(&format!("the kits for this class: {}", quoted(&fitting)))
}

/// The names of some classes.
fn classes(facts: &Facts, which: &dyn Fn(ClassId) -> bool) -> String {
    let all = facts.classes.iter().enumerate().filter(|(at, _)| which(ClassId::new(*at)));
    quoted(&all.map(|(_, class)| class.name).collect::<Vec<_>>())
}

fn platforms(facts: &Facts) -> impl Iterator<Item = PlatformId> {
    (0..facts.platforms.len()).map(PlatformId::new)
}

/// A word that is none of those allowed here.
#[must_use]
pub fn one_of(words: &[&'static str], found: &str) -> Problem {
    let one_of = if words.len() == 1 { "" } else { "one of " };
    let problem = expected(&format!("{one_of}{}", quoted(words)), &format!("`{found}`"));
    match similar(found, words) {
        Some(word) if found.starts_with('"') => problem.help(&without(word, "quotes")),
        Some(word) => problem.help(&format!("a word with a similar name exists: `{word}`")),
        None => problem,
    }
}

/// What to type where a word has something around it.
#[must_use]
pub fn without(word: &str, what: &str) -> String {
    format!("write `{word}` without {what}")
}

/// The wrong form.
#[must_use]
pub fn expected(expected: &str, found: &str) -> Problem {
    Problem::new("syntax", format!("expected {expected}, found {found}"))
}

/// A key or an attribute that is written more than once.
#[must_use]
pub fn twice(what: &str) -> Problem {
    expected(&format!("`{what}` once"), "it again").help(KEEP_ONE)
}

/// On something other than a struct.
#[must_use]
pub fn no_struct(attribute: &str, found: &str) -> Problem {
    Problem::new("item", format!("expected a struct after `#[{attribute}]`, found {found}"))
        .help("put the attribute on the struct that represents the provider")
}

/// On a struct with parameters.
#[must_use]
pub fn generic(attribute: &str, name: &str) -> Problem {
    let text = format!("expected a struct without parameters after `#[{attribute}]`, found `{name}<…>`");
    let help = format!("put the attribute on a struct without parameters that contains a `{name}<…>`");
    Problem::new("item", text)
        .note("a host starts one provider, not one for each choice of parameters")
        .help(&help)
}

/// Without the bindings whose facts count.
#[must_use]
pub fn no_bindings() -> Problem {
    expected("`of = …`, the path of the bindings", "none").help("add `of = ` and the path")
}

/// A bug of this crate.
#[must_use]
pub fn panic(attribute: &str, message: &str) -> Problem {
    Problem::new("panic", format!("`#[{attribute}]` failed: {message}"))
        .note("this is a bug in wpu, not in the code under the attribute")
        .help(concat!("please report it with this code; the version is ", env!("CARGO_PKG_VERSION")))
}

/// The class with its article.
fn a(facts: &Facts, class: ClassId) -> String {
    let name = facts.class(class).name;
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} `{name}`")
}

/// Names in backticks, separated by commas; after the first few, only their number.
fn quoted(names: &[&str]) -> String {
    let listed: Vec<String> = names.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    let listed = listed.join(", ");
    match names.len().saturating_sub(LISTED) {
        0 => listed,
        more => format!("{listed} and {more} more"),
    }
}
