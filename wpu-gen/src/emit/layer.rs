//! `layer.rs` of the output: the trait of layers, and the signatures for whoever makes a provider of one.

use super::markdown::markdown;
use super::path::shown;
use super::print::Page;
use super::provider::{head, names, signature};
use super::tokens::doc;
use super::view::View;
use crate::names::ident;
use crate::role::kind::Call;
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
        view.downcalls().map(|downcall| layer_method(&downcall, behind)),
    );
    page.exported(
        "for_each_downcall",
        "Calls the macro of that name with the signatures of the downcalls. `#[request(…)]` precedes one that can \
         bring a request, and says what a client may lend with it.",
        view.downcalls().map(|downcall| bare_signature(&downcall)),
    );
    page.finish()
}

fn layer_method(downcall: &Call<'_>, behind: &Ident) -> TokenStream {
    let (name, names) = (&downcall.method, names(downcall));
    let (params, returns) = head(downcall);
    let about = doc(&format!(
        "{}\n\n`{}`; see [`{behind}::{method}`](crate::provider::{behind}::{method}).",
        markdown(&downcall.function.doc),
        downcall.name,
        behind = shown(behind),
        method = downcall.function.method,
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

/// What `for_each_downcall` says of one, so that code by hand does not repeat it.
fn bare_signature(downcall: &Call<'_>) -> TokenStream {
    let (name, (params, answer)) = (&downcall.method, signature(downcall));
    let lent = downcall.lent().map(|(_, lent)| ident(lent.field));
    let request = downcall.form.request.map(|_| quote!(#[request(#(#lent),*)]));
    quote!(#request fn #name(#(#params),*) -> #answer;)
}
