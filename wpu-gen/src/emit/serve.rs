//! `serve.rs` of the output: the functions that a provider's table holds.

use super::callee;
use super::print::Page;
use super::records;
use super::tokens::{comment, doc};
use super::view::View;
use crate::role::kind::{Answer, Arg, Call, contract};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

pub(super) fn emit(view: &View<'_>, behind: &Ident) -> String {
    let mut page = Page::new(
        view,
        "serve",
        "The functions that a provider's table holds: they check what a client passes, and write what the provider answers.",
    );
    page.item(serve(view, behind));
    page.items(view.model.provider_table().map(|table| {
        let about = "The table whose every slot leads to the provider that `S` finds.";
        callee::table(view.model, table, ("serve", about), &quote!(serving<S: Serve>), &quote!(S))
    }));
    page.items(view.downcalls().map(|downcall| thunk(behind, &downcall)));
    page.finish()
}

fn serve(view: &View<'_>, behind: &Ident) -> TokenStream {
    let error = view.error();
    let completion = view.requesting().map(|_| {
        quote! {
            /// How requests are begun and told of. No panic may come out of these functions.
            const COMPLETION: CompletionVtable;
            /// Whether the provider has declared the upcalls that requests are completed with. Overlapped requests
            /// are refused otherwise.
            const COMPLETES: bool;
        }
    });
    let contract = doc(
        "# Safety\n\nWhat `COMPLETION.keep` is given is not dropped before `COMPLETION.release` is called with it, or the \
         provider below has completed the request or has ended: it writes there.",
    );
    let (contract, keyword) = match completion {
        Some(_) => (quote!(#[doc = ""] #contract), quote!(unsafe)),
        None => (TokenStream::new(), TokenStream::new()),
    };
    quote! {
        /// How a function finds its provider: C function pointers carry no context.
        #contract
        pub #keyword trait Serve: 'static {
            /// What it finds.
            type Provider: #behind;
            #completion
            /// Runs `body` with the provider.
            ///
            /// No panic of `body` may come out of this function.
            ///
            /// # Errors
            ///
            /// What the downcall is to fail with: what `body` answers, or that there is no provider, or that
            /// `body` panicked.
            fn with<R>(body: impl FnOnce(&Self::Provider) -> Result<R, #error>) -> Result<R, #error>;
        }
    }
}

fn thunk(behind: &Ident, downcall: &Call<'_>) -> TokenStream {
    let about = format!(
        "`{}`, as a client calls it.\n\n# Safety\n\nEvery pointer is null, or misaligned, or valid for what the documentation has a provider do with it, for as long as that says.",
        downcall.name
    );
    let method = &downcall.method;
    let state = quote!(let state = core::cell::Cell::new(RequestState::Fresh););
    let state = downcall.form.request.map(|_| state);
    let errno = downcall.errno().map(|errno| {
        let (errno, null) = (errno.c(), errno.null());
        quote!(checks::output(#errno, #null)?;)
    });
    let (bindings, arguments) = (callee::bindings(downcall), callee::arguments(downcall));
    let served = served(downcall, &quote!(#behind::#method(provider, #arguments)));
    let failed = failed(downcall);
    let body = quote! {
        #state
        let answer = S::with(|provider| {
            #errno
            #bindings
            #served
        });
        match answer {
            Ok(value) => value,
            Err(error) => #failed
        }
    };
    callee::function(downcall, &about, &quote!(S: Serve), &body)
}

/// The values that a downcall answers in parameters, each with its name.
fn values<'c>(downcall: &'c Call<'_>) -> impl Iterator<Item = (Arg<'c>, Ident)> {
    let answers = downcall.form.answers.iter().enumerate();
    answers.filter_map(|(at, answer)| match answer {
        Answer::Param(param) => Some((downcall.arg(*param), value(at))),
        Answer::Returned => None,
    })
}

fn value(at: usize) -> Ident {
    format_ident!("value{}", at)
}

/// Asks the provider, and does what must be done while the call is counted: checks, writes what came out, and tells of a
/// request that is done already.
fn served(downcall: &Call<'_>, ask: &TokenStream) -> TokenStream {
    let names = (0..downcall.form.answers.len()).map(value).map(|name| quote!(#name));
    let pattern = records::whole(downcall, &names.collect::<Vec<_>>());
    let counted = values(downcall).find_map(|(arg, name)| Some((name, downcall.arg(arg.facts.counts?))));
    let check = counted.as_ref().map(|(name, of)| checked(downcall, name, of));
    let (mistaken, success) = returned(downcall);
    let writes = values(downcall).map(|(arg, name)| arg.kind.write(&arg, &name));
    let (answered, failed) = answered(downcall, &pattern, ask);
    if downcall.form.request.is_none() {
        return quote!(#answered #check #mistaken #(#writes)* #failed Ok(#success));
    }
    let (bytes, flags) = records::transferred(downcall);
    let of = |answer: Option<Arg<'_>>| {
        let value = values(downcall).find(|(arg, _)| answer.is_some_and(|answer| answer.at == arg.at));
        value.map_or(quote!(0), |(_, name)| quote!(#name))
    };
    let (bytes, flags) = (of(bytes), of(flags));
    let pending = pending(downcall);
    let safety = comment("SAFETY: the client lends the structure, and the completion was not reported yet.");
    quote! {
        #answered
        #check
        #mistaken
        let untold = match (&given, state.get()) {
            (Some(given), RequestState::Fresh) => Some(given),
            (None, _) | (_, RequestState::Forwarded) => None,
            (_, RequestState::PendingRequest | RequestState::ForwardedPending) => return Err(#pending),
        };
        // First, since the client may free all of it once it is told.
        #(#writes)*
        #failed
        if let Some(given) = untold {
            let done = Outcome::Done(request::Transfer { bytes: #bytes, flags: #flags });
            #safety
            unsafe { (S::COMPLETION.tell)(&given.parts, Ok(done)) };
        }
        Ok(#success)
    }
}

/// The error of a request that will be completed later.
fn pending(downcall: &Call<'_>) -> Option<TokenStream> {
    downcall.tokens.model.head.pending.map(|pending| downcall.tokens.error_code(pending))
}

/// Asks the provider, and binds what it answers. Then what fails after that was written, if it is written beside errors.
fn answered(
    downcall: &Call<'_>,
    pattern: &TokenStream,
    ask: &TokenStream,
) -> (TokenStream, Option<TokenStream>) {
    let (request, errors) = (downcall.form.request.is_some(), downcall.partial_errors());
    let pending = pending(downcall);
    if downcall.partial().is_empty() {
        let answered = if request {
            // A value beside an error is nothing that the documentation defines.
            quote!(let #pattern = #ask?.outcome(#pending)?.complete()?;)
        } else {
            quote!(let #pattern = #ask?;)
        };
        return (answered, None);
    }
    let answered = if request {
        // One `match`, not a chain of `?`: the compiler would keep the result of each step in memory.
        quote! {
            let (#pattern, failure) = match #ask {
                Ok(Progress::Done(answer)) => (answer, None),
                Ok(Progress::Partial(answer, error)) if #errors.contains(&error) => (answer, Some(error)),
                Ok(Progress::Pending(_)) => return Err(#pending),
                Ok(Progress::Partial(_, error)) | Err(error) => return Err(error),
            };
        }
    } else {
        quote!(let (#pattern, failure) = #ask?.defined(&#errors)?;)
    };
    (
        answered,
        Some(quote!(if let Some(error) = failure {
            return Err(error);
        })),
    )
}

/// Refuses more than there is room for. Beside the error for a buffer that is too small, it is how much is needed.
fn checked(downcall: &Call<'_>, name: &Ident, of: &Arg<'_>) -> TokenStream {
    let (asked, broken) = (of.kind.size(of), downcall.tokens.broken());
    let too_small = downcall.tokens.model.head.buffer_too_small;
    let needed = downcall.partial().iter().any(|error| **error == too_small).then(|| {
        let too_small = downcall.tokens.error_code(too_small);
        quote!(&& failure != Some(#too_small))
    });
    quote!(if #name as usize > #asked #needed { return Err(#broken); })
}

/// What refuses a returned value that no provider may answer, since it says failure; and what the function returns.
fn returned(downcall: &Call<'_>) -> (Option<TokenStream>, TokenStream) {
    if downcall.form.answers.first() != Some(&Answer::Returned) {
        return (None, callee::success(downcall));
    }
    let name = value(0);
    let value = downcall.tokens.given(&downcall.function.returns, quote!(#name));
    let (failure, broken) = (callee::failure(downcall), downcall.tokens.broken());
    (Some(quote!(if #value == #failure { return Err(#broken); })), value)
}

/// Reports an error, and says what the function returns then.
fn failed(downcall: &Call<'_>) -> TokenStream {
    let errno = downcall.errno().map(|errno| errno.c());
    let (failure, safety) = (callee::failure(downcall), contract());
    let request = downcall.form.request.is_some();
    let settle = request.then(|| quote!(let error = request::settle::<InterfaceTypes>(state.get(), error);));
    quote!({
        #settle
        #safety
        unsafe { checks::report(#errno, crate::error::reported(error.code()).code()); }
        #failure
    })
}
