//! What stands beside the struct. A provider and its arguments come in, tokens go out; nothing fails here.

use crate::args::Value;
use crate::check::{Declared, Named};
use crate::generics::Configured;
use crate::item::Provider;
use proc_macro2::{Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use std::collections::BTreeSet;
use syn::ext::IdentExt;
use wpu_sys::{Class, Dispatch, KITS, Platform, UPCALLS, Upcall, UpcallSet};

/// For a provider without a fault: a method for each declared upcall, and rustc sees to it that
/// each is called. `written` is the place of a token that no macro wrote.
pub(crate) fn expand(provider: &Provider, declared: &Declared<'_>, written: Option<Span>) -> TokenStream {
    let uses = used(declared);
    let methods = in_uses(declared).map(|(named, upcall)| (named, &UPCALLS[upcall]));
    let methods = methods.filter(|(_, upcall)| has_method(upcall, uses));
    let methods =
        methods.map(|(named, upcall)| method(upcall, watched(named.name.place.first, written), Watch::On));
    beside(provider, declared, &methods.collect())
}

/// For one with a fault: a method for every upcall, so that no call of one is a second error.
pub(crate) fn fallback(provider: &Provider, declared: &Declared<'_>) -> TokenStream {
    let span = own(provider.name.span());
    let methods = UPCALLS.iter().map(|upcall| method(upcall, span, Watch::Off));
    beside(provider, declared, &methods.collect())
}

/// Whether a declared upcall gets a method. A release has none of its own where its acquire is
/// declared too: dropping the value and closing it are its calls.
fn has_method(upcall: &Upcall, uses: UpcallSet) -> bool {
    !upcall.acquire.is_some_and(|acquire| uses.contains(acquire))
}

/// Whether the token at a place was written there. Only the text that rustc prints for debugging says so:
/// it starts with the number of the expansion, which is 0 where there is none. Should it be another text one day, no
/// token counts as written.
pub(crate) fn is_written(span: Span) -> bool {
    format!("{span:?}").starts_with("#0 ")
}

/// The same place, for a macro's own code, which lints leave alone.
fn own(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// The same place, for code that lints look at: they leave alone what another crate's macro wrote, as it may have
/// the name of an upcall. If all is such a macro's, there is nothing that they look at.
fn watched(span: Span, written: Option<Span>) -> Span {
    match written {
        Some(written) if !is_written(span) => span.resolved_at(written),
        _ => span,
    }
}

/// The names in `uses` that are upcalls, as they stand there.
fn in_uses<'a>(declared: &'a Declared<'_>) -> impl Iterator<Item = (&'a Named<'a>, usize)> {
    let names = declared.names.iter().filter(|named| named.waiver.is_none());
    names.filter_map(|named| Some((named, named.upcall?)))
}

fn used(declared: &Declared<'_>) -> UpcallSet {
    in_uses(declared).map(|(_, upcall)| upcall).collect()
}

/// What the kit uses, where it applies.
fn used_by_kit(declared: &Declared<'_>) -> UpcallSet {
    let (class, platform) = (class(declared), platform(declared));
    declared.kit.given().map_or(UpcallSet::EMPTY, |kit| kit.uses(class).applying_to(class, platform))
}

/// Without a value, any: an error was reported.
fn class(declared: &Declared<'_>) -> Class {
    declared.class.given().unwrap_or(Class::ALL[0])
}

fn platform(declared: &Declared<'_>) -> Platform {
    declared.platform.given().unwrap_or(Platform::DEFAULT)
}

/// Whether rustc is to insist that a method is called.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Watch {
    On,
    Off,
}

