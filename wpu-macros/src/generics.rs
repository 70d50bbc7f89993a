//! The parameters of a type. Tokens come in, what an `impl` of the type needs goes out.

use crate::tokens::{after_attributes, is_group, is_ident, is_punct, stream};
use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};

/// The parameters of a type that has some.
pub(crate) struct Generics {
    /// Where `<` stands.
    pub(crate) open: Span,
    /// Where `>` stands.
    pub(crate) close: Span,
    /// The parameters with their bounds and without their defaults, as behind `impl`.
    pub(crate) parameters: TokenStream,
    /// Their names, as behind the type.
    pub(crate) names: TokenStream,
    /// What stands behind `where`, with a comma at the end where there is something.
    pub(crate) predicates: TokenStream,
}

impl Generics {
    /// Reads what stands behind the name of a type, from `<` on. `None` if it cannot be read.
    pub(crate) fn read(rest: &[TokenTree]) -> Option<Self> {
        let (open, inner) = rest.split_first()?;
        let end = until(inner, &|tree| is_punct(Some(tree), '>'));
        let (inner, rest) = inner.split_at(end);
        let (close, rest) = rest.split_first()?;
        let (parameters, names) = parameters(inner)?;
        let (open, close) = (open.span(), close.span());
        Some(Self { open, close, parameters, names, predicates: predicates(rest) })
    }
}

/// The parameters as they are declared and as they are named, lifetimes first.
fn parameters(mut inner: &[TokenTree]) -> Option<(TokenStream, TokenStream)> {
    let (mut lifetimes, mut lifetime_names) = (TokenStream::new(), TokenStream::new());
    let (mut others, mut other_names) = (TokenStream::new(), TokenStream::new());
    while !inner.is_empty() {
        let (parameter, rest) = inner.split_at(until(inner, &|tree| is_punct(Some(tree), ',')));
        inner = rest.get(1..).unwrap_or_default();
        let declared = &parameter[..until(parameter, &|tree| is_punct(Some(tree), '='))];
        let name = name(declared)?;
        let (all, names) = if name.len() == 1 {
            (&mut others, &mut other_names)
        } else {
            (&mut lifetimes, &mut lifetime_names)
        };
        let (declared, name) = (stream(declared), stream(name));
        quote!(#declared,).to_tokens(all);
        quote!(#name,).to_tokens(names);
    }
    Some((quote!(#lifetimes #others), quote!(#lifetime_names #other_names)))
}

/// The name of a parameter: two tokens for a lifetime, one for all else.
fn name(mut parameter: &[TokenTree]) -> Option<&[TokenTree]> {
    parameter = &parameter[after_attributes(parameter)..];
    if is_ident(parameter.first(), "const") {
        parameter = &parameter[1..];
    }
    let length = if is_punct(parameter.first(), '\'') { 2 } else { 1 };
    parameter.get(..length)
}

/// The predicates of the `where` clause, which stands before braces and behind parentheses.
fn predicates(mut rest: &[TokenTree]) -> TokenStream {
    if is_group(rest.first(), Delimiter::Parenthesis) {
        rest = &rest[1..];
    }
    if !is_ident(rest.first(), "where") {
        return TokenStream::new();
    }
    let ends = |tree: &TokenTree| is_group(Some(tree), Delimiter::Brace) || is_punct(Some(tree), ';');
    let predicates = &rest[1..until(rest, &ends)];
    let comma = predicates.last().filter(|last| !is_punct(Some(last), ',')).map(|_| quote!(,));
    let predicates = stream(predicates);
    quote!(#predicates #comma)
}

/// How many tokens stand in front of the first one that `ends`, leaving out what is within `<…>`.
fn until(trees: &[TokenTree], ends: &dyn Fn(&TokenTree) -> bool) -> usize {
    let mut depth = 0_usize;
    for (at, tree) in trees.iter().enumerate() {
        if depth == 0 && ends(tree) {
            return at;
        }
        let arrow = at > 0 && is_punct(trees.get(at - 1), '-');
        if is_punct(Some(tree), '<') {
            depth += 1;
        } else if is_punct(Some(tree), '>') && !arrow {
            depth = depth.saturating_sub(1);
        }
    }
    trees.len()
}
