//! No role: the type and the direction say what a parameter is.

use super::kind::{
    Arg, Facts, Kind, Pass, Shown, bind_checked, check_out, contract, or_absent, pass_out, pass_zero,
};
use super::requirement::{Read, Requirement, Seen, is};
use crate::code::Code;
use crate::emit::tokens::At;
use crate::model::{Direction, Key, Ty};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

pub(super) const REQUIREMENT: Requirement =
    Requirement { what: "a plain value", help: |_| "add a role: `role = \"…\"`", read };

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plain {
    /// Passed on as it is.
    Value,
    /// A pointer that only unsafe code can make.
    Vouched,
    /// One value behind a pointer. An upcall takes a reference to what the plug-in has; in a downcall it stays in the
    /// client's memory, and so does a structure with pointers in an upcall, which came from there.
    View { mutable: bool },
    /// A value that goes in, and another that is answered.
    InOut,
    /// Hidden: an answer.
    Out,
}

fn read(seen: &Seen<'_>) -> Option<Read> {
    let (model, direction) = (seen.model, *seen.param.direction);
    let kind = match (direction, seen.pointee()) {
        (Direction::In, None) if model.prim(&seen.param.ty).is_some() => Plain::Value,
        (Direction::In, Some(_)) if model.opaque(&seen.param.ty).is_some() => Plain::Value,
        (Direction::In, Some(Ty::Void)) => Plain::Vouched,
        (_, None | Some(Ty::Void)) => return Some(Err(unclear(seen))),
        // As long as its count says, which only an array looks at.
        (_, Some(to)) if model.is_counted(to) => return Some(Err(unclear(seen))),
        (_, Some(to)) if seen.is_upcall() => match direction {
            Direction::In if model.structure(to).is_some() || model.prim(to).is_some() => {
                Plain::View { mutable: false }
            }
            Direction::Out if has_zero(seen, to) => Plain::Out,
            _ => return Some(Err(unclear(seen))),
        },
        // A pointer or a function means something else in each function that takes it. A structure does not.
        (Direction::In | Direction::Inout, Some(to))
            if model.is_trusted(to) && model.structure(to).is_none() =>
        {
            Plain::Vouched
        }
        (Direction::Out, Some(to)) if model.is_trusted(to) => return Some(Err(answers_trust(seen, to))),
        (Direction::In, Some(_)) => Plain::View { mutable: false },
        (Direction::Inout, Some(to)) if model.prim(to).is_some() => Plain::InOut,
        (Direction::Inout, Some(_)) => Plain::View { mutable: true },
        (Direction::Out, Some(_)) => Plain::Out,
    };
    is(kind)
}

/// Whether a value of this type can be made before the call.
fn has_zero(seen: &Seen<'_>, ty: &Ty) -> bool {
    let model = seen.model;
    model.prim(ty).is_some() || model.structure(ty).is_some() || model.pointee(ty).is_some()
}

fn unclear(seen: &Seen<'_>) -> crate::diag::Diagnostic {
    let name = &seen.param.name;
    let message = format!("cannot tell from its type and direction how to pass `{name}` safely");
    seen.type_fault(message).help((REQUIREMENT.help)(seen.function.provided_by))
}

fn answers_trust(seen: &Seen<'_>, to: &Ty) -> crate::diag::Diagnostic {
    if to.holds_void() {
        return unclear(seen);
    }
    let name = &seen.param.name;
    let message = format!("safe code could return an arbitrary pointer through `{name}`");
    seen.fault(Code::RoleShape, message).help("make a structure `inout`, so that its members are written one by one; give a pointer that the other side only compares a type with `opaque = \"…\"`")
}

impl Plain {
    /// Whether it stays in the memory that it came from, as something with pointers does in an upcall.
    fn stays(arg: &Arg<'_>) -> bool {
        !arg.call.is_upcall() || arg.pointee().is_some_and(|to| arg.tokens().model.has_pointers(to))
    }
}

