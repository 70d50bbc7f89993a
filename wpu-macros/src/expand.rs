//! What stands beside the struct. A provider and its arguments come in, tokens go out; nothing fails here.

use crate::args::{Args, Name, Reason, Value};
use crate::provider::Provider;
use crate::tokens::is_punct;
use proc_macro2::{Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use wpu_sys::{Class, Dispatch, Platform, UPCALLS, Upcall, UpcallSet};

/// For a provider without a fault: a method for each declared upcall, and rustc sees to it that
/// each is called.
pub(crate) fn expand(provider: &Provider, args: &Args) -> TokenStream {
    let methods: Vec<TokenStream> =
        declared(args).map(|(upcall, name)| method(upcall, name.place.first, Watch::On)).collect();
    beside(provider, args, &methods)
}

/// For one with a fault: a method for every upcall, so that no call of one is a second error.
pub(crate) fn fallback(provider: &Provider, args: &Args) -> TokenStream {
    let span = own(provider.name.span());
    let methods: Vec<TokenStream> = UPCALLS.iter().map(|upcall| method(upcall, span, Watch::Off)).collect();
    beside(provider, args, &methods)
}

/// The upcalls that get a method, with the names that ask for it. A release has none of its own
/// where its acquire is declared too: dropping the value and closing it are its calls.
fn declared(args: &Args) -> impl Iterator<Item = (&'static Upcall, &Name)> {
    let uses = used(args);
    let named = args.uses.iter().filter_map(|name| Some((&UPCALLS[name.upcall?], name)));
    named.filter(move |(upcall, _)| !upcall.acquire.is_some_and(|acquire| uses.contains(acquire)))
}

/// The same place, for a macro's own code, which lints leave alone.
fn own(span: Span) -> Span {
    Span::call_site().located_at(span)
}

fn used(args: &Args) -> UpcallSet {
    args.uses.iter().filter_map(|name| name.upcall).collect()
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
    let params: Vec<Ident> = upcall.rust.params.iter().map(|(name, _)| Ident::new(name, span)).collect();
    let types = upcall.rust.params.iter().map(|(_, ty)| rust_type(ty, own(span)));
    let returns = rust_type(upcall.rust.returns, own(span));
    let new = quote_spanned!(own(span)=> __wpu::__private::Upcalls::new);
    let signature = quote_spanned! {span=>
        pub(crate) fn #name(self, #(#params: #types),*) -> #returns
    };
    let body = quote_spanned! {span=> {
        let Self(()) = self;
        #new(RUN.cell()).#name(#(#params),*)
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

fn fill(tokens: TokenStream, span: Span) -> TokenStream {
    let tree = |tree| match tree {
        TokenTree::Group(group) => {
            let mut filled = Group::new(group.delimiter(), fill(group.stream(), span));
            filled.set_span(span);
            filled.into_token_stream()
        }
        dollar if is_punct(Some(&dollar), '$') => quote_spanned!(span=> __wpu::__private),
        mut tree => {
            tree.set_span(span);
            tree.into_token_stream()
        }
    };
    tokens.into_iter().map(tree).collect()
}

/// The handle's type, its methods, and the implementation that makes the struct a provider.
fn beside(provider: &Provider, args: &Args, methods: &[TokenStream]) -> TokenStream {
    let Provider { conditions, visibility, name, .. } = provider;
    let span = own(name.span());
    let handle = format_ident!("{name}Upcalls", span = span);
    let import = import(args, span);
    let docs = handle_docs(name, args);
    let implementation = implementation(provider, args, &handle, span);
    let methods = quote_spanned!(span=> impl #handle { #(#methods)* });
    quote_spanned! {span=>
        #(#conditions)*
        #docs
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        #visibility struct #handle(());

        #(#conditions)*
        const _: () = {
            #import
            static RUN: __wpu::__private::Run = __wpu::__private::Run::new();
            #implementation
            #methods
        };
    }
}

/// The path of the crate stands here and nowhere else: if it leads nowhere, that is one error.
fn import(args: &Args, span: Span) -> TokenStream {
    let krate = args.krate.clone().unwrap_or_else(|| quote_spanned!(span=> ::wpu));
    let span = krate.clone().into_iter().last().map_or(span, |last| own(last.span()));
    quote_spanned!(span=> use #krate::{self as __wpu};)
}

fn handle_docs(name: &Ident, args: &Args) -> TokenStream {
    let names: Vec<String> = used(args).iter().map(|upcall| format!("`{}`", UPCALLS[upcall].name)).collect();
    let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let title = format!("The upcalls of [`{}`]: {names}.", name.unraw());
    quote! {
        #[doc = #title]
        #[doc = ""]
        #[doc = "Each has a method, for use within this crate. What one of them acquires is released when it is dropped."]
    }
}

fn implementation(provider: &Provider, args: &Args, handle: &Ident, span: Span) -> TokenStream {
    let name = &provider.name;
    let (impl_generics, type_generics, _) = provider.generics.split_for_impl();
    let bounds = bounds(provider);
    let declaration = declaration(name, args);
    let by_name = by_name(args);
    quote_spanned! {span=>
        impl #impl_generics __wpu::Provider for #name #type_generics #bounds {
            type Upcalls = #handle;
            const DECLARATION: __wpu::__private::Declaration = #declaration;
            fn upcalls() -> #handle {
                #handle(())
            }
            fn __run() -> &'static __wpu::__private::Run {
                &RUN
            }
            #by_name
        }
    }
}

/// What parameters, which are a fault, need in addition.
fn bounds(provider: &Provider) -> Option<TokenStream> {
    provider.generics.lt_token.as_ref()?;
    let clause = provider.generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    Some(quote!(where #(#clause,)* Self: ::core::marker::Sized + 'static))
}

fn declaration(name: &Ident, args: &Args) -> TokenStream {
    let name = name.unraw().to_string();
    let class = Literal::usize_unsuffixed(given(args.class, Class::ALL[0]) as usize);
    let platform = Literal::usize_unsuffixed(given(args.platform, Platform::DEFAULT) as usize);
    let uses = used(args).iter().map(Literal::usize_unsuffixed);
    let waives = args.waives.iter().flat_map(|waiver| {
        let Reason::Given(reason, _) = &waiver.reason else {
            return Vec::new();
        };
        let upcalls = waiver.names.iter().filter_map(|name| name.upcall).map(Literal::usize_unsuffixed);
        upcalls.map(|upcall| quote!(__wpu::__private::Waiver { upcall: #upcall, reason: #reason })).collect()
    });
    quote! {
        __wpu::__private::Declaration {
            provider: #name,
            class: __wpu::__private::Class::ALL[#class],
            platform: __wpu::__private::Platform::ALL[#platform],
            uses: __wpu::__private::UpcallSet::of(&[#(#uses),*]),
            waives: &[#(#waives),*],
        }
    }
}

fn given<T>(value: Value<T>, otherwise: T) -> T {
    match value {
        Value::Given(value, _) => value,
        Value::Absent | Value::Wrong => otherwise,
    }
}

/// Names only what is declared: a program that never mentions an export links without it.
fn by_name(args: &Args) -> TokenStream {
    let exported = |upcall: &usize| matches!(UPCALLS[*upcall].dispatch, Dispatch::Export(_));
    let upcalls: Vec<usize> = used(args).with_releases().iter().filter(exported).collect();
    if upcalls.is_empty() {
        return quote! {
            fn __import(
                missing: __wpu::__private::UpcallSet,
                _: &mut __wpu::__private::Table,
            ) -> __wpu::__private::UpcallSet {
                missing
            }
        };
    }
    let indices = upcalls.iter().copied().map(Literal::usize_unsuffixed);
    let functions = upcalls.iter().map(|upcall| format_ident!("{}", UPCALLS[*upcall].method));
    quote! {
        fn __import(
            missing: __wpu::__private::UpcallSet,
            table: &mut __wpu::__private::Table,
        ) -> __wpu::__private::UpcallSet {
            let stays = |upcall: &::core::primitive::usize| match *upcall {
                #(#indices => !__wpu::__private::import::#functions(table),)*
                _ => true,
            };
            ::core::iter::Iterator::collect(::core::iter::Iterator::filter(missing.iter(), stays))
        }
    }
}
