//! First gate: TOML text to raw entries. Collects every syntax and shape error of every file.

use crate::code::Code;
use crate::diag::{Diagnostic, Place, SHOWN};
use crate::mend::{Mistake, mistakes};
use crate::model::Placed;
use crate::names::is_hidden;
use crate::source::{FileId, Source, Sources};
use crate::syntax;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};
use toml_parser::lexer::TokenKind;

/// An entry with the file it stands in.
#[derive(Debug)]
pub struct Filed<T> {
    /// The file.
    pub file: FileId,
    /// The `[[…]]` or key that it begins with.
    pub place: Place,
    /// What it says.
    pub entry: T,
}

impl<T> Filed<T> {
    /// Where a leaf of this entry stands.
    pub(crate) fn at<U>(&self, leaf: &Spanned<U>) -> Place {
        Place::new(self.file, leaf.span())
    }

    /// A leaf of this entry, as it is written.
    pub(crate) fn placed<U: Clone>(&self, leaf: &Spanned<U>) -> Placed<U> {
        placed(self.file, leaf)
    }

    /// A text of this entry, as it is meant.
    pub(crate) fn text(&self, leaf: &syntax::Text) -> Placed<String> {
        Placed { value: syntax::text(leaf), place: self.at(leaf) }
    }
}

/// A leaf of a file, as it is written.
pub(crate) fn placed<T: Clone>(file: FileId, leaf: &Spanned<T>) -> Placed<T> {
    Placed { value: leaf.get_ref().clone(), place: Place::new(file, leaf.span()) }
}

