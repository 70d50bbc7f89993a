//! `error.rs`: the error type.

use super::markdown::inline;
use super::print::Page;
use super::view::{View, doc};
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
        let about = match error.same_as {
            Some(same) => {
                format!(
                    "Another name of [`{0}`](Self::{0}): {1}.",
                    view.model.errors[same].name,
                    inline(&error.text)
                )
            }
            None => format!("{}: {}.", error.value, inline(&error.text)),
        };
        let source = if error.sources.is_empty() {
            String::new()
        } else {
            format!("\n\nSource: {}.", view.cite(&error.sources))
        };
        let (about, value) = (doc(&(about + &source)), Literal::i32_unsuffixed(error.value));
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
    for code in view.model.errors.iter().filter(|error| error.same_as.is_none()) {
        if let Some(kind) = &code.io_kind {
            by_kind.entry(kind).or_default().push(ident(&code.name));
        }
    }
    let kinds = by_kind.into_iter().map(|(kind, names)| {
        let kind = ident(kind);
        quote!(#(#error::#names)|* => std::io::ErrorKind::#kind,)
    });
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
            impl TryFrom<std::io::Error> for #error {
                type Error = std::io::Error;
                /// Finds the code again; an error that never had one comes back as it is.
                #[inline]
                fn try_from(error: std::io::Error) -> Result<Self, std::io::Error> {
                    let inside = error.get_ref().and_then(|inside| inside.downcast_ref::<Self>());
                    let os = error.raw_os_error().filter(|_| cfg!(windows)).map(Self::new);
                    inside.copied().or(os).ok_or(error)
                }
            }
        },
    ]
}
