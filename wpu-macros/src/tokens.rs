//! What the parsers and the emitters share: helpers over syn's streams, tokens as messages name them, and code as text.

use proc_macro2::{Delimiter, Group, Literal, Span, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};

/// Tokens as a stream.
pub(crate) fn stream(trees: Vec<TokenTree>) -> TokenStream {
    trees.into_iter().collect()
}

/// Code in one piece.
pub(crate) fn join(parts: &[&TokenStream]) -> TokenStream {
    let mut all = TokenStream::new();
    for part in parts {
        all.extend(TokenStream::clone(part));
    }
    all
}

/// Reads tokens with a parser, to the end. It is not generic, so that rustc compiles it once.
pub(crate) fn read(
    tokens: TokenStream,
    parser: &mut dyn FnMut(ParseStream<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    (|input: ParseStream<'_>| parser(input)).parse2(tokens)
}

/// The tokens without the invisible groups that `macro_rules` puts around its arguments.
pub(crate) fn visible(tokens: TokenStream) -> TokenStream {
    let mut all = Vec::new();
    for tree in tokens {
        match tree {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                all.extend(visible(group.stream()));
            }
            TokenTree::Group(group) => {
                let mut inside = Group::new(group.delimiter(), visible(group.stream()));
                inside.set_span(group.span());
                all.push(inside.into());
            }
            tree => all.push(tree),
        }
    }
    stream(all)
}

/// The next token, if there is one; it is not taken.
pub(crate) fn next(input: ParseStream<'_>) -> Option<TokenTree> {
    input.cursor().token_tree().map(|(tree, _)| tree)
}

/// Takes the next token.
pub(crate) fn take(input: ParseStream<'_>) -> TokenTree {
    input.parse().expect("there is a token")
}

/// Takes tokens up to the first place at which `ends` holds.
pub(crate) fn until(input: ParseStream<'_>, ends: &dyn Fn(ParseStream<'_>) -> bool) -> Vec<TokenTree> {
    let mut taken = Vec::new();
    while !input.is_empty() && !ends(input) {
        taken.push(take(input));
    }
    taken
}

/// Tokens as a message names them.
pub(crate) fn describe(trees: &[TokenTree]) -> String {
    match spell(trees) {
        text if text.is_empty() => "nothing".to_owned(),
        text => format!("`{text}`"),
    }
}

/// Tokens as a user would write them, without the contents of groups.
pub(crate) fn spell(trees: &[TokenTree]) -> String {
    let (mut text, mut after_word) = (String::new(), false);
    for tree in trees {
        let word = matches!(tree, TokenTree::Ident(_) | TokenTree::Literal(_));
        if word && after_word {
            text.push(' ');
        }
        after_word = word;
        text.push_str(&match tree {
            TokenTree::Group(group) => brackets(group),
            tree => tree.to_string(),
        });
    }
    text
}

/// A group without its contents.
pub(crate) fn brackets(group: &Group) -> String {
    let inside = if group.stream().is_empty() { "" } else { "…" };
    match group.delimiter() {
        Delimiter::Parenthesis => format!("({inside})"),
        Delimiter::Brace => format!("{{{inside}}}"),
        Delimiter::Bracket => format!("[{inside}]"),
        Delimiter::None => inside.to_owned(),
    }
}

/// The tokens of a template, at `span`. `$name` stands for the part of that name, whose tokens keep their spans.
pub(crate) fn fill(template: &str, span: Span, parts: &[(&str, TokenStream)]) -> TokenStream {
    place(template.parse().expect("a template is code"), [span, span], parts)
}

/// The tokens of a text, at the first span, except for paths that start with `__wpu`, which are at the second.
pub(crate) fn place(text: TokenStream, spans: [Span; 2], parts: &[(&str, TokenStream)]) -> TokenStream {
    let mut placed = Vec::new();
    let mut trees = text.into_iter();
    let (mut in_path, mut after_colon) = (false, false);
    while let Some(mut tree) = trees.next() {
        let colon = matches!(&tree, TokenTree::Punct(punct) if punct.as_char() == ':');
        match &tree {
            TokenTree::Punct(punct) if punct.as_char() == '$' => {
                let name = trees.next().expect("a name follows `$`").to_string();
                let part = parts.iter().find(|(part, _)| *part == name);
                placed.extend(part.expect("each placeholder has its part").1.clone());
                continue;
            }
            TokenTree::Ident(name) => {
                in_path = in_path && after_colon || name.to_string().starts_with("__wpu");
            }
            TokenTree::Group(group) => {
                tree = Group::new(group.delimiter(), place(group.stream(), spans, parts)).into();
            }
            _ => in_path &= colon,
        }
        after_colon = colon;
        tree.set_span(spans[usize::from(in_path)]);
        placed.push(tree);
    }
    stream(placed)
}

/// The tokens of a text.
pub(crate) fn code(text: &str, span: Span) -> TokenStream {
    fill(text, span, &[])
}

/// A string literal.
pub(crate) fn literal(text: &str, span: Span) -> TokenStream {
    let mut literal = Literal::string(text);
    literal.set_span(span);
    TokenTree::from(literal).into()
}
