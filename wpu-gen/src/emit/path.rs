//! Names of items: the one place that says where each is found.
//!
//! An emitter writes an item of the spec as a mark, which says in what file of the output it is declared, and all other
//! items by their short names. Once an item is complete, marks become names, or paths from the root of the crate, and
//! short names become paths by the table below. So nothing that is generated rests on what is in scope where it stands,
//! and an item of the spec may have any name.

use super::local::MARK;
use crate::names::ident;
use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};
use std::collections::HashSet;
use std::str::FromStr as _;

/// Where the output finds the crate of the runtime: the root of the output exports it under this name.
const RUNTIME: &str = "crate::rt";

/// What every program has in scope. It is named by its path only where the spec has the same name.
const PRELUDE: &[(&str, &[&str])] = &[
    ("::core::option::Option", &["Some", "None"]),
    ("::core::result::Result", &["Ok", "Err"]),
    ("::core::option", &["Option"]),
    ("::core::result", &["Result"]),
    ("::core::default", &["Default"]),
    ("::core::convert", &["From", "Into", "AsRef"]),
    ("::core::iter", &["Iterator", "IntoIterator"]),
    ("::core::marker", &["Copy", "Send", "Sized", "Sync"]),
    ("::core::ops", &["Drop", "Fn", "FnMut", "FnOnce"]),
    ("::core::clone", &["Clone"]),
    ("::core::cmp", &["Eq", "PartialEq"]),
    (
        "::core::primitive",
        &[
            "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "isize", "str", "u8", "u16", "u32",
            "u64", "usize",
        ],
    ),
    ("::core::mem", &["align_of", "size_of"]),
    ("", &["alloc", "core", "std"]),
];

/// What is always named by its path.
const CORE: &[(&str, &[&str])] = &[
    ("::core", &["fmt", "ptr"]),
    ("::core::convert", &["TryFrom"]),
    ("::core::marker", &["PhantomData"]),
    ("::core::ptr", &["NonNull"]),
    ("::core::sync::atomic", &["AtomicPtr", "Ordering"]),
];

/// Items of the runtime, and its modules.
const OF_RUNTIME: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "cell",
            "checks",
            "buffers",
            "import",
            "interface",
            "memory",
            "owned",
            "request",
            "set",
            "symbol",
            "wide",
        ],
    ),
    ("client", &["Buildable", "Built", "ClientMut", "ClientRef", "Member", "Plain", "Slice", "Vouched"]),
    ("declaration", &["Declaration"]),
    (
        "facts",
        &[
            "ClassId",
            "Dispatch",
            "DocumentedError",
            "Downcall",
            "Entry",
            "ErrorCode",
            "Facts",
            "Kit",
            "PlatformId",
            "Requirement",
            "Slot",
            "Upcall",
            "Word",
        ],
    ),
    ("memory", &["Bytes", "ClientSlice", "OutBuf", "Text"]),
    ("refused", &["Failed", "Refused"]),
    ("request", &["RequestState"]),
    ("upcall_set", &["UpcallSet"]),
    ("wide", &["WideString"]),
];

/// Items that are the same for all specs, by the files that declare them, and those files.
const GENERATED: &[(&str, &[&str])] = &[
    ("", &["ffi"]),
    ("classes", &["Class", "Platform"]),
    ("facts", &["Completes", "DOWNCALLS", "ENTRIES", "ERRORS", "FACTS", "KITS", "REVISION", "UPCALLS"]),
    ("host", &["Call", "Host", "Locate"]),
    ("import", &["Import"]),
    ("layer", &["Layer"]),
    (
        "memory",
        &[
            "Gather",
            "RequestContext",
            "Kept",
            "RequestBuffers",
            "CompletionResult",
            "Outcome",
            "Progress",
            "RequestParts",
            "PendingRequest",
            "Request",
            "Scatter",
            "CompletionVtable",
            "InterfaceTypes",
        ],
    ),
    ("procs", &["Procs"]),
    ("safe", &["Upcalls"]),
    ("serve", &["Serve"]),
    ("table", &["CLOSED", "Cell", "Interface", "RawTable", "Table"]),
];

/// An item of the spec, which this file of the output declares.
pub(crate) fn item(file: &str, name: &str) -> Ident {
    Ident::new(&format!("{MARK}{file}{MARK}{name}"), Span::call_site())
}

/// A name of the spec that stands alone and is no path: of a variant, a member, or an item of a module of its own.
pub(super) fn alone(name: &str) -> Ident {
    item(ALONE, name)
}

const ALONE: &str = "alone";

/// Where an item of ours is, from the root of our crate.
pub(super) fn from_root(name: &str) -> String {
    let path = match find(name) {
        Some(Found::Generated(_, path) | Found::Always(path)) => path,
        Some(Found::Prelude(_)) | None => format!("crate::{name}"),
    };
    path.trim_start_matches("crate::").to_owned()
}

