//! The parameters of a type, which are a fault: what an `impl` of the type needs, so that they are the only one.

use crate::syntax::Attributes;
use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::quote;
use syn::parse::ParseStream;
use syn::{Lifetime, Token, token};

/// The parameters of a type that has some.
pub(crate) struct Generics {
    /// Where `<` stands.
    pub(crate) open: Span,
    /// Where `>` stands.
    pub(crate) close: Span,
    /// One for each choice among the parameters under conditions, since arguments can have none. Nothing if
    /// there are too many choices.
    pub(crate) configurations: Vec<Configured>,
    /// What stands behind `where`, with a comma at the end where there is something.
    pub(crate) predicates: TokenStream,
}

/// The parameters that are left in one configuration.
#[derive(Clone, Default)]
pub(crate) struct Configured {
    /// What holds for this configuration only; nothing where there is but one.
    pub(crate) condition: TokenStream,
    /// As behind `impl`.
    pub(crate) parameters: TokenStream,
    /// As behind the type.
    pub(crate) names: TokenStream,
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

/// The most configurations: each parameter under conditions doubles their number.
const MOST: usize = 16;

impl Generics {
    /// Reads what stands behind the name of a type, if that is `<`.
    pub(crate) fn parse(input: ParseStream<'_>) -> syn::Result<Option<Self>> {
        let Some(open) = input.parse::<Option<Token![<]>>()? else {
            return Ok(None);
        };
        let (mut parameters, mut lifetimes) = (Vec::new(), 0);
        while !input.is_empty() && !input.peek(Token![>]) {
            let parameter = Parameter::parse(input)?;
            // Lifetimes stand first.
            let at = if parameter.is_lifetime { lifetimes } else { parameters.len() };
            lifetimes += usize::from(parameter.is_lifetime);
            parameters.insert(at, parameter);
        }
        let close = input.parse::<Token![>]>()?;
        Ok(Some(Self {
            open: open.spans[0],
            close: close.spans[0],
            configurations: configurations(&parameters),
            predicates: predicates(input)?,
        }))
    }
}

fn configurations(parameters: &[Parameter]) -> Vec<Configured> {
    let mut all = vec![Configured::default()];
    for Parameter { conditions, declared, name, .. } in parameters {
        let mut without = Vec::new();
        if !conditions.is_empty() {
            without.clone_from(&all);
            for configured in &mut without {
                configured.condition.extend(quote!(not(all(#(#conditions),*)),));
            }
        }
        for configured in &mut all {
            configured.condition.extend(quote!(#(#conditions,)*));
            configured.parameters.extend(quote!(#declared,));
            configured.names.extend(quote!(#name,));
        }
        without.append(&mut all);
        all = without;
        if all.len() > MOST {
            return Vec::new();
        }
    }
    all
}

impl Parameter {
    /// Reads a parameter, and the comma behind it.
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let conditions = Attributes::parse(input)?.predicates;
        let before_name = usize::from(input.peek(Token![const]));
        let is_lifetime = input.peek(Lifetime);
        let declared = until_outside_angles(input, &|input| input.peek(Token![=]) || ends_parameter(input));
        until_outside_angles(input, &ends_parameter);
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
    let predicates = until_outside_angles(input, &|input| input.peek(token::Brace) || input.peek(Token![;]));
    let comma = matches!(predicates.last(), Some(last) if last.to_string() != ",").then(|| quote!(,));
    Ok(quote!(#(#predicates)* #comma))
}

/// Takes tokens up to the first place at which `ends` holds and that is not within `<…>`.
fn until_outside_angles(input: ParseStream<'_>, ends: &dyn Fn(ParseStream<'_>) -> bool) -> Vec<TokenTree> {
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
