//! The facts as one literal, for the attribute: it reads no file and needs no bindings at its own build.
//!
//! The bindings export a macro that hands the literal to another macro, which the attribute names. Each fact is a token or
//! a list in brackets, at a fixed place: `wpu-macros/src/spec.rs` reads what this writes.

use super::kit::completing;
use super::local;
use super::markdown::{inline, markdown};
use super::safe;
use super::tokens::{At, doc};
use super::view::View;
use crate::model::{Kit, Status, Word};
use crate::names::{camel, ident};
use crate::role::kind::Call;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

/// The macro, and the name under which it is found. It is exported from the root of the crate, where bindings of other
/// specs may have one too.
pub(super) fn emit(view: &View<'_>) -> String {
    let model = view.model;
    let package = model.head.package.replace('-', "_");
    let default = index(model.default_platform);
    let classes = list(model.classes.iter().map(word));
    let platforms = list(model.platforms.iter().map(word));
    let upcalls = list(view.upcalls().map(|upcall| fact(view, &upcall)));
    let kits = list(model.kits.iter().map(kit));
    let methods = list(view.upcalls().map(|upcall| method(view, &upcall)));
    let guards = guards(view);
    format!(
        "#[doc(hidden)]
#[macro_export]
macro_rules! __{package}_facts {{
    ({{ $($to:tt)* }} $($rest:tt)*) => {{
        $($to)*! {{
            [ {classes} {platforms} {default} {upcalls} {kits} {methods} {guards} ]
            $($rest)*
        }}
    }};
}}

#[doc(hidden)]
pub use __{package}_facts as __facts;
"
    )
}

/// A list with an item to a line.
fn list(items: impl Iterator<Item = TokenStream>) -> String {
    let lines: Vec<_> = items.map(|item| item.to_string()).collect();
    format!("[\n                {}\n            ]", lines.join("\n                "))
}

fn word(Word { name, doc: about, .. }: &Word) -> TokenStream {
    quote!([#name #about])
}

/// What the rules of compliance need, and what their messages say.
fn fact(view: &View<'_>, upcall: &Call<'_>) -> TokenStream {
    let u = &view.model.upcalls[upcall.at];
    let (name, method, text, reason) = (&u.name, rust_name(&u.method), &u.doc, &u.requirement.reason);
    let (waiver, library) = (u.requirement.waiver.iter(), u.library.iter());
    let acquire = view.model.released_by(upcall.at).map(|handle| index(*view.handle(handle).acquire));
    let release = view.model.acquired_by(upcall.at).map(|handle| index(*view.handle(handle).release));
    let (acquire, release) = (acquire.iter(), release.iter());
    let requirement = u.requirement.status.iter().map(|row| {
        let row = row.iter().map(|status| requirement(*status));
        quote!([#(#row)*])
    });
    quote! {
        [#name #method #text #reason [#(#waiver)*] [#(#library)*] [#(#acquire)*] [#(#release)*] [#(#requirement)*]]
    }
}

fn requirement(status: Option<Status>) -> TokenStream {
    match status {
        Some(Status::Required) => quote!(required),
        Some(Status::Optional) => quote!(optional),
        Some(Status::Unspecified) => quote!(unspecified),
        None => quote!(not_applicable),
    }
}

fn kit(kit: &Kit) -> TokenStream {
    let (name, marker, completes) = (&kit.name, camel(&kit.name), completing(kit));
    let uses = kit.uses.iter().map(|uses| {
        let uses = uses.iter().map(|uses| {
            let uses = uses.iter().map(|upcall| index(**upcall));
            quote!([#(#uses)*])
        });
        quote!([#(#uses)*])
    });
    quote!([#name #marker #completes [#(#uses)*]])
}

/// The method for the handle of a provider. Beside it stands `RUN`.
fn method(view: &View<'_>, upcall: &Call<'_>) -> TokenStream {
    let safe::Signature { generics, params, returns } = safe::signature(upcall, At::Outside);
    let name = ident(view.model.upcalls[upcall.at].method.trim_start_matches("r#"));
    let of = upcall.function;
    let about = doc(format!("`{}`: {}\n\n{}", of.name, inline(&of.doc), markdown(&of.details)).trim_end());
    let must_use = view.model.upcalls[upcall.at].must_use.iter();
    let (mut names, mut types) = (Vec::new(), Vec::new());
    for (name, ty) in params {
        names.push(param(&name));
        types.push(ty);
    }
    quote! {
        [
            #about #(#[must_use = #must_use])* #[inline]
            pub(crate) fn #name #generics(self, #(#names: #types),*) -> #returns {
                let Self(()) = self;
                __wpu::Upcalls::#name(__wpu::Upcalls::new(__wpu_runtime::Run::cell(&RUN)), #(#names),*)
            }
        ]
    }
}

/// Functions of the names that methods bind: around the provider, a constant, static or unit struct of that name would make
/// a comparison of the binding, or an error; a function does not, and hides the other.
fn guards(view: &View<'_>) -> TokenStream {
    let mut names = vec![ident("out")];
    for upcall in view.upcalls() {
        for (name, _) in safe::signature(&upcall, At::Outside).params {
            let name = param(&name);
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    quote!([#(fn #names() {})*])
}

fn param(name: &Ident) -> Ident {
    ident(local::shown(name).trim_start_matches("r#"))
}

/// As it stands in code.
fn rust_name(name: &str) -> String {
    ident(name.trim_start_matches("r#")).to_string()
}

fn index(at: usize) -> Literal {
    Literal::usize_unsuffixed(at)
}
