//! `error.rs`: the error type.

use super::markdown::inline;
use super::print::Page;
use super::tokens::doc;
use super::view::View;
use crate::names::ident;
use proc_macro2::{Literal, TokenStream};
use quote::quote;
use std::collections::BTreeMap;

pub(super) fn emit(view: &View<'_>) -> String {
    let mut page = Page::new(view, "error", "The error type: a code with its C name.");
    let error = view.error();
    page.item(quote! {
        /// A code that a host reports, or that a provider answers with.
        ///
        /// Any code can be held; those that the spec names have a constant and a text.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(transparent)]
        pub struct #error(i32);
    });
    page.block(&quote!(impl #error), constants(view));
    let broken = view.broken();
    page.block(&quote!(impl #error), methods());
    page.item(quote! {
        /// What a host that reported failure left in the errno variable. A host that says "failed"
        /// and 0, or nothing, has broken the contract.
        #[cold]
        pub(crate) const fn reported(errno: i32) -> #error {
            if errno == 0 { #broken } else { #error(errno) }
        }
    });
    page.items(formats(view));
    page.items(io(view));
    page.finish()
}

fn constants(view: &View<'_>) -> impl Iterator<Item = TokenStream> {
    view.model.errors.iter().map(|error| {
        let name = ident(&error.name);
        let about = match error.alias_of.as_deref() {
            Some(same) => {
                format!(
                    "Another name of [`{0}`](Self::{0}): {1}.",
                    view.model.errors[*same].name,
                    inline(&error.message)
                )
            }
            None => format!("{}: {}.", error.value, inline(&error.message)),
        };
        let source = if error.sources.is_empty() {
            String::new()
        } else {
            format!("\n\nSource: {}.", view.cite(&error.sources))
        };
        let (about, value) = (doc(&(about + &source)), Literal::i32_unsuffixed(*error.value));
        quote!(#about pub const #name: Self = Self(#value);)
    })
}

/// What the error type has beside its constants.
pub(super) fn methods() -> Vec<TokenStream> {
    vec![
        quote! {
            /// The error with this code.
            #[must_use]
            #[inline]
            pub const fn new(code: i32) -> Self {
                Self(code)
            }
        },
        quote! {
            /// Its code.
            #[must_use]
            #[inline]
            pub const fn code(self) -> i32 {
                self.0
            }
        },
        quote! {
            /// What the spec says of this code, if it names it.
            #[must_use]
            #[inline]
            pub fn fact(self) -> Option<&'static ErrorCode> {
                ERRORS.iter().find(|error| error.value == self.0)
            }
        },
        quote! {
            /// Its C name, if the spec names it.
            #[must_use]
            #[inline]
            pub fn name(self) -> Option<&'static str> {
                self.fact().map(|error| error.name)
            }
        },
    ]
}

fn formats(view: &View<'_>) -> Vec<TokenStream> {
    let error = view.error();
    vec![
        quote! {
            impl fmt::Debug for #error {
                #[inline]
                fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                    match self.name() {
                        Some(name) => write!(out, "{name} ({})", self.0),
                        None => write!(out, "error {}", self.0),
                    }
                }
            }
        },
        quote! {
            impl fmt::Display for #error {
                #[inline]
                fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                    match self.fact() {
                        Some(fact) => write!(out, "{} ({}): {}", fact.name, self.0, fact.text),
                        None => write!(out, "error {}", self.0),
                    }
                }
            }
        },
        quote!(impl core::error::Error for #error {}),
    ]
}

/// Conversions that need the standard library.
fn io(view: &View<'_>) -> Vec<TokenStream> {
    let error = view.error();
    let mut by_kind: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for code in view.model.errors.iter().filter(|error| error.alias_of.is_none()) {
        if let Some(kind) = &code.io_kind {
            by_kind.entry(kind).or_default().push(ident(&code.name));
        }
    }
    let kinds = by_kind.into_iter().map(|(kind, names)| {
        let kind = ident(kind);
        quote!(#(#error::#names)|* => std::io::ErrorKind::#kind,)
    });
    let back = view.model.errors.iter().filter(|code| !code.from_io_kinds.is_empty()).map(|code| {
        let (name, kinds) = (ident(&code.name), code.from_io_kinds.iter().map(|kind| ident(kind)));
        quote!(#(std::io::ErrorKind::#kinds)|* => #error::#name,)
    });
    let broken = view.broken();
    vec![
        quote! {
            #[cfg(feature = "std")]
            impl From<#error> for std::io::Error {
                /// On Windows the code itself; elsewhere, where codes mean other things, the kind with this error inside.
                #[inline]
                fn from(error: #error) -> Self {
                    if cfg!(windows) {
                        return Self::from_raw_os_error(error.code());
                    }
                    let kind = match error {
                        #(#kinds)*
                        _ => std::io::ErrorKind::Other,
                    };
                    Self::new(kind, error)
                }
            }
        },
        quote! {
            #[cfg(feature = "std")]
            impl From<&std::io::Error> for #error {
                /// The error that became an [`io::Error`](std::io::Error) before, else the one that its kind stands for. On
                /// Windows a code of the system counts before its kind if the spec names it, and after it if not. What is
                /// none of these is the error of a broken contract.
                #[inline]
                fn from(error: &std::io::Error) -> Self {
                    if let Some(inside) = error.get_ref().and_then(|inside| inside.downcast_ref::<Self>()) {
                        return *inside;
                    }
                    let code = error.raw_os_error().filter(|code| cfg!(windows) && *code != 0).map(Self::new);
                    if let Some(named) = code.filter(|code| code.fact().is_some()) {
                        return named;
                    }
                    match error.kind() {
                        #(#back)*
                        _ => code.unwrap_or(#broken),
                    }
                }
            }
        },
        quote! {
            #[cfg(feature = "std")]
            impl From<std::io::Error> for #error {
                /// As from a reference.
                #[inline]
                fn from(error: std::io::Error) -> Self {
                    Self::from(&error)
                }
            }
        },
    ]
}
