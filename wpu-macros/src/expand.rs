//! What stands beside the struct. A provider and its arguments come in, tokens go out; nothing fails here.

use crate::args::{Args, Name, Reason, Value};
use crate::provider::Provider;
use crate::tokens::is_punct;
use proc_macro2::{Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use wpu_sys::{Class, Dispatch, Platform, UPCALLS, Upcall, UpcallSet};

/// For a provider without a fault: a method for each declared upcall, and rustc sees to it that
/// each is called.
pub(crate) fn expand(provider: &Provider, args: &Args) -> TokenStream {
    let krate = Krate(args.krate.as_ref());
    let methods: Vec<TokenStream> =
        declared(args).map(|(upcall, name)| method(upcall, &krate, name.place.first, Watch::On)).collect();
    beside(provider, args, &methods)
}

/// For one with a fault: a method for every upcall, so that no call of one is a second error.
pub(crate) fn fallback(provider: &Provider, args: &Args) -> TokenStream {
    let krate = Krate(args.krate.as_ref());
    let span = own(provider.name.span());
    let methods: Vec<TokenStream> =
        UPCALLS.iter().map(|upcall| method(upcall, &krate, span, Watch::Off)).collect();
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

/// The path of the crate: as given, or by the name under which everyone knows it.
struct Krate<'a>(Option<&'a TokenStream>);

impl Krate<'_> {
    /// The path, standing at `span`. What it means is decided where it was written.
    fn at(&self, span: Span) -> TokenStream {
        let place = |mut tree: TokenTree| {
            tree.set_span(span.resolved_at(tree.span()));
            tree
        };
        let given = self.0.map(|path| path.clone().into_iter().map(place).collect());
        given.unwrap_or_else(|| quote_spanned!(span=> ::wpu))
    }

    /// What generated code takes from it, standing at `span`.
    fn private(&self, span: Span) -> TokenStream {
        let krate = self.at(span);
        quote_spanned!(span=> #krate::__private)
    }
}

/// Whether rustc is to insist that a method is called.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Watch {
    On,
    Off,
}

