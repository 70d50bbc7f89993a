//! What stands beside the struct. A provider and its arguments come in, tokens go out; nothing fails here.

use crate::args::{Declared, KIT, Name, Value};
use crate::generics::Form;
use crate::item::Provider;
use crate::messages::List;
use proc_macro2::{Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use wpu_sys::{Dispatch, KITS, Kit, UPCALLS, Upcall, UpcallSet};

/// For a provider without a fault: a method for each declared upcall, and rustc sees to it that
/// each is called. `written` is the place of a token that no macro wrote.
pub(crate) fn expand(provider: &Provider, declared: &Declared, written: Option<Span>) -> TokenStream {
    let uses = used(declared);
    let mut methods = TokenStream::new();
    for Name { place, upcall, .. } in declared.names.iter().filter(|name| name.list == List::Uses) {
        let Some(upcall) = upcall.map(|at| &UPCALLS[at]) else { continue };
        // A release has no method where its acquire is declared too: dropping the value and closing it are its calls.
        if !upcall.acquire.is_some_and(|acquire| uses.contains(acquire)) {
            methods.extend(method(upcall, watched(place.first, written), true));
        }
    }
    beside(provider, declared, &methods)
}

/// For one with a fault: a method for every upcall, so that no call of one is a second error.
pub(crate) fn fallback(provider: &Provider, declared: &Declared) -> TokenStream {
    let span = own(provider.name.span());
    let mut methods = TokenStream::new();
    for upcall in &UPCALLS {
        methods.extend(method(upcall, span, false));
    }
    beside(provider, declared, &methods)
}

fn used(declared: &Declared) -> UpcallSet {
    declared.upcalls(List::Uses, |name| name.upcall)
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
    written.map_or(span, |written| span.resolved_at(written))
}

/// The method of one upcall, which stands at `span` from its first token to its last. If it is `watched`, rustc insists
/// that it is called.
///
/// For the lint to speak up, and at the right place, `span` must be where the user wrote the name:
/// rustc keeps silent on code that it takes for a macro's own, and looks at the item as a whole.
/// Paths, which lie in between, are the macro's own: users are not asked to shorten them.
fn method(upcall: &Upcall, span: Span, watched: bool) -> TokenStream {
    let docs = method_docs(upcall);
    let watched = watched.then(|| quote_spanned!(span=> #[deny(dead_code)]));
    let must_use = upcall.rust.must_use.map(|why| quote_spanned!(span=> #[must_use = #why]));
    let name = Ident::new(upcall.method, span);
    let (mut params, mut arguments) = (TokenStream::new(), TokenStream::new());
    for (name, ty) in upcall.rust.params {
        let (name, ty) = (Ident::new(name, span), rust_type(ty, own(span)));
        params.extend(quote_spanned!(span=> #name: #ty,));
        arguments.extend(quote_spanned!(span=> #name,));
    }
    let generics = rust_type(upcall.rust.generics, span);
    let returns = rust_type(upcall.rust.returns, own(span));
    let upcalls = quote_spanned!(own(span)=> __wpu::Upcalls::new(__wpu::Run::cell(&RUN)));
    let function = quote_spanned!(own(span)=> __wpu::Upcalls::#name);
    quote_spanned! {span=>
        #docs
        #watched
        #must_use
        #[inline]
        pub(crate) fn #name #generics(self, #params) -> #returns {
            let Self(()) = self;
            #function(#upcalls, #arguments)
        }
    }
}

fn method_docs(upcall: &Upcall) -> TokenStream {
    let text = format!("`{}`: {}", upcall.name, upcall.text);
    let details = upcall.details;
    let details = (!details.is_empty()).then(|| quote!(#[doc = ""] #[doc = #details]));
    quote!(#[doc = #text] #details)
}

/// A type of the facts, as tokens at `span`. What is global to the facts, their bindings and `core`, may be something
/// else around the item: it is reached through the private path.
fn rust_type(text: &str, span: Span) -> TokenStream {
    let text = text.replace(":: core ::", "$ :: core ::").replace('$', "__wpu");
    at(text.parse().expect("the generator writes types that can be read"), span)
}

fn at(tokens: TokenStream, span: Span) -> TokenStream {
    let mut all = TokenStream::new();
    for mut tree in tokens {
        if let TokenTree::Group(group) = &tree {
            tree = Group::new(group.delimiter(), at(group.stream(), span)).into();
        }
        tree.set_span(span);
        tree.to_tokens(&mut all);
    }
    all
}

/// The handle's type, its methods, and the implementation that makes the struct a provider.
fn beside(provider: &Provider, declared: &Declared, methods: &TokenStream) -> TokenStream {
    let Provider { conditions, visibility, name, .. } = provider;
    let span = own(name.span());
    let handle = format_ident!("{name}Upcalls", span = span);
    let docs = handle_docs(name, declared);
    let import = import(declared, span);
    let shields = shields(span);
    let implementations = implementations(provider, declared, &handle, span);
    let text = handle.to_string();
    // To implement something for it is to use it. Otherwise `allow` would be an error under `forbid`.
    let allow = provider.deprecated.then(|| quote_spanned!(span=> #[allow(deprecated)]));
    // Primitive types may be something else around the item. In an old edition of the user's, this path would start at
    // the root of the crate.
    let primitive = quote_spanned!(Span::mixed_site()=> __wpu::core::primitive);
    // Without `derive`, whose paths would lead through names that stand around the item.
    quote_spanned! {span=>
        #conditions
        #docs
        #visibility struct #handle(());

        #conditions
        #allow
        const _: () = {
            #import
            static RUN: __wpu::Run = __wpu::Run::new();
            #shields
            #implementations
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
            const _: () = {
                use #primitive::*;
                impl #handle { #methods }
            };
        };
    }
}

/// Functions of the names that the expansion binds: `out`, and the parameters of upcalls. Around the item, a constant,
/// static or unit struct of that name would make a comparison of the binding, or an error; a function does not, and
/// hides the other.
fn shields(span: Span) -> TokenStream {
    let mut names = vec!["out"];
    let mut shields = quote_spanned!(span=> fn out() {});
    for (name, _) in UPCALLS.iter().flat_map(|upcall| upcall.rust.params) {
        if !names.contains(name) {
            names.push(name);
            let name = Ident::new(name, span);
            shields.extend(quote_spanned!(span=> fn #name() {}));
        }
    }
    shields
}

/// The path of the crate stands here and nowhere else: if it leads nowhere, that is one error.
fn import(declared: &Declared, span: Span) -> TokenStream {
    let wpu = declared.krate.clone().unwrap_or_else(|| quote_spanned!(span=> ::wpu));
    let last = wpu.clone().into_iter().last();
    let span = last.map_or(span, |last| own(last.span()));
    quote_spanned!(span=> use #wpu::__private as __wpu;)
}

fn handle_docs(name: &Ident, declared: &Declared) -> TokenStream {
    let names: Vec<String> = used(declared).iter().map(|at| format!("`{}`", UPCALLS[at].name)).collect();
    let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let title = format!("The upcalls of [`{}`]: {names}.", name.unraw());
    quote! {
        #[doc = #title]
        #[doc = ""]
        #[doc = "Each has a method, for use within this crate. What one of them acquires is released when it is dropped."]
    }
}

/// The implementations for the struct, in each of its forms.
fn implementations(provider: &Provider, declared: &Declared, handle: &Ident, span: Span) -> TokenStream {
    let declaration = declaration(&provider.name, declared);
    let by_name = by_name(declared);
    let markers = markers(declared, span);
    let any = format_ident!("Any{}", provider.name.unraw(), span = span);
    let mut all = TokenStream::new();
    for Form { condition, parameters, ty, bounds } in &provider.forms {
        all.extend(quote_spanned! {span=>
            #condition
            impl #parameters __wpu::Provider for #ty #bounds {
                type Upcalls = #handle;
                const DECLARATION: __wpu::Declaration = #declaration;
                fn upcalls() -> #handle {
                    #handle(())
                }
                const __RUN: __wpu::Fixed<__wpu::Run> = __wpu::Fixed::new(&RUN);
                const __IMPORTS: &'static [__wpu::Import] = &[#by_name];
            }
        });
        for marker in &markers {
            all.extend(quote_spanned!(span=> #condition impl #parameters #marker for #ty #bounds {}));
        }
        // A kit that is not known may be any: that none is meant would be a second error.
        if matches!(declared.words[KIT], Value::Wrong) && parameters.is_empty() {
            all.extend(quote_spanned!(span=> impl<#any> __wpu::WithKit<#any> for #ty {}));
        }
    }
    all
}

/// The traits that tell the kit that it may make upcalls, and what requests may be completed with: all where the kit is
/// not known.
fn markers(declared: &Declared, span: Span) -> Vec<TokenStream> {
    let mut markers = Vec::new();
    if let Value::Given(kit, place) = declared.words[KIT] {
        let marker = Ident::new(KITS[kit].marker, own(place.first));
        markers.push(quote_spanned!(span=> __wpu::WithKit<__wpu::facts::kits::#marker>));
    }
    let class = declared.class();
    let makes = declared.kit().map_or(UpcallSet::EMPTY, |kit| kit.uses(class)).union(used(declared));
    let completes = |kit: &Kit| !kit.completes || kit.uses(class).is_in(makes);
    if matches!(declared.words[KIT], Value::Wrong) || KITS.iter().all(completes) {
        markers.push(quote_spanned!(span=> __wpu::facts::Completes));
    }
    markers
}

fn declaration(name: &Ident, declared: &Declared) -> TokenStream {
    let name = name.unraw().to_string();
    let class = Literal::usize_unsuffixed(declared.class() as usize);
    let platform = Literal::usize_unsuffixed(declared.platform() as usize);
    let kit = match declared.words[KIT] {
        Value::Given(kit, _) => {
            let kit = Literal::usize_unsuffixed(kit);
            quote!(__wpu::core::option::Option::Some(&__wpu::facts::KITS[#kit]))
        }
        Value::Absent | Value::Wrong => quote!(__wpu::core::option::Option::None),
    };
    let uses = used(declared).iter().map(Literal::usize_unsuffixed);
    let mut waives = TokenStream::new();
    for waiver in &declared.waivers {
        let Value::Given(reason, _) = &waiver.reason else { continue };
        for upcall in declared.names[waiver.names.clone()].iter().filter_map(|name| name.upcall) {
            let upcall = Literal::usize_unsuffixed(upcall);
            waives.extend(quote!(__wpu::Waiver { upcall: #upcall, reason: #reason },));
        }
    }
    quote! {
        __wpu::Declaration {
            provider: #name,
            class: __wpu::Class::ALL[#class],
            platform: __wpu::Platform::ALL[#platform],
            kit: #kit,
            uses: __wpu::UpcallSet::of(&[#(#uses,)*]),
            waives: &[#waives],
        }
    }
}

/// Names only what is declared: a program that never mentions an export links without it.
fn by_name(declared: &Declared) -> TokenStream {
    let mut imports = TokenStream::new();
    for at in used(declared).union(declared.used_by_kit()).with_releases().iter() {
        if let Dispatch::Export(_) = UPCALLS[at].dispatch {
            let import = format_ident!("{}", UPCALLS[at].method.to_uppercase());
            imports.extend(quote!(__wpu::import::#import,));
        }
    }
    imports
}
