//! What the later gates may say beside mistakes of shape: only what those mistakes cannot have caused.
//!
//! An entry whose shape is wrong is mended by guesses (`mend.rs`), so what is said of it, or follows from it, is a guess
//! too. An entry is sound if its shape is right and it names nothing that is not sound, however indirectly.

use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::source::{FileId, Sources};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Kinds by which entries are judged that do not name them: all upcalls by the tables, the classes and so on.
const GLOBAL: &[&str] = &["spec", "class", "platform", "table", "handle", "kit"];

/// Kinds whose entries are judged by themselves and what they name, and not by what names them.
const CALLS: &[&str] = &["upcall", "downcall", "entry-point", "import"];

/// A kind that does not exist: what such an entry declares, nobody knows.
const UNKNOWN: &str = "";

/// Keeps those of `later` that hold whatever the entries mean that `shape` is about.
pub(crate) fn sure(sources: &Sources, shape: &[Diagnostic], later: Vec<Diagnostic>) -> Vec<Diagnostic> {
    if later.is_empty() {
        return later;
    }
    let written = Written::new(sources, shape);
    later.into_iter().filter(|fault| written.leaves(fault)).collect()
}

/// An entry as it is written.
struct Entry {
    kind: String,
    place: Place,
    /// By which others name it, if that is a text.
    name: Option<String>,
    /// Each word of its values.
    words: HashSet<String>,
    /// Its shape is wrong.
    broken: bool,
    /// It is not broken, and names nothing that is not sound.
    sound: bool,
}

/// All entries of all files.
struct Written {
    entries: Vec<Entry>,
    /// Kinds of entries that are broken.
    kinds: HashSet<String>,
    /// Names of entries that are broken.
    names: HashSet<String>,
    /// Kinds of broken entries whose names nobody knows: each name that is not found may be one of them.
    nameless: HashSet<String>,
}

impl Written {
    fn new(sources: &Sources, shape: &[Diagnostic]) -> Self {
        let mut entries = Vec::new();
        for (file, source) in sources.iter() {
            let (table, _) = DeTable::parse_recoverable(&source.text);
            for (kind, value) in table.into_inner() {
                match value.get_ref() {
                    DeValue::Array(items) => {
                        entries.extend(items.iter().map(|item| Entry::of(file, kind.get_ref(), item)));
                    }
                    _ => entries.push(Entry::of(file, kind.get_ref(), &value)),
                }
            }
        }
        let mut written =
            Self { entries, kinds: HashSet::new(), names: HashSet::new(), nameless: HashSet::new() };
        for fault in shape {
            written.breaks(fault);
        }
        written.spread();
        written
    }

