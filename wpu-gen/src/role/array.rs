//! Several values: as many as the length beside them says, or the structure that they are in.

use super::kind::{Arg, Facts, Kind, Pass, bind_checked, contract, or_absent};
use super::requirement::{Read, Requirement, Seen, is_if};
use super::row;
use crate::emit::path::shown;
use crate::emit::tokens::At;
use crate::model::{Direction, Key, ProvidedBy, Unit};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

pub(super) const REQUIREMENT: Requirement = Requirement {
    what: "an array",
    help: |by| match by {
        ProvidedBy::Host => "role `array` requires an `in` pointer to a structure with `counted-by`",
        ProvidedBy::Plugin => {
            "an array of bytes has `unit = \"bytes\"`, and goes in with a length by value, or out with a length by value \
             or by pointer: `length = \"…\"`; another is an `inout` pointer to a structure with `counted-by`, whose \
             first field is the count"
        }
    },
    read,
};

/// A counted structure: an upcall reads a set of the plug-in's or of a client's, a downcall changes a client's.
#[derive(Debug)]
struct Counted {
    ty: usize,
}

fn read(seen: &Seen<'_>) -> Option<Read> {
    let structure = seen.pointee().and_then(|to| seen.model.structure(to));
    if let Some((ty, of)) = structure
        && let Some(counted) = &of.counted
    {
        let fits = if seen.is_upcall() {
            seen.goes(Direction::In)
        } else {
            // The output relies on it that the count comes first.
            seen.goes(Direction::Inout) && counted.count == 0
        };
        return is_if(fits, Counted { ty });
    }
    match seen.param.unit? {
        Unit::Bytes if !seen.is_upcall() => row::read(seen, false),
        Unit::Bytes => None,
    }
}

impl Kind for Counted {
    fn facts(&self) -> Facts {
        let keys = &[Key::NullError, Key::Nullable, Key::Optional];
        Facts { keys, of_the_call: true, ..Facts::default() }
    }

    fn ty(&self, arg: &Arg<'_>, at: At) -> TokenStream {
        if arg.call.is_upcall() {
            let ty = at.item("handles", &shown(&arg.tokens().form(self.ty)));
            return quote!(#ty<'_>);
        }
        let name = arg.tokens().set_mut(self.ty);
        or_absent(arg, quote!(#name<'_>))
    }

    fn host_params(&self, arg: &Arg<'_>) -> Vec<(Ident, TokenStream)> {
        let ty = arg.tokens().form(self.ty);
        vec![(arg.rust(), quote!(#ty<'_>))]
    }

    fn pass(&self, arg: &Arg<'_>) -> Pass {
        let name = arg.rust();
        Pass::only(if arg.call.is_upcall() {
            quote!(#name.as_ptr())
        } else if arg.param.optional {
            quote!(#name.map_or(ptr::null_mut(), set::SetMut::lend))
        } else {
            quote!(#name.lend())
        })
    }

    fn bind(&self, arg: &Arg<'_>) -> TokenStream {
        let (c, name) = (arg.c(), arg.rust());
        if arg.call.is_upcall() {
            let (set, safety, refuse) =
                (arg.tokens().form(self.ty), contract(), arg.call.refuse(&arg.null()));
            return quote! {
                #safety
                let Some(#name) = (unsafe { #set::from_raw(#c) }) else { return #refuse };
            };
        }
        let set = arg.tokens().set_mut(self.ty);
        bind_checked(arg, &quote!(#c.is_null()), &quote!(#set::from_raw(#c)))
    }

    fn trace(&self, arg: &Arg<'_>) -> Option<(String, Ident)> {
        Some(arg.traced(":p"))
    }
}
