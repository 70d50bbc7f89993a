//! A diagnostic as data: what is wrong, where, and what to do. `render.rs` prints it.

use crate::code::Code;
use crate::source::{FileId, Sources};
use std::ops::Range;

/// Beyond this many diagnostics, a person needs no more to begin with: no others are shown.
pub(crate) const SHOWN: usize = 50;

/// A stretch of a spec file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// Bytes from its start.
    pub start: usize,
    /// The byte behind the last.
    pub end: usize,
}

impl Place {
    /// A stretch of `file`.
    #[must_use]
    pub fn new(file: FileId, span: Range<usize>) -> Self {
        Self { file, start: span.start, end: span.end }
    }
}

/// A place with what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub place: Place,
    /// What.
    pub text: String,
}

/// One thing that is wrong with a spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The kind of mistake.
    pub code: Code,
    /// What is wrong, in one line.
    pub message: String,
    /// The file, where there is no place to point at.
    pub file: Option<FileId>,
    /// What to point at; the first is where to edit.
    pub labels: Vec<Label>,
    /// Why it is wrong.
    pub note: Option<String>,
    /// What to do.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A diagnostic that points at `place`.
    pub(crate) fn at(code: Code, place: Place, message: impl Into<String>) -> Self {
        let label = Label { place, text: String::new() };
        Self { labels: vec![label], ..Self::bare(code, message) }
    }

    /// A diagnostic that points nowhere.
    pub(crate) fn bare(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), file: None, labels: Vec::new(), note: None, help: None }
    }

    pub(crate) fn in_file(mut self, file: FileId) -> Self {
        self.file = Some(file);
        self
    }

    /// Says something at the first place.
    pub(crate) fn label(mut self, text: impl Into<String>) -> Self {
        if let Some(first) = self.labels.first_mut() {
            first.text = text.into();
        }
        self
    }

    /// Points at one more place.
    pub(crate) fn also(mut self, place: Place, text: impl Into<String>) -> Self {
        self.labels.push(Label { place, text: text.into() });
        self
    }

    pub(crate) fn note(mut self, text: impl Into<String>) -> Self {
        self.note = Some(text.into());
        self
    }

    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Helps with the name that is nearest to a wrong one, if one is near.
    pub(crate) fn similar<'a>(
        self,
        wrong: &str,
        what: &str,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        match nearest(wrong, names) {
            Some(name) => self.help(format!("{what} with a similar name exists: `{name}`")),
            None => self,
        }
    }
}

/// The name that is most like `wrong`, unless none is like it.
pub(crate) fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nobody mistypes a name of this length; comparing takes the product of both lengths.
    const LONGEST: usize = 100;
    if wrong.len() > LONGEST {
        return None;
    }
    let folded = wrong.to_lowercase();
    names
        .into_iter()
        .filter(|name| *name != wrong && name.len() <= LONGEST)
        .map(|name| (strsim::jaro_winkler(&folded, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|(a, left), (b, right)| a.total_cmp(b).then_with(|| right.cmp(left)))
        .map(|(_, name)| name)
}

/// Everything that is wrong, with the texts it points into.
#[derive(Debug)]
pub struct Diagnostics {
    /// The spec files.
    pub sources: Sources,
    /// What is wrong, in order of file and place.
    pub list: Vec<Diagnostic>,
}

impl Diagnostics {
    pub(crate) fn new(sources: Sources, mut list: Vec<Diagnostic>) -> Self {
        list.sort_by(|a, b| order(a).cmp(&order(b)).then_with(|| a.message.cmp(&b.message)));
        list.dedup();
        Self { sources, list }
    }
}

fn order(diagnostic: &Diagnostic) -> (Option<FileId>, Option<&Place>) {
    let place = diagnostic.labels.first().map(|label| &label.place);
    (place.map(|place| place.file).or(diagnostic.file), place)
}

impl std::error::Error for Diagnostics {}