    /// Notes a mistake of shape.
    fn breaks(&mut self, fault: &Diagnostic) {
        let Some(place) = fault.labels.first().map(|label| &label.place) else { return };
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.holds(place)) else {
            // The kind itself is wrong.
            self.kinds.insert(UNKNOWN.to_owned());
            self.nameless.insert(UNKNOWN.to_owned());
            return;
        };
        (entry.broken, entry.sound) = (true, false);
        self.kinds.insert(entry.kind.clone());
        // A text with a character that nobody sees is not the name that others write.
        match entry.name.clone().filter(|_| fault.code != Code::BadText) {
            Some(name) => self.names.insert(name),
            None => self.nameless.insert(entry.kind.clone()),
        };
    }

    /// What names something that is not sound is not sound.
    fn spread(&mut self) {
        let mut by_word: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, entry) in self.entries.iter().enumerate() {
            entry.words.iter().for_each(|word| by_word.entry(word).or_default().push(at));
        }
        let mut unsound: HashSet<usize> =
            (0..self.entries.len()).filter(|at| !self.entries[*at].sound).collect();
        let mut new: Vec<usize> = unsound.iter().copied().collect();
        while let Some(at) = new.pop() {
            let entry = &self.entries[at];
            // Where something is written changes nothing else.
            let name =
                entry.name.as_deref().filter(|_| !["source", "note", "header"].contains(&&*entry.kind));
            for naming in name.and_then(|name| by_word.get(name)).into_iter().flatten() {
                if unsound.insert(*naming) {
                    new.push(*naming);
                }
            }
        }
        for at in unsound {
            self.entries[at].sound = false;
        }
    }

    /// Whether a diagnostic holds all the same.
    fn leaves(&self, fault: &Diagnostic) -> bool {
        let of = fault.labels.iter().map(|label| self.entries.iter().find(|entry| entry.holds(&label.place)));
        let Some(of) = of.collect::<Option<Vec<_>>>().filter(|of| !of.is_empty()) else { return false };
        if of.iter().any(|entry| entry.broken) {
            return false;
        }
        let sound = of.iter().all(|entry| entry.sound);
        match fault.code {
            // Each can be named by what is broken.
            Code::Unused | Code::NoRelease | Code::Slice => false,
            Code::EmptySlot => sound && self.breaks_none(&[UNKNOWN, "table", "upcall", "downcall"]),
            Code::UnknownField | Code::UnknownParameter => true,
            // Two sound declarations.
            Code::DuplicateName if of.len() > 1 => true,
            Code::NoEffect | Code::MissingKey => {
                sound && self.breaks_none(GLOBAL) && of.iter().all(|entry| CALLS.contains(&&*entry.kind))
            }
            code => match sought(code) {
                Some(kinds) => {
                    let name = fault.message.split('`').nth(1).unwrap_or_default();
                    let may_be =
                        |kind: &String| kind == UNKNOWN || kinds.is_empty() || kinds.contains(&&**kind);
                    !self.names.contains(name) && !self.nameless.iter().any(may_be)
                }
                None => sound && self.breaks_none(GLOBAL) && self.breaks_none(&[UNKNOWN]),
            },
        }
    }

    fn breaks_none(&self, kinds: &[&str]) -> bool {
        kinds.iter().all(|kind| !self.kinds.contains(*kind))
    }
}

impl Entry {
    fn of(file: FileId, kind: &str, value: &Spanned<DeValue<'_>>) -> Self {
        let (mut words, mut range) = (HashSet::new(), value.span());
        look(value, &mut words, &mut range);
        let name = if let DeValue::Table(table) = value.get_ref() {
            ["name", "id"].iter().find_map(|key| table.get(*key)?.get_ref().as_str().map(str::to_owned))
        } else {
            None
        };
        Self {
            kind: kind.to_owned(),
            place: Place::new(file, range),
            name,
            words,
            broken: false,
            sound: true,
        }
    }

    fn holds(&self, place: &Place) -> bool {
        self.place.file == place.file && self.place.start <= place.start && place.end <= self.place.end
    }
}

/// The words of a value and of all below, and the stretch that they take.
fn look(value: &Spanned<DeValue<'_>>, words: &mut HashSet<String>, range: &mut Range<usize>) {
    let mut widen = |span: Range<usize>| *range = range.start.min(span.start)..range.end.max(span.end);
    widen(value.span());
    let mut split = |text: &str| {
        let found = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        words.extend(found.filter(|word| !word.is_empty()).map(str::to_owned));
    };
    match value.get_ref() {
        DeValue::String(text) => split(text),
        DeValue::Array(items) => items.iter().for_each(|item| look(item, words, range)),
        DeValue::Table(table) => {
            for key in table.keys() {
                widen(key.span());
                split(key.get_ref());
            }
            table.values().for_each(|value| look(value, words, range));
        }
        _ => {}
    }
}

/// The kinds of entries among which a name was not found, if a diagnostic says that; none stands for all kinds.
fn sought(code: Code) -> Option<&'static [&'static str]> {
    Some(match code {
        Code::UnknownClass => &["class"],
        Code::UnknownConstant => &["constant"],
        Code::UnknownError => &["error"],
        Code::UnknownName => &[],
        Code::UnknownPlatform => &["platform"],
        Code::UnknownResource => &["handle"],
        Code::UnknownSource => &["source"],
        Code::UnknownTable => &["table"],
        Code::UnknownType => &["typedef", "struct", "callback", "table"],
        Code::UnknownUpcall => &["upcall"],
        _ => return None,
    })
}
