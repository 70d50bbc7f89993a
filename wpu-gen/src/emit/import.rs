//! `import.rs`: upcalls that a library exports by name.

use super::print::Page;
use super::view::{At, UpcallView, View, doc};
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use std::ffi::CString;

pub(super) fn emit(view: &View<'_>) -> String {
    let mut page = Page::new(
        view,
        "Upcalls that a library exports, for tables that have no slot for them.\n\nOn Windows each is an ordinary import of the library. Elsewhere a host that is part of the same program\noffers its own, or the program that loaded the provider exports it.",
    );
    let exported: Vec<_> = view.upcalls().filter(|upcall| upcall.upcall.export.is_some()).collect();
    if exported.is_empty() {
        return page.finish();
    }
    page.lines("use crate::ffi;\nuse crate::table::Table;\n#[cfg(not(windows))]\nuse core::sync::atomic::{AtomicPtr, Ordering};");
    for upcall in exported {
        page.items(items(view, &upcall));
    }
    page.finish()
}

fn items(view: &View<'_>, upcall: &UpcallView<'_>) -> Vec<TokenStream> {
    let (name, method, function) = (&upcall.name, &upcall.method, &upcall.function);
    let library = upcall.upcall.export.as_deref().unwrap_or_default();
    let (find, provide) =
        (format_ident!("find_{}", upcall.upcall.method), format_ident!("provide_{}", upcall.upcall.method));
    let provided = format_ident!("PROVIDED_{}", upcall.upcall.method.to_uppercase());
    let params = view.c_params(&upcall.upcall.params, At::Inside);
    let returns = view.returns(&upcall.upcall.returns, At::Inside);
    let symbol = Literal::c_string(&CString::new(&*upcall.upcall.name).unwrap_or_default());
    let about = format!(" Fills in `{name}`; false if nothing in this process exports it.");
    let about_provide = doc(&format!(
        "Offers a `{name}` to providers that are part of this program. The last one offered holds.

\
         # Safety

\
         It keeps the contract that the documentation gives for `{name}`, on any thread, for as long as the program runs."
    ));
    vec![
        quote! {
            #[doc = #about]
            #[must_use]
            #[inline]
            pub fn #method(table: &mut Table) -> bool {
                let found = #find();
                if let Some(function) = found {
                    table.#name = function;
                }
                found.is_some()
            }
        },
        quote! {
            #[cfg(windows)]
            #[inline]
            fn #find() -> Option<ffi::#function> {
                #[link(name = #library)]
                unsafe extern "system" {
                    fn #name(#(#params),*) #returns;
                }
                Some(#name)
            }
        },
        quote! {
            #[cfg(not(windows))]
            static #provided: AtomicPtr<()> = AtomicPtr::new(core::ptr::null_mut());
        },
        quote! {
            #about_provide
            #[cfg(not(windows))]
            #[inline]
            pub unsafe fn #provide(function: ffi::#function) {
                #provided.store(function as *mut (), Ordering::Release);
            }
        },
        quote! {
            #[cfg(not(windows))]
            #[inline]
            fn #find() -> Option<ffi::#function> {
                let provided = #provided.load(Ordering::Acquire);
                let found = if provided.is_null() {
                    crate::support::symbol::find(#symbol)
                } else {
                    provided
                };
                if found.is_null() {
                    return None;
                }
                #[doc = "§ SAFETY: it came from a function of this type, or is exported under the name of one; both keep its contract."]
                Some(unsafe { core::mem::transmute::<*mut (), ffi::#function>(found) })
            }
        },
    ]
}
