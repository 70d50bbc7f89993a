//! Obligations have ids that are never used twice, sources, and nothing without effect.

use crate::code::Code;
use crate::diag::Diagnostic;
use crate::model::{Certainty, Model, Obligation, Placed, Topic};
use crate::names::{is_day, is_slug};
use std::collections::BTreeMap;

pub(super) fn check(model: &Model, faults: &mut Vec<Diagnostic>) {
    for topic in &model.topics {
        check_topic(topic, faults);
        check_ids(topic, faults);
        topic.obligations.iter().for_each(|obligation| check_obligation(topic, obligation, faults));
    }
}

fn check_topic(topic: &Topic, faults: &mut Vec<Diagnostic>) {
    let name = &topic.name;
    if topic.obligations.is_empty() && topic.retired.is_empty() {
        let message = format!("topic `{name}` has no obligation");
        let fault = Diagnostic::at(Code::NoEffect, name.place.clone(), message);
        faults.push(fault.help("add a `[[topic.obligation]]`, or remove the topic"));
    }
    match (topic.subject, &topic.doc) {
        (None, None) => {
            let message = format!("topic `{name}` has no `doc`");
            let fault = Diagnostic::at(Code::MissingKey, name.place.clone(), message);
            faults.push(fault.help("add `doc = \"…\"`: one sentence that says what the topic is about"));
        }
        (Some(_), Some(doc)) => of_function(topic, "doc", doc.place.clone(), faults),
        _ => {}
    }
    if let (Some(_), Some(first)) = (topic.subject, topic.functions.first()) {
        of_function(topic, "functions", first.place.clone(), faults);
    }
    if !is_day(&topic.read) {
        let message = format!("`{}` is not a day", topic.read);
        let fault = Diagnostic::at(Code::WrongValue, topic.read.place.clone(), message);
        faults.push(fault.help("write year, month and day, as in `2026-11-29`"));
    }
    topic.doc.iter().for_each(|doc| check_text(doc, faults));
}

fn of_function(topic: &Topic, key: &str, place: crate::diag::Place, faults: &mut Vec<Diagnostic>) {
    let message = format!("`{key}` has no effect: `{}` is a function", topic.name);
    let fault = Diagnostic::at(Code::NoEffect, place, message);
    faults.push(
        fault.help(format!("remove it, or move the obligations to a topic with a slug that has `{key}`")),
    );
}

/// Ids of today, of earlier meanings, and of what no longer exists: no two are the same.
fn check_ids(topic: &Topic, faults: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<&str, &Placed<String>> = BTreeMap::new();
    let replaced = topic.obligations.iter().flat_map(|obligation| &obligation.replaces);
    let ids =
        topic.obligations.iter().map(|obligation| &obligation.slug).chain(replaced).chain(&topic.retired);
    for id in ids {
        if !is_slug(id) {
            let message = format!("`{id}` cannot be the id of an obligation");
            let fault = Diagnostic::at(Code::BadName, id.place.clone(), message);
            faults.push(fault.help("write it in lower case, with `-` between words: `buffers-stay-valid`"));
        }
        if let Some(first) = seen.insert(id, id) {
            let message = format!("the id `{}.{id}` is used twice", topic.name);
            let fault = Diagnostic::at(Code::DuplicateName, id.place.clone(), message);
            let fault = fault.also(first.place.clone(), "first here");
            faults.push(
                fault.note("tests and reports name an id; an id that had another meaning is not used again"),
            );
        }
    }
}

fn check_obligation(topic: &Topic, obligation: &Obligation, faults: &mut Vec<Diagnostic>) {
    check_text(&obligation.doc, faults);
    [&obligation.decision, &obligation.not_checkable]
        .into_iter()
        .flatten()
        .for_each(|text| check_text(text, faults));
    let slug = &obligation.slug;
    if obligation.sources.is_empty() {
        let message = format!("the obligation `{}.{slug}` has no source", topic.name);
        let fault = Diagnostic::at(Code::MissingKey, slug.place.clone(), message);
        faults.push(fault.help("name at least one in `sources`, with its section: `[\"page Remarks\"]`"));
    }
    let certainty = obligation.certainty.as_ref();
    let contradicted = certainty.is_some_and(|certainty| **certainty == Certainty::Contradicted);
    match (&obligation.decision, certainty) {
        (None, Some(certainty)) if contradicted => {
            let message = "the sources contradict each other, and nothing is decided";
            let fault = Diagnostic::at(Code::MissingKey, certainty.place.clone(), message);
            faults.push(fault.help("add `decision = \"…\"`: which source is followed, and why"));
        }
        (Some(decision), _) if !contradicted => {
            let message = "`decision` has no effect: the sources do not contradict each other";
            let fault = Diagnostic::at(Code::NoEffect, decision.place.clone(), message);
            faults.push(fault.help("remove it, or write `certainty = \"contradicted\"`"));
        }
        _ => {}
    }
    if let (Some(_), Some(functions)) = (topic.subject, &obligation.functions) {
        of_function(topic, "functions", functions.place.clone(), faults);
    }
}

fn check_text(text: &Placed<String>, faults: &mut Vec<Diagnostic>) {
    if text.trim().is_empty() {
        let fault = Diagnostic::at(Code::BadText, text.place.clone(), "this text is blank");
        faults.push(fault.help("write at least a word"));
    }
}
