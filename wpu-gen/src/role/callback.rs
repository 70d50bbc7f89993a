//! A function with its context.

use super::kind::{Arg, Facts, Kind, Pass, Shown, contract, or_absent};
use super::requirement::{Read, Requirement, Seen, is, is_if};
use crate::code::Code;
use crate::emit::local;
use crate::emit::tokens::{At, comment};
use crate::model::{Direction, Key, Lifetime, ProvidedBy, Role};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

pub(super) const REQUIREMENT: Requirement = Requirement {
    what: "a callback",
    help: |by| match by {
        ProvidedBy::Host => {
            "a callback of an upcall has a type with one parameter and a `rust-name`, and a context that goes the \
             same way: `context = \"…\"`"
        }
        ProvidedBy::Plugin => {
            "a callback has a type with several parameters and a `rust-name`, and a context: `context = \"…\"`"
        }
    },
    read,
};

/// Goes in. An upcall consumes it, for the host calls it once; a downcall borrows a client's.
#[derive(Debug)]
struct Callback {
    ty: usize,
    consumed: bool,
}

/// Comes out of an upcall: lent to a closure that the caller passes, or hidden, and the answer.
#[derive(Debug)]
struct GivenOut {
    ty: usize,
    lifetime: Lifetime,
}

fn read(seen: &Seen<'_>) -> Option<Read> {
    if seen.is_upcall() { of_upcall(seen) } else { of_downcall(seen) }
}

fn of_upcall(seen: &Seen<'_>) -> Option<Read> {
    let name = &seen.param.name;
    let Some((ty, callback)) = seen.travels().and_then(|ty| seen.model.callback(ty)) else {
        return Some(Err(seen.type_fault(format!("`{name}` cannot be a callback: its type is none"))));
    };
    let own = callback.context().filter(|_| callback.params.len() == 1);
    let fits = own.is_some_and(|own| seen.is_prim(&own.ty, &["usize"]))
        && seen.param.names(Key::Context).map(|context| seen.sibling(context)).is_some_and(|context| {
            context.role == Some(Role::Context) && *context.direction == *seen.param.direction
        });
    if !fits {
        let fault = seen.fault(Code::RoleShape, format!("callback `{name}` has no context that fits"));
        return Some(Err(
            fault.help("name a parameter of the same direction with the role `context`: `context = \"…\"`")
        ));
    }
    match (*seen.param.direction, &callback.returns, seen.param.lifetime) {
        (Direction::In, None, _) => is(Callback { ty, consumed: true }),
        (Direction::Out, Some(returns), lifetime) if seen.model.prim(returns).is_some() => match lifetime {
            Some(lifetime) => is(GivenOut { ty, lifetime }),
            None => {
                let message = format!("callback `{name}` has no `lifetime`");
                let fault = seen.fault(Code::MissingKey, message);
                Some(Err(fault.help("add `lifetime = \"call\"` if it is valid until the downcall that requested it returns, or `lifetime = \"run\"` if it is valid until the provider is stopped")))
            }
        },
        _ => {
            Some(Err(seen.type_fault(format!("callback `{name}` cannot be passed in this direction")).note(
                "an `in` callback returns nothing and is called once; an `out` callback returns an integer",
            )))
        }
    }
}

fn of_downcall(seen: &Seen<'_>) -> Option<Read> {
    let (ty, callback) = seen.model.callback(&seen.param.ty)?;
    let context = seen.sibling(seen.param.names(Key::Context)?);
    let fits = seen.is_prim(&callback.context()?.ty, &["usize"])
        && callback.params.len() > 1
        && context.role == Some(Role::Context)
        && *context.direction == *seen.param.direction;
    is_if(fits, Callback { ty, consumed: false })
}

/// What a callback is called on the host's side.
fn routine() -> Ident {
    Ident::new("routine", Span::call_site())
}

/// What its context is called there.
fn context() -> Ident {
    Ident::new("context", Span::call_site())
}

fn c_context(arg: &Arg<'_>) -> Option<Ident> {
    arg.param.names(Key::Context).map(|context| arg.call.arg(context).c())
}

impl Kind for Callback {
    fn facts(&self) -> Facts {
        let keys = &[Key::Context, Key::NullError, Key::Nullable, Key::Optional];
        let shown = if self.consumed { Shown::Consumed } else { Shown::Passed };
        Facts { shown, keys, of_the_call: !self.consumed, ..Facts::default() }
    }

