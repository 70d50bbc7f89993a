//! Kits: as data, as types that stand for them, and as a part of the page to read.

use super::markdown::{cell, markdown};
use super::path::alone;
use super::print::Page;
use super::tokens::doc;
use super::view::View;
use crate::model::Kit;
use crate::names::camel;
use proc_macro2::Literal;
use quote::quote;
use std::fmt::Write as _;

/// What `facts.rs` says of kits.
pub(super) fn facts(view: &View<'_>, page: &mut Page) {
    let kits = &view.model.kits;
    let count = Literal::usize_unsuffixed(kits.len());
    let facts = kits.iter().map(|kit| {
        let (name, marker) = (&kit.name, camel(&kit.name));
        let uses = kit.uses.iter().map(|uses| match uses {
            Some(uses) => {
                let uses = uses.iter().map(|upcall| Literal::usize_unsuffixed(**upcall));
                quote!(Some(&[#(#uses),*]))
            }
            None => quote!(None),
        });
        let completes = completing(kit);
        quote!(Kit { name: #name, marker: #marker, uses: &[#(#uses),*], completes: #completes })
    });
    page.item(quote! {
        /// Every kit.
        pub static KITS: [Kit; #count] = [#(#facts),*];
    });
    let head = quote! {
        /// A type for each kit, to be named in bounds. None has a value.
        pub mod kits
    };
    let markers = kits.iter().enumerate().flat_map(|(at, kit)| {
        let (about, marker) =
            (doc(&format!("`{}`: {}", kit.name, markdown(&kit.doc))), alone(&camel(&kit.name)));
        let at = Literal::usize_unsuffixed(at);
        [
            quote!(#about #[derive(Clone, Copy, Debug)] pub enum #marker {}),
            quote! {
                impl #marker {
                    /// The kit as data.
                    #[must_use]
                    pub const fn kit() -> &'static super::Kit { &super::KITS[#at] }
                }
            },
        ]
    });
    page.block(&head, markers);
}

pub(super) fn completing(kit: &Kit) -> bool {
    kit.completes.as_deref().copied().unwrap_or_default()
}

/// What only a provider may do that has declared how its requests are completed.
pub(super) fn completes(view: &View<'_>, page: &mut Page) {
    let Some((at, kit)) = view.model.kits.iter().enumerate().find(|(_, kit)| completing(kit)) else {
        page.item(quote! {
            /// Every provider: nothing has to be declared for requests.
            pub trait Completes {}
        });
        page.item(quote!(
            impl<P: ?Sized> Completes for P {}
        ));
        page.item(quote! {
            /// Whether a provider has declared the upcalls that its requests are completed with: there are none.
            #[must_use]
            pub const fn completes(_: &Declaration) -> bool { true }
        });
        return;
    };
    let name = &kit.name;
    let note = format!("write `kit = {name}` in its attribute");
    let (about, at) = (
        doc(&format!(
            "A provider that declares the upcalls which its requests are completed with, as by `kit = {name}`.\n\nWhat implements it otherwise gets no overlapped request."
        )),
        Literal::usize_unsuffixed(at),
    );
    page.item(quote! {
        #about
        #[diagnostic::on_unimplemented(
            message = "provider `{Self}` does not declare the upcalls that requests are completed with",
            label = "this takes overlapped requests",
            note = #note
        )]
        pub trait Completes {}
    });
    page.item(quote! {
        /// Whether a provider has declared the upcalls that its requests are completed with. It gets no overlapped
        /// request otherwise.
        #[must_use]
        pub const fn completes(declaration: &Declaration) -> bool {
            declaration.covers(&KITS[#at])
        }
    });
}

/// The kits, for the page to read.
pub(super) fn section(view: &View<'_>, page: &mut String) {
    if view.model.kits.is_empty() {
        return;
    }
    *page += "## Kits\n\nCode that makes upcalls on a provider's behalf, by class.\n\n| kit | what it is | class | upcalls |\n|---|---|---|---|\n";
    for kit in &view.model.kits {
        for (class, uses) in view.model.classes.iter().zip(&kit.uses) {
            let Some(uses) = uses else { continue };
            let uses = uses.iter().map(|upcall| format!("`{}`", view.upcall(**upcall).name));
            let (uses, text) = (uses.collect::<Vec<_>>().join(", "), cell(&kit.doc));
            let _ = writeln!(page, "| `{}` | {text} | `{}` | {uses} |", kit.name, class.name);
        }
    }
    page.push('\n');
}
