//! `table.rs`: the table that is always callable, the closed table, and how a host's table becomes one.

use super::callee;
use super::path::item;
use super::print::Page;
use super::tokens::At;
use super::view::View;
use crate::model::Table;
use crate::role::kind::Call;
use proc_macro2::TokenStream;
use quote::quote;
use std::collections::HashSet;

pub(super) fn emit(view: &View<'_>) -> String {
    let mut page = Page::new(
        view,
        "table",
        "The table that is always callable, the closed table, and how a host's table becomes one.",
    );
    let fields = view.upcalls().map(|upcall| {
        let (about, name, function) = (format!(" `{}`.", upcall.name), &upcall.name, &upcall.pointer);
        quote!(#[doc = #about] pub #name: ffi::#function)
    });
    page.item(quote! {
        /// A pointer for each upcall, none of them null.
        #[derive(Clone, Copy, Debug)]
        pub struct Table { #(#fields),* }
    });
    let names: Vec<_> = view.upcalls().map(|upcall| upcall.name).collect();
    page.item(quote! {
        impl Table {
            /// Whether every pointer is the same as in `other`.
            #[must_use]
            #[inline]
            pub fn same(&self, other: &Self) -> bool {
                // In a row rather than nested, which thousands of upcalls would make too deep for compilers.
                [#(core::ptr::fn_addr_eq(self.#names, other.#names)),*].iter().all(|same| *same)
            }
        }
    });
    let closed = view.upcalls().map(|upcall| {
        let (name, method) = (&upcall.name, &upcall.method);
        quote!(#name: closed::#method)
    });
    page.item(quote! {
        /// The table of a provider that is not started: every upcall fails, and none does anything.
        pub static CLOSED: Table = Table { #(#closed),* };
    });
    page.item(quote! {
        /// All that the spec describes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Interface {}
    });
    let error = view.error();
    page.item(quote! {
        impl interface::Interface for Interface {
            type Table = Table;
            type Error = #error;
            const CLOSED: &'static Table = &CLOSED;
            const FACTS: &'static Facts = &FACTS;
            #[inline]
            fn same(one: &Table, other: &Table) -> bool {
                one.same(other)
            }
        }
    });
    page.item(quote! {
        /// Holds the table that upcalls go through: the newest one of the host, or the closed table.
        pub type Cell = cell::Cell<Interface>;
    });
    page.item(quote! {
        /// A table as a host hands it out, in which any slot may be null.
        pub trait RawTable {
            /// The same table, with the closed table's answer wherever it has no pointer.
            fn ready(&self) -> Table;
            /// The upcalls that it has no pointer for.
            fn holes(&self) -> UpcallSet;
        }
    });
    page.items(view.model.host_tables().map(|table| raw_table(view, table)));
    let head = quote! {
        /// What the closed table holds.
        mod closed
    };
    let code = view.error_code(view.model.head.not_initialized);
    page.block(&head, view.upcalls().map(|upcall| closed_function(view, &upcall, &code)));
    page.finish()
}

fn closed_function(view: &View<'_>, upcall: &Call<'_>, code: &TokenStream) -> TokenStream {
    let method = &upcall.method;
    let errno = upcall.errno().map(|errno| errno.c());
    let params = upcall.args().map(|arg| {
        let (name, ty) = (arg.c(), view.param(arg.param, At::Inside));
        if Some(&name) == errno.as_ref() { quote!(#name: #ty) } else { quote!(_: #ty) }
    });
    let returns = view.returns(&upcall.function.returns, At::Inside);
    let answer = callee::failure(upcall);
    let report = errno.as_ref().map(|errno| {
        quote! {
            #[doc = "§ SAFETY: the contract of the upcall."]
            unsafe { checks::report(#errno, #code.code()); }
        }
    });
    let abi = view.abi();
    quote! {
        pub(super) unsafe extern #abi fn #method(#(#params),*) #returns {
            #report
            #answer
        }
    }
}

fn raw_table(view: &View<'_>, table: &Table) -> TokenStream {
    let name = item("ffi", &table.name);
    let held: HashSet<_> = table.slots.iter().collect();
    let member = |upcall: &Call<'_>| {
        let has = held.contains(&upcall.at);
        has.then(|| upcall.member(table))
    };
    let ready = view.upcalls().map(|upcall| {
        let name = &upcall.name;
        match member(&upcall) {
            Some(member) => quote!(#name: self.#member.unwrap_or(CLOSED.#name)),
            None => quote!(#name: CLOSED.#name),
        }
    });
    let holes = view.upcalls().map(|upcall| match member(&upcall) {
        Some(member) => quote!(self.#member.is_none()),
        None => quote!(true),
    });
    quote! {
        impl RawTable for #name {
            #[inline]
            fn ready(&self) -> Table {
                Table { #(#ready),* }
            }
            #[inline]
            fn holes(&self) -> UpcallSet {
                let null = [#(#holes),*];
                null.iter().enumerate().filter(|(_, null)| **null).map(|(upcall, _)| upcall).collect()
            }
        }
    }
}
