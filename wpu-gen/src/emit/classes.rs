//! `classes.rs`: what requirements distinguish.

use super::markdown::markdown;
use super::path::alone;
use super::print::Page;
use super::tokens::doc;
use super::view::View;
use crate::model::Word;
use crate::names::{camel, ident};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

pub(super) fn emit(view: &View<'_>) -> String {
    let mut page = Page::new(view, "classes", "What requirements distinguish.");
    let model = view.model;
    words(&mut page, "Class", "A kind of provider that requirements distinguish.", &model.classes);
    words(&mut page, "Platform", "A platform that requirements distinguish.", &model.platforms);
    let default = default(&model.platforms[model.default_platform].name);
    page.item(quote!(impl Platform { #default }));
    page.finish()
}

/// What the platforms have beside that.
pub(super) fn default(platform: &str) -> TokenStream {
    let variant = alone(&camel(platform));
    quote! {
        /// The platform that a provider means when it names none.
        pub const DEFAULT: Self = Self::#variant;
    }
}

/// An enum of words, each with its name and text.
fn words(page: &mut Page, ty: &str, about: &str, words: &[Word]) {
    let (ty, id) = (ident(ty), ident(&format!("{ty}Id")));
    let variants: Vec<_> = words.iter().map(|word| alone(&camel(&word.name))).collect();
    let docs = words.iter().map(|word| doc(&format!("`{}`: {}", word.name, markdown(&word.doc))));
    let about = doc(about);
    page.item(quote! {
        #about
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum #ty { #(#docs #variants),* }
    });
    page.block(&quote!(impl #ty), members(words, &id));
    page.item(quote! {
        impl From<#ty> for #id {
            #[inline]
            fn from(word: #ty) -> Self {
                word.id()
            }
        }
    });
}

/// What a type of words has beside its variants.
pub(super) fn members(words: &[Word], id: &Ident) -> [TokenStream; 6] {
    let count = Literal::usize_unsuffixed(words.len());
    let names = words.iter().map(|word| &*word.name);
    let texts = words.iter().map(|word| &*word.doc);
    let variants = words.iter().map(|word| alone(&camel(&word.name)));
    [
        quote! {
            /// How many there are.
            pub const COUNT: usize = #count;
        },
        quote! {
            /// Each of them, in the order of the spec.
            pub const ALL: [Self; Self::COUNT] = [#(Self::#variants),*];
        },
        quote! {
            /// Its word in the spec and in attributes.
            #[must_use]
            #[inline]
            pub const fn name(self) -> &'static str {
                [#(#names),*][self as usize]
            }
        },
        quote! {
            /// What it is.
            #[must_use]
            #[inline]
            pub const fn text(self) -> &'static str {
                [#(#texts),*][self as usize]
            }
        },
        quote! {
            /// It, as the facts and the rules over them name it.
            #[must_use]
            #[inline]
            pub const fn id(self) -> #id {
                #id::new(self as usize)
            }
        },
        quote! {
            /// What facts and rules name so.
            ///
            /// # Panics
            ///
            /// If it is of another spec.
            #[must_use]
            #[inline]
            pub const fn of(id: #id) -> Self {
                Self::ALL[id.index()]
            }
        },
    ]
}
