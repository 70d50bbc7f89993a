//! The parameters of a type, which are a fault: what an `impl` of the type needs, so that they are the only one.

use crate::errors::Place;
use crate::syntax::Attributes;
use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::quote;
use syn::parse::ParseStream;
use syn::{Lifetime, Token, token};

/// A type as an implementation names it.
#[derive(Clone, Default)]
pub(crate) struct Form {
    /// The attribute with the condition under which the type has this form.
    pub(crate) condition: TokenStream,
    /// What stands behind `impl`.
    pub(crate) parameters: TokenStream,
    /// The type.
    pub(crate) ty: TokenStream,
    /// The `where` clause.
    pub(crate) bounds: TokenStream,
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

/// The most parameters under conditions: each doubles the number of forms.
const MOST: usize = 4;

/// Reads what stands behind the name of a type: where its parameters are, and its forms. There is one for each choice
/// among the parameters under conditions, as arguments can have none; and none if there are too many choices.
pub(crate) fn parse(name: &Ident, input: ParseStream<'_>) -> syn::Result<(Option<Place>, Vec<Form>)> {
    let Some(open) = input.parse::<Option<Token![<]>>()? else {
        return Ok((None, vec![Form { ty: quote!(#name), ..Form::default() }]));
    };
    let (mut parameters, mut others) = (Vec::new(), Vec::new());
    while !input.is_empty() && !input.peek(Token![>]) {
        let parameter = Parameter::parse(input)?;
        // Lifetimes stand first.
        if parameter.is_lifetime { parameters.push(parameter) } else { others.push(parameter) }
    }
    parameters.append(&mut others);
    let close = input.parse::<Token![>]>()?;
    let predicates = predicates(input)?;
    let mut forms = Vec::new();
    if parameters.iter().filter(|parameter| !parameter.conditions.is_empty()).count() <= MOST {
        choose(&parameters, Form::default(), &mut forms);
    }
    for Form { condition, parameters, ty, bounds } in &mut forms {
        if !condition.is_empty() {
            *condition = quote!(#[cfg(all(#condition))]);
        }
        *parameters = quote!(<#parameters>);
        *ty = quote!(#name <#ty>);
        *bounds = quote!(where #predicates Self: __wpu::core::marker::Sized + 'static);
    }
    Ok((Some(Place::in_item(open.spans[0], close.spans[0])), forms))
}

/// Adds to a form what each choice among parameters adds to its lists.
fn choose(parameters: &[Parameter], mut form: Form, all: &mut Vec<Form>) {
    let Some((Parameter { conditions, declared, name, .. }, others)) = parameters.split_first() else {
        all.push(form);
        return;
    };
    if !conditions.is_empty() {
        let mut without = form.clone();
        without.condition.extend(quote!(not(all(#(#conditions),*)),));
        choose(others, without, all);
    }
    form.condition.extend(quote!(#(#conditions,)*));
    form.parameters.extend(quote!(#declared,));
    form.ty.extend(quote!(#name,));
    choose(others, form, all);
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

/// The predicates of the `where` clause, which stands before braces and behind parentheses. Each ends with a comma.
fn predicates(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    if input.peek(token::Paren) {
        input.parse::<Group>()?;
    }
    if input.parse::<Option<Token![where]>>()?.is_none() {
        return Ok(TokenStream::new());
    }
    let predicates = until_outside_angles(input, &|input| input.peek(token::Brace) || input.peek(Token![;]));
    let comma = predicates.last().is_some_and(|last| last.to_string() != ",").then(|| quote!(,));
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
