//! Everything that can be wrong with a use of the attribute, in words: one function for each problem.

use super::suggest::similar;
use crate::facts::{ClassId, Facts, Kit, PlatformId, Requirement, Upcall};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
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
    let (mut all, mut uses, mut waivers) = (Names::default(), String::new(), String::new());
    // Upcalls with one reason share a line.
    let mut reasons: Vec<(&str, Names)> = Vec::new();
    for upcall in upcalls {
        if all.count < LISTED {
            add(&mut uses, ", ", upcall.name);
            add(&mut waivers, ", ", &waiver(upcall.name, upcall.waiver));
            let known = reasons.iter().position(|(reason, _)| *reason == upcall.reason);
            let at = known.unwrap_or(reasons.len());
            if known.is_none() {
                reasons.push((upcall.reason, Names::default()));
            }
            reasons[at].1.add(upcall.name);
        }
        all.add(upcall.name);
    }
    let mut note = String::new();
    for (reason, names) in &reasons {
        add(&mut note, NEXT, &format!("{}: {reason}", names.all()));
    }
    let (class, all) = (a(facts, class), all.all());
    let text = format!("not all upcalls required of {class} provider are used or waived, missing: {all}");
    let help = if upcalls.len() == 1 {
        format!("name it in `uses({uses})`, or waive it: `waives({waivers})`")
    } else {
        format!(
            "name those that it calls in `uses({uses})`,\n        and waive the rest: `waives({waivers})`"
        )
    };
    Problem::new("missing", text).note(&note).help(&help)
}

/// A waiver as the attribute may contain it: a name, and the usual reason.
fn waiver(name: &str, reason: Option<&str>) -> String {
    format!("{name} = {:?}", reason.unwrap_or("<reason>"))
}

/// Of another class.
#[must_use]
pub fn not_applicable(facts: &Facts, upcall: &Upcall, class: ClassId, list: &str) -> Problem {
    let applies = |class: ClassId| on_any(facts, &|platform| upcall.applies(class, platform));
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
    let (mut all, mut waivers) = (Names::default(), String::new());
    for (name, reason) in names {
        all.add(name);
        add(&mut waivers, ", ", &self::waiver(name, *reason));
    }
    Problem::new("reason", format!("{waiver} of {} {have} no reason", all.all()))
        .help(&format!("say why the rule does not apply here: `waives({waivers})`"))
}

/// A waiver of what the class and the platform do not require.
#[must_use]
pub fn not_required(facts: &Facts, upcall: &Upcall, class: ClassId, platform: PlatformId) -> Problem {
    let requirement = |platform| upcall.requirement(class, platform);
    let elsewhere = on_any(facts, &|other| requirement(other) == Requirement::Required);
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
    let (mut texts, mut help) = (String::new(), String::new());
    for class in facts.classes {
        let text = class.text.strip_suffix('.').unwrap_or(class.text);
        add(&mut texts, NEXT, &format!("`{}`: {text}", class.name));
        add(&mut help, " or ", &format!("`class = {}`", class.name));
    }
    Problem::new("class", "expected `class = …`, found no class".to_owned())
        .note(&texts)
        .help(&format!("add {help}"))
}

/// A kit for providers of another class.
#[must_use]
pub fn other_kit(facts: &Facts, kits: &[Kit], kit: &Kit, class: ClassId) -> Problem {
    let mut fitting = Names::default();
    for kit in kits {
        if kit.is_for(class) {
            fitting.add(kit.name);
        }
    }
    let name = facts.class(class).name;
    Problem::new("class", format!("the kit `{}` is not for providers of class `{name}`", kit.name))
        .note(&format!("it is for {}", classes(facts, &|class| kit.is_for(class))))
        .help(&format!("the kits for this class: {}", fitting.all()))
}

/// The names of some classes.
fn classes(facts: &Facts, which: &dyn Fn(ClassId) -> bool) -> String {
    let mut names = Names::default();
    for at in 0..facts.classes.len() {
        if which(ClassId::new(at)) {
            names.add(facts.classes[at].name);
        }
    }
    names.all()
}

/// Whether something holds on at least one platform.
fn on_any(facts: &Facts, holds: &dyn Fn(PlatformId) -> bool) -> bool {
    let mut found = false;
    for at in 0..facts.platforms.len() {
        found |= holds(PlatformId::new(at));
    }
    found
}

/// A word that is none of those allowed here.
#[must_use]
pub fn one_of(words: &[&'static str], found: &str) -> Problem {
    let one_of = if words.len() == 1 { "" } else { "one of " };
    let mut names = Names::default();
    for word in words {
        names.add(word);
    }
    let problem = expected(&format!("{one_of}{}", names.all()), &format!("`{found}`"));
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
#[derive(Default)]
struct Names {
    listed: String,
    count: usize,
}

impl Names {
    fn add(&mut self, name: &str) {
        if self.count < LISTED {
            add(&mut self.listed, ", ", &format!("`{name}`"));
        }
        self.count += 1;
    }

    fn all(&self) -> String {
        match self.count.saturating_sub(LISTED) {
            0 => self.listed.clone(),
            more => format!("{} and {more} more", self.listed),
        }
    }
}

/// Adds to a list, with a separator after what it contains.
fn add(list: &mut String, separator: &str, text: &str) {
    if !list.is_empty() {
        list.push_str(separator);
    }
    list.push_str(text);
}
