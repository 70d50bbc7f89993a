//! The structure of a request: a downcall brings it, an upcall gives it back.

use super::kind::{Arg, Facts, Kind, Pass, Shown, contract};
use super::requirement::{Read, Requirement, Seen, is, is_if};
use crate::emit::path::shown;
use crate::emit::tokens::{At, comment};
use crate::model::{Direction, Key, ProvidedBy, Role, Ty};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

pub(super) const REQUIREMENT: Requirement = Requirement {
    what: "a request",
    help: |by| match by {
        ProvidedBy::Host => "role `request` requires an `inout` pointer to a structure with `request = true`",
        ProvidedBy::Plugin => {
            "a request is an `inout` pointer to a structure with `completion` and `completion-thread`, behind a first \
             parameter that is a number; `pending` and `aborted` of `[spec]` say how it ends"
        }
    },
    read,
};

/// The token of a request, which an upcall consumes.
#[derive(Debug)]
struct Token {
    ty: usize,
}

/// The request that a downcall brings.
#[derive(Debug)]
struct Request {
    completion: usize,
    thread: usize,
}

fn read(seen: &Seen<'_>) -> Option<Read> {
    let (ty, structure) = seen.pointee().and_then(|to| seen.model.structure(to))?;
    if !seen.goes(Direction::Inout) {
        return None;
    }
    if seen.is_upcall() {
        return if structure.request.is_some() { is(Token { ty }) } else { None };
    }
    let (completion, thread) = (seen.param.names(Key::Completion)?, seen.param.names(Key::CompletionThread)?);
    let (routine, at, first) = (seen.sibling(completion), seen.sibling(thread), seen.sibling(0));
    let model = seen.model;
    let fits = routine.role == Some(Role::Completion)
        && model.callback(&routine.ty).is_some_and(|(_, routine)| routine.rust_name.is_none())
        && at.role == Some(Role::CompletionThread)
        && model.pointee(&at.ty).and_then(|to| model.structure(to)).is_some()
        && model.prim(&first.ty).is_some()
        && model.head.pending.is_some()
        && model.head.aborted.is_some();
    is_if(fits, Request { completion, thread })
}

impl Kind for Token {
    fn facts(&self) -> Facts {
        Facts { shown: Shown::Consumed, keys: &[Key::NullError], ..Facts::default() }
    }

    fn ty(&self, arg: &Arg<'_>, at: At) -> TokenStream {
        at.item("handles", &shown(&arg.tokens().form(self.ty)))
    }

    fn host_params(&self, arg: &Arg<'_>) -> Vec<(Ident, TokenStream)> {
        let ty = arg.tokens().struct_name(self.ty, At::Inside);
        vec![(arg.rust(), quote!(NonNull<#ty>))]
    }

    fn pass(&self, arg: &Arg<'_>) -> Pass {
        let name = arg.rust();
        let after = quote!(let _ = #name.into_raw(););
        Pass { after, ..Pass::only(quote!(#name.as_ptr())) }
    }

    fn bind(&self, arg: &Arg<'_>) -> TokenStream {
        let (c, name, null) = (arg.c(), arg.rust(), arg.null());
        quote!(let #name = NonNull::new(#c).filter(|structure| structure.is_aligned()).ok_or(#null)?;)
    }

    fn trace(&self, arg: &Arg<'_>) -> Option<(String, Ident)> {
        Some(arg.traced(":p"))
    }
}

impl Kind for Request {
    fn facts(&self) -> Facts {
        let keys = &[Key::Completion, Key::CompletionThread, Key::NullError];
        Facts { shown: Shown::Request, keys, ..Facts::default() }
    }

    fn ty(&self, _: &Arg<'_>, _: At) -> TokenStream {
        quote!(Request<'_>)
    }

    /// The caller has handed the request on, which gives `sent`.
    fn pass(&self, _: &Arg<'_>) -> Pass {
        Pass::only(quote!(sent.overlapped()))
    }

    fn part(&self, _: &Arg<'_>, key: Key, _: &Arg<'_>) -> TokenStream {
        if key == Key::Completion { quote!(sent.routine()) } else { quote!(sent.thread()) }
    }

    fn bind(&self, arg: &Arg<'_>) -> TokenStream {
        let (call, tokens) = (arg.call, arg.tokens());
        let (c, name, null, safety) = (arg.c(), arg.rust(), arg.null(), contract());
        let thread = call.arg(self.thread);
        let thread_null = thread.null();
        let nobody = tokens.zero(thread.pointee().unwrap_or(&Ty::Void), At::Inside);
        let (socket, routine, thread) = (call.arg(0).c(), call.arg(self.completion).c(), thread.c());
        let refuse = tokens.model.downcalls[call.at].unimplemented_error.as_ref().map(|refusal| {
            let refusal = tokens.error_code(**refusal);
            quote!(if !S::COMPLETES { return Err(#refusal); })
        });
        let lent = call.lent().map(|(arg, lent)| {
            let (name, field) = (arg.rust(), crate::names::ident(lent.field));
            if arg.param.optional { quote!(#field: #name,) } else { quote!(#field: Some(#name),) }
        });
        let partial = call.partial_errors();
        let why = comment("Nobody could say later where the routine is to run.");
        quote! {
            let lent = RequestBuffers { #(#lent)* ..RequestBuffers::NOTHING };
            let given = if #c.is_null() { None } else {
                #refuse
                #safety
                let overlapped = unsafe { ClientMut::from_raw(#c) }.ok_or(#null)?;
                let thread = if #thread.is_null() { None } else {
                    #safety
                    Some(unsafe { ClientRef::from_raw(#thread) }.ok_or(#null)?.get())
                };
                #why
                if #routine.is_some() && thread.is_none_or(|thread| thread == #nobody) { return Err(#thread_null); }
                let parts = RequestParts { socket: #socket, overlapped: overlapped.as_non_null(), routine: #routine, thread };
                Some(RequestContext { parts, completion: const { &S::COMPLETION }, state: &state, asked: lent.total(), partial: &#partial })
            };
            #safety
            let #name = unsafe { Request::of_call(given.as_ref(), lent) };
        }
    }
}
