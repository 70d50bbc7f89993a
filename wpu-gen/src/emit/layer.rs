//! `layer.rs` of the output: providers over providers.

use super::markdown::markdown;
use super::path::shown;
use super::print::Page;
use super::provider::{head, names};
use super::view::{DownView, View, doc};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

pub(super) fn emit(view: &View<'_>, behind: &Ident) -> String {
    let mut page = Page::new(view, "layer", "Providers over other providers.");
    page.block(
        &quote! {
            /// A provider that stands over another, which it calls `next`. What it does not change, it
            /// passes on.
            pub trait Layer
        },
        view.downcalls().map(|downcall| layer_method(view, &downcall, behind)),
    );
    page.item(quote! {
        /// A layer over a provider: together they are one.
        #[derive(Debug)]
        pub struct Over<L, N> {
            /// The layer.
            pub layer: L,
            /// The provider below.
            pub next: N,
        }
    });
    page.block(
        &quote!(impl<L: Layer, N: #behind> #behind for Over<L, N>),
        view.downcalls().map(|downcall| {
            let ((params, returns), names) = (head(view, &downcall), names(&downcall));
            let method = &downcall.method;
            quote! {
                #[inline]
                fn #method(&self, #(#params),*) #returns { Layer::#method(&self.layer, &self.next, #(#names),*) }
            }
        }),
    );
    page.finish()
}

fn layer_method(view: &View<'_>, downcall: &DownView<'_>, behind: &Ident) -> TokenStream {
    let (name, names) = (&downcall.method, names(downcall));
    let (params, returns) = head(view, downcall);
    let about = doc(&format!(
        "{}\n\n`{}`; see [`{behind}::{method}`](crate::provider::{behind}::{method}).",
        markdown(&downcall.downcall.doc),
        downcall.name,
        behind = shown(behind),
        method = downcall.downcall.method,
    ));
    let errors = doc("# Errors\n\nThose of the provider below.");
    quote! {
        #about
        ///
        #errors
        #[inline]
        fn #name(&self, next: &impl #behind, #(#params),*) #returns { #behind::#name(next, #(#names),*) }
    }
}
