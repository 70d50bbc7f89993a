//! All that can be wrong with a use of the attribute, in words, and the collection of it.

use crate::suggest::similar;
use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use std::fmt::{self, Display};
use wpu_sys::{Class, KITS, Kit, Platform, Requirement, UPCALLS, Upcall};

/// The most names that one message lists.
const LISTED: usize = 8;

/// A place in the source: what a user would edit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Its rank in reading order.
    pub(crate) rank: usize,
    /// The first token.
    pub(crate) first: Span,
    /// The last token.
    pub(crate) last: Span,
}

impl Place {
    /// The attribute as a whole, for what is nowhere in it.
    pub(crate) fn whole() -> Self {
        Self { rank: 0, first: Span::call_site(), last: Span::call_site() }
    }

    /// From the start of this place to the end of another.
    pub(crate) fn to(self, end: Self) -> Self {
        Self { last: end.last, ..self }
    }
}

/// One of the two lists of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    /// `uses(…)`.
    Uses,
    /// `waives(…)`.
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

/// Something that the attribute's user has to change. Each kind has an [`id`](Self::id).
#[derive(Debug)]
pub(crate) enum Problem {
    /// Required, and neither used nor waived.
    Missing { class: Class, upcalls: Vec<&'static Upcall> },
    /// Of another class.
    NotApplicable { upcall: &'static Upcall, class: Class, list: List },
    /// Outside the facts.
    Unknown { name: String, similar: Option<&'static Upcall> },
    /// Named before, in `first`, and again in `again`.
    Duplicate { upcall: &'static Upcall, first: List, again: List },
    /// Waivers that share an absent or blank reason.
    Reason { names: Vec<String> },
    /// A waiver of what the class and the platform do not require.
    NotRequired { upcall: &'static Upcall, class: Class, platform: Platform },
    /// A waiver of what the kit makes.
    Made { upcall: &'static Upcall, kit: Kit },
    /// A kit for providers of another class.
    OtherKit { kit: Kit, class: Class },
    /// A waiver of what comes with an upcall in use.
    Brought { upcall: &'static Upcall, by: &'static Upcall },
    /// No class.
    NoClass,
    /// A word that is none of those allowed here.
    OneOf { words: Vec<&'static str>, found: String },
    /// The wrong shape.
    Expected { expected: String, found: String, help: Option<String> },
    /// A key that stands more than once.
    Twice { key: &'static str },
    /// On something else than a struct.
    NoStruct { found: &'static str },
    /// On a struct with parameters.
    Generic { name: String },
    /// A fault of this crate.
    Panic { message: String },
}

/// A new line, as far to the right as the text of a note or help.
const NEXT: &str = "\n        ";

/// The parts of a message: what is wrong, why, and what to type.
struct Text {
    wrong: String,
    note: Option<String>,
    help: Option<String>,
}

impl Problem {
    /// The name under which the documentation explains it.
    #[cfg(test)]
    pub(crate) const fn id(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "missing",
            Self::NotApplicable { .. } => "not-applicable",
            Self::Unknown { .. } => "unknown",
            Self::Duplicate { .. } => "duplicate",
            Self::Reason { .. } => "reason",
            Self::NotRequired { .. } | Self::Made { .. } | Self::Brought { .. } => "no-effect",
            Self::NoClass | Self::OtherKit { .. } => "class",
            Self::OneOf { .. } | Self::Expected { .. } | Self::Twice { .. } => "syntax",
            Self::NoStruct { .. } | Self::Generic { .. } => "item",
            Self::Panic { .. } => "panic",
        }
    }

    fn text(&self) -> Text {
        match self {
            Self::Missing { class, upcalls } => missing(*class, upcalls),
            Self::NotApplicable { upcall, class, list } => not_applicable(upcall, *class, *list),
            Self::Unknown { name, similar } => unknown(name, *similar),
            Self::Duplicate { upcall, first, again } => duplicate(upcall, *first, *again),
            Self::Reason { names } => reason(names),
            Self::NotRequired { upcall, class, platform } => not_required(upcall, *class, *platform),
            Self::Made { upcall, kit } => made(upcall, *kit),
            Self::Brought { upcall, by } => brought(upcall, by),
            Self::NoClass => no_class(),
            Self::OtherKit { kit, class } => other_kit(*kit, *class),
            Self::OneOf { words, found } => one_of(words, found),
            Self::Expected { expected, found, help } => {
                Text { wrong: format!("expected {expected}, found {found}"), note: None, help: help.clone() }
            }
            Self::Twice { key } => Text {
                wrong: format!("expected `{key}` once, found it again"),
                note: None,
                help: Some("keep one of them".to_owned()),
            },
            Self::NoStruct { found } => no_struct(found),
            Self::Generic { name } => generic(name),
            Self::Panic { message } => panic(message),
        }
    }
}

impl Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Text { wrong, note, help } = self.text();
        out.write_str(&wrong)?;
        note.iter().try_for_each(|note| write!(out, "\n= note: {note}"))?;
        help.iter().try_for_each(|help| write!(out, "\n= help: {help}"))
    }
}

fn missing(class: Class, upcalls: &[&Upcall]) -> Text {
    let listed = &upcalls[..upcalls.len().min(LISTED)];
    let uses = list(", ", listed, |upcall| upcall.name.to_owned());
    let waives = list(", ", listed, |upcall| waiver(upcall));
    let wrong = format!(
        "not all upcalls required of {} provider are used or waived, missing: {}",
        a(class),
        quoted(upcalls, |upcall| upcall.name)
    );
    let help = match upcalls {
        [_] => format!("name it in `uses({uses})`, or waive it: `waives({waives})`"),
        _ => {
            format!("name those that it calls in `uses({uses})`,{NEXT}and waive the rest: `waives({waives})`")
        }
    };
    Text { wrong, note: Some(reasons(listed)), help: Some(help) }
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

fn not_applicable(upcall: &Upcall, class: Class, list: List) -> Text {
    let applies = |other: &Class| {
        Platform::ALL
            .iter()
            .any(|platform| upcall.requirement(*other, *platform) != Requirement::NotApplicable)
    };
    let mut classes = Class::ALL.to_vec();
    classes.retain(applies);
    Text {
        wrong: format!("upcall `{}` does not apply to {} provider", upcall.name, a(class)),
        note: Some(format!("it applies to: {}", quoted(&classes, |class| class.name()))),
        help: Some(format!("remove it from `{}(…)`, or change `class`", list.key())),
    }
}

fn unknown(name: &str, similar: Option<&Upcall>) -> Text {
    let help = |upcall: &Upcall| format!("an upcall with a similar name exists: `{}`", upcall.name);
    Text {
        wrong: format!("cannot find upcall `{name}` in the table of upcalls"),
        note: None,
        help: similar.map(help),
    }
}

fn duplicate(upcall: &Upcall, first: List, again: List) -> Text {
    let name = upcall.name;
    let (wrong, help) = if first == again {
        let key = again.key();
        (format!("upcall `{name}` stands in `{key}(…)` more than once"), "keep one of them".to_owned())
    } else {
        let help = "keep it in `uses(…)` if the provider calls it, and in `waives(…)` if not";
        (format!("upcall `{name}` is both used and waived"), help.to_owned())
    };
    Text { wrong, note: None, help: Some(help) }
}

fn reason(names: &[String]) -> Text {
    let waivers = list(", ", names, |name| match Upcall::find(name) {
        Some(upcall) => waiver(&UPCALLS[upcall]),
        None => format!("{name} = \"<reason>\""),
    });
    let (waiver, have) = if names.len() == 1 { ("waiver", "has") } else { ("waivers", "have") };
    Text {
        wrong: format!("{waiver} of {} {have} no reason", quoted(names, |name| name)),
        note: None,
        help: Some(format!("say why the rule does not hold here: `waives({waivers})`")),
    }
}

fn not_required(upcall: &Upcall, class: Class, platform: Platform) -> Text {
    let requirement = |platform| upcall.requirement(class, platform);
    let elsewhere = Platform::ALL.iter().any(|other| requirement(*other) == Requirement::Required);
    let platform_name = if elsewhere { format!(" on `{}`", platform.name()) } else { String::new() };
    Text {
        wrong: format!(
            "waiver of `{}` has no effect: it is not required of {} provider{platform_name}",
            upcall.name,
            a(class)
        ),
        note: Some(format!("it is {}: {}", requirement(platform).name(), upcall.reason)),
        help: Some(format!("remove it from `{}(…)`", List::Waives.key())),
    }
}

fn made(upcall: &Upcall, kit: Kit) -> Text {
    Text {
        wrong: format!("waiver of `{}` has no effect: the kit `{}` uses it", upcall.name, kit.name),
        note: Some("what a kit uses on behalf of a provider, the provider uses".to_owned()),
        help: Some(format!("remove it from `{}(…)`", List::Waives.key())),
    }
}

fn brought(upcall: &Upcall, by: &Upcall) -> Text {
    Text {
        wrong: format!("waiver of `{}` has no effect: `{}` brings it", upcall.name, by.name),
        note: Some(
            "what a provider acquires it also releases, at the latest when the value is dropped".to_owned(),
        ),
        help: Some(format!("remove it from `{}(…)`", List::Waives.key())),
    }
}

fn no_class() -> Text {
    let name = |class: &Class| format!("`{}`: {}", class.name(), class.text().trim_end_matches('.'));
    let help = |class: &Class| format!("`class = {}`", class.name());
    Text {
        wrong: "expected `class = …`, found no class".to_owned(),
        note: Some(list(&format!(";{NEXT}"), &Class::ALL, name)),
        help: Some(format!("add {}", list(" or ", &Class::ALL, help))),
    }
}

fn other_kit(kit: Kit, class: Class) -> Text {
    let classes: Vec<_> = Class::ALL.into_iter().filter(|class| kit.is_for(*class)).collect();
    let words = list(", ", &classes, |class| format!("`{}`", class.name()));
    let others: Vec<_> = KITS.iter().filter(|kit| kit.is_for(class)).collect();
    let fitting = list(", ", &others, |kit| format!("`{}`", kit.name));
    Text {
        wrong: format!("the kit `{}` is not for providers of class `{}`", kit.name, class.name()),
        note: Some(format!("it is for {words}")),
        help: Some(format!("the kits for this class: {fitting}")),
    }
}

fn one_of(words: &[&'static str], found: &str) -> Text {
    let help = |word| {
        if found.starts_with('"') {
            return format!("write `{word}` without quotes");
        }
        format!("a word with a similar name exists: `{word}`")
    };
    let one_of = if words.len() == 1 { "" } else { "one of " };
    Text {
        wrong: format!("expected {one_of}{}, found `{found}`", quoted(words, |word| word)),
        note: None,
        help: similar(found, words).map(help),
    }
}

fn no_struct(found: &str) -> Text {
    Text {
        wrong: format!("expected a struct after `#[wpu_provider]`, found {found}"),
        note: None,
        help: Some("put the attribute on the struct that stands for the provider".to_owned()),
    }
}

fn generic(name: &str) -> Text {
    Text {
        wrong: format!("expected a struct without parameters after `#[wpu_provider]`, found `{name}<…>`"),
        note: Some("a host starts one provider, not one for each choice of parameters".to_owned()),
        help: Some(format!(
            "put the attribute on a plain struct that holds a `{name}<…>` with its parameters chosen"
        )),
    }
}

fn panic(message: &str) -> Text {
    Text {
        wrong: format!("`#[wpu_provider]` failed: {message}"),
        note: Some("this is a fault of wpu, not of the code that it stands on".to_owned()),
        help: Some(
            concat!("please report it with this code; the version is ", env!("CARGO_PKG_VERSION")).to_owned(),
        ),
    }
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
fn list<T>(between: &str, all: &[T], words: impl Fn(&T) -> String) -> String {
    let mut text = String::new();
    for (at, one) in all.iter().enumerate() {
        if at > 0 {
            text.push_str(between);
        }
        text.push_str(&words(one));
    }
    text
}

/// The problems found so far. Panics if it is dropped unread.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    /// In reading order.
    found: Vec<(Place, Problem)>,
    read: bool,
}

impl Errors {
    /// Adds a problem, behind those that come before it in reading order.
    pub(crate) fn add(&mut self, place: Place, problem: Problem) {
        let behind = self.found.iter().position(|(other, _)| other.rank > place.rank);
        self.found.insert(behind.unwrap_or(self.found.len()), (place, problem));
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All problems, in reading order.
    pub(crate) fn into_sorted(mut self) -> Vec<(Place, Problem)> {
        self.read = true;
        std::mem::take(&mut self.found)
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        assert!(self.read || std::thread::panicking(), "errors were collected and never reported");
    }
}

/// The item that makes rustc report `problem` at `place`.
pub(crate) fn compile_error(place: Place, problem: &Problem) -> TokenStream {
    let Place { first, last, .. } = place;
    let colon = |spacing| at(Punct::new(':', spacing), first);
    let text = at(Literal::string(&problem.to_string()), last);
    // rustc reports from the first token of the path to the end of the group.
    [
        colon(Spacing::Joint),
        colon(Spacing::Alone),
        at(Ident::new("core", first), first),
        colon(Spacing::Joint),
        colon(Spacing::Alone),
        at(Ident::new("compile_error", first), first),
        at(Punct::new('!', Spacing::Alone), first),
        at(Group::new(Delimiter::Brace, text.into()), last),
    ]
    .into_iter()
    .collect()
}

fn at(token: impl Into<TokenTree>, span: Span) -> TokenTree {
    let mut token = token.into();
    token.set_span(span);
    token
}
