//! The parameters of a type, which are a fault: what an `impl` of the type needs, so that they are the only one.

use crate::syntax::{Attribute, attributes};
use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::ParseStream;
use syn::{Lifetime, Token, token};

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
    /// The predicates of its `cfg` attributes.
    conditions: Vec<TokenStream>,
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
    /// Reads what stands behind the name of a type, if that is `<`.
    pub(crate) fn parse(input: ParseStream<'_>) -> syn::Result<Option<Self>> {
        if !input.peek(Token![<]) {
            return Ok(None);
        }
        let open = input.parse::<Token![<]>()?.spans[0];
        let mut parameters = Vec::new();
        while !input.is_empty() && !input.peek(Token![>]) {
            parameters.push(Parameter::parse(input)?);
        }
        let close = input.parse::<Token![>]>()?.spans[0];
        parameters.sort_by_key(|parameter| !parameter.is_lifetime);
        Ok(Some(Self { open, close, parameters, predicates: predicates(input)? }))
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
                let there = choice & 1 == 1;
                choice >>= 1;
                if !there {
                    quote!(not(all(#(#own),*)),).to_tokens(&mut conditions);
                    continue;
                }
                quote!(#(#own,)*).to_tokens(&mut conditions);
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

impl Parameter {
    /// Reads a parameter, and the comma behind it.
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let conditions = attributes(input)?.iter().filter_map(Attribute::predicate).collect();
        let before_name = usize::from(input.peek(Token![const]));
        let is_lifetime = input.peek(Lifetime);
        let declared = until_outside_angles(input, |input| input.peek(Token![=]) || ends_parameter(input));
        until_outside_angles(input, ends_parameter);
        input.parse::<Option<Token![,]>>()?;
        // A lifetime is two tokens.
        let name = declared.iter().skip(before_name).take(1 + usize::from(is_lifetime)).cloned().collect();
        Ok(Self { conditions, declared: declared.into_iter().collect(), name, is_lifetime })
    }
}

fn ends_parameter(input: ParseStream<'_>) -> bool {
    input.peek(Token![,]) || input.peek(Token![>])
}

/// The predicates of the `where` clause, which stands before braces and behind parentheses.
fn predicates(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    if input.peek(token::Paren) {
        input.parse::<Group>()?;
    }
    if input.parse::<Option<Token![where]>>()?.is_none() {
        return Ok(TokenStream::new());
    }
    let ends = |input: ParseStream<'_>| input.peek(token::Brace) || input.peek(Token![;]);
    let predicates = until_outside_angles(input, ends);
    let comma = matches!(predicates.last(), Some(last) if last.to_string() != ",").then(|| quote!(,));
    Ok(quote!(#(#predicates)* #comma))
}

/// Takes tokens up to the first place at which `ends` holds and that is not within `<…>`.
fn until_outside_angles(input: ParseStream<'_>, ends: impl Fn(ParseStream<'_>) -> bool) -> Vec<TokenTree> {
    let mut taken = Vec::new();
    let mut depth = 0_usize;
    while !input.is_empty() && (depth > 0 || !ends(input)) {
        if input.peek(Token![->]) {
            // Its second token closes nothing.
            taken.extend(input.parse::<TokenTree>());
        } else if input.peek(Token![<]) {
            depth += 1;
        } else if input.peek(Token![>]) {
            depth = depth.saturating_sub(1);
        }
        taken.extend(input.parse::<TokenTree>());
    }
    taken
}
