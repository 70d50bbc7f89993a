//! What the parsers of arguments and of items share: helpers over syn's streams, and tokens in the words of a message.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Token, bracketed};

/// The tokens without the invisible groups that `macro_rules` puts around what it was given.
pub(crate) fn visible(tokens: TokenStream) -> TokenStream {
    let mut all = TokenStream::new();
    for tree in tokens {
        match tree {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                all.extend(visible(group.stream()));
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), visible(group.stream()));
                inner.set_span(group.span());
                all.extend(TokenStream::from(TokenTree::from(inner)));
            }
            tree => all.extend(TokenStream::from(tree)),
        }
    }
    all
}

/// The next token, if there is one; it is not taken.
pub(crate) fn next(input: ParseStream<'_>) -> Option<TokenTree> {
    input.cursor().token_tree().map(|(tree, _)| tree)
}

/// Takes tokens up to the first place at which `ends` holds.
pub(crate) fn until(input: ParseStream<'_>, ends: &dyn Fn(ParseStream<'_>) -> bool) -> Vec<TokenTree> {
    let mut taken = Vec::new();
    while !ends(input) {
        match input.parse() {
            Ok(tree) => taken.push(tree),
            Err(_) => break,
        }
    }
    taken
}

/// What matters of the attributes of an item or of a parameter.
#[derive(Default)]
pub(crate) struct Attributes {
    /// The predicates of `cfg`.
    pub(crate) predicates: Vec<TokenStream>,
    /// Whether `deprecated` is among them.
    pub(crate) deprecated: bool,
}

impl Attributes {
    /// Takes attributes.
    pub(crate) fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut attributes = Self::default();
        while input.parse::<Option<Token![#]>>()?.is_some() {
            let inside;
            bracketed!(inside in input);
            let word = inside.call(Ident::parse_any).ok();
            attributes.deprecated |= word.as_ref().is_some_and(|word| word == "deprecated");
            let rest = until(&inside, &|_| false);
            if let [TokenTree::Group(predicate)] = &rest[..] {
                if word.is_some_and(|word| word == "cfg") {
                    attributes.predicates.push(predicate.stream());
                }
            }
        }
        Ok(attributes)
    }
}

/// Tokens as a message names them.
pub(crate) fn describe(trees: &[TokenTree]) -> String {
    match spell(trees) {
        text if text.is_empty() => "nothing".to_owned(),
        text => format!("`{text}`"),
    }
}

/// The next token as a message names it.
pub(crate) fn describe_next(input: ParseStream<'_>) -> String {
    describe(next(input).as_slice())
}

/// Tokens as a user would write them; what stands in groups is left out.
pub(crate) fn spell(trees: &[TokenTree]) -> String {
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
    let inner = if group.stream().is_empty() { "" } else { "…" };
    match group.delimiter() {
        Delimiter::Parenthesis => format!("({inner})"),
        Delimiter::Brace => format!("{{{inner}}}"),
        Delimiter::Bracket => format!("[{inner}]"),
        Delimiter::None => inner.to_owned(),
    }
}
