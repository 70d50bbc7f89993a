//! Bytes, or 16-bit units, with a length beside them: what strings and arrays have in common in a downcall.

use super::kind::{Arg, Facts, Kind, Lent, Pass, bind_checked, contract, or_absent};
use super::requirement::{Read, Seen, is};
use crate::emit::local;
use crate::emit::tokens::At;
use crate::model::{Direction, Key, Role};
use crate::names::ident;
use proc_macro2::TokenStream;
use quote::quote;

/// Bytes to read.
#[derive(Debug)]
struct Bytes {
    length: usize,
}

/// Room for bytes, or for 16-bit units.
#[derive(Debug)]
struct OutBuf {
    length: usize,
    wide: bool,
    by_pointer: bool,
}

/// What a row of units is, if there is a length that fits.
pub(super) fn read(seen: &Seen<'_>, wide: bool) -> Option<Read> {
    let length = seen.param.names(Key::Length)?;
    let counter = seen.sibling(length);
    let counts = ["i32", "u32"];
    let (by_pointer, by_value) = (seen.points_at(&counter.ty, &counts), seen.is_prim(&counter.ty, &counts));
    if counter.role != Some(Role::Length) {
        return None;
    }
    match (*seen.param.direction, *counter.direction) {
        (Direction::In, Direction::In) if by_value && !wide => is(Bytes { length }),
        (Direction::Out, Direction::In) if by_value => is(OutBuf { length, wide, by_pointer }),
        (Direction::Out, Direction::Inout) if by_pointer => is(OutBuf { length, wide, by_pointer }),
        _ => None,
    }
}

