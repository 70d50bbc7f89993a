//! The attributes [`provider`](macro@provider) and [`wpu_provider`](macro@wpu_provider), which other crates re-export.
//!
//! The entry points convert to [`proc_macro2`] types, so that everything else runs in tests too.

mod args;
mod attribute;
mod errors;
mod expand;
mod item;
mod spec;
#[cfg(test)]
mod tests;
mod tokens;

use attribute::{Attribute, Call, PROVIDER, WPU_PROVIDER};
use errors::Errors;
use proc_macro::TokenStream as Tokens;
use proc_macro2::{Span, TokenStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use syn::parse::Parser;
use wpu_rt::rules::{Place, messages};

#[doc = include_str!("wpu_provider.md")]
#[proc_macro_attribute]
pub fn wpu_provider(args: Tokens, item: Tokens) -> Tokens {
    expand_attribute(WPU_PROVIDER, &args.into(), &item.into()).into()
}

/// Makes a struct a plug-in of any host, and checks that it uses the required upcalls.
///
/// `of = path` names the bindings, a crate or a module. The other arguments are those of
/// [`wpu_provider`](macro@wpu_provider), with the words of the spec of these bindings; `crate = path` is the path of
/// `wpu_table` if that is not `::wpu_table`.
#[proc_macro_attribute]
pub fn provider(args: Tokens, item: Tokens) -> Tokens {
    expand_attribute(PROVIDER, &args.into(), &item.into()).into()
}

/// The second step of an expansion, which bindings call with their facts.
#[doc(hidden)]
#[proc_macro]
pub fn __provider(input: Tokens) -> Tokens {
    expand_call(input.into()).into()
}

fn expand_attribute(attribute: Attribute, args: &TokenStream, item: &TokenStream) -> TokenStream {
    guard(attribute, Span::call_site(), &|| attribute.expand(args, item))
        .unwrap_or_else(|error| tokens::join(&[item, &error]))
}

fn expand_call(input: TokenStream) -> TokenStream {
    let call = Call::parse.parse2(input).expect("the attribute and the bindings are of one version");
    guard(call.attribute, call.site, &|| call.expand()).unwrap_or_else(|error| error)
}

/// Turns a panic into an error: a panic would take the item away, which causes errors wherever it is used.
fn guard(
    attribute: Attribute,
    site: Span,
    expand: &dyn Fn() -> TokenStream,
) -> Result<TokenStream, TokenStream> {
    catch_unwind(AssertUnwindSafe(expand)).map_err(|payload| {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        let mut errors = Errors::none(site);
        errors.add(Place::WHOLE, messages::panic(attribute.name, text.as_deref().unwrap_or("no message")));
        errors.report("::core::")
    })
}
