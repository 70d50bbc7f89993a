//! The attribute [`wpu_provider`](macro@wpu_provider) of the crate `wpu`, which re-exports it.
//!
//! Everything behind the entry point works on [`proc_macro2`] types, and so runs in tests too.

mod args;
mod check;
mod errors;
mod expand;
mod generics;
mod item;
mod messages;
mod suggest;
mod syntax;
#[cfg(test)]
mod tests;

use args::Declared;
use errors::{Errors, Place};
use item::Provider;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use syn::parse::{ParseStream, Parser};
use syn::{Token, bracketed};

#[doc = include_str!("wpu_provider.md")]
#[proc_macro_attribute]
pub fn wpu_provider(args: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let (args, item) = (args.into(), TokenStream::from(item));
    guard(&item, || provider_with(args, &item)).into()
}

/// The item, and beside it what makes it a provider, or what is wrong.
fn provider_with(args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(provider) = Provider::parse(item.clone(), &mut errors) else {
        let errors = errors.report(&TokenStream::new());
        return quote!(#item #errors);
    };
    let beside = if is_name_value(Span::call_site().source_text().as_deref(), &args) {
        // rustc has reported it. The kit may be any.
        let mut declared = Declared::default();
        declared.may_be_meant(args::KIT);
        expand::fallback(&provider, &declared)
    } else {
        let written = written(args.clone()).or_else(|| written(item.clone()));
        let declared = Declared::parse(syntax::visible(args), &mut errors);
        check::check(&declared, &mut errors);
        if errors.is_empty() {
            expand::expand(&provider, &declared, written)
        } else {
            expand::fallback(&provider, &declared)
        }
    };
    let errors = errors.report(&provider.conditions);
    quote!(#item #errors #beside)
}

/// Whether the attribute is of the form `#[name = value]`, of which the compiler hands on the value as arguments. Only the
/// text of the attribute says so, and it says the same value: nothing else may keep the arguments from being checked.
fn is_name_value(attribute: Option<&str>, args: &TokenStream) -> bool {
    let value = |input: ParseStream<'_>| {
        let inside;
        let input = if input.parse::<Option<Token![#]>>()?.is_some() {
            bracketed!(inside in input);
            &inside
        } else {
            input
        };
        syntax::until(input, &|input| input.peek(Token![=]));
        input.parse::<Token![=]>()?;
        input.parse::<TokenStream>()
    };
    let value = attribute.and_then(|text| value.parse_str(text).ok());
    value.is_some_and(|value| !value.is_empty() && value.to_string() == args.to_string())
}

/// The place of the first token that was written where it stands, and not by a macro.
fn written(tokens: TokenStream) -> Option<Span> {
    tokens.into_iter().find_map(|tree| match &tree {
        TokenTree::Group(group) => written(group.stream()),
        tree => Some(tree.span()).filter(|span| expand::is_written(*span)),
    })
}

/// Makes an error of a panic, which would take the item away and be followed by errors without end.
fn guard(item: &TokenStream, expand: impl FnOnce() -> TokenStream) -> TokenStream {
    catch_unwind(AssertUnwindSafe(expand)).unwrap_or_else(|payload| {
        let mut errors = Errors::default();
        errors.add(Place::whole(), messages::panic(&message(&*payload)));
        let errors = errors.report(&TokenStream::new());
        quote!(#item #errors)
    })
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref().cloned()).unwrap_or_else(|| "no message".to_owned())
}
