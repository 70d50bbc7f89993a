//! What calls a C function: what comes before the call, the call, and what its answer becomes.

use super::records;
use super::tokens::{At, comment};
use crate::model::ReturnRole;
use crate::role::kind::{Answer, Arg, Call, index_of_out};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// A call in the making.
pub(super) struct Made {
    pub(super) before: TokenStream,
    /// Binds `answer`.
    pub(super) call: TokenStream,
    /// Whether it failed, if it can.
    pub(super) failed: Option<TokenStream>,
    /// After a success.
    pub(super) after: TokenStream,
}

/// Calls what `function` evaluates to, which is safe because of `why`.
pub(super) fn make(call: &Call<'_>, function: &TokenStream, why: &str) -> Made {
    let passed: Vec<_> = call.args().map(|arg| arg.kind.pass(&arg)).collect();
    let (before, after) = (passed.iter().map(|pass| &pass.before), passed.iter().map(|pass| &pass.after));
    let (arguments, safety) = (passed.iter().map(|pass| &pass.argument), comment(why));
    Made {
        before: quote!(#(#before)*),
        call: quote!(#safety let answer = unsafe { (#function)(#(#arguments),*) };),
        failed: failed(call),
        after: quote!(#(#after)*),
    }
}

/// Anything but success is a failure of an upcall where only one value is a success. A provider answers a downcall with its
/// failure value, and a layer tests for that in fewer instructions.
fn failed(call: &Call<'_>) -> Option<TokenStream> {
    let constant = |at: usize| call.tokens.constant(at, At::Inside);
    let success = call.function.success.as_ref().filter(|_| call.is_upcall());
    let success = success.map(|success| constant(**success)).map(|success| quote!(answer != #success));
    let failure = call.function.failure.as_ref().map(|failure| constant(**failure));
    success.or_else(|| failure.map(|failure| quote!(answer == #failure)))
}

/// The handle that an upcall returns as its value.
pub(super) fn acquired(call: &Call<'_>) -> Option<usize> {
    let model = call.tokens.model;
    let handle = model.acquired_by(call.at).filter(|_| call.is_upcall())?;
    (model.bare(&model.handles[handle].ty) == model.bare(&call.function.returns)).then_some(handle)
}

/// The type of what is answered: nothing, one value, or a structure.
pub(super) fn answer_type(call: &Call<'_>, at: At) -> TokenStream {
    let tokens = call.tokens;
    let types = call.form.answers.iter().map(|answer| match answer {
        Answer::Returned if call.function.returns_as(ReturnRole::Bool) => quote!(bool),
        Answer::Returned => match acquired(call) {
            Some(handle) => tokens.owned(handle, at),
            None => tokens.value(&call.function.returns, at),
        },
        Answer::Param(param) => {
            let arg = call.arg(*param);
            arg.kind.answer(&arg, at)
        }
    });
    records::name(call).map_or_else(|| tuple(&types.collect::<Vec<_>>()), |name| quote!(#name))
}

/// What is answered after a success.
pub(super) fn answer(call: &Call<'_>) -> TokenStream {
    let tokens = call.tokens;
    let values = call.form.answers.iter().map(|answer| match answer {
        Answer::Returned if call.function.returns_as(ReturnRole::Bool) => quote!(answer != 0),
        Answer::Returned => match acquired(call) {
            Some(handle) => tokens.acquired(handle, &quote!(answer)),
            None => tokens.taken(&call.function.returns, quote!(answer)),
        },
        Answer::Param(param) => {
            let arg = call.arg(*param);
            arg.kind.received(&arg, came(&arg))
        }
    });
    records::whole(call, &values.collect::<Vec<_>>())
}

/// What came out in a parameter.
fn came(arg: &Arg<'_>) -> TokenStream {
    if arg.call.form.request.is_some() {
        let place = Literal::usize_unsuffixed(index_of_out(arg));
        return quote!(values.#place);
    }
    let out = arg.out();
    quote!(#out)
}

/// One as it is, and others in parentheses.
pub(super) fn tuple(parts: &[TokenStream]) -> TokenStream {
    match parts {
        [only] => only.clone(),
        _ => quote!((#(#parts),*)),
    }
}
