//! Tokens to text: one file of Rust, item by item.
//!
//! Token streams hold neither blank lines nor `//` comments. So every item is printed on its own,
//! and a doc attribute that begins with `§` becomes a plain comment.

use super::local;
use super::view::View;
use super::words::Words;
use proc_macro2::TokenStream;
use quote::quote;
use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

/// A file of Rust in the making.
pub(super) struct Page {
    text: String,
    /// Names that no parameter can have.
    taken: Rc<HashSet<String>>,
    /// Where names are collected, in place of printing anything.
    words: Option<Rc<RefCell<Words>>>,
}

impl Page {
    /// Begins a file that `about` describes in a line or more.
    pub(super) fn new(view: &View<'_>, about: &str) -> Self {
        let mut text = format!("// {}\n\n", view.marker());
        for line in about.lines() {
            text += format!("//! {line}").trim_end();
            text.push('\n');
        }
        Self { text, taken: view.items(), words: view.collector() }
    }

    /// Adds lines as they are, such as `use` declarations.
    pub(super) fn lines(&mut self, lines: &str) {
        if let Some(words) = &self.words {
            words.borrow_mut().lines(lines);
            return;
        }
        self.text.push('\n');
        self.text += lines.trim_end();
        self.text.push('\n');
    }

    /// Adds one item.
    pub(super) fn item(&mut self, item: TokenStream) {
        self.lines(&self.print(item));
    }

    pub(super) fn items(&mut self, items: impl IntoIterator<Item = TokenStream>) {
        items.into_iter().for_each(|item| self.item(item));
    }

    /// Adds items that belong together, without blank lines between them.
    pub(super) fn group(&mut self, items: impl IntoIterator<Item = TokenStream>) {
        let group: String = items.into_iter().map(|item| self.print(item)).collect();
        if !group.is_empty() {
            self.lines(&group);
        }
    }

    /// Adds a block such as `impl X`, its items apart from each other. `head` is what stands before the brace.
    pub(super) fn block(&mut self, head: &TokenStream, items: impl IntoIterator<Item = TokenStream>) {
        if let Some(words) = &self.words {
            items.into_iter().for_each(|item| words.borrow_mut().tokens(&item));
            return words.borrow_mut().tokens(head);
        }
        let items: Vec<_> =
            items.into_iter().map(|item| inner(&self.print(quote!(#head { #item }))).to_owned()).collect();
        let outside = self.print(quote!(#head { }));
        let head = outside.trim_end().trim_end_matches('}').trim_end();
        self.lines(&format!("{head}\n{}}}", items.join("\n")));
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    /// Prints one item, or several without blank lines.
    fn print(&self, item: TokenStream) -> String {
        if let Some(words) = &self.words {
            words.borrow_mut().tokens(&item);
            return String::new();
        }
        let item = local::settle(item, &self.taken);
        let file = syn::parse2(item).expect("what an emitter writes is Rust");
        let printed = prettyplease::unparse(&file);
        let lines = printed.lines().map(|line| {
            let indent = &line[..line.len() - line.trim_start().len()];
            let code = &line[indent.len()..];
            // Only a whole line: a text may hold the same characters.
            match code.strip_prefix("///§").or_else(|| code.strip_prefix("//!§")) {
                Some(comment) => format!("{indent}//{comment}\n"),
                None => format!("{line}\n"),
            }
        });
        lines.collect()
    }
}

/// The lines between the first brace's line and the last line.
fn inner(block: &str) -> &str {
    let start = block.find("{\n").map_or(0, |at| at + 2);
    let end = block.trim_end().rfind('\n').map_or(start, |at| at + 1);
    &block[start.min(end)..end]
}