impl Kind for Plain {
    fn facts(&self) -> Facts {
        let (shown, keys): (_, &[Key]) = match self {
            Self::Value => (Shown::Passed, &[]),
            Self::Vouched => (Shown::Vouched, &[]),
            Self::InOut => (Shown::Both, &[Key::NullError, Key::OnError]),
            Self::View { .. } => (Shown::Passed, &[Key::NullError, Key::Nullable, Key::Optional]),
            Self::Out => (Shown::Answer, &[Key::NullError, Key::OnError, Key::Nullable, Key::Optional]),
        };
        Facts { shown, keys, of_the_call: matches!(self, Self::View { .. }), ..Facts::default() }
    }

    fn ty(&self, arg: &Arg<'_>, at: At) -> TokenStream {
        let (tokens, to) = (arg.tokens(), arg.pointee());
        match self {
            Self::Value => tokens.value(&arg.param.ty, at),
            Self::Vouched => tokens.vouched(&arg.param.ty, arg.call.number(), arg.at, at, "'_"),
            Self::View { mutable } => {
                let ty = to.map(|to| tokens.ty(to, at));
                if !Self::stays(arg) {
                    return quote!(&#ty);
                }
                let view = at.own(if *mutable { "ClientMut" } else { "ClientRef" });
                or_absent(arg, quote!(#view<'_, #ty>))
            }
            Self::InOut => to.map(|to| tokens.plain(to, at)).unwrap_or_default(),
            Self::Out => TokenStream::new(),
        }
    }

    fn host_params(&self, arg: &Arg<'_>) -> Vec<(Ident, TokenStream)> {
        let ty = match (self, arg.pointee()) {
            (Self::View { .. }, Some(to)) => {
                let ty = arg.tokens().ty(to, At::Inside);
                quote!(&#ty)
            }
            _ => arg.tokens().plain(&arg.param.ty, At::Inside),
        };
        vec![(arg.rust(), ty)]
    }

    fn pass(&self, arg: &Arg<'_>) -> Pass {
        let name = arg.rust();
        match self {
            Self::Value => Pass::only(arg.tokens().given(&arg.param.ty, quote!(#name))),
            Self::Vouched => Pass::only(quote!(#name.as_ptr())),
            Self::View { .. } if !Self::stays(arg) => Pass::only(quote!(::core::ptr::from_ref(#name))),
            Self::View { mutable } if arg.param.optional => Pass::only(if *mutable {
                quote!(#name.map_or(ptr::null_mut(), ClientMut::as_ptr))
            } else {
                quote!(#name.map_or(ptr::null(), ClientRef::as_ptr))
            }),
            Self::View { .. } => Pass::only(quote!(#name.as_ptr())),
            Self::InOut => pass_out(arg, &quote!(#name)),
            Self::Out => pass_zero(arg),
        }
    }

    fn bind(&self, arg: &Arg<'_>) -> TokenStream {
        let (c, name, null, safety) = (arg.c(), arg.rust(), arg.null(), contract());
        match self {
            Self::Value => TokenStream::new(),
            Self::Vouched if arg.call.is_upcall() => TokenStream::new(),
            Self::Vouched => quote!(#safety let #name = unsafe { Vouched::from_raw(#c) };),
            Self::View { .. } if arg.call.is_upcall() => {
                quote!(#safety let #name = unsafe { checks::input(#c, #null) }?;)
            }
            Self::View { mutable } => {
                let view = if *mutable { quote!(ClientMut) } else { quote!(ClientRef) };
                bind_checked(arg, &quote!(#c.is_null()), &quote!(#view::from_raw(#c)))
            }
            Self::InOut => {
                quote!(#safety let #name = unsafe { ClientMut::from_raw(#c) }.ok_or(#null)?.get();)
            }
            Self::Out => check_out(arg),
        }
    }

    fn argument(&self, arg: &Arg<'_>) -> TokenStream {
        let (c, name) = (arg.c(), arg.rust());
        match self {
            Self::Value | Self::Vouched if arg.call.is_upcall() => quote!(#c),
            Self::Value => arg.tokens().taken(&arg.param.ty, quote!(#c)),
            _ => quote!(#name),
        }
    }

    fn trace(&self, arg: &Arg<'_>) -> Option<(String, Ident)> {
        let style = match self {
            Self::InOut | Self::Out => return None,
            Self::View { .. } => ":p",
            _ => arg.tokens().style(&arg.param.ty),
        };
        Some(arg.traced(style))
    }
}
