//! `host.rs`: what a host implements.

use super::markdown::markdown;
use super::print::Page;
use super::view::{At, UpcallView, View, doc};
use crate::lower::{Answer, Failure, Kind};
use crate::names::ident;
use proc_macro2::{Ident, TokenStream};
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
        view.upcalls().map(|upcall| method(view, &upcall)).chain([called]),
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

fn method(view: &View<'_>, upcall: &UpcallView<'_>) -> TokenStream {
    let (method, returns) = (upcall.on(), returns(view, upcall));
    let params = params(view, upcall).into_iter().map(|(name, ty)| quote!(#name: #ty));
    let about = doc(&format!("`{}`: {}{}", upcall.name, markdown(&upcall.upcall.doc), errors(view, upcall)));
    quote! {
        #about
        fn #method(&self, #(#params),*) #returns;
    }
}

fn errors(view: &View<'_>, upcall: &UpcallView<'_>) -> String {
    match upcall.form.failure {
        Failure::Never => String::new(),
        Failure::Uncoded => {
            "\n\n# Errors\n\n[`Failed`](crate::rt::refused::Failed), without a code.".to_owned()
        }
        Failure::Coded(_) => format!("\n\n# Errors\n\n{}", view.error_list(&upcall.upcall.errors)),
    }
}

/// Names and types of the parameters on the host's side.
pub(super) fn params(view: &View<'_>, upcall: &UpcallView<'_>) -> Vec<(Ident, TokenStream)> {
    let bundled = |at: Option<usize>| at.map(|at| upcall.upcall.params[at].rust());
    let mut params = Vec::new();
    for (param, kind) in upcall.params().filter(|(_, kind)| kind.is_input()) {
        let name = param.rust();
        match kind {
            Kind::Callback { ty, .. } => {
                params.push((routine_name(), view.callback_fn(ty, At::Inside)));
                params.extend(bundled(param.context).map(|_| (context_name(), quote!(usize))));
            }
            Kind::Reference(id) => {
                let ty = view.struct_name(id, At::Inside);
                params.push((name, quote!(&#ty)));
            }
            Kind::Handle { handle, by_pointer: true } => {
                let ty = view.ty(&view.handle(handle).ty, At::Inside);
                params.push((name, quote!(&#ty)));
            }
            Kind::Counted(id) => {
                let ty = view.set(id);
                params.push((name, quote!(#ty<'_>)));
            }
            Kind::Request(id) => {
                let ty = view.struct_name(id, At::Inside);
                params.push((name, quote!(NonNull<#ty>)));
            }
            _ => params.push((name, view.plain(&param.ty, At::Inside))),
        }
    }
    params
}

/// What a callback is called on the host's side.
pub(super) fn routine_name() -> Ident {
    ident("routine")
}

/// What its context is called there.
pub(super) fn context_name() -> Ident {
    ident("context")
}

fn returns(view: &View<'_>, upcall: &UpcallView<'_>) -> TokenStream {
    let value = answer(view, upcall);
    let error = view.error();
    match upcall.form.failure {
        Failure::Never => quote!(-> #value),
        Failure::Uncoded => quote!(-> Result<#value, Failed>),
        Failure::Coded(_) => quote!(-> Result<#value, #error>),
    }
}

/// What a method answers when it succeeds.
fn answer(view: &View<'_>, upcall: &UpcallView<'_>) -> TokenStream {
    let out =
        |at: usize| view.model.pointee(&upcall.upcall.params[at].ty).map(|ty| view.plain(ty, At::Inside));
    match upcall.form.answer {
        Answer::Unit => quote!(()),
        Answer::Bool => quote!(bool),
        Answer::Value | Answer::Handle(_) => view.plain(&upcall.upcall.returns, At::Inside),
        Answer::Out(at) | Answer::OutHandle { param: at, .. } => out(at).unwrap_or_default(),
        Answer::String(_) => quote!(WideString),
        Answer::Bundle(at) => match upcall.form.params[at] {
            Kind::OutCallback { ty, .. } => {
                let routine = view.callback_fn(ty, At::Inside);
                quote!(Option<(#routine, usize)>)
            }
            _ => quote!(()),
        },
    }
}
