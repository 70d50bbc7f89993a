//! `host.rs`: what a host implements.

use super::caller::tuple;
use super::markdown::markdown;
use super::print::Page;
use super::tokens::{At, doc};
use super::view::View;
use crate::model::ReturnRole;
use crate::role::kind::{Answer, Call, Failure, Shown};
use proc_macro2::TokenStream;
use quote::quote;

pub(super) fn emit(view: &View<'_>) -> String {
    let mut page = Page::new(view, "host", "The other side: what a host implements.");
    let error = view.error();
    let called = quote! {
        /// Is told of every upcall once it is answered, also of those that were refused at the border.
        fn called(&self, _call: &Call<'_>) {}
    };
    page.block(
        &quote! {
            /// A host: one method for each upcall.
            ///
            /// Pointers are checked before a method is called, and out values are written after it.
            pub trait Host
        },
        view.upcalls().map(|upcall| method(&upcall)).chain([called]),
    );
    page.item(quote! {
        /// An upcall as the host answered it.
        #[derive(Debug)]
        pub struct Call<'a> {
            /// Which one.
            pub upcall: &'static Upcall,
            /// What it was given.
            pub arguments: fmt::Arguments<'a>,
            /// What it answered.
            pub outcome: fmt::Arguments<'a>,
        }
    });
    page.item(quote! {
        /// How a thunk finds its host: C function pointers carry no context.
        pub trait Locate: 'static {
            /// What it finds.
            type Host: Host;
            /// Runs `body` with the host.
            ///
            /// No panic of `body` may come out of this function.
            ///
            /// # Errors
            ///
            /// What the upcall is to fail with: there is no host, or `body` panicked.
            fn with<R>(body: impl FnOnce(&Self::Host) -> R) -> Result<R, #error>;
        }
    });
    page.finish()
}

fn method(upcall: &Call<'_>) -> TokenStream {
    let (method, returns) = (upcall.on(), returns(upcall));
    let params = upcall.shown().filter(|arg| arg.facts.shown != Shown::Closure);
    let params = params.flat_map(|arg| arg.kind.host_params(&arg)).map(|(name, ty)| quote!(#name: #ty));
    let keyword = follows(upcall).then(|| quote!(unsafe));
    let safety = match keyword {
        Some(_) => {
            "\n\n# Safety\n\nEach pointer, and each function with what is passed to it, is one that a provider passes: it is valid for \
             what the documentation has the host do with it."
        }
        None => "",
    };
    let about = format!("`{}`: {}{safety}{}", upcall.name, markdown(&upcall.function.doc), errors(upcall));
    let about = doc(&about);
    quote! {
        #about
        #keyword fn #method(&self, #(#params),*) #returns;
    }
}

/// Whether a host follows a pointer of an upcall after the check, or calls a function of a provider.
pub(super) fn follows(upcall: &Call<'_>) -> bool {
    let model = upcall.tokens.model;
    upcall.args().any(|arg| match arg.facts.shown {
        Shown::Consumed | Shown::Vouched => true,
        // A structure of a client's, with its pointers.
        Shown::Passed if arg.param.role.is_none() => arg.pointee().is_some_and(|to| model.has_pointers(to)),
        _ => false,
    })
}

fn errors(upcall: &Call<'_>) -> String {
    match upcall.form.failure {
        Failure::Never => String::new(),
        Failure::Uncoded => {
            "\n\n# Errors\n\n[`Failed`](crate::rt::refused::Failed), without a code.".to_owned()
        }
        Failure::Coded(_) => {
            format!("\n\n# Errors\n\n{}", upcall.tokens.error_list(&upcall.function.errors))
        }
    }
}

fn returns(upcall: &Call<'_>) -> TokenStream {
    let value = answer(upcall);
    let error = upcall.tokens.error();
    match upcall.form.failure {
        Failure::Never => quote!(-> #value),
        Failure::Uncoded => quote!(-> Result<#value, Failed>),
        Failure::Coded(_) => quote!(-> Result<#value, #error>),
    }
}

/// What a method answers when it succeeds.
fn answer(upcall: &Call<'_>) -> TokenStream {
    let types = upcall.form.answers.iter().map(|answer| match answer {
        Answer::Returned if upcall.function.returns_as(ReturnRole::Bool) => quote!(bool),
        Answer::Returned => upcall.tokens.plain(&upcall.function.returns, At::Inside),
        Answer::Param(at) => {
            let arg = upcall.arg(*at);
            arg.kind.host_answer(&arg)
        }
    });
    tuple(&types.collect::<Vec<_>>())
}
