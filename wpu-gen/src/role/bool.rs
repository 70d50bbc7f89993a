//! Yes or no.

use super::kind::{Arg, Kind, Pass};
use super::requirement::{Read, Requirement, Seen, is_if};
use crate::emit::tokens::At;
use crate::model::Direction;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

pub(super) const REQUIREMENT: Requirement =
    Requirement { what: "a `bool`", help: |_| "role `bool` requires an `in` parameter of type `i32`", read };

#[derive(Debug)]
struct Bool;

fn read(seen: &Seen<'_>) -> Option<Read> {
    is_if(seen.goes(Direction::In) && seen.is_prim(&seen.param.ty, &["i32"]), Bool)
}

impl Kind for Bool {
    fn ty(&self, _: &Arg<'_>, _: At) -> TokenStream {
        quote!(bool)
    }

    fn host_params(&self, arg: &Arg<'_>) -> Vec<(Ident, TokenStream)> {
        vec![(arg.rust(), quote!(bool))]
    }

    fn pass(&self, arg: &Arg<'_>) -> Pass {
        let name = arg.rust();
        Pass::only(quote!(i32::from(#name)))
    }

    fn argument(&self, arg: &Arg<'_>) -> TokenStream {
        let c = arg.c();
        quote!(#c != 0)
    }

    fn trace(&self, arg: &Arg<'_>) -> Option<(String, Ident)> {
        Some(arg.traced(""))
    }
}
