//! The error code of a function that has failed.

use super::kind::{Arg, Facts, Kind, Pass, Shown, check_out};
use super::requirement::{Read, Requirement, Seen, is};
use crate::code::Code;
use crate::model::{Direction, Key};
use proc_macro2::TokenStream;
use quote::quote;

pub(super) const REQUIREMENT: Requirement = Requirement {
    what: "the error parameter",
    help: |_| "role `error` requires an `out` pointer to `i32` as the last parameter",
    read,
};

#[derive(Debug)]
struct Error;

fn read(seen: &Seen<'_>) -> Option<Read> {
    let why = if seen.at + 1 != seen.function.params.len() {
        "it is not the last parameter"
    } else if !seen.points_at(&seen.param.ty, &["i32"]) {
        "it is not a pointer to a 32-bit signed integer"
    } else if !seen.goes(Direction::Out) {
        "its direction is not `out`"
    } else {
        return is(Error);
    };
    let message = format!("`{}` cannot be {}: {why}", seen.param.name, REQUIREMENT.what);
    let fault = seen.fault(Code::ErrnoPlace, message);
    Some(Err(fault.help((REQUIREMENT.help)(seen.function.provided_by))))
}

impl Kind for Error {
    fn facts(&self) -> Facts {
        Facts { shown: Shown::Hidden, keys: &[Key::NullError], ..Facts::default() }
    }

    fn pass(&self, _: &Arg<'_>) -> Pass {
        Pass { before: quote!(let mut errno = 0;), ..Pass::only(quote!(&raw mut errno)) }
    }

    /// The function for a downcall has looked at it before anything else.
    fn bind(&self, arg: &Arg<'_>) -> TokenStream {
        if arg.call.is_upcall() { check_out(arg) } else { TokenStream::new() }
    }
}