/// The argument for a length by value: how many there are, in the type that C wants.
pub(super) fn count(arg: &Arg<'_>, length: &Arg<'_>, method: &TokenStream) -> TokenStream {
    let name = arg.rust();
    let count = many(arg, &name, method);
    let prim = arg.tokens().model.prim(&length.param.ty).map(|prim| ident(prim.name));
    quote!(#prim::try_from(#count).unwrap_or(#prim::MAX))
}

/// How many there are; none where there is nothing.
pub(super) fn many(arg: &Arg<'_>, name: &proc_macro2::Ident, path: &TokenStream) -> TokenStream {
    if arg.param.optional {
        return quote!(#name.map_or(0, #path));
    }
    let method = path.clone().into_iter().last();
    quote!(#name.#method())
}

impl Kind for Bytes {
    fn facts(&self) -> Facts {
        let keys = &[Key::Unit, Key::Length, Key::Written, Key::NullError, Key::Nullable, Key::Optional];
        Facts { keys, lent: Some(Lent { field: "input", empty: None }), ..Facts::default() }
    }

    fn ty(&self, arg: &Arg<'_>, _: At) -> TokenStream {
        or_absent(arg, quote!(Bytes<'_>))
    }

    fn pass(&self, arg: &Arg<'_>) -> Pass {
        let name = arg.rust();
        Pass::only(if arg.param.optional {
            quote!(#name.map_or(ptr::null_mut(), |bytes| bytes.as_ptr().cast_mut().cast()))
        } else {
            quote!(#name.as_ptr().cast_mut().cast())
        })
    }

    fn part(&self, arg: &Arg<'_>, _: Key, length: &Arg<'_>) -> TokenStream {
        count(arg, length, &quote!(ClientSlice::len))
    }

    fn bind(&self, arg: &Arg<'_>) -> TokenStream {
        let (c, null, length) = (arg.c(), arg.null(), arg.call.arg(self.length).c());
        let absent = quote!(#c.is_null() && length == 0);
        let make = bind_checked(arg, &absent, &quote!(ClientSlice::from_raw(#c.cast::<u8>(), length)));
        quote!(let length = memory::length(#length, #null)?; #make)
    }

    fn size(&self, arg: &Arg<'_>) -> TokenStream {
        many(arg, &arg.rust(), &quote!(ClientSlice::len))
    }
}

impl OutBuf {
    /// Room whose length goes by pointer: the client's own place for it, or one that lasts as long as the call.
    fn pass_by_pointer(&self, arg: &Arg<'_>) -> Pass {
        let (name, null, model) = (arg.rust(), arg.null(), arg.tokens().model);
        let (at, place) = (local::after(&name, "at"), local::after(&name, "length"));
        let own = local::after(&name, "used");
        let counter = &arg.call.arg(self.length).param.ty;
        let prim = model.pointee(counter).and_then(|ty| model.prim(ty)).map(|prim| ident(prim.name));
        let some = if arg.param.optional { quote!(#name) } else { quote!(Some(#name)) };
        // Only the client's own place outlives the call.
        let lasting = arg.call.form.request.map(|request| {
            let request = arg.call.arg(request).rust();
            quote! {
                if #request.is_overlapped() && #some.is_some_and(|room| room.used_ptr().is_null()) {
                    return Err(#null);
                }
            }
        });
        let before = quote! {
            #lasting
            let mut #own = #some.map_or(0, |room| #prim::try_from(room.capacity()).unwrap_or(#prim::MAX));
            let (#at, #place) = #some.map_or((ptr::null_mut(), ptr::null_mut()), |room| {
                let (at, used) = room.lend();
                (at, if used.is_null() { &raw mut #own } else { used.cast() })
            });
        };
        Pass { before, ..Pass::only(quote!(#at.cast())) }
    }
}

impl Kind for OutBuf {
    fn facts(&self) -> Facts {
        if self.wide {
            let keys = &[Key::Encoding, Key::Length, Key::NullError, Key::Nullable, Key::Optional];
            return Facts { keys, of_the_call: true, ..Facts::default() };
        }
        let keys = &[Key::Unit, Key::Length, Key::Written, Key::NullError, Key::Nullable, Key::Optional];
        Facts { keys, lent: Some(Lent { field: "room", empty: None }), ..Facts::default() }
    }

    fn ty(&self, arg: &Arg<'_>, _: At) -> TokenStream {
        or_absent(arg, if self.wide { quote!(OutBuf<'_, u16>) } else { quote!(OutBuf<'_>) })
    }

    fn pass(&self, arg: &Arg<'_>) -> Pass {
        let name = arg.rust();
        if self.by_pointer {
            return self.pass_by_pointer(arg);
        }
        Pass::only(if arg.param.optional {
            quote!(#name.map_or(ptr::null_mut(), |room| room.as_ptr().cast()))
        } else {
            quote!(#name.as_ptr().cast())
        })
    }

    fn part(&self, arg: &Arg<'_>, _: Key, length: &Arg<'_>) -> TokenStream {
        if self.by_pointer {
            let place = local::after(&arg.rust(), "length");
            return quote!(#place);
        }
        count(arg, length, &quote!(OutBuf::capacity))
    }

    fn bind(&self, arg: &Arg<'_>) -> TokenStream {
        let (c, name, null, safety) = (arg.c(), arg.rust(), arg.null(), contract());
        let length = arg.call.arg(self.length).c();
        let unit = if self.wide { quote!(u16) } else { quote!(u8) };
        let telling = arg.call.arg(self.length).param.on_error.iter();
        let telling = telling.filter(|error| ***error == arg.tokens().model.head.buffer_too_small);
        let telling = telling.map(|_| quote!(.telling_needed()));
        if !self.by_pointer {
            let make = quote!(OutBuf::from_raw(#c.cast::<#unit>(), length, ptr::null_mut()));
            let make = bind_checked(arg, &quote!(#c.is_null() && length == 0), &make);
            return quote!(let length = memory::length(#length, #null)?; #make);
        }
        let room = quote!({
            #safety
            let length = unsafe { memory::length_at(#length, #null) }?;
            #safety
            unsafe { OutBuf::from_raw(#c.cast::<#unit>(), length, #length.cast::<u32>()) }.ok_or(#null)?#(#telling)*
        });
        if arg.param.optional {
            quote!(let #name = if #c.is_null() || #length.is_null() { None } else { Some(#room) };)
        } else {
            quote!(let #name = #room;)
        }
    }

    fn size(&self, arg: &Arg<'_>) -> TokenStream {
        many(arg, &arg.rust(), &quote!(OutBuf::capacity))
    }
}
