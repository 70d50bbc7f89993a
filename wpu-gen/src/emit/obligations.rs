//! Obligations, in every form that they have: `obligations.rs` of the output, and lists for the reference and for rustdoc.

use super::markdown::inline;
use super::print::Page;
use super::view::View;
use crate::implied::{Implied, implied};
use crate::model::{Cited, FunctionId, Model, Obligation, ObligationKind, Party, Topic};
use proc_macro2::Literal;
use std::fmt::Write as _;

/// The obligations of all functions as data: those of the spec by topic, then those that it implies by function.
pub(super) fn emit(view: &View<'_>) -> String {
    let mut page = Page::new(view, "obligations", "What the documentation binds each side to, as data.");
    let model = view.model;
    page.lines(
        "use crate::rt::obligation::{Certainty, Citation, Obligation, ObligationKind, Party, Source};",
    );
    page.lines(&list_of(
        "Every obligation: those of the spec by topic, then those that it implies by function.",
        "OBLIGATIONS: &[Obligation]",
        all(model),
    ));
    let topics = model.topics.iter().filter_map(|topic| Some((topic.name.as_str(), topic.doc.as_deref()?)));
    page.lines(&list_of(
        "The topics that are no functions, and what each is about.",
        "TOPICS: &[(&str, &str)]",
        topics.map(|(name, doc)| format!("({}, {}),", literal(name), literal(doc))),
    ));
    let retired = model.topics.iter().flat_map(|topic| {
        let replaced = topic.obligations.iter().flat_map(|obligation| &obligation.replaces);
        topic.retired.iter().chain(replaced).map(|id| format!("{}.{id}", topic.name))
    });
    page.lines(&list_of(
        "Ids that are never used again: their obligations have another meaning now, or no longer exist.",
        "RETIRED: &[&str]",
        retired.map(|id| format!("{},", literal(&id))),
    ));
    let sources = model.sources.iter().map(|source| {
        let url = option(source.url.as_deref().map(String::as_str));
        format!("Source {{ title: {}, url: {url} }},", literal(&source.title))
    });
    let head = format!("SOURCES: [Source; {}]", model.sources.len());
    page.lines(&list_of("Every source.", &head, sources).replace("= &[", "= ["));
    page.finish()
}

/// A static list with a row to a line.
fn list_of(about: &str, head: &str, rows: impl Iterator<Item = String>) -> String {
    let rows: String = rows.flat_map(|row| ["\n    ".to_owned(), row]).collect();
    format!("/// {about}\npub static {head} = &[{rows}\n];")
}

fn all(model: &Model) -> impl Iterator<Item = String> {
    let written = model.topics.iter().flat_map(move |topic| {
        topic.obligations.iter().map(move |obligation| write(model, topic, obligation))
    });
    let derived = model.function_ids().flat_map(|id| implied(model, id));
    written.chain(derived.map(move |implied| derive(model, &implied)))
}

fn write(model: &Model, topic: &Topic, obligation: &Obligation) -> String {
    let functions = topic.functions_of(obligation).map(|id| model.function(id).name.as_str());
    let word = |words: &[crate::model::Word], at: Option<usize>| at.map(|at| words[at].name.value.clone());
    let certainty = obligation.certainty.as_ref().map(|certainty| format!("Certainty::{:?}", **certainty));
    let rest = [
        ("certainty", certainty),
        ("decision", some(obligation.decision.as_deref())),
        ("class", some(word(&model.classes, obligation.class).as_ref())),
        ("platform", some(word(&model.platforms, obligation.platform).as_ref())),
        ("not_checkable", some(obligation.not_checkable.as_deref())),
    ];
    let rule = (obligation.doc.as_str(), obligation.binds, obligation.kind);
    row(&topic.id(obligation), functions, rule, &obligation.sources, &rest)
}

fn derive(model: &Model, implied: &Implied) -> String {
    let function = model.function(implied.function);
    let sources = function.sources.iter().map(|source| Cited { source: *source, section: String::new() });
    let rule = (implied.says.as_str(), implied.binds, implied.kind);
    let rest = [("rule", implied.rule.map(|rule| option(Some(rule))))];
    row(&implied.id, [function.name.as_str()].into_iter(), rule, &sources.take(1).collect::<Vec<_>>(), &rest)
}

