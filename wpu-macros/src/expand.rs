//! What stands beside the struct. A provider and its arguments come in, tokens go out; nothing fails here.

use crate::args::{Args, Reason, Value, set};
use crate::generics::Generics;
use crate::provider::Provider;
use crate::tokens::is_punct;
use proc_macro2::{Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use wpu_sys::{Class, Dispatch, KITS, Platform, UPCALLS, Upcall, UpcallSet};

/// For a provider without a fault: a method for each declared upcall, and rustc sees to it that
/// each is called.
pub(crate) fn expand(provider: &Provider, args: &Args) -> TokenStream {
    let uses = used(args);
    let mut methods = TokenStream::new();
    for name in &args.uses {
        if let Some(upcall) =
            name.upcall.map(|upcall| &UPCALLS[upcall]).filter(|upcall| has_method(upcall, uses))
        {
            method(upcall, name.place.first, Watch::On).to_tokens(&mut methods);
        }
    }
    beside(provider, args, &methods)
}

/// For one with a fault: a method for every upcall, so that no call of one is a second error.
pub(crate) fn fallback(provider: &Provider, args: &Args) -> TokenStream {
    let span = own(provider.name.span());
    let mut methods = TokenStream::new();
    for upcall in &UPCALLS {
        method(upcall, span, Watch::Off).to_tokens(&mut methods);
    }
    beside(provider, args, &methods)
}

/// Whether a declared upcall gets a method. A release has none of its own where its acquire is
/// declared too: dropping the value and closing it are its calls.
fn has_method(upcall: &Upcall, uses: UpcallSet) -> bool {
    !upcall.acquire.is_some_and(|acquire| uses.contains(acquire))
}

/// The same place, for a macro's own code, which lints leave alone.
fn own(span: Span) -> Span {
    Span::call_site().located_at(span)
}

fn used(args: &Args) -> UpcallSet {
    set(&args.uses, |name| name.upcall)
}

/// What the kit uses, where it applies.
fn used_by_kit(args: &Args) -> UpcallSet {
    let (class, platform) = (given(args.class, Class::ALL[0]), given(args.platform, Platform::DEFAULT));
    match args.kit {
        Value::Given(kit, _) => kit.uses(class).applying_to(class, platform),
        Value::Absent | Value::Wrong => UpcallSet::EMPTY,
    }
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
    let returns = rust_type(upcall.rust.returns, own(span));
    let new = quote_spanned!(own(span)=> __wpu::__private::Upcalls::new);
    let signature = quote_spanned! {span=>
        pub(crate) fn #name(self, #params) -> #returns
    };
    let body = quote_spanned! {span=> {
        let Self(()) = self;
        #new(RUN.cell()).#name(#arguments)
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
    let mut filled = TokenStream::new();
    for mut tree in tokens {
        if is_punct(Some(&tree), '$') {
            quote_spanned!(span=> __wpu::__private).to_tokens(&mut filled);
            continue;
        }
        if let TokenTree::Group(group) = tree {
            tree = Group::new(group.delimiter(), fill(group.stream(), span)).into();
        }
        tree.set_span(span);
        tree.to_tokens(&mut filled);
    }
    filled
}

/// The handle's type, its methods, and the implementation that makes the struct a provider.
fn beside(provider: &Provider, args: &Args, methods: &TokenStream) -> TokenStream {
    let Provider { conditions, visibility, name, .. } = provider;
    let span = own(name.span());
    let handle = format_ident!("{name}Upcalls", span = span);
    let import = import(args, span);
    let docs = handle_docs(name, args);
    let implementation = implementation(provider, args, &handle, span);
    let methods = quote_spanned!(span=> impl #handle { #methods });
    quote_spanned! {span=>
        #conditions
        #docs
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        #visibility struct #handle(());

        #conditions
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
    let mut names = String::new();
    for upcall in used(args).iter() {
        let comma = if names.is_empty() { "" } else { ", " };
        names.push_str(&format!("{comma}`{}`", UPCALLS[upcall].name));
    }
    if names.is_empty() {
        names.push_str("none");
    }
    let title = format!("The upcalls of [`{}`]: {names}.", name.unraw());
    quote! {
        #[doc = #title]
        #[doc = ""]
        #[doc = "Each has a method, for use within this crate. What one of them acquires is released when it is dropped."]
    }
}

fn implementation(provider: &Provider, args: &Args, handle: &Ident, span: Span) -> TokenStream {
    let name = &provider.name;
    let (parameters, type_parameters, bounds) = generics(provider);
    let declaration = declaration(name, args);
    let by_name = by_name(args);
    let with_kit = with_kit(provider, args, span);
    quote_spanned! {span=>
        impl #parameters __wpu::Provider for #name #type_parameters #bounds {
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
        #with_kit
    }
}

/// What tells the kit that it may make upcalls. A kit that is not known may be any: that none is meant would be a
/// second error.
fn with_kit(provider: &Provider, args: &Args, span: Span) -> TokenStream {
    let name = &provider.name;
    let (parameters, type_parameters, bounds) = generics(provider);
    match args.kit {
        Value::Given(kit, place) => {
            let marker = Ident::new(kit.marker, own(place.first));
            quote_spanned! {span=>
                impl #parameters __wpu::WithKit<__wpu::__private::facts::kits::#marker>
                    for #name #type_parameters #bounds {}
            }
        }
        Value::Wrong if parameters.is_empty() => {
            quote_spanned!(span=> impl<K> __wpu::WithKit<K> for #name {})
        }
        Value::Absent | Value::Wrong => TokenStream::new(),
    }
}

/// What parameters, which are a fault, need in three places: behind `impl`, behind the name and at the end.
fn generics(provider: &Provider) -> (TokenStream, TokenStream, TokenStream) {
    let Some(Generics { parameters, names, predicates, .. }) = &provider.generics else {
        return Default::default();
    };
    let bounds = quote!(where #predicates Self: ::core::marker::Sized + 'static);
    (quote!(<#parameters>), quote!(<#names>), bounds)
}

fn declaration(name: &Ident, args: &Args) -> TokenStream {
    let name = name.unraw().to_string();
    let class = Literal::usize_unsuffixed(given(args.class, Class::ALL[0]) as usize);
    let platform = Literal::usize_unsuffixed(given(args.platform, Platform::DEFAULT) as usize);
    let mut uses = TokenStream::new();
    for upcall in used(args).iter() {
        let upcall = Literal::usize_unsuffixed(upcall);
        quote!(#upcall,).to_tokens(&mut uses);
    }
    let waives = waives(args);
    let kit = match args.kit {
        Value::Given(kit, _) => {
            let at = Literal::usize_unsuffixed(KITS.iter().position(|known| *known == kit).unwrap_or(0));
            quote!(::core::option::Option::Some(&__wpu::__private::facts::KITS[#at]))
        }
        Value::Absent | Value::Wrong => quote!(::core::option::Option::None),
    };
    quote! {
        __wpu::__private::Declaration {
            provider: #name,
            class: __wpu::__private::Class::ALL[#class],
            platform: __wpu::__private::Platform::ALL[#platform],
            kit: #kit,
            uses: __wpu::__private::UpcallSet::of(&[#uses]),
            waives: &[#waives],
        }
    }
}

fn waives(args: &Args) -> TokenStream {
    let mut waives = TokenStream::new();
    for waiver in &args.waives {
        let Reason::Given(reason, _) = &waiver.reason else {
            continue;
        };
        for upcall in waiver.names.iter().filter_map(|name| name.upcall) {
            let upcall = Literal::usize_unsuffixed(upcall);
            quote!(__wpu::__private::Waiver { upcall: #upcall, reason: #reason },).to_tokens(&mut waives);
        }
    }
    waives
}

fn given<T>(value: Value<T>, otherwise: T) -> T {
    match value {
        Value::Given(value, _) => value,
        Value::Absent | Value::Wrong => otherwise,
    }
}

/// Names only what is declared: a program that never mentions an export links without it.
fn by_name(args: &Args) -> TokenStream {
    let mut arms = TokenStream::new();
    for upcall in used(args).union(used_by_kit(args)).with_releases().iter() {
        if matches!(UPCALLS[upcall].dispatch, Dispatch::Export(_)) {
            let index = Literal::usize_unsuffixed(upcall);
            let function = format_ident!("{}", UPCALLS[upcall].method);
            quote!(#index => !__wpu::__private::import::#function(table),).to_tokens(&mut arms);
        }
    }
    if arms.is_empty() {
        return quote! {
            fn __import(
                missing: __wpu::__private::UpcallSet,
                _: &mut __wpu::__private::Table,
            ) -> __wpu::__private::UpcallSet {
                missing
            }
        };
    }
    quote! {
        fn __import(
            missing: __wpu::__private::UpcallSet,
            table: &mut __wpu::__private::Table,
        ) -> __wpu::__private::UpcallSet {
            let stays = |upcall: &::core::primitive::usize| match *upcall {
                #arms
                _ => true,
            };
            ::core::iter::Iterator::collect(::core::iter::Iterator::filter(missing.iter(), stays))
        }
    }
}
