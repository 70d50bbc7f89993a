//! `wpu show`: what the documentation binds each side to, for a function, a topic or one obligation.

use crate::trouble::Trouble;
use std::fmt::Write as _;
use wpu_sys::facts::{DOWNCALLS, UPCALLS};
use wpu_sys::obligations::{OBLIGATIONS, RETIRED, TOPICS};
use wpu_sys::rt::obligation::{Certainty, Citation, Obligation, Party};

/// How many characters a line has at most, where words allow it.
const WIDTH: usize = 96;

/// The text for a name.
///
/// # Errors
///
/// If the name stands for nothing.
pub fn text(name: &str) -> Result<String, Trouble> {
    let found: Vec<_> = OBLIGATIONS.iter().filter(|obligation| is_about(obligation, name)).collect();
    if found.is_empty() {
        return Err(Trouble::Arguments(unknown(name)));
    }
    let mut text = heading(name);
    for party in Party::ALL {
        let bound: Vec<_> = found.iter().filter(|obligation| obligation.binds == *party).collect();
        if bound.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\nWhat binds the {}:", party.word());
        for obligation in bound {
            text += &paragraph(obligation);
        }
    }
    Ok(text)
}

fn is_about(obligation: &Obligation, name: &str) -> bool {
    obligation.id == name || topic(obligation) == name || obligation.functions.contains(&name)
}

fn topic(obligation: &Obligation) -> &str {
    obligation.id.split('.').next().unwrap_or_default()
}

/// What the name stands for.
fn heading(name: &str) -> String {
    if let Some(upcall) = UPCALLS.iter().find(|upcall| upcall.name == name) {
        return format!("{name}: {}\n", upcall.text.lines().next().unwrap_or_default());
    }
    if let Some(downcall) = DOWNCALLS.iter().find(|downcall| downcall.name == name) {
        return format!("{}\n", downcall.signature);
    }
    match TOPICS.iter().find(|(topic, _)| *topic == name) {
        Some((_, doc)) => format!("{name}: {doc}\n"),
        None => format!("{name}\n"),
    }
}

fn paragraph(obligation: &Obligation) -> String {
    let mut text = format!("\n  {} ({})\n", obligation.id, obligation.kind.word());
    let mut line = |line: &str| wrap(line, &mut text);
    line(obligation.says);
    let only: Vec<_> = obligation.class.into_iter().chain(obligation.platform).collect();
    if !only.is_empty() {
        line(&format!("Only for {}.", only.join(" on ")));
    }
    match obligation.certainty {
        Certainty::Stated => {}
        Certainty::Implied => line("No page says it in so many words: it follows from what they say."),
        Certainty::Experience => line("No page says it: it is experience."),
        Certainty::Contradicted => {
            line(&format!("The sources contradict each other: {}", obligation.decision.unwrap_or_default()));
        }
    }
    if let Some(why) = obligation.not_checkable {
        line(&format!("Nothing can check it: {why}"));
    }
    obligation.sources.iter().for_each(|citation| line(&cited(citation)));
    text
}

fn cited(Citation { source, section }: &Citation) -> String {
    let section = if section.is_empty() { String::new() } else { format!(", {section}") };
    let url = source.url.map(|url| format!(" <{url}>")).unwrap_or_default();
    format!("Source: {}{section}{url}", source.title)
}

/// Adds a text, broken between words.
fn wrap(text: &str, into: &mut String) {
    let mut width = None;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        width = match width {
            Some(width) if width + 1 + length <= WIDTH => {
                into.push(' ');
                Some(width + 1 + length)
            }
            before => {
                into.push_str(if before.is_some() { "\n    " } else { "    " });
                Some(4 + length)
            }
        };
        into.push_str(word);
    }
    into.push('\n');
}

fn unknown(name: &str) -> String {
    if RETIRED.contains(&name) {
        return format!(
            "the obligation `{name}` is retired: it has another meaning now, or no longer exists"
        );
    }
    let message = format!("cannot find a function, a topic or an obligation named `{name}`");
    match nearest(name) {
        Some(near) => format!("{message}\nhelp: a similar name exists: `{near}`"),
        None => format!("{message}\nhelp: the name of a function, such as `WSPRecv`, or an id from a report"),
    }
}

/// The name that is most like a wrong one, if one is like it.
fn nearest(wrong: &str) -> Option<&'static str> {
    let ids = OBLIGATIONS.iter().map(|obligation| obligation.id);
    let functions = OBLIGATIONS.iter().flat_map(|obligation| obligation.functions.iter().copied());
    let names = functions.chain(TOPICS.iter().map(|(topic, _)| *topic)).chain(ids);
    let likeness = |name: &str| strsim::jaro_winkler(&wrong.to_lowercase(), &name.to_lowercase());
    let best = names.max_by(|one, other| likeness(one).total_cmp(&likeness(other)))?;
    (likeness(best) > 0.85).then_some(best)
}