fn row<'a>(
    id: &str,
    functions: impl Iterator<Item = &'a str>,
    (says, binds, kind): (&str, Party, ObligationKind),
    sources: &[Cited],
    rest: &[(&str, Option<String>)],
) -> String {
    let functions = functions.map(literal).collect::<Vec<_>>().join(", ");
    let sources = sources.iter().map(|cited| {
        format!("Citation {{ source: &SOURCES[{}], section: {} }}", cited.source, literal(&cited.section))
    });
    let sources = sources.collect::<Vec<_>>().join(", ");
    let rest = rest.iter().filter_map(|(key, value)| Some(format!("\n        {key}: {},", value.as_ref()?)));
    format!(
        "Obligation {{
        id: {},
        functions: &[{functions}],
        binds: Party::{binds:?},
        kind: ObligationKind::{kind:?},
        says: {},
        sources: &[{sources}],{}
        ..Obligation::NONE
    }},",
        literal(id),
        literal(says),
        rest.collect::<String>(),
    )
}

fn some(text: Option<&String>) -> Option<String> {
    text.map(|text| option(Some(text)))
}

fn option(text: Option<&str>) -> String {
    text.map_or("None".to_owned(), |text| format!("Some({})", literal(text)))
}

fn literal(text: &str) -> String {
    Literal::string(text).to_string()
}

/// What binds those who meet in a function: the obligations of its own topic, those of `reader` first, and the topics that
/// it shares, as `named` writes their names. Empty if there are none.
pub(super) fn list(model: &Model, function: FunctionId, reader: Party, named: fn(&str) -> String) -> String {
    let own = model.topics.iter().filter(|topic| topic.subject == Some(function));
    let mut text: String = own.map(|topic| of_topic(model, topic, reader)).collect();
    let shared = model.topics.iter().filter(|topic| topic.subject.is_none());
    let shared = shared.filter_map(|topic| {
        let is_here = |obligation: &&Obligation| topic.functions_of(obligation).any(|id| id == function);
        let count = topic.obligations.iter().filter(is_here).count();
        (count > 0).then(|| format!("{} ({count})", named(&topic.name)))
    });
    let shared: Vec<_> = shared.collect();
    if !shared.is_empty() {
        let _ = writeln!(text, "- Obligations of topics hold here too: {}.", shared.join(", "));
    }
    text
}

/// The obligations of a topic, those of `reader` first.
pub(super) fn of_topic(model: &Model, topic: &Topic, reader: Party) -> String {
    let mut obligations: Vec<_> = topic.obligations.iter().collect();
    obligations.sort_by_key(|obligation| (obligation.binds != reader, obligation.binds));
    obligations
        .into_iter()
        .flat_map(|obligation| ["- ".to_owned(), line(model, topic, obligation, reader), "\n".to_owned()])
        .collect()
}

/// The pages that were read to the end for a topic, and when.
pub(super) fn read(view: &View<'_>, topic: &Topic) -> String {
    if topic.sources.is_empty() {
        String::new()
    } else {
        format!("Read to the end on {}: {}.\n\n", topic.read, view.cite(&topic.sources))
    }
}

/// An obligation on one line, with its id.
fn line(model: &Model, topic: &Topic, obligation: &Obligation, reader: Party) -> String {
    let binds = match obligation.binds {
        binds if binds == reader => "",
        Party::Plugin => ", binds the provider",
        Party::Host => ", binds the host",
        Party::Client => ", binds the client",
    };
    let class = obligation.class.map(|at| &model.classes[at].name);
    let platform = obligation.platform.map(|at| &model.platforms[at].name);
    let only: Vec<_> = class.into_iter().chain(platform).map(|name| format!("`{name}`")).collect();
    let only = if only.is_empty() { String::new() } else { format!(" Only for {}.", only.join(" on ")) };
    let decision = obligation
        .decision
        .as_deref()
        .map_or(String::new(), |text| format!(" The sources contradict each other: {}", inline(text)));
    format!("{}{only}{decision} (`{}`{binds})", inline(&obligation.doc), topic.id(obligation))
}
