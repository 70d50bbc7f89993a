//! What an attribute becomes at once: the item as it stands, its handle's type, and a call of the macro in which bindings
//! hold their facts. That calls `__provider!` of this crate, which `provider.rs` answers.

use crate::errors::{Errors, Place};
use crate::item::{Item, Provider};
use crate::keys::{CRATE, OF, no_path, path_behind, values_behind};
use crate::messages;
use crate::syntax::{until, visible};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Token, bracketed};

/// One of the attributes of this crate.
#[derive(Clone, Copy)]
pub(crate) struct Attribute {
    pub(crate) name: &'static str,
    /// The crate that hands it on, where no argument names another.
    pub(crate) krate: &'static str,
    /// Whether an argument says where the bindings are. Otherwise that crate has them too.
    pub(crate) has_of: bool,
}

pub(crate) const WPU_PROVIDER: Attribute = Attribute { name: "wpu_provider", krate: "wpu", has_of: false };
pub(crate) const PROVIDER: Attribute = Attribute { name: "provider", krate: "wpu_table", has_of: true };

impl Attribute {
    /// What leads to the traits that it implements.
    pub(crate) fn runtime(self) -> &'static str {
        if self.has_of { "__wpu_table" } else { "__wpu" }
    }

    pub(crate) fn named(name: &Ident) -> Self {
        if name == PROVIDER.name { PROVIDER } else { WPU_PROVIDER }
    }

    /// The item, and beside it all that can be said without facts.
    pub(crate) fn expand(self, args: &TokenStream, item: &TokenStream) -> TokenStream {
        let Item { provider, fault } = Item::parse(item.clone(), self.name);
        let Some(Provider { conditions, deprecated, visibility, name, .. }) = provider else {
            let errors = Errors::from_iter(fault).report();
            return quote!(#item #errors);
        };
        let handle = handle_name(&name, Span::call_site());
        let span = handle.span();
        let title = format!("The upcalls of [`{}`]: {}.", name.unraw(), names_in(args));
        let (text, rest) = (handle.to_string(), self.call(args, item, span));
        // To implement something for it is to use it. Otherwise `allow` would be an error under `forbid`.
        let allow = deprecated.then(|| quote_spanned!(span=> #[allow(deprecated)]));
        // Without `derive`, whose paths would lead through names that stand around the item.
        quote_spanned! {span=>
            #item
            #conditions
            #[doc = #title]
            #[doc = ""]
            #[doc = "Each has a method, for use within this crate. What one of them acquires is released when it is dropped."]
            #visibility struct #handle(());

            #conditions
            #allow
            const _: () = {
                #rest
                #[automatically_derived]
                impl __wpu::core::clone::Clone for #handle {
                    fn clone(&self) -> Self {
                        *self
                    }
                }
                #[automatically_derived]
                impl __wpu::core::marker::Copy for #handle {}
                #[automatically_derived]
                impl __wpu::core::fmt::Debug for #handle {
                    fn fmt(&self, out: &mut __wpu::core::fmt::Formatter<'_>) -> __wpu::core::fmt::Result {
                        __wpu::core::fmt::Formatter::write_str(out, #text)
                    }
                }
            };
        }
    }

    /// The call of the bindings' macro. The path of the bindings stands here and nowhere else: if it leads nowhere, that is
    /// one error.
    fn call(self, args: &TokenStream, item: &TokenStream, span: Span) -> TokenStream {
        let arguments = visible(args.clone());
        let krate = path_behind(CRATE, arguments.clone()).unwrap_or_else(|| {
            let krate = Ident::new(self.krate, span);
            quote_spanned!(span=> ::#krate)
        });
        let runtime = Ident::new(self.runtime(), span);
        let (of, runtime_import) = if self.has_of {
            (path_behind(OF, arguments), quote_spanned!(span=> use #krate::__private as #runtime;))
        } else {
            (Some(krate), TokenStream::new())
        };
        let attribute = Ident::new(self.name, Span::call_site());
        let is_value = is_name_value(Span::call_site().source_text().as_deref(), args);
        let Some(of) = of else {
            let fault = match values_behind(OF, visible(args.clone())).first().map(Vec::as_slice) {
                Some(value @ [first, ..]) => {
                    (Place::in_item(first.span(), value[value.len() - 1].span()), no_path(OF, value))
                }
                _ => (Place::whole(Span::call_site()), messages::no_bindings()),
            };
            // What is wrong with `#[name = value]` is said already.
            let error = Errors::from_iter((!is_value).then_some(fault)).report();
            return quote_spanned!(span=> #error mod __wpu { pub use ::core; });
        };
        let last = of.clone().into_iter().last().map_or(span, |last| span.located_at(last.span()));
        let import = quote_spanned!(last=> use #of::__private as __wpu;);
        quote_spanned! {span=>
            #import
            #runtime_import
            __wpu::__facts! { { #runtime::__provider } #attribute #is_value { #args } { #item } }
        }
    }
}

/// The name of the handle's type.
pub(crate) fn handle_name(provider: &Ident, attribute: Span) -> Ident {
    format_ident!("{provider}Upcalls", span = attribute.located_at(provider.span()))
}

/// The names in `uses(…)`, for a text.
fn names_in(args: &TokenStream) -> String {
    let mut names = Vec::new();
    let mut in_uses = false;
    for tree in visible(args.clone()) {
        match tree {
            TokenTree::Group(group) if in_uses => {
                let idents = group.stream().into_iter().filter(|tree| matches!(tree, TokenTree::Ident(_)));
                names.extend(idents.map(|name| format!("`{name}`")));
            }
            tree => in_uses = tree.to_string() == "uses",
        }
    }
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Whether the attribute is of the form `#[name = value]`, of which the compiler hands on the value as arguments. Only the
/// text of the attribute says so, and it says the same value: nothing else may keep the arguments from being checked.
pub(crate) fn is_name_value(attribute: Option<&str>, args: &TokenStream) -> bool {
    let value = |input: ParseStream<'_>| {
        let inside;
        let input = if input.parse::<Option<Token![#]>>()?.is_some() {
            bracketed!(inside in input);
            &inside
        } else {
            input
        };
        until(input, &|input| input.peek(Token![=]));
        input.parse::<Token![=]>()?;
        input.parse::<TokenStream>()
    };
    let value = attribute.and_then(|text| value.parse_str(text).ok());
    value.is_some_and(|value| !value.is_empty() && value.to_string() == args.to_string())
}
