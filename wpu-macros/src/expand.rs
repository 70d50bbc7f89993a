//! What makes a struct a provider: its implementations, and its handle's methods. A provider and its arguments come in, tokens go out; nothing fails here.

use crate::args::{Declared, Name, Value};
use crate::attribute::{Attribute, handle_name};
use crate::generics::Form;
use crate::item::Provider;
use crate::keys::KIT;
use crate::messages::List;
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use wpu_rt::facts::{Dispatch, Kit};
use wpu_rt::upcall_set::{UpcallSet, are_among};

/// What is expanded.
pub(crate) struct Expansion<'a> {
    pub(crate) attribute: Attribute,
    pub(crate) provider: &'a Provider,
    pub(crate) declared: &'a Declared<'a>,
    /// Where the attribute stands, which its own code is of.
    pub(crate) site: Span,
}

impl Expansion<'_> {
    /// For a provider without a fault: a method for each declared upcall, and rustc sees to it that
    /// each is called. `written` is the place of a token that no macro wrote.
    pub(crate) fn expand(&self, written: Option<Span>) -> TokenStream {
        let uses = self.used();
        let mut methods = TokenStream::new();
        for Name { place, upcall, .. } in self.declared.names.iter().filter(|name| name.list == List::Uses) {
            let Some(upcall) = *upcall else { continue };
            // A release has no method where its acquire is declared too: dropping the value and closing it are its calls.
            if !self.declared.upcall(upcall).acquire.is_some_and(|acquire| uses.contains(acquire)) {
                methods.extend(self.method(upcall, watched(place.first, written), true));
            }
        }
        self.beside(&methods)
    }

    /// For one with a fault: a method for every upcall, so that no call of one is a second error.
    pub(crate) fn fallback(&self) -> TokenStream {
        let span = self.own(self.provider.name.span());
        let all = 0..self.declared.spec.facts.upcalls.len();
        self.beside(&all.map(|upcall| self.method(upcall, span, false)).collect())
    }

    fn used(&self) -> UpcallSet {
        self.declared.upcalls(List::Uses, |name| name.upcall)
    }

    /// The same place, for a macro's own code, which lints leave alone.
    fn own(&self, span: Span) -> Span {
        self.site.located_at(span)
    }

    /// What leads to the traits that are implemented.
    fn runtime(&self, span: Span) -> Ident {
        Ident::new(self.attribute.runtime(), span)
    }

    /// What holds the table.
    fn run(&self, span: Span) -> TokenStream {
        if self.attribute.has_of {
            quote_spanned!(span=> __wpu_table::Run<__wpu::Interface>)
        } else {
            quote_spanned!(span=> __wpu::Run)
        }
    }

    /// The method of one upcall, which stands at `span` from its first token to its last. If it is `watched`, rustc insists
    /// that it is called.
    ///
    /// For the lint to speak up, and at the right place, `span` must be where the user wrote the name:
    /// rustc keeps silent on code that it takes for a macro's own, and looks at the item as a whole.
    /// Paths, which lie in between, are the macro's own: users are not asked to shorten them.
    fn method(&self, upcall: usize, span: Span, watched: bool) -> TokenStream {
        let (fact, form) = (self.declared.upcall(upcall), &self.declared.spec.methods[upcall]);
        let text = format!("`{}`: {}", fact.name, fact.text);
        let details = Some(&form.details).filter(|details| !details.is_empty());
        let details = details.map(|details| quote!(#[doc = ""] #[doc = #details]));
        let watched = watched.then(|| quote_spanned!(span=> #[deny(dead_code)]));
        let must_use = form.must_use.as_ref().map(|why| quote_spanned!(span=> #[must_use = #why]));
        let own = self.own(span);
        let name = named(fact.method, span);
        let (mut params, mut arguments) = (TokenStream::new(), TokenStream::new());
        for (name, ty) in &form.params {
            let (name, ty) = (named(&name.to_string(), span), at(ty.clone(), own));
            params.extend(quote_spanned!(span=> #name: #ty,));
            arguments.extend(quote_spanned!(span=> #name,));
        }
        let (generics, returns) = (at(form.generics.clone(), span), at(form.returns.clone(), own));
        let runtime = self.runtime(own);
        let upcalls = quote_spanned!(own=> __wpu::Upcalls::new(#runtime::Run::cell(&RUN)));
        let function = quote_spanned!(own=> __wpu::Upcalls::#name);
        quote_spanned! {span=>
            #[doc = #text]
            #details
            #watched
            #must_use
            #[inline]
            pub(crate) fn #name #generics(self, #params) -> #returns {
                let Self(()) = self;
                #function(#upcalls, #arguments)
            }
        }
    }

    /// All of it.
    fn beside(&self, methods: &TokenStream) -> TokenStream {
        let span = self.own(self.provider.name.span());
        let handle = handle_name(&self.provider.name, self.site);
        let (runtime, run, shields) = (self.runtime(span), self.run(span), self.shields(span));
        let implementations = self.implementations(&handle, span);
        // Primitive types may be something else around the item. In an old edition of the user's, this path would start at
        // the root of the crate.
        let primitive = quote_spanned!(Span::mixed_site()=> __wpu::core::primitive);
        quote_spanned! {span=>
            static RUN: #run = #runtime::Run::new();
            #shields
            #implementations
            const _: () = {
                use #primitive::*;
                impl #handle { #methods }
            };
        }
    }

    /// Functions of the names that the expansion binds: `out`, and the parameters of upcalls. Around the item, a constant,
    /// static or unit struct of that name would make a comparison of the binding, or an error; a function does not, and
    /// hides the other.
    fn shields(&self, span: Span) -> TokenStream {
        let mut names = vec!["out".to_owned()];
        for (name, _) in self.declared.spec.methods.iter().flat_map(|form| &form.params) {
            let name = name.to_string();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let names = names.iter().map(|name| named(name, span));
        quote_spanned!(span=> #(fn #names() {})*)
    }

    /// The implementations for the struct, in each of its forms.
    fn implementations(&self, handle: &Ident, span: Span) -> TokenStream {
        let (declaration, by_name, markers) = (self.declaration(), self.by_name(), self.markers(span));
        let (runtime, run) = (self.runtime(span), self.run(span));
        let interface =
            self.attribute.has_of.then(|| quote_spanned!(span=> type Interface = __wpu::Interface;));
        let any = format_ident!("Any{}", self.provider.name.unraw(), span = span);
        let mut all = TokenStream::new();
        for Form { condition, parameters, ty, bounds } in &self.provider.forms {
            all.extend(quote_spanned! {span=>
                #condition
                impl #parameters #runtime::Provider for #ty #bounds {
                    #interface
                    type Upcalls = #handle;
                    const DECLARATION: __wpu::Declaration = #declaration;
                    fn upcalls() -> #handle {
                        #handle(())
                    }
                    const __RUN: #runtime::Fixed<#run> = #runtime::Fixed::new(&RUN);
                    const __IMPORTS: &'static [__wpu::Import] = &[#by_name];
                }
                #(#condition impl #parameters #markers for #ty #bounds {})*
            });
            // A kit that is not known may be any: that none is meant would be a second error.
            if matches!(self.declared.words[KIT], Value::Wrong) && parameters.is_empty() {
                all.extend(quote_spanned!(span=> impl<#any> #runtime::WithKit<#any> for #ty {}));
            }
        }
        all
    }

    /// The traits that tell the kit that it may make upcalls, and what requests may be completed with: all where the kit is
    /// not known.
    fn markers(&self, span: Span) -> Vec<TokenStream> {
        let declared = self.declared;
        let mut markers = Vec::new();
        if let Value::Given(kit, place) = declared.words[KIT] {
            let marker = Ident::new(declared.spec.kits[kit].marker, self.own(place.first));
            let runtime = self.runtime(span);
            markers.push(quote_spanned!(span=> #runtime::WithKit<__wpu::facts::kits::#marker>));
        }
        let used = self.used();
        let makes: Vec<usize> = declared.by_kit().iter().chain(used.iter()).copied().collect();
        let completing: Vec<&Kit> = declared.spec.kits.iter().filter(|kit| kit.completes).collect();
        let complete = |kit: &&Kit| are_among(kit.uses(declared.class()), &makes);
        let wrong = matches!(declared.words[KIT], Value::Wrong);
        // Where no kit completes requests, nothing is to be declared for them.
        if !completing.is_empty() && (wrong || completing.iter().all(complete)) {
            markers.push(quote_spanned!(span=> __wpu::facts::Completes));
        }
        markers
    }

    fn declaration(&self) -> TokenStream {
        let declared = self.declared;
        let name = self.provider.name.unraw().to_string();
        let (class, platform) = (declared.class().index(), declared.platform().index());
        let kit = match declared.words[KIT] {
            Value::Given(kit, _) => quote!(__wpu::core::option::Option::Some(&__wpu::facts::KITS[#kit])),
            Value::Absent | Value::Wrong => quote!(__wpu::core::option::Option::None),
        };
        let uses = self.used();
        let uses = uses.iter();
        let mut waives = TokenStream::new();
        for waiver in &declared.waivers {
            let Value::Given(reason, _) = &waiver.reason else { continue };
            for upcall in declared.names[waiver.names.clone()].iter().filter_map(|name| name.upcall) {
                waives.extend(quote!(__wpu::Waiver { upcall: #upcall, reason: #reason },));
            }
        }
        quote! {
            __wpu::Declaration {
                facts: &__wpu::facts::FACTS,
                provider: #name,
                class: __wpu::Class::ALL[#class].id(),
                platform: __wpu::Platform::ALL[#platform].id(),
                kit: #kit,
                uses: &[#(#uses),*],
                waives: &[#waives],
            }
        }
    }

    /// Names only what is declared: a program that never mentions an export links without it.
    fn by_name(&self) -> TokenStream {
        let calls = self.declared.case(&self.used(), &[]).calls(self.declared.spec.facts);
        let facts = calls.iter().map(|upcall| self.declared.upcall(*upcall));
        let exported = facts.filter(|fact| fact.dispatch != Dispatch::Slot);
        let imports =
            exported.map(|fact| format_ident!("{}", fact.method.trim_start_matches("r#").to_uppercase()));
        quote!(#(__wpu::import::#imports,)*)
    }
}

/// The same place, for code that lints look at: they leave alone what another crate's macro wrote, as it may have
/// the name of an upcall. If all is such a macro's, there is nothing that they look at.
fn watched(span: Span, written: Option<Span>) -> Span {
    written.map_or(span, |written| span.resolved_at(written))
}

/// A name of the facts, which may be a raw one.
fn named(name: &str, span: Span) -> Ident {
    match name.strip_prefix("r#") {
        Some(name) => Ident::new_raw(name, span),
        None => Ident::new(name, span),
    }
}

/// Tokens at `span`.
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
