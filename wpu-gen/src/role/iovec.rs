//! One structure of a pointer and a length, or an array of them.

use super::kind::{Arg, Facts, Kind, Lent, Pass, contract, or_absent};
use super::requirement::{Read, Requirement, Seen, is, is_if};
use super::row::{count, many};
use crate::emit::local;
use crate::emit::tokens::At;
use crate::model::{Direction, Key, ProvidedBy, Role};
use proc_macro2::TokenStream;
use quote::quote;

pub(super) const REQUIREMENT: Requirement = Requirement {
    what: "an iovec",
    help: |by| match by {
        ProvidedBy::Host => "only a parameter of a downcall has this role",
        ProvidedBy::Plugin => {
            "an iovec is an `in` or `out` pointer to a structure whose pointer to bytes has `counted-by`; an array of \
             them has a `u32` as `length`"
        }
    },
    read,
};

/// Several, to read or to fill.
#[derive(Debug)]
struct Iovecs {
    length: usize,
    fill: bool,
}

/// One alone.
#[derive(Debug)]
struct Iovec {
    fill: bool,
}

fn read(seen: &Seen<'_>) -> Option<Read> {
    let (_, structure) = seen.pointee().and_then(|to| seen.model.structure(to))?;
    if structure.iovec.is_none() || seen.is_upcall() || seen.goes(Direction::Inout) {
        return None;
    }
    let fill = seen.goes(Direction::Out);
    let Some(length) = seen.param.names(Key::Length) else { return is(Iovec { fill }) };
    let counter = seen.sibling(length);
    let fits = counter.role == Some(Role::Length) && seen.is_prim(&counter.ty, &["u32"]);
    is_if(fits, Iovecs { length, fill })
}

impl Iovecs {
    /// What all of them are together.
    fn list(&self) -> &'static str {
        if self.fill { "Scatter" } else { "Gather" }
    }

    fn ident(&self) -> proc_macro2::Ident {
        crate::names::ident(self.list())
    }
}

impl Kind for Iovecs {
    fn facts(&self) -> Facts {
        let field = if self.fill { "scatter" } else { "gather" };
        let lent = Some(Lent { field, empty: Some(self.list()) });
        Facts { keys: &[Key::Length, Key::Written, Key::NullError], lent, ..Facts::default() }
    }

    fn ty(&self, _: &Arg<'_>, _: At) -> TokenStream {
        let list = self.ident();
        quote!(#list<'_>)
    }

    fn part(&self, arg: &Arg<'_>, _: Key, length: &Arg<'_>) -> TokenStream {
        let list = self.ident();
        count(arg, length, &quote!(#list::count))
    }

    fn bind(&self, arg: &Arg<'_>) -> TokenStream {
        let (c, name, null, safety) = (arg.c(), arg.rust(), arg.null(), contract());
        let length = arg.call.arg(self.length).c();
        let view = if self.fill { quote!(scatter) } else { quote!(gather) };
        quote! {
            let mut slices = buffers::Slices::new();
            #safety
            let #name = unsafe { slices.#view(#c, #length) }.ok_or(#null)?;
        }
    }

    fn size(&self, arg: &Arg<'_>) -> TokenStream {
        let list = self.ident();
        many(arg, &arg.rust(), &quote!(#list::total))
    }
}

impl Kind for Iovec {
    fn facts(&self) -> Facts {
        let keys = &[Key::Written, Key::NullError, Key::Nullable, Key::Optional];
        Facts { keys, of_the_call: true, ..Facts::default() }
    }

    fn ty(&self, arg: &Arg<'_>, _: At) -> TokenStream {
        or_absent(arg, if self.fill { quote!(OutBuf<'_>) } else { quote!(Bytes<'_>) })
    }

    fn pass(&self, arg: &Arg<'_>) -> Pass {
        let name = arg.rust();
        let slice = local::after(&name, "slice");
        let some = if arg.param.optional { quote!(#name) } else { quote!(Some(#name)) };
        let ty = arg.pointee().map(|to| arg.tokens().ty(to, At::Inside));
        let mutable = self.fill.then(|| quote!(mut));
        let of = if self.fill {
            quote!(of.as_ptr(), of.capacity())
        } else {
            quote!(of.as_ptr().cast_mut(), of.len())
        };
        let before = quote! {
            let #mutable #slice = #some.map(|of| {
                let (bytes, length) = (#of);
                <#ty as buffers::Slice>::from_parts(bytes, u32::try_from(length).unwrap_or(u32::MAX))
            });
        };
        if !self.fill {
            let argument = quote!(#slice.as_ref().map_or(ptr::null(), ptr::from_ref));
            return Pass { before, ..Pass::only(argument) };
        }
        Pass {
            before,
            argument: quote!(#slice.as_mut().map_or(ptr::null_mut(), ptr::from_mut)),
            after: quote!(if let (Some(room), Some(slice)) = (#some, #slice) { room.set_used(buffers::Slice::parts(&slice).1); }),
        }
    }

    fn bind(&self, arg: &Arg<'_>) -> TokenStream {
        let (c, name, null, safety) = (arg.c(), arg.rust(), arg.null(), contract());
        let make = if self.fill {
            quote! {
                #safety
                let used = unsafe { buffers::Slice::len_ptr(#c) };
                #safety
                unsafe { OutBuf::from_raw(bytes, length, used) }
            }
        } else {
            quote! {
                #safety
                unsafe { ClientSlice::from_raw(bytes.cast_const(), length) }
            }
        };
        let whole = quote!({
            #safety
            let slice = unsafe { ClientRef::from_raw(#c) }.ok_or(#null)?;
            let (bytes, length) = buffers::Slice::parts(&slice.get());
            let checked = { #make };
            checked.ok_or(#null)?
        });
        if arg.param.optional {
            quote!(let #name = if #c.is_null() { None } else { Some(#whole) };)
        } else {
            quote!(let #name = #whole;)
        }
    }

    fn size(&self, arg: &Arg<'_>) -> TokenStream {
        many(arg, &arg.rust(), &if self.fill { quote!(OutBuf::capacity) } else { quote!(ClientSlice::len) })
    }
}
