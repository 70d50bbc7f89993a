//! `import.rs`: functions that a library exports by name, imports and upcalls alike.

use super::path::{alone, item};
use super::print::Page;
use super::tokens::{At, doc};
use super::view::View;
use crate::model::{Function, Import};
use crate::names::ident;
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

pub(super) fn emit(view: &View<'_>) -> String {
    let mut page = Page::new(
        view,
        "import",
        "Functions that libraries export by name: what kits take, and upcalls for tables that have\nno slot for them.\n\nOn Windows each is an ordinary import of its library. Elsewhere a host that is part of the same program\noffers its own, or the program that loaded the provider exports it.",
    );
    let exported = view.model.upcalls.iter().enumerate();
    let exported: Vec<_> =
        exported.filter_map(|(at, upcall)| Some((at, upcall, upcall.library.as_ref()?))).collect();
    page.item(quote! {
        /// An upcall that a library exports by name.
        pub type Import = import::Import<Interface>;
    });
    for (at, upcall, library) in exported {
        page.item(fill(at, upcall));
        page.items(Lookup::of(view, upcall, library).items());
    }
    for import in &view.model.imports {
        page.items(Lookup::of_import(view, import).items());
    }
    page.finish()
}

/// What puts an exported upcall into a table.
fn fill(at: usize, upcall: &Function) -> TokenStream {
    let name = ident(&upcall.name);
    let find = format_ident!("find_{}", upcall.method);
    let about = format!(" Fills in `{name}`.");
    let constant = format_ident!("{}", upcall.method.to_uppercase());
    let at = Literal::usize_unsuffixed(at);
    quote! {
        #[doc = #about]
        pub const #constant: Import = {
            fn fill(table: &mut Table) -> bool {
                let found = #find();
                if let Some(function) = found {
                    table.#name = function;
                }
                found.is_some()
            }
            #[doc = "§ SAFETY: what is found is exported under the name of the upcall, or was offered as one, and keeps its contract."]
            unsafe { Import::new(#at, fill) }
        };
    }
}

/// A function that is found by name.
struct Lookup<'a> {
    name: &'a str,
    method: &'a str,
    library: &'a str,
    /// Only the library of 64-bit programs exports it.
    wide: bool,
    params: Vec<TokenStream>,
    returns: TokenStream,
    abi: &'static str,
    /// What stands before the function that finds it.
    about: TokenStream,
    visibility: TokenStream,
}

impl<'a> Lookup<'a> {
    fn of(view: &View<'a>, function: &'a Function, library: &'a str) -> Self {
        Self {
            name: &function.name,
            method: &function.method,
            library,
            wide: false,
            params: view.c_params(&function.params, At::Inside),
            returns: view.returns(&function.returns, At::Inside),
            abi: view.abi(),
            about: TokenStream::new(),
            visibility: TokenStream::new(),
        }
    }

    fn of_import(view: &View<'a>, import: &'a Import) -> Self {
        let mut about = format!("Finds `{}`; none if nothing in this process exports it.", import.name);
        if !import.errors.is_empty() {
            about += &format!("\n\nThe function fails with:\n\n{}", view.error_list(&import.errors));
        }
        let about = doc(&about);
        Self {
            wide: import.arch.is_some(),
            about: quote!(#about #[must_use]),
            visibility: quote!(pub),
            ..Self::of(view, import, &import.library)
        }
    }

    fn items(&self) -> Vec<TokenStream> {
        let Self { library, params, returns, abi, about, visibility, .. } = self;
        let (name, function) = (alone(self.name), item("ffi", &format!("{}Fn", self.name)));
        let (find, provide) =
            (format_ident!("find_{}", self.method), format_ident!("provide_{}", self.method));
        let provided = format_ident!("provided_{}", self.method);
        let symbol = Literal::byte_string(format!("{}\0", self.name).as_bytes());
        let about_provide = doc(&format!(
            "Offers a `{0}` to providers that are part of this program. The last one offered holds.\n\n\
             # Safety\n\n\
             It keeps the contract that the documentation gives for `{0}`, on any thread, for as long as the program runs.",
            self.name
        ));
        let wide = self.wide.then(|| quote!(target_pointer_width = "64"));
        let narrow = wide.as_ref().map(|wide| {
            quote! {
                #about
                #[cfg(all(windows, not(#wide)))]
                #[inline]
                #visibility fn #find() -> Option<#function> {
                    None
                }
            }
        });
        let there = wide.map_or_else(|| quote!(windows), |wide| quote!(all(windows, #wide)));
        let found = [
            quote! {
                #about
                #[cfg(#there)]
                #[allow(clippy::unnecessary_wraps, reason = "on another system no library may export it")]
                #[inline]
                #visibility fn #find() -> Option<#function> {
                    #[link(name = #library)]
                    unsafe extern #abi {
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
                pub unsafe fn #provide(function: #function) {
                    #provided.store(function as *mut (), Ordering::Release);
                }
            },
            quote! {
                #about
                #[cfg(not(windows))]
                #[inline]
                #visibility fn #find() -> Option<#function> {
                    let provided = #provided.load(Ordering::Acquire);
                    let found = if provided.is_null() {
                        symbol::find(#symbol)
                    } else {
                        provided
                    };
                    if found.is_null() {
                        return None;
                    }
                    #[doc = "§ SAFETY: it came from a function of this type, or is exported under the name of one; both keep its contract."]
                    Some(unsafe { core::mem::transmute::<*mut (), #function>(found) })
                }
            },
        ];
        found.into_iter().chain(narrow).collect()
    }
}