/// Declares [`RawSpec`] and how each top-level key is read into it, so that a kind of entry is named once.
macro_rules! kinds {
    ($($(#[$doc:meta])* $key:literal => $field:ident: $entry:ty,)*) => {
        /// All entries of all files, by kind.
        #[derive(Debug, Default)]
        pub struct RawSpec {
            $($(#[$doc])* pub $field: Vec<Filed<$entry>>,)*
        }

        const KEYS: &[&str] = &[$($key),*];

        /// The schema of one entry of each kind.
        #[cfg(feature = "schema")]
        pub(crate) fn kinds(generator: &mut schemars::SchemaGenerator) -> Vec<(&'static str, schemars::Schema)> {
            vec![$(($key, generator.subschema_for::<$entry>())),*]
        }

        fn take(spec: &mut RawSpec, file: FileId, key: &Spanned<std::borrow::Cow<'_, str>>, value: Spanned<DeValue<'_>>, faults: &mut Vec<Diagnostic>) {
            match key.get_ref().as_ref() {
                $($key => entries(file, value, &mut spec.$field, faults),)*
                unknown => faults.push(unknown_kind(Place::new(file, key.span()), unknown, faults.len() < SHOWN)),
            }
        }
    };
}

kinds! {
    /// `[spec]`; exactly one.
    "spec" => heads: syntax::Head,
    /// `[[class]]`
    "class" => classes: syntax::Class,
    /// `[[platform]]`
    "platform" => platforms: syntax::Platform,
    /// `[[source]]`
    "source" => sources: syntax::Source,
    /// `[[typedef]]`
    "typedef" => typedefs: syntax::Typedef,
    /// `[[struct]]`
    "struct" => structs: syntax::Struct,
    /// `[[callback]]`
    "callback" => callbacks: syntax::Callback,
    /// `[[constant]]`
    "constant" => constants: syntax::Constant,
    /// `[[error]]`
    "error" => errors: syntax::ErrorCode,
    /// `[[handle]]`
    "handle" => handles: syntax::Handle,
    /// `[[table]]`
    "table" => tables: syntax::Table,
    /// `[[entry-point]]`
    "entry-point" => entry_points: syntax::EntryPoint,
    /// `[[upcall]]`
    "upcall" => upcalls: syntax::Upcall,
    /// `[[downcall]]`
    "downcall" => downcalls: syntax::Downcall,
    /// `[[import]]`
    "import" => imports: syntax::Import,
    /// `[[kit]]`
    "kit" => kits: syntax::Kit,
    /// `[[note]]`
    "note" => notes: syntax::Note,
    /// `[[listing]]`
    "listing" => listings: syntax::Listing,
    /// `[[topic]]`
    "topic" => topics: syntax::Topic,
    /// `[[header]]`
    "header" => headers: syntax::Header,
    /// `[[header-mismatch]]`
    "header-mismatch" => header_mismatches: syntax::HeaderMismatch,
}

/// Reads all files. An entry whose shape is wrong is mended, if it can be: what the later gates say is then a guess.
pub(crate) fn load(sources: &Sources) -> (RawSpec, Vec<Diagnostic>) {
    let mut spec = RawSpec::default();
    let mut faults = Vec::new();
    for (file, source) in sources.iter() {
        load_file(file, source, &mut spec, &mut faults);
    }
    (spec, faults)
}

fn load_file(file: FileId, source: &Source, spec: &mut RawSpec, faults: &mut Vec<Diagnostic>) {
    if let Some(place) = too_deep(file, source) {
        let message = format!("more than {DEEPEST} brackets are open here");
        faults.push(Diagnostic::at(Code::TooDeep, place, message).help("close those that are not needed"));
        return;
    }
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    if !errors.is_empty() {
        // Entries behind a syntax error are guesses; errors about them would mislead.
        faults.extend(errors.iter().map(|error| syntax(file, source, error)));
        return;
    }
    let table = table.into_inner();
    if table.is_empty() {
        let message = format!("`{}` has no entries", source.path);
        faults.push(
            Diagnostic::bare(Code::EmptyFile, message)
                .in_file(file)
                .help("delete the file, or add an entry such as `[[upcall]]`"),
        );
    }
    for (key, value) in table {
        check_texts(file, source, &value, faults);
        take(spec, file, &key, value, faults);
    }
}

/// No spec needs values that are nested deeper.
const DEEPEST: usize = 64;

/// The first bracket that is nested too deep. The parser counts too, but there are broken files in which
/// it loses count, and nobody can catch a stack that overflows. Here, too many are counted at worst.
fn too_deep(file: FileId, source: &Source) -> Option<Place> {
    let mut open = Vec::new();
    for token in toml_parser::Source::new(&source.text).lex() {
        match token.kind() {
            kind @ (TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket) => open.push(kind),
            TokenKind::RightSquareBracket => drop(open.pop_if(|kind| *kind == TokenKind::LeftSquareBracket)),
            TokenKind::RightCurlyBracket => drop(open.pop_if(|kind| *kind == TokenKind::LeftCurlyBracket)),
            _ => {}
        }
        if open.len() > DEEPEST {
            return Some(Place::new(file, token.span().start()..token.span().end()));
        }
    }
    None
}

/// Reads the value of a top-level key: one table, or an array of them.
fn entries<T: DeserializeOwned>(
    file: FileId,
    value: Spanned<DeValue<'_>>,
    into: &mut Vec<Filed<T>>,
    faults: &mut Vec<Diagnostic>,
) {
    let span = value.span();
    match value.into_inner() {
        DeValue::Array(items) => {
            for item in items {
                entry(file, item, into, faults);
            }
        }
        single => entry(file, Spanned::new(span, single), into, faults),
    }
}

fn entry<T: DeserializeOwned>(
    file: FileId,
    value: Spanned<DeValue<'_>>,
    into: &mut Vec<Filed<T>>,
    faults: &mut Vec<Diagnostic>,
) {
    let span = value.span();
    match T::deserialize(ValueDeserializer::from(value.clone())) {
        Ok(entry) => into.push(Filed { file, place: Place::new(file, span), entry }),
        Err(_) => {
            let read = |value| T::deserialize(ValueDeserializer::from(value));
            let most = SHOWN.saturating_sub(faults.len()).max(1);
            let (found, mended) = mistakes(value, read, most);
            faults.extend(found.iter().map(|mistake| shape(file, mistake)));
            into.extend(mended.map(|entry| Filed { file, place: Place::new(file, span), entry }));
        }
    }
}

/// Texts go into comments, messages and a page: only whole lines of visible characters can stand there.
fn check_texts(file: FileId, source: &Source, value: &Spanned<DeValue<'_>>, faults: &mut Vec<Diagnostic>) {
    match value.get_ref() {
        DeValue::String(text) => {
            let lines = text.replace("\r\n", "\n");
            // The line ends of the file do not count. One that is written as an escape would be lost with them.
            let carriage_returns = |text: &str| text.matches('\r').count();
            let escaped = carriage_returns(text) > carriage_returns(&source.text[value.span()]);
            if escaped || lines.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\t')) {
                let fault = Diagnostic::at(
                    Code::BadText,
                    Place::new(file, value.span()),
                    "this text contains a control character",
                );
                faults.push(fault.help("remove it; a text of several lines is written between `\"\"\"`"));
            }
            if let Some(hidden) = text.chars().find(|c| is_hidden(*c)) {
                let message =
                    format!("this text contains the invisible character U+{:04X}", u32::from(hidden));
                let fault = Diagnostic::at(Code::BadText, Place::new(file, value.span()), message);
                faults.push(
                    fault
                        .note(
                            "such a character changes the displayed order of the text, or hides a difference",
                        )
                        .help("remove it"),
                );
            }
        }
        DeValue::Array(items) => items.iter().for_each(|item| check_texts(file, source, item, faults)),
        DeValue::Table(table) => table.values().for_each(|value| check_texts(file, source, value, faults)),
        _ => {}
    }
}

fn syntax(file: FileId, source: &Source, error: &toml::de::Error) -> Diagnostic {
    let end = source.text.len();
    let span = error.span().unwrap_or(end..end);
    Diagnostic::at(Code::Syntax, Place::new(file, span), first_line(error.message()))
        .help("the file must be valid TOML 1.1")
}

fn unknown_kind(place: Place, key: &str, help: bool) -> Diagnostic {
    let fault =
        Diagnostic::at(Code::UnknownKind, place, format!("cannot find a kind of entry named `{key}`"));
    if !help {
        return fault;
    }
    let kinds = KEYS.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    fault.note(format!("the kinds are {kinds}")).similar(key, "a kind", KEYS.iter().copied())
}

/// An entry that TOML accepts and the spec language does not: serde says what, we say where.
fn shape(file: FileId, mistake: &Mistake) -> Diagnostic {
    let place = Place::new(file, mistake.span.clone());
    let message = &*mistake.message;
    let mut names = mistake.names();
    if mistake.is_unknown_key() {
        let wrong = names.next().unwrap_or_default();
        let known = names.collect::<Vec<_>>();
        let listed = known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        return Diagnostic::at(
            Code::UnknownKey,
            place,
            format!("cannot find a key named `{wrong}` in this kind of entry"),
        )
        .note(format!("its keys are {listed}"))
        .similar(wrong, "a key", known);
    }
    if mistake.is_missing_key() {
        let missing = names.next().unwrap_or_default();
        return Diagnostic::at(Code::MissingKey, place, format!("this entry has no key `{missing}`"))
            .help(format!("add `{missing} = …`; `docs/spec-format.md` says what it means"));
    }
    // Our own types mean nothing to whoever writes a spec.
    let message = match message.split_once(", expected struct ") {
        Some((found, _)) => format!("{found}, expected a table of keys"),
        None => message.replace(" as i128", ""),
    };
    Diagnostic::at(Code::WrongValue, place, message)
}

fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or(message)
}