/// The path of an item for a link in a text.
pub(super) fn link(name: &str) -> String {
    format!("crate::{}", from_root(name))
}

/// The `use` declarations of items that a file names often. No item of the spec may be declared there.
pub(super) fn imports(names: &[&str]) -> String {
    names.iter().flat_map(|name| ["use ".to_owned(), link(name), ";\n".to_owned()]).collect()
}

/// What a short name stands for.
enum Found {
    Prelude(String),
    /// The file that declares it, and its path.
    Generated(&'static str, String),
    Always(String),
}

fn find(name: &str) -> Option<Found> {
    let within = |rows: &'static [(&'static str, &'static [&'static str])]| {
        rows.iter().find(|(_, names)| names.contains(&name)).map(|(path, _)| *path)
    };
    let join = |root: &str, path: &str| {
        let parts = [root, path, name];
        parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("::")
    };
    if let Some(path) = within(PRELUDE) {
        return Some(Found::Prelude(format!("{path}::{name}")));
    }
    if let Some(path) = within(CORE) {
        return Some(Found::Always(join("", path)));
    }
    if let Some(path) = within(OF_RUNTIME) {
        return Some(Found::Always(join(RUNTIME, path)));
    }
    within(GENERATED).map(|file| Found::Generated(file, join("crate", file)))
}

/// Where an item is to stand.
pub(super) struct Here<'a> {
    /// The file.
    pub(super) file: &'a str,
    /// What the file imports.
    pub(super) imported: &'a [&'a str],
    /// All names of the spec.
    pub(super) names: &'a HashSet<String>,
}

/// What a program has in scope, for code that stands in another program: it may call something else so.
pub(super) fn prelude() -> impl Iterator<Item = &'static str> {
    PRELUDE.iter().flat_map(|(_, names)| names.iter().copied())
}

/// One item, its names replaced by what they stand for.
pub(super) fn resolve(item: TokenStream, here: &Here<'_>) -> TokenStream {
    let mut others = HashSet::new();
    words(&item, &mut others);
    walk(item, here, &others)
}

/// The root of our crate, in what a macro gives to others. Marked until it is printed: tokens of a macro are no item.
pub(super) const ROOT: (&str, &str) = ("ǃcrate", "$crate");

/// Paths from the root of our crate, as others reach them. No name of a spec can be that word.
pub(super) fn for_others(tokens: TokenStream) -> TokenStream {
    let changed = tokens.into_iter().map(|token| match token {
        TokenTree::Ident(word) if word == "crate" => TokenTree::Ident(Ident::new(ROOT.0, word.span())),
        TokenTree::Group(group) => {
            let mut new = Group::new(group.delimiter(), for_others(group.stream()));
            new.set_span(group.span());
            TokenTree::Group(new)
        }
        other => other,
    });
    changed.collect()
}

/// All words that are no marks: no mark can be replaced by one of them.
fn words(tokens: &TokenStream, others: &mut HashSet<String>) {
    for token in tokens.clone() {
        match token {
            TokenTree::Group(group) => words(&group.stream(), others),
            TokenTree::Ident(ident) => {
                let word = ident.to_string();
                if !word.starts_with(MARK) {
                    others.insert(word);
                }
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

fn walk(tokens: TokenStream, here: &Here<'_>, others: &HashSet<String>) -> TokenStream {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let mut out = TokenStream::new();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) if !is_attribute(&tokens[..at], group) => {
                let mut new = Group::new(group.delimiter(), walk(group.stream(), here, others));
                new.set_span(group.span());
                out.extend([TokenTree::Group(new)]);
            }
            TokenTree::Ident(ident) => {
                out.extend(named(ident, Place::new(&tokens[..at], &tokens[at + 1..]), here, others));
            }
            other => out.extend([other.clone()]),
        }
    }
    out
}

fn is_attribute(before: &[TokenTree], group: &Group) -> bool {
    group.delimiter() == Delimiter::Bracket && before.last().is_some_and(|token| is(token, '#'))
}

fn is(token: &TokenTree, c: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == c)
}

fn is_joint_colon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint)
}

/// What stands around a word.
#[derive(Clone, Copy)]
struct Place {
    /// The word is looked up where it stands, and not in what stands before it.
    is_head: bool,
    /// A path goes on behind it.
    goes_on: bool,
}