/// The method of one upcall, which stands at `span` from its first token to its last.
///
/// For the lint to speak up, and at the right place, `span` must be where the user wrote the name:
/// rustc keeps silent on code that it takes for a macro's own, and looks at the item as a whole.
/// Paths, which lie in between, are the macro's own: users are not asked to shorten them.
fn method(upcall: &Upcall, span: Span, watch: Watch) -> TokenStream {
    let docs = method_docs(upcall);
    let watched = (watch == Watch::On).then(|| quote_spanned!(span=> #[deny(dead_code)]));
    let must_use = upcall.rust.must_use.map(|why| quote_spanned!(span=> #[must_use = #why]));
    let name = Ident::new(upcall.method, span);
    let (mut params, mut arguments) = (TokenStream::new(), TokenStream::new());
    for (name, ty) in upcall.rust.params {
        let (name, ty) = (Ident::new(name, span), rust_type(ty, own(span)));
        quote_spanned!(span=> #name: #ty,).to_tokens(&mut params);
        quote_spanned!(span=> #name,).to_tokens(&mut arguments);
    }
    let generics = rust_type(upcall.rust.generics, span);
    let returns = rust_type(upcall.rust.returns, own(span));
    let signature = quote_spanned! {span=>
        pub(crate) fn #name #generics(self, #params) -> #returns
    };
    let upcalls =
        quote_spanned!(own(span)=> __wpu::__private::Upcalls::new(__wpu::__private::Run::cell(&RUN)));
    let function = quote_spanned!(own(span)=> __wpu::__private::Upcalls::#name);
    let body = quote_spanned! {span=> {
        let Self(()) = self;
        #function(#upcalls, #arguments)
    }};
    quote!(#docs #watched #must_use #[inline] #signature #body)
}

fn method_docs(upcall: &Upcall) -> TokenStream {
    let text = format!("`{}`: {}", upcall.name, upcall.text);
    let details = (!upcall.details.is_empty()).then(|| {
        let details = upcall.details;
        quote!(#[doc = ""] #[doc = #details])
    });
    quote!(#[doc = #text] #details)
}

/// A type of the facts, as tokens at `span`, with the private path in place of its `$`.
fn rust_type(text: &str, span: Span) -> TokenStream {
    let tokens = text.parse().expect("the generator writes types that can be read");
    fill(tokens, span)
}

/// What is global to the facts, `::core` and primitive types, may be something else around the item: it is reached
/// through the private path too.
fn fill(tokens: TokenStream, span: Span) -> TokenStream {
    let mut filled = TokenStream::new();
    let mut before = None;
    for mut tree in tokens {
        let in_path = match &before {
            Some(TokenTree::Ident(word)) => word != "mut",
            Some(TokenTree::Punct(punct)) => matches!(punct.as_char(), ':' | '$' | '\''),
            _ => false,
        };
        before = Some(tree.clone());
        if matches!(&tree, TokenTree::Punct(punct) if punct.as_char() == '$') {
            quote_spanned!(span=> __wpu::__private).to_tokens(&mut filled);
            continue;
        }
        match &tree {
            TokenTree::Ident(word) if !in_path && is_primitive(word) => {
                quote_spanned!(span=> __wpu::__private::core::primitive::).to_tokens(&mut filled);
            }
            TokenTree::Punct(punct) if !in_path && punct.as_char() == ':' => {
                quote_spanned!(span=> __wpu::__private).to_tokens(&mut filled);
            }
            TokenTree::Group(group) => {
                tree = Group::new(group.delimiter(), fill(group.stream(), span)).into();
            }
            _ => {}
        }
        tree.set_span(span);
        tree.to_tokens(&mut filled);
    }
    filled
}

/// Whether a word is the name of one of the language's types.
fn is_primitive(word: &Ident) -> bool {
    const PRIMITIVES: [&str; 17] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8", "u16", "u32",
        "u64", "u128", "usize",
    ];
    PRIMITIVES.iter().any(|primitive| word == primitive)
}

/// The handle's type, its methods, and the implementation that makes the struct a provider.
fn beside(provider: &Provider, declared: &Declared<'_>, methods: &TokenStream) -> TokenStream {
    let Provider { conditions, visibility, name, .. } = provider;
    let span = own(name.span());
    let handle = format_ident!("{name}Upcalls", span = span);
    let import = import(declared, span);
    let docs = handle_docs(name, declared);
    let traits = handle_traits(&handle, span);
    let implementation = implementation(provider, declared, &handle, span);
    let methods = quote_spanned!(span=> impl #handle { #methods });
    let shields = shields(span);
    // To implement something for it is to use it. Otherwise `allow` would be an error under `forbid`.
    let allow = provider.deprecated.then(|| quote_spanned!(span=> #[allow(deprecated)]));
    quote_spanned! {span=>
        #conditions
        #docs
        #visibility struct #handle(());

        #conditions
        #allow
        const _: () = {
            #import
            static RUN: __wpu::__private::Run = __wpu::__private::Run::new();
            #shields
            #implementation
            #traits
            #methods
        };
    }
}

/// Functions of the names that the expansion binds. Around the item, a constant, static or unit struct of that name
/// would make a comparison of the binding, or an error; a function does not, and hides the other.
fn shields(span: Span) -> TokenStream {
    let params = UPCALLS.iter().flat_map(|upcall| upcall.rust.params).map(|(name, _)| *name);
    let names: BTreeSet<&str> = params.chain(BOUND).collect();
    let names = names.into_iter().map(|name| Ident::new(name, span));
    quote_spanned!(span=> #(fn #names() {})*)
}

/// What the expansion binds besides the parameters of upcalls.
const BOUND: [&str; 1] = ["out"];

/// Without `derive`, whose paths would lead through names that stand around the item.
fn handle_traits(handle: &Ident, span: Span) -> TokenStream {
    let text = handle.to_string();
    quote_spanned! {span=>
        #[automatically_derived]
        impl __wpu::__private::core::clone::Clone for #handle {
            fn clone(&self) -> Self {
                *self
            }
        }
        #[automatically_derived]
        impl __wpu::__private::core::marker::Copy for #handle {}
        #[automatically_derived]
        impl __wpu::__private::core::fmt::Debug for #handle {
            fn fmt(&self, out: &mut __wpu::__private::core::fmt::Formatter<'_>) -> __wpu::__private::core::fmt::Result {
                __wpu::__private::core::fmt::Formatter::write_str(out, #text)
            }
        }
    }
}

/// The path of the crate stands here and nowhere else: if it leads nowhere, that is one error.
fn import(declared: &Declared<'_>, span: Span) -> TokenStream {
    let Some(krate) = declared.krate else {
        return quote_spanned!(span=> use ::wpu as __wpu;);
    };
    let last = krate.clone().into_iter().last();
    let span = last.as_ref().map_or(span, |last| own(last.span()));
    // `use` cannot rename where a path starts.
    match last {
        Some(TokenTree::Ident(word)) if ["crate", "self", "super"].iter().any(|start| word == start) => {
            quote_spanned!(span=> use #krate::{self as __wpu};)
        }
        _ => quote_spanned!(span=> use #krate as __wpu;),
    }
}

fn handle_docs(name: &Ident, declared: &Declared<'_>) -> TokenStream {
    let names: Vec<String> = used(declared).iter().map(|at| format!("`{}`", UPCALLS[at].name)).collect();
    let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let title = format!("The upcalls of [`{}`]: {names}.", name.unraw());
    quote! {
        #[doc = #title]
        #[doc = ""]
        #[doc = "Each has a method, for use within this crate. What one of them acquires is released when it is dropped."]
    }
}

/// The implementations for the struct, in each configuration of its parameters.
fn implementation(provider: &Provider, declared: &Declared<'_>, handle: &Ident, span: Span) -> TokenStream {
    let declaration = declaration(&provider.name, declared);
    let by_name = by_name(declared);
    let implementation = |Form { condition, parameters, ty, bounds }| {
        let with_kit = with_kit(declared, &provider.name, &parameters, &ty, span)
            .map(|with_kit| quote_spanned!(span=> #condition #with_kit #bounds {}));
        let completes = completes(declared)
            .then(|| quote_spanned!(span=> #condition impl #parameters __wpu::__private::facts::Completes for #ty #bounds {}));
        quote_spanned! {span=>
            #condition
            impl #parameters __wpu::Provider for #ty #bounds {
                type Upcalls = #handle;
                const DECLARATION: __wpu::__private::Declaration = #declaration;
                fn upcalls() -> #handle {
                    #handle(())
                }
                const __RUN: __wpu::__private::Fixed<__wpu::__private::Run> =
                    __wpu::__private::Fixed::new(&RUN);
                const __IMPORTS: &'static [__wpu::__private::Import] = &[#by_name];
            }
            #with_kit
            #completes
        }
    };
    forms(provider).into_iter().map(implementation).collect()
}

/// Whether the provider declares what requests are completed with. It may, where the kit is not known.
fn completes(declared: &Declared<'_>) -> bool {
    let kit = declared.kit.given().map_or(UpcallSet::EMPTY, |kit| kit.uses(class(declared)));
    let makes = used(declared).union(kit);
    let mut completing = KITS.iter().filter(|kit| kit.completes);
    matches!(declared.kit, Value::Wrong) || completing.all(|kit| kit.uses(class(declared)).is_in(makes))
}

/// The head of what tells the kit that it may make upcalls. A kit that is not known may be any: that none is meant would
/// be a second error.
fn with_kit(
    declared: &Declared<'_>,
    name: &Ident,
    parameters: &TokenStream,
    ty: &TokenStream,
    span: Span,
) -> Option<TokenStream> {
    match declared.kit {
        Value::Given(kit, place) => {
            let marker = Ident::new(kit.marker, own(place.first));
            Some(quote_spanned! {span=>
                impl #parameters __wpu::WithKit<__wpu::__private::facts::kits::#marker> for #ty
            })
        }
        Value::Wrong if parameters.is_empty() => {
            let any = format_ident!("Any{}", name.unraw(), span = span);
            Some(quote_spanned!(span=> impl<#any> __wpu::WithKit<#any> for #ty))
        }
        Value::Absent | Value::Wrong => None,
    }
}

/// The struct as an implementation names it.
struct Form {
    condition: TokenStream,
    parameters: TokenStream,
    ty: TokenStream,
    bounds: TokenStream,
}

/// One, or where parameters, which are a fault, stand under conditions, one for each configuration.
fn forms(provider: &Provider) -> Vec<Form> {
    let name = &provider.name;
    let Some(generics) = &provider.generics else {
        let (condition, parameters, bounds) = Default::default();
        return vec![Form { condition, parameters, ty: quote!(#name), bounds }];
    };
    let predicates = &generics.predicates;
    let form = |Configured { condition, parameters, names }: &Configured| Form {
        condition: if condition.is_empty() { TokenStream::new() } else { quote!(#[cfg(all(#condition))]) },
        parameters: quote!(<#parameters>),
        ty: quote!(#name <#names>),
        bounds: quote!(where #predicates Self: __wpu::__private::core::marker::Sized + 'static),
    };
    generics.configurations.iter().map(form).collect()
}

fn declaration(name: &Ident, declared: &Declared<'_>) -> TokenStream {
    let name = name.unraw().to_string();
    let class = Literal::usize_unsuffixed(class(declared) as usize);
    let platform = Literal::usize_unsuffixed(platform(declared) as usize);
    let uses = used(declared).iter().map(Literal::usize_unsuffixed);
    let waives = declared.names.iter().filter_map(waives);
    let kit = KITS.iter().position(|kit| declared.kit.given() == Some(*kit)).map(Literal::usize_unsuffixed);
    let kit = match kit {
        Some(at) => quote!(__wpu::__private::core::option::Option::Some(&__wpu::__private::facts::KITS[#at])),
        None => quote!(__wpu::__private::core::option::Option::None),
    };
    quote! {
        __wpu::__private::Declaration {
            provider: #name,
            class: __wpu::__private::Class::ALL[#class],
            platform: __wpu::__private::Platform::ALL[#platform],
            kit: #kit,
            uses: __wpu::__private::UpcallSet::of(&[#(#uses,)*]),
            waives: &[#(#waives,)*],
        }
    }
}

/// A waiver, of what stands in `waives`.
fn waives(named: &Named<'_>) -> Option<TokenStream> {
    let upcall = Literal::usize_unsuffixed(named.upcall?);
    let Value::Given(reason, _) = &named.waiver?.reason else { return None };
    Some(quote!(__wpu::__private::Waiver { upcall: #upcall, reason: #reason }))
}

/// Names only what is declared: a program that never mentions an export links without it.
fn by_name(declared: &Declared<'_>) -> TokenStream {
    let makes = used(declared).union(used_by_kit(declared)).with_releases();
    let exported = makes.iter().map(|at| &UPCALLS[at]);
    let exported = exported.filter(|upcall| matches!(upcall.dispatch, Dispatch::Export(_)));
    let imports = exported.map(|upcall| format_ident!("{}", upcall.method.to_uppercase()));
    quote!(#(__wpu::__private::import::#imports,)*)
}
