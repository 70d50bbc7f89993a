//! Tokens to text: one file of Rust, item by item.
//!
//! Token streams hold neither blank lines nor `//` comments. So every item is printed on its own,
//! and a doc attribute that begins with `§` becomes a plain comment.

use super::local;
use super::path::{self, Here, ROOT};
use super::view::View;
use proc_macro2::TokenStream;
use quote::quote;
use std::collections::HashSet;
use std::rc::Rc;

/// A file of Rust in the making.
pub(super) struct Page {
    /// Which one: a module of the output.
    file: &'static str,
    /// What it imports.
    imported: &'static [&'static str],
    /// All names of the spec.
    names: Rc<HashSet<String>>,
    /// What exported macros begin with: they are exported from the root of the crate, where bindings of other specs may
    /// have one too.
    prefix: String,
    text: String,
    pieces: Vec<Piece>,
}

/// What stands between two blank lines.
enum Piece {
    Lines(String),
    /// Items without blank lines between them.
    Group(Vec<TokenStream>),
    /// What stands before the brace, and the items behind it.
    Block(TokenStream, Vec<TokenStream>),
    /// A macro for other crates.
    Exported(Exported),
}

/// A macro that hands signatures to another macro.
struct Exported {
    name: &'static str,
    about: &'static str,
    signatures: Vec<TokenStream>,
}

impl Page {
    /// Begins a file that `about` describes in a line or more.
    pub(super) fn new(view: &View<'_>, file: &'static str, about: &str) -> Self {
        let mut text = format!("// {}\n\n", view.marker());
        for line in about.lines() {
            text += format!("//! {line}").trim_end();
            text.push('\n');
        }
        let prefix = format!("__{}_", view.model.head.package.replace('-', "_"));
        Self { file, imported: &[], names: view.names(), prefix, text, pieces: Vec::new() }
    }

    /// Imports items that the file names often. It must not declare items of the spec.
    pub(super) fn import(&mut self, names: &'static [&'static str]) {
        self.imported = names;
        self.lines(&path::imports(names));
    }

    /// Adds lines as they are, such as `use` declarations.
    pub(super) fn lines(&mut self, lines: &str) {
        self.pieces.push(Piece::Lines(lines.to_owned()));
    }

    /// Adds one item.
    pub(super) fn item(&mut self, item: TokenStream) {
        self.group([item]);
    }

    pub(super) fn items(&mut self, items: impl IntoIterator<Item = TokenStream>) {
        items.into_iter().for_each(|item| self.item(item));
    }

    /// Adds items that belong together, without blank lines between them.
    pub(super) fn group(&mut self, items: impl IntoIterator<Item = TokenStream>) {
        let items: Vec<_> = items.into_iter().collect();
        if !items.is_empty() {
            self.pieces.push(Piece::Group(items));
        }
    }

    /// Adds a block such as `impl X`, its items apart from each other. `head` is what stands before the brace.
    pub(super) fn block(&mut self, head: &TokenStream, items: impl IntoIterator<Item = TokenStream>) {
        self.pieces.push(Piece::Block(head.clone(), items.into_iter().collect()));
    }

    /// Adds a macro that calls the one that it is given with these signatures, whose paths lead here from any crate.
    pub(super) fn exported(
        &mut self,
        name: &'static str,
        about: &'static str,
        signatures: impl IntoIterator<Item = TokenStream>,
    ) {
        self.pieces.push(Piece::Exported(Exported {
            name,
            about,
            signatures: signatures.into_iter().collect(),
        }));
    }

    /// Names are given only now, when all is known that the file declares.
    pub(super) fn finish(mut self) -> String {
        let pieces = std::mem::take(&mut self.pieces);
        let mut taken = HashSet::new();
        for piece in &pieces {
            match piece {
                Piece::Lines(_) | Piece::Exported(_) => {}
                Piece::Group(items) => items.iter().for_each(|item| path::declared(item, &mut taken)),
                Piece::Block(head, items) => {
                    path::declared(head, &mut taken);
                    for item in items {
                        path::declared(item, &mut taken);
                    }
                }
            }
        }
        for piece in pieces {
            let lines = match piece {
                Piece::Lines(lines) => lines,
                Piece::Group(items) => items.into_iter().map(|item| self.print(item, &taken)).collect(),
                Piece::Block(head, items) => self.print_block(&head, items, &taken),
                Piece::Exported(of) => self.print_exported(of, &taken),
            };
            self.text.push('\n');
            self.text += lines.trim_end();
            self.text.push('\n');
        }
        self.text
    }

    fn print_block(&self, head: &TokenStream, items: Vec<TokenStream>, taken: &HashSet<String>) -> String {
        let printed = items.into_iter().map(|item| self.print(quote!(#head { #item }), taken));
        let items: Vec<_> = printed.map(|printed| inner(&printed).to_owned()).collect();
        let outside = self.print(quote!(#head { }), taken);
        let head = outside.trim_end().trim_end_matches('}').trim_end();
        format!("{head}\n{}}}", items.join("\n"))
    }

    fn print_exported(&self, of: Exported, taken: &HashSet<String>) -> String {
        let Exported { name, about, signatures } = of;
        let full = format!("{}{name}", self.prefix);
        // A user's crate may have something else under any name.
        let names = self.names.iter().cloned().chain(path::prelude().map(str::to_owned)).collect();
        let here = Here { names: &names, ..self.here() };
        // Signatures alone are items only of a trait.
        let printed = signatures.into_iter().map(|signature| {
            let item = path::for_others(path::resolve(quote!(trait T { #signature }), &here));
            unparse(local::settle(item, taken))
        });
        let lines: String = printed.map(|printed| inner(&printed).replace(ROOT.0, ROOT.1)).collect();
        let lines = lines.replace("\n    ", "\n            ");
        format!(
            "/// {about}\n#[doc(hidden)]\n#[macro_export]\nmacro_rules! {full} {{\n    ($callback:ident) => {{\n        \
             $callback! {{\n        {lines}        }}\n    }};\n}}\n\n#[doc(hidden)]\npub use {full} as {name};"
        )
    }

    fn here(&self) -> Here<'_> {
        Here { file: self.file, imported: self.imported, names: &self.names }
    }

    /// Prints one item. `taken` are names that no parameter can have.
    fn print(&self, item: TokenStream, taken: &HashSet<String>) -> String {
        let printed = unparse(local::settle(path::resolve(item, &self.here()), taken));
        let lines = printed.lines().map(|line| {
            let indent = &line[..line.len() - line.trim_start().len()];
            let code = &line[indent.len()..];
            // Only a whole line: a text may hold the same characters.
            match code.strip_prefix("///§").or_else(|| code.strip_prefix("//!§")) {
                Some(comment) => format!("{indent}//{comment}\n"),
                // A text of the spec is what it is.
                None if code.starts_with("//") || code.contains('"') => format!("{line}\n"),
                // Paths are apart in what a macro is given.
                None => format!("{}\n", line.replace("offset_of!(crate ::", "offset_of!(crate::")),
            }
        });
        lines.collect()
    }
}

fn unparse(item: TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(item).expect("what an emitter writes is Rust"))
}

/// The lines between the first brace's line and the last line.
fn inner(block: &str) -> &str {
    let start = block.find("{\n").map_or(0, |at| at + 2);
    let end = block.trim_end().rfind('\n').map_or(start, |at| at + 1);
    &block[start.min(end)..end]
}