/// The method of one upcall, every token of it standing at `span`.
///
/// For the lint to speak up, and at the right place, `span` must be where the user wrote the name:
/// rustc keeps silent on code that it takes for a macro's own, and looks at the item as a whole.
fn method(upcall: &Upcall, krate: &Krate<'_>, span: Span, watch: Watch) -> TokenStream {
    let docs = method_docs(upcall);
    let watched = (watch == Watch::On).then(|| quote_spanned!(span=> #[deny(dead_code)]));
    let must_use = upcall.rust.must_use.map(|why| quote_spanned!(span=> #[must_use = #why]));
    let name = Ident::new(upcall.method, span);
    let params: Vec<Ident> = upcall.rust.params.iter().map(|(name, _)| Ident::new(name, span)).collect();
    let types = upcall.rust.params.iter().map(|(_, ty)| rust_type(ty, krate, span));
    let returns = rust_type(upcall.rust.returns, krate, span);
    let private = krate.private(span);
    let signature = quote_spanned! {span=>
        pub(crate) fn #name(self, #(#params: #types),*) -> #returns
    };
    let body = quote_spanned! {span=> {
        let Self(()) = self;
        #private::Upcalls::new(RUN.cell()).#name(#(#params),*)
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

/// A type of the facts as tokens at `span`, with the path in place of its `$`.
fn rust_type(text: &str, krate: &Krate<'_>, span: Span) -> TokenStream {
    let tokens = text.parse().expect("the generator writes types that can be read");
    fill(tokens, &krate.private(span), span)
}

fn fill(tokens: TokenStream, private: &TokenStream, span: Span) -> TokenStream {
    let tree = |tree| match tree {
        TokenTree::Group(group) => {
            let mut filled = Group::new(group.delimiter(), fill(group.stream(), private, span));
            filled.set_span(span);
            filled.into_token_stream()
        }
        dollar if is_punct(Some(&dollar), '$') => private.clone(),
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
    let docs = handle_docs(name, args);
    let krate = Krate(args.krate.as_ref());
    let private = krate.private(span);
    let implementation = implementation(provider, args, &handle, span);
    let methods = quote_spanned!(span=> impl #handle { #(#methods)* });
    quote_spanned! {span=>
        #(#conditions)*
        #docs
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        #visibility struct #handle(());

        #(#conditions)*
        const _: () = {
            static RUN: #private::Run = #private::Run::new();
            #implementation
            #methods
        };
    }
}

fn handle_docs(name: &Ident, args: &Args) -> TokenStream {
    let names: Vec<String> = used(args).iter().map(|upcall| format!("`{}`", UPCALLS[upcall].name)).collect();
    let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let title = format!("The upcalls of [`{name}`]: {names}.");
    quote! {
        #[doc = #title]
        #[doc = ""]
        #[doc = "Each has a method, for use within this crate. What one of them acquires is released when it is dropped."]
    }
}

fn implementation(provider: &Provider, args: &Args, handle: &Ident, span: Span) -> TokenStream {
    let krate = Krate(args.krate.as_ref());
    let name = &provider.name;
    let (impl_generics, type_generics, _) = provider.generics.split_for_impl();
    let bounds = bounds(provider);
    let (krate, private) = (krate.at(span), krate.private(span));
    let declaration = declaration(name, args, &private);
    let import = import(args, &private);
    quote_spanned! {span=>
        impl #impl_generics #krate::Provider for #name #type_generics #bounds {
            type Upcalls = #handle;
            const DECLARATION: #private::Declaration = #declaration;
            fn upcalls() -> #handle {
                #handle(())
            }
            fn __run() -> &'static #private::Run {
                &RUN
            }
            #import
        }
    }
}

/// What parameters, which are a fault, need in addition.
fn bounds(provider: &Provider) -> Option<TokenStream> {
    provider.generics.lt_token.as_ref()?;
    let clause = provider.generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    Some(quote!(where #(#clause,)* Self: ::core::marker::Sized + 'static))
}

fn declaration(name: &Ident, args: &Args, private: &TokenStream) -> TokenStream {
    let name = name.to_string();
    let class = Literal::usize_unsuffixed(given(args.class, Class::ALL[0]) as usize);
    let platform = Literal::usize_unsuffixed(given(args.platform, Platform::DEFAULT) as usize);
    let uses = used(args).iter().map(Literal::usize_unsuffixed);
    let waives = args.waives.iter().flat_map(|waiver| {
        let Reason::Given(reason, _) = &waiver.reason else {
            return Vec::new();
        };
        let upcalls = waiver.names.iter().filter_map(|name| name.upcall).map(Literal::usize_unsuffixed);
        upcalls.map(|upcall| quote!(#private::Waiver { upcall: #upcall, reason: #reason })).collect()
    });
    quote! {
        #private::Declaration {
            provider: #name,
            class: #private::Class::ALL[#class],
            platform: #private::Platform::ALL[#platform],
            uses: #private::UpcallSet::of(&[#(#uses),*]),
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
fn import(args: &Args, private: &TokenStream) -> TokenStream {
    let exported = |upcall: &usize| matches!(UPCALLS[*upcall].dispatch, Dispatch::Export(_));
    let upcalls: Vec<usize> = used(args).with_releases().iter().filter(exported).collect();
    if upcalls.is_empty() {
        return quote! {
            fn __import(missing: #private::UpcallSet, _: &mut #private::Table) -> #private::UpcallSet {
                missing
            }
        };
    }
    let indices = upcalls.iter().copied().map(Literal::usize_unsuffixed);
    let functions = upcalls.iter().map(|upcall| format_ident!("{}", UPCALLS[*upcall].method));
    quote! {
        fn __import(missing: #private::UpcallSet, table: &mut #private::Table) -> #private::UpcallSet {
            let stays = |upcall: &::core::primitive::usize| match *upcall {
                #(#indices => !#private::import::#functions(table),)*
                _ => true,
            };
            ::core::iter::Iterator::collect(::core::iter::Iterator::filter(missing.iter(), stays))
        }
    }
}