    fn ty(&self, arg: &Arg<'_>, at: At) -> TokenStream {
        if self.consumed {
            return arg.tokens().bundle_at(self.ty, at);
        }
        let name = arg.tokens().bundle(self.ty);
        or_absent(arg, quote!(#name<'_>))
    }

    fn host_params(&self, arg: &Arg<'_>) -> Vec<(Ident, TokenStream)> {
        vec![(routine(), arg.tokens().callback_fn(self.ty, At::Inside)), (context(), quote!(usize))]
    }

    fn pass(&self, arg: &Arg<'_>) -> Pass {
        let name = arg.rust();
        if self.consumed {
            let after = quote!(let _ = #name.into_raw(););
            return Pass { after, ..Pass::only(quote!(Some(#name.routine()))) };
        }
        let before = if arg.param.optional {
            quote!(let (function, context) = #name.map_or((None, 0), |bundle| { let (function, context) = bundle.parts(); (Some(function), context) });)
        } else {
            quote!(let (function, context) = #name.parts(); let function = Some(function);)
        };
        Pass { before, ..Pass::only(quote!(function)) }
    }

    fn part(&self, arg: &Arg<'_>, _: Key, _: &Arg<'_>) -> TokenStream {
        let name = arg.rust();
        if self.consumed { quote!(#name.context()) } else { quote!(context) }
    }

    fn bind(&self, arg: &Arg<'_>) -> TokenStream {
        let (c, name, null) = (arg.c(), arg.rust(), arg.null());
        if self.consumed {
            let routine = routine();
            return quote!(let #routine = #c.ok_or(#null)?;);
        }
        let (bundle, context, safety) = (arg.tokens().bundle(self.ty), c_context(arg), contract());
        let or = (!arg.param.optional).then(|| quote!(.ok_or(#null)?));
        quote! {
            #safety
            let #name = #c.map(|function| unsafe { #bundle::from_parts(function, #context) })#or;
        }
    }

    fn argument(&self, arg: &Arg<'_>) -> TokenStream {
        let (name, routine, context) = (arg.rust(), routine(), c_context(arg));
        if self.consumed { quote!(#routine, #context) } else { quote!(#name) }
    }

    fn trace(&self, arg: &Arg<'_>) -> Option<(String, Ident)> {
        Some((format!("{} {{:#x}}", context()), c_context(arg)?))
    }
}

impl GivenOut {
    fn is_lent(&self) -> bool {
        self.lifetime == Lifetime::Call
    }

    fn routine(arg: &Arg<'_>) -> Ident {
        local::after(&arg.rust(), "routine")
    }

    fn context(arg: &Arg<'_>) -> Ident {
        local::after(&arg.rust(), "context")
    }
}

impl Kind for GivenOut {
    fn facts(&self) -> Facts {
        let keys = &[Key::Context, Key::Lifetime, Key::NullError];
        let shown = if self.is_lent() { Shown::Closure } else { Shown::Answer };
        Facts { shown, keys, keeps_run: true, ..Facts::default() }
    }

    fn ty(&self, arg: &Arg<'_>, at: At) -> TokenStream {
        let (once, option) = (at.core("ops", "FnOnce"), at.core("option", "Option"));
        let bundle = arg.tokens().bundle_at(self.ty, at);
        quote!(impl #once(#option<#bundle<'_>>) -> R)
    }

    fn pass(&self, arg: &Arg<'_>) -> Pass {
        let (routine, context) = (Self::routine(arg), Self::context(arg));
        let ty = arg.pointee().map(|to| arg.tokens().ty(to, At::Inside));
        let before = quote!(let mut #routine: #ty = None; let mut #context = 0;);
        Pass { before, ..Pass::only(quote!(&raw mut #routine)) }
    }

    fn part(&self, arg: &Arg<'_>, _: Key, _: &Arg<'_>) -> TokenStream {
        let context = Self::context(arg);
        quote!(&raw mut #context)
    }

    fn answer(&self, arg: &Arg<'_>, at: At) -> TokenStream {
        if self.is_lent() {
            return quote!(R);
        }
        let (option, bundle) = (at.core("option", "Option"), arg.tokens().bundle_at(self.ty, at));
        quote!(#option<#bundle<'static>>)
    }

    fn host_answer(&self, arg: &Arg<'_>) -> TokenStream {
        let routine = arg.tokens().callback_fn(self.ty, At::Inside);
        quote!(Option<(#routine, usize)>)
    }

    fn received(&self, arg: &Arg<'_>, _: TokenStream) -> TokenStream {
        let (bundle, routine, context) =
            (arg.tokens().bundle(self.ty), Self::routine(arg), Self::context(arg));
        let safety = comment(if self.is_lent() {
            "SAFETY: the host returns a routine and its context, for this thread, this run and the provider's function that asks; the closure runs during that and cannot keep it."
        } else {
            "SAFETY: the host returns a routine and its context, for this thread and this run."
        });
        let given = quote! {
            #routine.map(|routine| {
                #safety
                unsafe { #bundle::given(self.0, run, routine, #context) }
            })
        };
        let closure = arg.rust();
        if self.is_lent() { quote!(#closure(#given)) } else { given }
    }

    fn write(&self, arg: &Arg<'_>, value: &Ident) -> TokenStream {
        let (pointer, context) = (arg.c(), c_context(arg));
        let safety = comment(
            "SAFETY: the pointer passed the check; the contract of this function guarantees the rest.",
        );
        quote! {
            let (routine, context) = #value.map_or((None, 0), |(routine, context)| (Some(routine), context));
            #safety
            unsafe { #pointer.write(routine) };
            #safety
            unsafe { #context.write(context) };
        }
    }

    fn outcome(&self, _: &Arg<'_>) -> TokenStream {
        quote! {
            Ok(None) => tell(format_args!("none")),
            Ok(Some(_)) => tell(format_args!("some")),
        }
    }
}
