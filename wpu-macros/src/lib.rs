//! The attributes [`provider`](macro@provider) and [`wpu_provider`](macro@wpu_provider), which other crates hand on.
//!
//! Everything behind the entry points works on [`proc_macro2`] types, and so runs in tests too.

mod args;
mod attribute;
mod check;
mod errors;
mod expand;
mod generics;
mod item;
mod keys;
mod messages;
mod provider;
mod spec;
mod suggest;
mod syntax;
#[cfg(test)]
mod tests;

use attribute::{Attribute, PROVIDER, WPU_PROVIDER};
use errors::{Errors, Place};
use proc_macro::TokenStream as Tokens;
use proc_macro2::{Span, TokenStream};
use provider::Call;
use quote::quote;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[doc = include_str!("wpu_provider.md")]
#[proc_macro_attribute]
pub fn wpu_provider(args: Tokens, item: Tokens) -> Tokens {
    expand_attribute(WPU_PROVIDER, &args.into(), &item.into()).into()
}

/// Makes a struct a plug-in of any host, and checks that it uses the upcalls that it has to.
///
/// `of = path` names the bindings, which are a crate or a module. The other arguments are those of
/// [`wpu_provider`](macro@wpu_provider), in the words of the spec of these bindings; `crate = path` says where `wpu_table` is,
/// if not at `::wpu_table`.
#[proc_macro_attribute]
pub fn provider(args: Tokens, item: Tokens) -> Tokens {
    expand_attribute(PROVIDER, &args.into(), &item.into()).into()
}

/// What bindings call with their facts.
#[doc(hidden)]
#[proc_macro]
pub fn __provider(input: Tokens) -> Tokens {
    expand_call(input.into()).into()
}

fn expand_attribute(attribute: Attribute, args: &TokenStream, item: &TokenStream) -> TokenStream {
    guard(attribute.name, Span::call_site(), || attribute.expand(args, item))
        .unwrap_or_else(|error| quote!(#item #error))
}

fn expand_call(input: TokenStream) -> TokenStream {
    let call = Call::parse(input).expect("the attribute and the bindings are of one version");
    guard(&call.attribute.to_string(), call.attribute.span(), || call.expand()).unwrap_or_else(|error| error)
}

/// Makes an error of a panic, which would take the item away and be followed by errors without end.
fn guard(name: &str, place: Span, expand: impl FnOnce() -> TokenStream) -> Result<TokenStream, TokenStream> {
    catch_unwind(AssertUnwindSafe(expand)).map_err(|payload| {
        let problem = messages::panic(name, &message(&*payload));
        Errors::from_iter([(Place::whole(place), problem)]).report()
    })
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref().cloned()).unwrap_or_else(|| "no message".to_owned())
}