impl Place {
    fn new(before: &[TokenTree], after: &[TokenTree]) -> Self {
        let last = |back: usize, c: char| before.iter().nth_back(back).is_some_and(|token| is(token, c));
        let next = |at: usize, c: char| after.get(at).is_some_and(|token| is(token, c));
        let member = last(0, '.') && !last(1, '.');
        // `::` is one thing, unlike the colons of `name: ::path`.
        let segment = last(0, ':') && before.iter().nth_back(1).is_some_and(is_joint_colon);
        let goes_on = after.first().is_some_and(is_joint_colon);
        let labels = next(0, ':') && !goes_on;
        let is_macro = next(0, '!') && !next(1, '=');
        let is_head =
            !(member || segment || labels || is_macro || last(0, '\'') || last(0, '$') || declares(before));
        Self { is_head, goes_on }
    }
}

/// Whether what stands before a word makes it the name of a new item.
fn declares(before: &[TokenTree]) -> bool {
    let [.., TokenTree::Ident(keyword)] = before else { return false };
    let beyond = before.iter().nth_back(1);
    match &*keyword.to_string() {
        "fn" | "struct" | "enum" | "trait" | "type" | "mod" => true,
        // `*const T`, `&raw const x` and `'static` declare nothing.
        "const" => beyond.is_none_or(|token| !is(token, '*') && token.to_string() != "raw"),
        "static" => beyond.is_none_or(|token| !is(token, '\'')),
        _ => false,
    }
}

fn named(word: &Ident, place: Place, here: &Here<'_>, others: &HashSet<String>) -> TokenStream {
    let text = word.to_string();
    if let Some((file, name)) = spec_item(&text) {
        let known = file == ALONE || (file == here.file && !others.contains(name));
        let name = ident(name);
        if known || !place.is_head {
            return TokenTree::Ident(name).into();
        }
        let file = ident(file);
        return quote::quote!(crate::#file::#name);
    }
    let bare = || TokenTree::Ident(word.clone()).into();
    if !place.is_head || here.imported.contains(&&*text) {
        return bare();
    }
    let path = match find(&text) {
        Some(Found::Prelude(path)) if here.names.contains(&text) => path,
        // A variable may have the name of a module.
        Some(Found::Always(path)) if place.goes_on || !is_lower(&text) => path,
        Some(Found::Generated(file, path)) if file != here.file && (place.goes_on || !is_lower(&text)) => {
            path
        }
        _ => return bare(),
    };
    TokenStream::from_str(&path).expect("the table holds paths")
}

fn is_lower(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
}

/// The file and the name of a mark for an item. Marks for parameters are left to `local.rs`.
fn spec_item(word: &str) -> Option<(&str, &str)> {
    let (file, name) = word.strip_prefix(MARK)?.split_once(MARK)?;
    (!super::local::is_kind(file)).then_some((file, name))
}

/// The names of what an item declares that no pattern can have: constants, statics and structures.
pub(super) fn declared(tokens: &TokenStream, names: &mut HashSet<String>) {
    let mut last = String::new();
    for token in tokens.clone() {
        let text = match &token {
            TokenTree::Group(group) => {
                declared(&group.stream(), names);
                String::new()
            }
            other => other.to_string(),
        };
        if matches!(token, TokenTree::Ident(_)) && ["const", "static", "struct"].contains(&&*last) {
            names.insert(spec_item(&text).map_or(&*text, |(_, name)| name).to_owned());
        }
        last = text;
    }
}

/// What a mark for an item is called, for a text.
pub(crate) fn shown(item: &Ident) -> String {
    let text = item.to_string();
    spec_item(&text).map_or(&*text, |(_, name)| name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    fn resolved(tokens: TokenStream, names: &[&str]) -> String {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        resolve(tokens, &Here { file: "handles", imported: &[], names: &names }).to_string()
    }

    #[test]
    fn an_item_of_the_spec_is_never_taken_for_another() {
        let (option, generic, other) = (item("handles", "Option"), item("handles", "L"), item("ffi", "Some"));
        let tokens = quote!(fn f<L>(a: Option<#option>, b: #generic, c: L, d: #other) { Some(a.Some) });
        let expected = quote!(
            fn f<L>(
                a: ::core::option::Option<crate::handles::Option>,
                b: crate::handles::L,
                c: L,
                d: crate::ffi::Some,
            ) {
                ::core::option::Option::Some(a.Some)
            }
        );
        let found = resolved(tokens, &["Option", "L", "Some"]);
        // Formatting adds a comma to what is expected.
        assert_eq!(found.replace(' ', ""), expected.to_string().replace(' ', "").replace(",)", ")"));
    }

    #[test]
    fn what_nothing_else_is_called_stays_short() {
        let tap = item("handles", "Tap");
        let tokens =
            quote!(pub struct #tap { pub raw: *const u32, pub of: Option<#tap>, pub cell: &'static Cell, });
        let expected = quote!(
            pub struct Tap {
                pub raw: *const u32,
                pub of: Option<Tap>,
                pub cell: &'static crate::table::Cell,
            }
        );
        assert_eq!(resolved(tokens, &["Tap"]).replace(' ', ""), expected.to_string().replace(' ', ""));
    }
}
