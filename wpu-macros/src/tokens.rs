//! Reading tokens one after the other, with their places, and naming them in messages.

use crate::errors::Place;
use proc_macro2::{Delimiter, Ident, Spacing, Span, TokenStream, TokenTree};

/// The tokens of the attribute or of one of its lists.
pub(crate) struct Tokens {
    trees: Vec<TokenTree>,
    next: usize,
    /// The rank of the first token among all of the attribute.
    rank: usize,
}

impl Tokens {
    /// All tokens of the attribute.
    pub(crate) fn new(tokens: TokenStream) -> Self {
        Self::ranked(tokens, 1)
    }

    fn ranked(tokens: TokenStream, rank: usize) -> Self {
        let mut trees = Vec::new();
        flatten(tokens, &mut trees);
        Self { trees, next: 0, rank }
    }

    /// The token after those taken.
    pub(crate) fn peek(&self) -> Option<&TokenTree> {
        self.peek_after(0)
    }

    /// The token behind `skipped` others.
    pub(crate) fn peek_after(&self, skipped: usize) -> Option<&TokenTree> {
        self.trees.get(self.next + skipped)
    }

    /// Takes the next token.
    pub(crate) fn take(&mut self) -> Option<(TokenTree, Place)> {
        let place = self.place();
        let tree = self.trees.get(self.next)?.clone();
        self.next += 1;
        Some((tree, place))
    }

    /// Takes the next token if it is this punctuation.
    pub(crate) fn take_punct(&mut self, punct: char) -> bool {
        let found = is_punct(self.peek(), punct);
        self.next += usize::from(found);
        found
    }

    /// Takes this many tokens.
    pub(crate) fn split(&mut self, count: usize) -> Self {
        let start = self.next;
        self.next = self.trees.len().min(start + count);
        Self { trees: self.trees[start..self.next].to_vec(), next: 0, rank: self.rank_of(start) }
    }

    /// The number of tokens in front of the next comma.
    pub(crate) fn until_comma(&self) -> usize {
        let rest = &self.trees[self.next..];
        rest.iter().position(|tree| is_punct(Some(tree), ',')).unwrap_or(rest.len())
    }

    /// The tokens within a group that was taken from here, its place being `place`.
    pub(crate) fn within(tokens: TokenStream, place: Place) -> Self {
        Self::ranked(tokens, place.rank + 1)
    }

    /// The place of the next token, or of the last one if there is no more.
    pub(crate) fn place(&self) -> Place {
        let at = self.next.min(self.trees.len().saturating_sub(1));
        match self.trees.get(at) {
            Some(tree) => Place { rank: self.rank_of(at), first: tree.span(), last: tree.span() },
            None => Place::whole(),
        }
    }

    /// The place of all that is left.
    pub(crate) fn rest(&self) -> Place {
        let end = self.trees.last().map_or_else(|| Place::whole().last, TokenTree::span);
        Place { last: end, ..self.place() }
    }

    /// What is left, as a message names it.
    pub(crate) fn describe(&self) -> String {
        match &self.trees[self.next..] {
            [] => "nothing".to_owned(),
            [tree] => describe(Some(tree)),
            trees => format!("`{}`", spell(trees)),
        }
    }

    /// What is left, as written.
    pub(crate) fn spell(&self) -> String {
        spell(&self.trees[self.next..])
    }

    /// What is left, if it is one identifier.
    pub(crate) fn only_ident(&self) -> Option<&Ident> {
        match &self.trees[self.next..] {
            [TokenTree::Ident(ident)] => Some(ident),
            _ => None,
        }
    }

    /// Whether what is left is a path without arguments, as a module has.
    pub(crate) fn is_path(&self) -> bool {
        let mut trees = &self.trees[self.next..];
        if let Some(rest) = after_colons(trees) {
            trees = rest;
        }
        loop {
            match trees {
                [name] => return is_name_or_start(name),
                [name, rest @ ..] if is_name_or_start(name) => match after_colons(rest) {
                    Some(rest) => trees = rest,
                    None => return false,
                },
                _ => return false,
            }
        }
    }

    /// What is left.
    pub(crate) fn stream(&self) -> TokenStream {
        stream(&self.trees[self.next..])
    }

    fn rank_of(&self, at: usize) -> usize {
        self.trees[..at].iter().fold(self.rank, |rank, tree| rank + size(tree))
    }
}

