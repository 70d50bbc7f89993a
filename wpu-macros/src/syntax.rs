//! What the parsers of arguments and of items share: helpers over syn's streams, and tokens in the words of a message.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{LitStr, Token};

/// The tokens without the invisible groups that `macro_rules` puts around what it was given.
pub(crate) fn visible(tokens: TokenStream) -> TokenStream {
    let visible = |tree| match tree {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => visible(group.stream()),
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), visible(group.stream()));
            inner.set_span(group.span());
            TokenTree::from(inner).into()
        }
        tree => TokenStream::from(tree),
    };
    tokens.into_iter().map(visible).collect()
}

/// The next token, if there is one; it is not taken.
pub(crate) fn next(input: ParseStream<'_>) -> Option<TokenTree> {
    input.cursor().token_tree().map(|(tree, _)| tree)
}

/// Takes tokens up to the first place at which `ends` holds.
pub(crate) fn until(input: ParseStream<'_>, ends: impl Fn(ParseStream<'_>) -> bool) -> Vec<TokenTree> {
    let mut taken = Vec::new();
    while !ends(input) {
        match input.parse() {
            Ok(tree) => taken.push(tree),
            Err(_) => break,
        }
    }
    taken
}

/// An attribute of an item or of a parameter.
pub(crate) struct Attribute {
    sign: TokenTree,
    brackets: Group,
}

impl ToTokens for Attribute {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.sign.to_tokens(tokens);
        self.brackets.to_tokens(tokens);
    }
}

/// Takes attributes.
pub(crate) fn attributes(input: ParseStream<'_>) -> syn::Result<Vec<Attribute>> {
    let mut attributes = Vec::new();
    while input.peek(Token![#]) {
        attributes.push(Attribute { sign: input.parse()?, brackets: input.parse()? });
    }
    Ok(attributes)
}

impl Attribute {
    /// Whether this is its first word.
    pub(crate) fn is(&self, name: &str) -> bool {
        matches!(self.brackets.stream().into_iter().next(), Some(TokenTree::Ident(word)) if word == name)
    }

    /// The predicate of a `cfg`.
    pub(crate) fn predicate(&self) -> Option<TokenStream> {
        match self.brackets.stream().into_iter().nth(1) {
            Some(TokenTree::Group(predicate)) if self.is("cfg") => Some(predicate.stream()),
            _ => None,
        }
    }
}

/// Whether tokens are a path without arguments, as a module has.
pub(crate) fn is_path(tokens: TokenStream) -> bool {
    path.parse2(tokens).is_ok()
}

fn path(input: ParseStream<'_>) -> syn::Result<Punctuated<Ident, Token![::]>> {
    input.parse::<Option<Token![::]>>()?;
    Punctuated::parse_separated_nonempty_with(input, |segment| {
        let starts = segment.peek(Token![crate])
            || segment.peek(Token![self])
            || segment.peek(Token![Self])
            || segment.peek(Token![super]);
        if starts { Ident::parse_any(segment) } else { segment.parse() }
    })
}

/// The tokens in a text, if these are nothing but a text.
pub(crate) fn unquoted(tokens: TokenStream) -> Option<TokenStream> {
    syn::parse2::<LitStr>(tokens).ok()?.parse().ok()
}

/// Tokens as a message names them.
pub(crate) fn describe<'t>(trees: impl IntoIterator<Item = &'t TokenTree>) -> String {
    match spell(trees) {
        text if text.is_empty() => "nothing".to_owned(),
        text => format!("`{text}`"),
    }
}

/// Tokens as a user would write them; what stands in groups is left out.
pub(crate) fn spell<'t>(trees: impl IntoIterator<Item = &'t TokenTree>) -> String {
    let (mut text, mut after_word) = (String::new(), false);
    for tree in trees {
        let word = matches!(tree, TokenTree::Ident(_) | TokenTree::Literal(_));
        if word && after_word {
            text.push(' ');
        }
        after_word = word;
        match tree {
            TokenTree::Group(group) => text.push_str(&brackets(group)),
            tree => text.push_str(&tree.to_string()),
        }
    }
    text
}

/// A group without what it holds.
pub(crate) fn brackets(group: &Group) -> String {
    let (open, close) = match group.delimiter() {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    };
    let inner = if group.stream().is_empty() { "" } else { "…" };
    format!("{open}{inner}{close}")
}
