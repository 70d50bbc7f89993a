//! Text of 16-bit units.

use super::kind::{Arg, Facts, Kind, Pass, Shown, bind_checked, or_absent};
use super::requirement::{Read, Requirement, Seen, is};
use super::row;
use crate::code::Code;
use crate::diag::Diagnostic;
use crate::emit::local;
use crate::emit::tokens::{At, comment};
use crate::model::{Direction, Key, ProvidedBy, Role};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

pub(super) const REQUIREMENT: Requirement = Requirement {
    what: "a string",
    help: |by| match by {
        ProvidedBy::Host => {
            "role `string` requires an `out` pointer to `u16` with a length: `length = \"…\"`"
        }
        ProvidedBy::Plugin => {
            "role `string` requires an `in` pointer to `u16`, or an `out` pointer to `u16` with a length: `length = \"…\"`"
        }
    },
    read,
};

/// A zero-ended string to read.
#[derive(Debug)]
struct ZeroEnded;

/// Hidden: filled with text that becomes the answer of an upcall.
#[derive(Debug)]
struct Filled {
    length: usize,
    too_small: usize,
}

fn read(seen: &Seen<'_>) -> Option<Read> {
    if !seen.points_at(&seen.param.ty, &["u16"]) {
        return None;
    }
    let kind = match (seen.is_upcall(), *seen.param.direction) {
        (true, Direction::Out) => filled(seen),
        (true, _) => None,
        (false, Direction::In) => is(ZeroEnded),
        (false, _) => row::read(seen, true),
    };
    let kind = kind?;
    // No encoding is the usual one.
    if kind.is_ok() && seen.param.encoding.is_none() {
        let message = format!("string `{}` has no encoding", seen.param.name);
        return Some(Err(seen.missing(Key::Encoding, message, "utf-16")));
    }
    Some(kind)
}

fn filled(seen: &Seen<'_>) -> Option<Read> {
    let name = &seen.param.name;
    let Some(length) = seen.param.names(Key::Length) else {
        let fault = seen.fault(Code::RoleShape, format!("string `{name}` has no length"));
        return Some(Err(fault.help("name the parameter that holds it: `length = \"…\"`")));
    };
    let errno = seen.function.param_with(Role::Error);
    let Some(too_small) = seen.param.buffer_too_small.filter(|_| errno.is_some()) else {
        let message = format!("string `{name}` has no error for a buffer that is too small");
        let fault = seen.fault(Code::RoleShape, message);
        return Some(Err(
            fault.help("name the error: `buffer-too-small = \"…\"`; it needs an error parameter")
        ));
    };
    let counter = seen.sibling(length);
    let fits = counter.role == Some(Role::Length)
        && *counter.direction == Direction::Inout
        && seen.points_at(&counter.ty, &["i32"]);
    if !fits {
        let message = format!("`{}` cannot be the length of a string", counter.name);
        let fault = Diagnostic::at(Code::RoleShape, counter.name.place.clone(), message);
        return Some(Err(
            fault.help("a length has `role = \"length\"`, `direction = \"inout\"`, and points at an `i32`")
        ));
    }
    is(Filled { length, too_small })
}

impl Kind for ZeroEnded {
    fn facts(&self) -> Facts {
        let keys = &[Key::Encoding, Key::NullError, Key::Nullable, Key::Optional];
        Facts { keys, of_the_call: true, ..Facts::default() }
    }

    fn ty(&self, arg: &Arg<'_>, _: At) -> TokenStream {
        or_absent(arg, quote!(Text<'_>))
    }

    fn pass(&self, arg: &Arg<'_>) -> Pass {
        let (name, text) = (arg.rust(), local::after(&arg.rust(), "ended"));
        let before = quote!(let mut #text = #name.to_wide().to_zero_ended(););
        Pass { before, ..Pass::only(quote!(#text.as_mut_ptr())) }
    }

    fn bind(&self, arg: &Arg<'_>) -> TokenStream {
        let c = arg.c();
        bind_checked(arg, &quote!(#c.is_null()), &quote!(Text::from_zero_ended(#c)))
    }
}

impl Kind for Filled {
    fn facts(&self) -> Facts {
        let keys = &[Key::Encoding, Key::Length, Key::BufferTooSmall, Key::NullError];
        Facts { shown: Shown::Answer, keys, too_small: Some(self.too_small), ..Facts::default() }
    }

    /// The call stands in a closure that is given both.
    fn pass(&self, _: &Arg<'_>) -> Pass {
        Pass::only(quote!(buffer))
    }

    fn part(&self, _: &Arg<'_>, _: Key, _: &Arg<'_>) -> TokenStream {
        quote!(length)
    }

    fn answer(&self, _: &Arg<'_>, at: At) -> TokenStream {
        at.own("WideString")
    }

    fn host_answer(&self, _: &Arg<'_>) -> TokenStream {
        quote!(WideString)
    }

    /// Text is copied out at once, so that one that does not fit is a failure like others.
    fn asked(&self, arg: &Arg<'_>, ask: TokenStream) -> TokenStream {
        let (buffer, length) = (arg.c(), arg.call.arg(self.length).c());
        let too_small = arg.tokens().error_code(self.too_small);
        let safety = comment(
            "SAFETY: both pointers passed the check, and the contract of this function says that the buffer is as long as the length.",
        );
        quote! {
            let text = #ask?;
            #safety
            let fits = unsafe { checks::write_text(&text, #buffer, #length) };
            if fits { Ok(text) } else { Err(#too_small) }
        }
    }

    fn write(&self, _: &Arg<'_>, _: &Ident) -> TokenStream {
        TokenStream::new()
    }

    fn outcome(&self, _: &Arg<'_>) -> TokenStream {
        quote!(Ok(value) => tell(format_args!("{value}")),)
    }
}