/// Tokens as they come out of a macro.
pub(crate) fn stream(trees: &[TokenTree]) -> TokenStream {
    trees.iter().cloned().collect()
}

/// Takes away the invisible groups that `macro_rules` puts around what it was given.
pub(crate) fn flatten(tokens: TokenStream, trees: &mut Vec<TokenTree>) {
    for tree in tokens {
        match tree {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                flatten(group.stream(), trees);
            }
            tree => trees.push(tree),
        }
    }
}

/// The place of the first token that was written where it stands, and not by a macro.
pub(crate) fn written(tokens: TokenStream) -> Option<Span> {
    tokens.into_iter().find_map(|tree| match &tree {
        TokenTree::Group(group) => written(group.stream()),
        tree => Some(tree.span()).filter(|span| is_written(*span)),
    })
}

/// Whether the token at a place was written there. Only the text that rustc prints for debugging says so:
/// it starts with the number of the expansion, which is 0 where there is none. Should it be another text one day, no
/// token counts as written.
pub(crate) fn is_written(span: Span) -> bool {
    format!("{span:?}").starts_with("#0 ")
}

/// The number of tokens in a tree.
fn size(tree: &TokenTree) -> usize {
    match tree {
        TokenTree::Group(group) => group.stream().into_iter().fold(1, |sum, tree| sum + size(&tree)),
        _ => 1,
    }
}

/// The number of tokens of `#[…]` and comments at the start.
pub(crate) fn after_attributes(trees: &[TokenTree]) -> usize {
    let mut at = 0;
    while is_punct(trees.get(at), '#') && matches!(trees.get(at + 1), Some(TokenTree::Group(_))) {
        at += 2;
    }
    at
}

/// Whether a token is this word.
pub(crate) fn is_ident(tree: Option<&TokenTree>, word: &str) -> bool {
    matches!(tree, Some(TokenTree::Ident(found)) if found == word)
}

/// Whether a token is a group in this delimiter.
pub(crate) fn is_group(tree: Option<&TokenTree>, delimiter: Delimiter) -> bool {
    matches!(tree, Some(TokenTree::Group(found)) if found.delimiter() == delimiter)
}

/// What stands behind `::`, if tokens begin with that.
fn after_colons(trees: &[TokenTree]) -> Option<&[TokenTree]> {
    match trees {
        [TokenTree::Punct(first), TokenTree::Punct(second), rest @ ..]
            if first.as_char() == ':' && first.spacing() == Spacing::Joint && second.as_char() == ':' =>
        {
            Some(rest)
        }
        _ => None,
    }
}

/// Whether a token can be a part of a path: a name, or a keyword from which paths start.
fn is_name_or_start(tree: &TokenTree) -> bool {
    let TokenTree::Ident(word) = tree else {
        return false;
    };
    ["super", "self", "Self", "crate"].iter().any(|start| word == start)
        || syn::parse2::<Ident>(tree.clone().into()).is_ok()
}

/// Whether a token is this punctuation.
pub(crate) fn is_punct(tree: Option<&TokenTree>, punct: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(found)) if found.as_char() == punct)
}

/// The two signs of a delimiter.
pub(crate) const fn signs(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

/// A token, as a message names it.
pub(crate) fn describe(tree: Option<&TokenTree>) -> String {
    match tree {
        None => "nothing".to_owned(),
        Some(tree) => format!("`{}`", spell(std::slice::from_ref(tree))),
    }
}

/// Tokens as a user would write them; what stands in groups is left out.
pub(crate) fn spell(trees: &[TokenTree]) -> String {
    let word = |tree: &TokenTree| match tree {
        TokenTree::Group(group) => {
            let (open, close) = signs(group.delimiter());
            let inner = if group.stream().is_empty() { "" } else { "…" };
            format!("{open}{inner}{close}")
        }
        tree => tree.to_string(),
    };
    let mut text = String::new();
    for (at, tree) in trees.iter().enumerate() {
        let wordy = |tree: &TokenTree| matches!(tree, TokenTree::Ident(_) | TokenTree::Literal(_));
        if at > 0 && wordy(tree) && wordy(&trees[at - 1]) {
            text.push(' ');
        }
        text.push_str(&word(tree));
    }
    text
}
