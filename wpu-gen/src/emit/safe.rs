//! `safe.rs`: the upcalls in safe form.

use super::caller::{self, Made};
use super::markdown::{code_of, inline, markdown};
use super::obligations;
use super::print::Page;
use super::tokens::{At, doc};
use super::view::View;
use crate::model::{FunctionId, Party};
use crate::role::kind::{Answer, Arg, Call, Failure, Shown};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

pub(super) fn emit(view: &View<'_>) -> String {
    let mut page = Page::new(view, "safe", "The upcalls in safe form.");
    page.item(quote! {
        /// All upcalls, in safe form, through the table that a cell holds.
        ///
        /// Before start-up and after clean-up every call fails, or answers no; what fails can be tried again.
        #[derive(Clone, Copy, Debug)]
        pub struct Upcalls(pub &'static Cell);
    });
    // An upcall of that name comes first.
    let new = view.upcalls().all(|upcall| upcall.function.method != "new").then(|| {
        quote! {
            /// The upcalls of the host whose table `cell` holds.
            #[inline]
            #[must_use]
            pub const fn new(cell: &'static Cell) -> Self {
                Self(cell)
            }
        }
    });
    page.block(
        &quote!(impl Upcalls),
        new.into_iter().chain(view.upcalls().map(|upcall| method(view, &upcall))),
    );
    page.finish()
}

/// The head of a safe form, after its name.
pub(super) struct Signature {
    /// What is generic: the answer of the closure to which something is lent.
    pub(super) generics: TokenStream,
    /// After `self`.
    pub(super) params: Vec<(Ident, TokenStream)>,
    pub(super) returns: TokenStream,
}

pub(super) fn signature(upcall: &Call<'_>, at: At) -> Signature {
    let lends = upcall.args().any(|arg| arg.facts.shown == Shown::Closure);
    Signature {
        generics: if lends { quote!(<R>) } else { TokenStream::new() },
        params: upcall.shown().map(|arg| (arg.rust(), arg.kind.ty(&arg, at))).collect(),
        returns: output_type(upcall, at),
    }
}

fn output_type(upcall: &Call<'_>, at: At) -> TokenStream {
    let value = caller::answer_type(upcall, at);
    let error = match upcall.form.failure {
        Failure::Never => return value,
        Failure::Uncoded => at.own("Failed"),
        Failure::Coded(_) => at.item("error", &upcall.tokens.model.head.error_type),
    };
    let result = at.core("result", "Result");
    match upcall.consumed() {
        Some(arg) => {
            let (refused, consumed) = (at.own("Refused"), arg.kind.ty(&arg, at));
            quote!(#result<#value, #refused<#consumed, #error>>)
        }
        None => quote!(#result<#value, #error>),
    }
}

fn method(view: &View<'_>, upcall: &Call<'_>) -> TokenStream {
    let about = doc(&documentation(upcall));
    let Signature { generics, params, returns } = signature(upcall, At::Inside);
    let names = params.iter().map(|(name, _)| name);
    let params = params.iter().map(|(name, ty)| quote!(#name: #ty));
    let method = &upcall.method;
    let must_use = view.model.upcalls[upcall.at].must_use.as_ref().map(|why| quote!(#[must_use = #why]));
    let must_use = match (must_use, upcall.form.failure) {
        (None, Failure::Never) => Some(quote!(#[must_use])),
        (given, _) => given,
    };
    let body = if let Some(too_small) = upcall.outs().find_map(|arg| arg.facts.too_small) {
        text_body(upcall, too_small)
    } else if view.model.released_by(upcall.at).is_some() {
        let (through, arguments) = (upcall.through(), names);
        quote!(#through(self.0.table(), #(#arguments),*))
    } else {
        // The run first: what comes of a table that is replaced meanwhile belongs to the run that is over.
        let run = keeps_run(upcall).then(|| quote!(let run = self.0.run();));
        let body = body(upcall);
        quote!(#run let table = self.0.table(); #body)
    };
    quote! {
        #about
        #[inline]
        #must_use
        pub fn #method #generics(self, #(#params),*) -> #returns { #body }
    }
}

/// A releasing upcall through a given table: that of the run in which its value was acquired.
pub(super) fn release(view: &View<'_>, upcall: &Call<'_>) -> Option<TokenStream> {
    view.model.released_by(upcall.at)?;
    let Signature { params, returns, .. } = signature(upcall, At::Inside);
    let params = params.iter().map(|(name, ty)| quote!(#name: #ty));
    let (name, body) = (upcall.through(), body(upcall));
    Some(quote! {
        #[inline]
        pub(crate) fn #name(table: &'static Table, #(#params),*) -> #returns { #body }
    })
}

/// What rustdoc says of a safe form.
fn documentation(upcall: &Call<'_>) -> String {
    let of = upcall.function;
    let mut text = format!("{}\n\nThe safe form of `{}`.", markdown(&of.doc), of.name);
    if !of.details.is_empty() {
        text += &format!("\n\n{}", markdown(&of.details));
    }
    text += &match upcall.form.failure {
        Failure::Never => String::new(),
        Failure::Uncoded => {
            "\n\n# Errors\n\n[`Failed`](crate::rt::refused::Failed), without a code: the host has none for it."
                .to_owned()
        }
        Failure::Coded(_) => format!(
            "\n\n# Errors\n\n{}- any other code that the host gives",
            upcall.tokens.error_list(&of.errors)
        ),
    };
    text += &vouched_texts(upcall);
    if upcall.consumed().is_some() {
        text += "\n\nWhat was to be handed over comes back in [`Refused::rest`](crate::rt::refused::Refused::rest).";
    }
    let bound = obligations::list(upcall.tokens.model, FunctionId::Upcall(upcall.at), Party::Plugin, code_of);
    if !bound.is_empty() {
        text += &format!("\n\n# Obligations\n\n{bound}");
    }
    text.trim_end().to_owned()
}

/// What the makers of pointers vouch for, in the spec's words.
pub(super) fn vouched_texts(call: &Call<'_>) -> String {
    let vouched = call.args().filter(|arg| arg.facts.shown == Shown::Vouched).map(|arg| vouched_text(&arg));
    let vouched: Vec<_> = vouched.collect();
    if vouched.is_empty() { String::new() } else { format!("\n\n{}", vouched.join("\n")) }
}

fn vouched_text(arg: &Arg<'_>) -> String {
    format!(
        "The creator of `{}` (`{}`), by `Vouched::from_raw`, guarantees that it is: {}",
        arg.shown(),
        arg.param.name,
        inline(&arg.param.doc)
    )
}

fn make(upcall: &Call<'_>) -> Made {
    let name = &upcall.name;
    let why = "SAFETY: the contract of the cell guarantees the function; each argument is a plain value, or points at memory that lives until the call returns.";
    let made = caller::make(upcall, &quote!(table.#name), why);
    let failed = made.failed.map(|failed| with_zero(upcall, failed));
    Made { failed, ..made }
}

/// A host that reports success and gives nothing has broken the contract: that counts as failure too.
fn with_zero(upcall: &Call<'_>, failed: TokenStream) -> TokenStream {
    let (handle, value) = match upcall.form.answers.first() {
        Some(Answer::Returned) => (caller::acquired(upcall), quote!(answer)),
        Some(Answer::Param(at)) => {
            let out = upcall.arg(*at).out();
            (upcall.arg(*at).facts.acquires, quote!(#out))
        }
        None => (None, TokenStream::new()),
    };
    match handle.map(|handle| upcall.tokens.handle(handle)).filter(|handle| handle.never_zero) {
        Some(handle) => {
            let zero = upcall.tokens.is_zero(&handle.ty, &value);
            quote!(#failed || #zero)
        }
        None => failed,
    }
}

/// Whether the answer is good only in the run in which it was given.
fn keeps_run(upcall: &Call<'_>) -> bool {
    let returned = upcall.form.answers.first() == Some(&Answer::Returned);
    returned && caller::acquired(upcall).is_some() || upcall.args().any(|arg| arg.facts.keeps_run)
}

fn body(upcall: &Call<'_>) -> TokenStream {
    let Made { before, call, failed, after } = make(upcall);
    let answer = caller::answer(upcall);
    let Some(failed) = failed else { return quote!(#before #call #answer) };
    let error = error_value(upcall);
    quote!(#before #call if #failed { return Err(#error); } #after Ok(#answer))
}

fn error_value(upcall: &Call<'_>) -> TokenStream {
    let error = match upcall.form.failure {
        Failure::Coded(_) => quote!(crate::error::reported(errno)),
        _ => quote!(Failed),
    };
    match upcall.consumed() {
        Some(arg) => {
            let rest = arg.rust();
            quote!(Refused { error: #error, rest: #rest })
        }
        None => error,
    }
}

/// The call stands in a closure that is tried with growing buffers.
fn text_body(upcall: &Call<'_>, too_small: usize) -> TokenStream {
    let (too_small, broken) = (upcall.tokens.error_code(too_small), upcall.tokens.broken());
    let Made { before, call, failed, .. } = make(upcall);
    let error = error_value(upcall);
    quote! {
        let table = self.0.table();
        wide::read_text(#too_small, #broken, |buffer, length| {
            #before
            #call
            if #failed { return Err(#error); }
            Ok(())
        })
    }
}
