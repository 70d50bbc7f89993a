//! `thunk.rs`: the functions that a host's tables hold, and those tables.

use super::callee;
use super::host::follows;
use super::print::Page;
use super::tokens::comment;
use super::view::View;
use crate::model::ReturnRole;
use crate::names::ident;
use crate::role::kind::{Answer, Call, Failure};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

pub(super) fn emit(view: &View<'_>) -> String {
    let mut page = Page::new(
        view,
        "thunk",
        "The functions that a host's tables hold: they check what a provider passes, and write what the host answers; and those tables.",
    );
    page.items(view.upcalls().map(|upcall| thunk(&upcall)));
    page.items(view.model.host_tables().map(|table| {
        let about = "The table whose every slot leads to the host that `L` finds.";
        callee::table(view.model, table, ("thunk", about), &quote!(of<L: Locate>), &quote!(L))
    }));
    page.finish()
}

fn thunk(upcall: &Call<'_>) -> TokenStream {
    let about = format!(
        "`{}`, as a provider calls it.\n\n# Safety\n\nEvery pointer is null, or misaligned, or valid for what the documentation has the host do with it.",
        upcall.name
    );
    let (work, tell, finish) = (work(upcall), tell(upcall), finish(upcall));
    callee::function(upcall, &about, &quote!(L: Locate), &quote!(#work #tell #finish))
}

/// Runs with the host: checks, and asks it.
fn work(upcall: &Call<'_>) -> TokenStream {
    let (checks, ask) = (callee::bindings(upcall), ask(upcall));
    let (result, broken) = match upcall.form.failure {
        Failure::Uncoded => (quote!(Result<_, Failed>), quote!(unwrap_or(Err(Failed)))),
        Failure::Never | Failure::Coded(_) => {
            let error = upcall.tokens.error();
            (quote!(Result<_, #error>), quote!(unwrap_or_else(Err)))
        }
    };
    quote! {
        let answer = L::with(|host| -> #result { #checks #ask });
        let answer = answer.#broken;
    }
}

fn ask(upcall: &Call<'_>) -> TokenStream {
    let (method, arguments) = (upcall.on(), callee::arguments(upcall));
    let ask = quote!(Host::#method(host, #arguments));
    let ask = if follows(upcall) {
        let safety = comment("SAFETY: the contract of this function.");
        quote!({ #safety unsafe { #ask } })
    } else {
        ask
    };
    if upcall.form.failure == Failure::Never {
        return quote!(Ok(#ask));
    }
    upcall.outs().fold(ask, |ask, out| out.kind.asked(&out, ask))
}

/// Tells the host of the outcome, which is settled by then: whatever goes wrong here changes nothing.
fn tell(upcall: &Call<'_>) -> TokenStream {
    let index = Literal::usize_unsuffixed(upcall.at);
    let (texts, values): (Vec<_>, Vec<_>) = upcall.args().filter_map(|arg| arg.kind.trace(&arg)).unzip();
    let (text, success) = (texts.join(", "), outcome(upcall));
    let failed = if upcall.form.failure == Failure::Uncoded {
        quote!(Err(_) => tell(format_args!("failed")),)
    } else {
        quote!(Err(error) => tell(format_args!("failed: {error:?}")),)
    };
    quote! {
        let _ = L::with(|host| {
            let tell = |outcome: core::fmt::Arguments<'_>| {
                Host::called(host, &Call { upcall: &UPCALLS[#index], arguments: format_args!(#text #(, #values)*), outcome });
            };
            match &answer {
                #success
                #failed
            }
        });
    }
}

/// What is told of a success.
fn outcome(upcall: &Call<'_>) -> TokenStream {
    match upcall.form.answers.first() {
        None => quote!(Ok(()) => tell(format_args!("ok")),),
        Some(Answer::Returned) if upcall.function.returns_as(ReturnRole::Bool) => {
            quote!(Ok(value) => tell(format_args!("{value}")),)
        }
        Some(Answer::Returned) => upcall.tokens.outcome(&upcall.function.returns),
        Some(Answer::Param(at)) => {
            let arg = upcall.arg(*at);
            arg.kind.outcome(&arg)
        }
    }
}

/// Writes what came out, and answers.
fn finish(upcall: &Call<'_>) -> TokenStream {
    let (value, success) = success(upcall);
    let failure = failure(upcall);
    let error = if matches!(upcall.form.failure, Failure::Coded(_)) { quote!(error) } else { quote!(_) };
    quote! {
        match answer {
            Ok(#value) => #success,
            Err(#error) => { #failure }
        }
    }
}

fn failure(upcall: &Call<'_>) -> TokenStream {
    let value = callee::failure(upcall);
    let report = upcall.errno().map(|errno| {
        let (errno, safety) = (errno.c(), comment("SAFETY: the contract of this function."));
        quote! {
            #safety
            unsafe { checks::report(#errno, error.code()); }
        }
    });
    quote!(#report #value)
}

/// The pattern of the answer, and what to do with it.
fn success(upcall: &Call<'_>) -> (TokenStream, TokenStream) {
    let ok = callee::success(upcall);
    match upcall.form.answers.first() {
        None => (quote!(()), ok),
        Some(Answer::Returned) if upcall.function.returns_as(ReturnRole::Bool) => {
            (quote!(value), quote!(value.into()))
        }
        Some(Answer::Returned) => (quote!(value), quote!(value)),
        Some(Answer::Param(at)) => {
            let arg = upcall.arg(*at);
            let write = arg.kind.write(&arg, &ident("value"));
            if write.is_empty() { (quote!(_), ok) } else { (quote!(value), quote!({ #write #ok })) }
        }
    }
}
