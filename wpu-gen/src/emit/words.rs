//! The words of an output: what a page collects in place of printing it.

use proc_macro2::{TokenStream, TokenTree};
use std::collections::HashSet;

/// What marks begin and end with. It is no ASCII, as all names of specs are.
pub(super) const MARK: char = 'ǃ';

/// Names as a page collects them.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// Each that could be taken for an item.
    pub(super) said: HashSet<String>,
    /// Each that is given to a function or a constant.
    pub(super) given: HashSet<String>,
}

impl Words {
    /// Lines as they are: `use` declarations.
    pub(super) fn lines(&mut self, lines: &str) {
        let words = lines.split(|c: char| !c.is_alphanumeric() && c != '_' && c != MARK);
        self.said.extend(words.map(str::to_owned));
    }

    /// An item.
    pub(super) fn tokens(&mut self, tokens: &TokenStream) {
        let (mut before, mut last) = (String::new(), String::new());
        for token in tokens.clone() {
            let text = match &token {
                TokenTree::Group(group) => {
                    self.tokens(&group.stream());
                    String::new()
                }
                TokenTree::Literal(_) => String::new(),
                TokenTree::Ident(_) | TokenTree::Punct(_) => token.to_string(),
            };
            if let TokenTree::Ident(_) = &token {
                // `.name` and `path::name` mean something only to what stands before them.
                let (member, segment) = (last == "." && before != ".", last == ":" && before == ":");
                if last == "fn" || last == "const" {
                    self.given.insert(text.clone());
                }
                if !member && !segment {
                    self.said.insert(text.clone());
                }
            }
            before = std::mem::replace(&mut last, text);
        }
    }
}
