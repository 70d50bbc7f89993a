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
    /// The parameters, lifetimes first.
    parameters: Vec<Parameter>,
    /// What stands behind `where`, with a comma at the end where there is something.
    pub(crate) predicates: TokenStream,
}

/// One parameter.
struct Parameter {
    /// The predicates of its `cfg` attributes, each with a comma.
    conditions: TokenStream,
    /// With its bounds and without its attributes and default, as behind `impl`.
    declared: TokenStream,
    /// As behind the type.
    name: TokenStream,
    is_lifetime: bool,
}

/// The parameters that are left in one configuration.
#[derive(Default)]
pub(crate) struct Configured {
    /// The attribute that holds for this configuration only; nothing where there is but one.
    pub(crate) condition: TokenStream,
    /// As behind `impl`.
    pub(crate) parameters: TokenStream,
    /// As behind the type.
    pub(crate) names: TokenStream,
}

/// The most parameters under conditions: each doubles the number of configurations.
const MOST_CONDITIONS: usize = 4;

impl Generics {
    /// Reads what stands behind the name of a type, from `<` on. `None` if it cannot be read.
    pub(crate) fn read(rest: &[TokenTree]) -> Option<Self> {
        let (open, inner) = rest.split_first()?;
        let end = until(inner, &|tree| is_punct(Some(tree), '>'));
        let (inner, rest) = inner.split_at(end);
        let (close, rest) = rest.split_first()?;
        let mut parameters = parameters(inner)?;
        parameters.sort_by_key(|parameter| !parameter.is_lifetime);
        let (open, close) = (open.span(), close.span());
        Some(Self { open, close, parameters, predicates: predicates(rest) })
    }

    /// One for each choice among the parameters under conditions, since arguments can have none. Nothing if
    /// there are too many choices.
    pub(crate) fn configurations(&self) -> Vec<Configured> {
        let count = self.parameters.iter().filter(|parameter| !parameter.conditions.is_empty()).count();
        if count > MOST_CONDITIONS {
            return Vec::new();
        }
        (0..1_usize << count).map(|choice| self.configured(choice)).collect()
    }

    /// The configuration in which the parameters under conditions are there whose bits `choice` has.
    fn configured(&self, mut choice: usize) -> Configured {
        let mut configured = Configured::default();
        let mut conditions = TokenStream::new();
        for Parameter { conditions: own, declared, name, .. } in &self.parameters {
            if !own.is_empty() {
                let (there, own) = (choice & 1 == 1, quote!(all(#own)));
                choice >>= 1;
                if !there {
                    quote!(not(#own),).to_tokens(&mut conditions);
                    continue;
                }
                quote!(#own,).to_tokens(&mut conditions);
            }
            quote!(#declared,).to_tokens(&mut configured.parameters);
            quote!(#name,).to_tokens(&mut configured.names);
        }
        if !conditions.is_empty() {
            configured.condition = quote!(#[cfg(all(#conditions))]);
        }
        configured
    }
}

fn parameters(mut inner: &[TokenTree]) -> Option<Vec<Parameter>> {
    let mut parameters = Vec::new();
    while !inner.is_empty() {
        let (parameter, rest) = inner.split_at(until(inner, &|tree| is_punct(Some(tree), ',')));
        inner = rest.get(1..).unwrap_or_default();
        let (attributes, parameter) = parameter.split_at(after_attributes(parameter));
        let declared = &parameter[..until(parameter, &|tree| is_punct(Some(tree), '='))];
        let name = name(declared)?;
        parameters.push(Parameter {
            conditions: conditions(attributes),
            declared: stream(declared),
            name: stream(name),
            is_lifetime: name.len() == 2,
        });
    }
    Some(parameters)
}

/// The predicates of the attributes that are conditions.
fn conditions(attributes: &[TokenTree]) -> TokenStream {
    let mut conditions = TokenStream::new();
    for tree in attributes {
        let TokenTree::Group(attribute) = tree else { continue };
        let attribute: Vec<TokenTree> = attribute.stream().into_iter().collect();
        if let [TokenTree::Ident(word), TokenTree::Group(predicate)] = &attribute[..] {
            if word == "cfg" {
                let predicate = predicate.stream();
                quote!(all(#predicate),).to_tokens(&mut conditions);
            }
        }
    }
    conditions
}

/// The name of a parameter: two tokens for a lifetime, one for all else.
fn name(mut parameter: &[TokenTree]) -> Option<&[TokenTree]> {
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
