//! The bare value of a handle.

use super::kind::{Arg, Facts, Kind, Pass, Shown, contract, or_absent};
use super::requirement::{Read, Requirement, Seen, is, is_if};
use crate::code::Code;
use crate::emit::tokens::At;
use crate::model::{Direction, Key, ProvidedBy};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

pub(super) const REQUIREMENT: Requirement = Requirement {
    what: "a handle",
    help: |by| match by {
        ProvidedBy::Host => {
            "role `handle` requires an `in` parameter, or an `out` parameter of the upcall that acquires the handle"
        }
        ProvidedBy::Plugin => {
            "role `handle` requires an `in` parameter with the type of a `[[handle]]` that has a `borrowed` form: `handle = \"…\"`"
        }
    },
    read,
};

/// Goes in: borrowed where the handle has a borrowed form.
#[derive(Debug)]
struct Handle {
    of: usize,
    by_pointer: bool,
    /// Whether its pointer, or what it is made of, can be a bad one.
    checked: bool,
}

/// Comes out, and is then owned.
#[derive(Debug)]
struct Acquired {
    of: usize,
}

fn read(seen: &Seen<'_>) -> Option<Read> {
    let name = &seen.param.name;
    let Some(handle) = seen.param.handle else {
        let fault = seen.fault(Code::RoleShape, format!("parameter `{name}` does not name its handle"));
        return Some(Err(fault.help("name the `[[handle]]`: `handle = \"…\"`")));
    };
    let (held, upcall) = (&seen.model.handles[handle], seen.is_upcall());
    let goes_in = seen.goes(Direction::In);
    if upcall && goes_in && held.borrowed.is_none() && seen.model.is_trusted(&held.ty) {
        let message = format!("safe code could pass an arbitrary pointer as `{name}`");
        let fault = seen.fault(Code::RoleShape, message);
        return Some(Err(fault.help(format!("give handle `{}` a `borrowed` form", held.name))));
    }
    let raw = seen.model.bare(&held.ty);
    let by_value = seen.model.bare(&seen.param.ty) == raw;
    let by_pointer = upcall && seen.pointee().is_some_and(|to| seen.model.bare(to) == raw);
    match *seen.param.direction {
        Direction::In if by_value || by_pointer => {
            let borrowed = upcall || held.borrowed.is_some();
            let kind = Handle { of: handle, by_pointer: !by_value, checked: !upcall || !by_value };
            is_if(borrowed, kind)
        }
        Direction::Out if by_pointer && seen.model.acquired_by(seen.number) == Some(handle) => {
            is(Acquired { of: handle })
        }
        Direction::Out if by_pointer => {
            let message =
                format!("`{}` does not acquire `{}`, so it cannot return one", seen.function.name, held.name);
            Some(Err(seen
                .fault(Code::RoleShape, message)
                .note("only the upcall in `acquire` returns the handle, since declaring it also declares the release")))
        }
        _ if upcall || goes_in => {
            let message = format!("the type of `{name}` is not that of handle `{}`", held.name);
            Some(Err(seen.type_fault(message).also(held.ty.place.clone(), "the type of the handle")))
        }
        _ => None,
    }
}

impl Kind for Handle {
    fn facts(&self) -> Facts {
        let keys: &[Key] = if self.checked {
            &[Key::Handle, Key::NullError, Key::Nullable, Key::Optional]
        } else {
            &[Key::Handle]
        };
        Facts { keys, ..Facts::default() }
    }

    fn ty(&self, arg: &Arg<'_>, at: At) -> TokenStream {
        let handle = arg.tokens().handle(self.of);
        match &handle.borrowed {
            Some(borrowed) => {
                let borrowed = at.item("handles", borrowed);
                or_absent(arg, quote!(#borrowed<'_>))
            }
            None => {
                let ty = arg.tokens().ty(&handle.ty, at);
                if self.by_pointer { quote!(&#ty) } else { ty }
            }
        }
    }

    fn host_params(&self, arg: &Arg<'_>) -> Vec<(Ident, TokenStream)> {
        let (tokens, at) = (arg.tokens(), At::Inside);
        let ty = if self.by_pointer {
            let ty = tokens.ty(&tokens.handle(self.of).ty, at);
            quote!(&#ty)
        } else {
            tokens.plain(&arg.param.ty, at)
        };
        vec![(arg.rust(), ty)]
    }

    fn pass(&self, arg: &Arg<'_>) -> Pass {
        let (name, handle) = (arg.rust(), arg.tokens().handle(self.of));
        let borrowed = handle.borrowed.is_some();
        if self.by_pointer {
            // A copy: C lets the host write to it.
            let value = if borrowed { quote!(#name.raw()) } else { quote!(*#name) };
            let before = quote!(let mut #name = #value;);
            return Pass { before, ..Pass::only(quote!((&raw mut #name).cast_const())) };
        }
        Pass::only(if arg.param.optional {
            let (zero, ty) =
                (arg.tokens().zero(&handle.ty, At::Inside), arg.tokens().borrowed(self.of, At::Inside));
            quote!(#name.map_or(#zero, #ty::raw))
        } else if borrowed {
            quote!(#name.raw())
        } else {
            quote!(#name)
        })
    }

    fn bind(&self, arg: &Arg<'_>) -> TokenStream {
        let (c, name, null, safety) = (arg.c(), arg.rust(), arg.null(), contract());
        if arg.call.is_upcall() {
            let check = quote!(#safety let #name = unsafe { checks::input(#c, #null) }?;);
            return if self.by_pointer { check } else { TokenStream::new() };
        }
        let ty = arg.tokens().borrowed(self.of, At::Inside);
        let or = (!arg.param.optional).then(|| quote!(.ok_or(#null)?));
        if arg.tokens().model.is_trusted(&arg.tokens().handle(self.of).ty) {
            quote!(#safety let #name = unsafe { #ty::from_raw(#c) }#or;)
        } else {
            quote!(let #name = #ty::from_raw(#c)#or;)
        }
    }

    fn argument(&self, arg: &Arg<'_>) -> TokenStream {
        let (c, name) = (arg.c(), arg.rust());
        if arg.call.is_upcall() && !self.by_pointer { quote!(#c) } else { quote!(#name) }
    }

    fn trace(&self, arg: &Arg<'_>) -> Option<(String, Ident)> {
        let style = if self.by_pointer { ":p" } else { arg.tokens().style(&arg.param.ty) };
        Some(arg.traced(style))
    }
}

impl Kind for Acquired {
    fn facts(&self) -> Facts {
        let keys = &[Key::Handle, Key::NullError];
        Facts { shown: Shown::Answer, keys, acquires: Some(self.of), keeps_run: true, ..Facts::default() }
    }

    fn answer(&self, arg: &Arg<'_>, at: At) -> TokenStream {
        arg.tokens().owned(self.of, at)
    }

    fn received(&self, arg: &Arg<'_>, came: TokenStream) -> TokenStream {
        arg.tokens().acquired(self.of, &came)
    }
}
