//! What stands beside the struct. A provider and its arguments come in, tokens go out; nothing fails here.

use crate::args::{Args, Reason, Value, set};
use crate::generics::Configured;
use crate::provider::Provider;
use crate::tokens::{is_ident, is_punct, is_written};
use proc_macro2::{Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use std::collections::BTreeSet;
use syn::ext::IdentExt;
use wpu_sys::{Class, Dispatch, KITS, Platform, UPCALLS, Upcall, UpcallSet};

/// For a provider without a fault: a method for each declared upcall, and rustc sees to it that
/// each is called. `written` is the place of a token that no macro wrote.
pub(crate) fn expand(provider: &Provider, args: &Args, written: Option<Span>) -> TokenStream {
    let uses = used(args);
    let mut methods = TokenStream::new();
    for name in &args.uses {
        if let Some(upcall) =
            name.upcall.map(|upcall| &UPCALLS[upcall]).filter(|upcall| has_method(upcall, uses))
        {
            method(upcall, watched(name.place.first, written), Watch::On).to_tokens(&mut methods);
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

/// The same place, for code that lints look at: they leave alone what another crate's macro wrote, as it may have
/// the name of an upcall. If all is such a macro's, there is nothing that they look at.
fn watched(span: Span, written: Option<Span>) -> Span {
    match written {
        Some(written) if !is_written(span) => span.resolved_at(written),
        _ => span,
    }
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
        if is_punct(Some(&tree), '$') {
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
fn beside(provider: &Provider, args: &Args, methods: &TokenStream) -> TokenStream {
    let Provider { conditions, visibility, name, .. } = provider;
    let span = own(name.span());
    let handle = format_ident!("{name}Upcalls", span = span);
    let import = import(args, span);
    let docs = handle_docs(name, args);
    let traits = handle_traits(&handle, span);
    let implementation = implementation(provider, args, &handle, span);
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
    let mut names = BTreeSet::from(BOUND);
    for upcall in &UPCALLS {
        names.extend(upcall.rust.params.iter().map(|(name, _)| *name));
    }
    let mut shields = TokenStream::new();
    for name in names {
        let name = Ident::new(name, span);
        quote_spanned!(span=> fn #name() {}).to_tokens(&mut shields);
    }
    shields
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
fn import(args: &Args, span: Span) -> TokenStream {
    let krate = args.krate.clone().unwrap_or_else(|| quote_spanned!(span=> ::wpu));
    let span = krate.clone().into_iter().last().map_or(span, |last| own(last.span()));
    let is_start =
        |tree: &TokenTree| ["crate", "self", "super"].iter().any(|word| is_ident(Some(tree), word));
    if krate.clone().into_iter().last().is_some_and(|last| is_start(&last)) {
        return quote_spanned!(span=> use #krate::{self as __wpu};);
    }
    quote_spanned!(span=> use #krate as __wpu;)
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

/// The implementations for the struct, in each configuration of its parameters.
fn implementation(provider: &Provider, args: &Args, handle: &Ident, span: Span) -> TokenStream {
    let name = &provider.name;
    let declaration = declaration(name, args);
    let by_name = by_name(args);
    let mut implementations = TokenStream::new();
    for Form { condition, parameters, ty, bounds } in forms(provider) {
        let with_kit = with_kit(args, name, &parameters, &ty, span)
            .map(|with_kit| quote_spanned!(span=> #condition #with_kit #bounds {}));
        let completes = completes(args)
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
        .to_tokens(&mut implementations);
    }
    implementations
}

/// Whether the provider declares what requests are completed with. It may, where the kit is not known.
fn completes(args: &Args) -> bool {
    let class = given(args.class, Class::ALL[0]);
    let declared = match args.kit {
        Value::Wrong => return true,
        Value::Given(kit, _) => used(args).union(kit.uses(class)),
        Value::Absent => used(args),
    };
    KITS.iter().filter(|kit| kit.completes).all(|kit| kit.uses(class).is_in(declared))
}

/// The head of what tells the kit that it may make upcalls. A kit that is not known may be any: that none is meant would
/// be a second error.
fn with_kit(
    args: &Args,
    name: &Ident,
    parameters: &TokenStream,
    ty: &TokenStream,
    span: Span,
) -> Option<TokenStream> {
    match args.kit {
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
    let form = |Configured { condition, parameters, names }| Form {
        condition,
        parameters: quote!(<#parameters>),
        ty: quote!(#name <#names>),
        bounds: quote!(where #predicates Self: __wpu::__private::core::marker::Sized + 'static),
    };
    generics.configurations().into_iter().map(form).collect()
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
            quote!(__wpu::__private::core::option::Option::Some(&__wpu::__private::facts::KITS[#at]))
        }
        Value::Absent | Value::Wrong => quote!(__wpu::__private::core::option::Option::None),
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
    let mut imports = TokenStream::new();
    for upcall in used(args).union(used_by_kit(args)).with_releases().iter() {
        if matches!(UPCALLS[upcall].dispatch, Dispatch::Export(_)) {
            let import = format_ident!("{}", UPCALLS[upcall].method.to_uppercase());
            quote!(__wpu::__private::import::#import,).to_tokens(&mut imports);
        }
    }
    imports
}
