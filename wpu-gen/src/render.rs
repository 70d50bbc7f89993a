//! Diagnostics as text, in rustc's look.

use crate::diag::{Diagnostic, Diagnostics, Label, SHOWN};
use crate::names::is_hidden;
use crate::source::{Source, Sources};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// Longer lines are cut around the place, so that rubbish does not flood the terminal.
const TOO_LONG: usize = 400;

impl fmt::Display for Diagnostics {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&to_text(self))
    }
}

/// All diagnostics, each as a paragraph, and their number.
fn to_text(diagnostics: &Diagnostics) -> String {
    let list = &diagnostics.list;
    let mut text = String::new();
    for diagnostic in list.iter().take(SHOWN) {
        text += &one(&diagnostics.sources, diagnostic);
        text += "\n\n";
    }
    if list.len() > SHOWN {
        text += &format!("... and {} more\n\n", list.len() - SHOWN);
    }
    let s = if list.len() == 1 { "" } else { "s" };
    text + &format!("error: the spec has {} error{s}; nothing was written\n", list.len())
}

fn one(sources: &Sources, diagnostic: &Diagnostic) -> String {
    let id = format!("spec::{}", diagnostic.code);
    let visible = |text: &String| visible(text);
    let title = Level::ERROR.primary_title(clip(&visible(&diagnostic.message)).into_owned()).id(&id);
    let excerpts = excerpts(sources, &diagnostic.labels);
    let mut group = Group::with_title(title);
    for excerpt in &excerpts {
        group = group.element(excerpt.snippet());
    }
    if excerpts.is_empty()
        && let Some(file) = diagnostic.file
    {
        group = group.element(annotate_snippets::Origin::path(&*sources.get(file).path));
    }
    if let Some(note) = diagnostic.note.as_ref().map(visible) {
        group = group.element(Level::NOTE.message(note));
    }
    if let Some(help) = diagnostic.help.as_ref().map(visible) {
        group = group.element(Level::HELP.message(help));
    }
    Renderer::plain().render(&[group])
}

/// A message, which quotes names of a spec: what nobody sees, and what would begin another line, is spelled out.
fn visible(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_control() || is_hidden(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

/// The beginning of a message that quotes something endless.
fn clip(message: &str) -> Cow<'_, str> {
    if message.len() <= TOO_LONG {
        message.into()
    } else {
        format!("{}…", &message[..floor(message, TOO_LONG)]).into()
    }
}

/// What is shown of one file: its text, or one line of it where lines are too long.
struct Excerpt<'a> {
    path: &'a str,
    text: &'a str,
    first_line: usize,
    marks: Vec<(AnnotationKind, Range<usize>, &'a str)>,
}

impl<'a> Excerpt<'a> {
    fn snippet(&'a self) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
        let snippet = Snippet::source(self.text).path(self.path).line_start(self.first_line);
        snippet.annotations(self.marks.iter().map(|(kind, span, text)| {
            let mark = kind.span(span.clone());
            if text.is_empty() { mark } else { mark.label(*text) }
        }))
    }
}

fn excerpts<'a>(sources: &'a Sources, labels: &'a [Label]) -> Vec<Excerpt<'a>> {
    let mut excerpts: Vec<Excerpt<'a>> = Vec::new();
    for (at, label) in labels.iter().enumerate() {
        let source = sources.get(label.place.file);
        let kind = if at == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let (window, first_line) = window(source, label.place.start);
        let start = label.place.start.clamp(window.start, window.end) - window.start;
        let end = label.place.end.clamp(window.start, window.end) - window.start;
        let mark = (kind, start..one_line(&source.text[window.clone()], start, end), &*label.text);
        match excerpts.iter_mut().find(|e| e.path == source.path && e.first_line == first_line) {
            Some(excerpt) => excerpt.marks.push(mark),
            None => excerpts.push(Excerpt {
                path: &source.path,
                text: &source.text[window],
                first_line,
                marks: vec![mark],
            }),
        }
    }
    excerpts
}

/// Marks end with their first line: a whole entry underlined helps nobody.
fn one_line(text: &str, start: usize, end: usize) -> usize {
    text[start..end].find('\n').map_or(end, |length| start + length)
}

/// The part of a file to show, and the number of its first line: all of it, unless it is huge.
fn window(source: &Source, at: usize) -> (Range<usize>, usize) {
    const WHOLE: usize = 256 * 1024;
    let text = &source.text;
    let (line_start, line_end) = line_around(text, at);
    if text.len() <= WHOLE && line_end - line_start <= TOO_LONG {
        return (0..text.len(), 1);
    }
    let number = text[..line_start].bytes().filter(|byte| *byte == b'\n').count() + 1;
    let from = floor(text, at.saturating_sub(TOO_LONG / 2).max(line_start));
    let to = floor(text, (at + TOO_LONG / 2).min(line_end));
    (from..to.max(from), number)
}

fn line_around(text: &str, at: usize) -> (usize, usize) {
    let at = floor(text, at.min(text.len()));
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
    (start, end)
}

/// The nearest character boundary at or before `at`.
fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
