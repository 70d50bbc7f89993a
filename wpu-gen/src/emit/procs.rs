//! `procs.rs` of the output: a provider's table, for whoever calls it.

use super::caller::{self, Made};
use super::path::item;
use super::print::Page;
use super::provider::head;
use super::records;
use super::tokens::{At, comment};
use super::view::View;
use crate::names::ident;
use crate::role::kind::{Arg, Call, Lent, place_of_out};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

pub(super) fn emit(view: &View<'_>, behind: &Ident) -> String {
    let mut page =
        Page::new(view, "procs", "A provider's table, for whoever calls it: a layer above, or a client.");
    page.lines("use ::core::convert::TryFrom as _;");
    let Some(table) = view.model.provider_table() else { return page.finish() };
    let fields = view.downcalls().map(|downcall| {
        let (name, function) = (&downcall.method, &downcall.pointer);
        quote!(#name: ffi::#function)
    });
    page.item(quote! {
        /// The functions of a provider, none of them null.
        #[derive(Clone, Copy, Debug)]
        pub struct Procs { #(#fields),* }
    });
    let name = item("ffi", &table.name);
    let members: Vec<_> = view.downcalls().map(|downcall| downcall.member(table)).collect();
    let methods: Vec<_> = view.downcalls().map(|downcall| downcall.method).collect();
    page.item(quote! {
        #[cfg(feature = "mock")]
        impl #name {
            /// The functions that are missing from the table.
            #[inline]
            pub fn missing(&self) -> impl Iterator<Item = &'static Downcall> {
                let null = [#(self.#members.is_none()),*];
                DOWNCALLS.iter().zip(null).filter(|(_, null)| *null).map(|(downcall, _)| downcall)
            }
        }
    });
    page.item(quote! {
        impl Procs {
            /// The functions of `table`; `None` if one is missing.
            ///
            /// # Safety
            ///
            /// Each can be called, as its documentation says, for as long as the result is used. Safe code chooses the
            /// numbers and bytes that it is given. Where numbers decide whether pointers in those bytes are followed, as
            /// `Request::is_made_up` tells, whoever lends the result to safe code refuses such calls.
            #[must_use]
            #[inline]
            pub unsafe fn new(table: &#name) -> Option<Self> {
                Some(Self { #(#methods: table.#members?),* })
            }
        }
    });
    page.block(&quote!(impl #behind for Procs), view.downcalls().map(|downcall| method(&downcall)));
    page.finish()
}

fn method(downcall: &Call<'_>) -> TokenStream {
    let (name, (params, returns)) = (&downcall.method, head(downcall));
    let why = "SAFETY: the creator of this table guaranteed the function; each argument is a value, or comes from a view that is valid for as long as the function may use it.";
    let Made { before, call, failed, after } = caller::make(downcall, &quote!(self.#name), why);
    let (lent, answer) = (downcall.lent().map(|(arg, lent)| take(&arg, lent)), caller::answer(downcall));
    let apart = records::apart(downcall);
    let errors = downcall.partial_errors();
    let is_partial = !downcall.partial().is_empty();
    let Some(request) = downcall.form.request else {
        let partial = is_partial
            .then(|| quote!(if #errors.contains(&error) { return Ok(Outcome::Partial(#answer, error)); }));
        let answer = if is_partial { quote!(Outcome::Done(#answer)) } else { answer };
        return quote! {
            #[inline]
            fn #name(&self, #(#params),*) #returns {
                #apart
                #before
                #call
                if #failed {
                    let error = crate::error::reported(errno);
                    #partial
                    return Err(error);
                }
                #after
                Ok(#answer)
            }
        };
    };
    let forward = forward(&downcall.arg(request));
    let pending = downcall.tokens.model.head.pending.map(|pending| downcall.tokens.error_code(pending));
    let safety = comment("SAFETY: it was written before the call, and is kept for as long as `sent` is.");
    let over =
        comment("SAFETY: as below; the provider below has refused the request, and writes nothing any more.");
    let partial = is_partial.then(|| {
        let came = quote!(let partial = #errors.contains(&error).then(|| { #over unsafe { outs.read() } }););
        let given = quote!(if let Some(values) = partial { return Ok(Progress::Partial(#answer, error)); });
        (came, given)
    });
    let (came, partial) = partial.unzip();
    quote! {
        #[inline]
        fn #name(&self, #(#params),*) #returns {
            #apart
            #(#lent)*
            #before
            #forward
            #call
            if #failed {
                let error = crate::error::reported(errno);
                #came
                if let Some(pending) = sent.promised(errno == #pending.code()) {
                    return Ok(Progress::Pending(pending));
                }
                #partial
                return Err(error);
            }
            #after
            #safety
            let values = unsafe { outs.read() };
            sent.done();
            Ok(Progress::Done(#answer))
        }
    }
}

/// What a request lends, under the names of the parameters.
fn take(arg: &Arg<'_>, Lent { field, empty }: Lent) -> TokenStream {
    let (name, null, field) = (arg.rust(), arg.null(), ident(field));
    let request = arg.call.form.request.map(|request| arg.call.arg(request).rust());
    let safety = comment("SAFETY: it goes into the one call that hands the request on.");
    let lent = quote!(#safety let #name = unsafe { #request.lent() }.#field);
    match empty.map(ident) {
        Some(empty) => quote!(#lent.unwrap_or_else(#empty::nothing);),
        None if arg.param.optional => quote!(#lent;),
        None => quote!(#lent.ok_or(#null)?;),
    }
}

/// Hands a request on: from here on its memory is the provider's below.
fn forward(request: &Arg<'_>) -> TokenStream {
    let first = request.call.outs().map(|arg| {
        if !arg.facts.shown.is_hidden() {
            let name = arg.rust();
            return quote!(#name,);
        }
        let zero = arg.pointee().map(|ty| arg.tokens().zero(ty, At::Inside));
        quote!(#zero,)
    });
    let places = request.call.outs().enumerate().map(|(at, arg)| {
        let (name, at) = (place_of_out(&arg), Literal::usize_unsuffixed(at));
        let safety = comment("SAFETY: it leads to a tuple.");
        quote!(#safety let #name = unsafe { &raw mut (*outs).#at };)
    });
    let sending = comment(
        "SAFETY: the function below is called with the returned pointers, and its result is reported to `sent` afterwards.",
    );
    let request = request.rust();
    quote! {
        let mut here = (#(#first)*);
        #sending
        let (sent, outs) = unsafe { #request.forward(&mut here) };
        #(#places)*
    }
}
