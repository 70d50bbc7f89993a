//! What safe code has of the types of a spec: of structures, of pointers that nobody follows, and of those that only
//! unsafe code can make. All of it becomes part of `handles.rs`.

use super::markdown::markdown;
use super::path::{alone, item};
use super::print::Page;
use super::tokens::{At, doc};
use super::view::View;
use crate::model::{Counted, Struct, Ty};
use crate::names::ident;
use crate::role::kind::Shown;
use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// All that there is of a structure.
pub(super) fn structure(page: &mut Page, view: &View<'_>, at: usize, structure: &Struct) {
    made(page, view, at, structure);
    token(page, view, at, structure);
    if let Some(counted) = &structure.counted {
        set(page, view, at, structure, counted);
    }
}

/// What safe code can make of a structure: any value of it, or members of it, or nothing.
fn made(page: &mut Page, view: &View<'_>, at: usize, structure: &Struct) {
    let ty = view.struct_name(at, At::Inside);
    if !view.model.has_pointers(&Ty::Named(at)) {
        page.item(quote! {
            #[doc = "§ SAFETY: none of its members is a pointer, or has one."]
            unsafe impl Plain for #ty {}
        });
        return;
    }
    if let Some(iovec) = &structure.iovec {
        let field = |at: usize| ident(&structure.fields[at].name);
        let (items, length) = (field(iovec.base), field(iovec.length));
        page.item(quote! {
            #[doc = "§ SAFETY: the pointer and the number are members of the structure, and nothing else is made of them."]
            unsafe impl Slice for #ty {
                #[inline]
                fn parts(&self) -> (*mut u8, usize) {
                    (self.#items.cast(), self.#length as usize)
                }
                #[inline]
                #[allow(clippy::redundant_field_names, reason = "a field may have the name of the parameter")]
                fn from_parts(bytes: *mut u8, len: u32) -> Self {
                    Self { #length: len, #items: bytes.cast() }
                }
                #[inline]
                unsafe fn len_ptr(this: *mut Self) -> *mut u32 {
                    #[doc = "§ SAFETY: the contract of this function."]
                    unsafe { &raw mut (*this).#length }
                }
            }
        });
    }
    if !view.model.can_be_built(structure) {
        return;
    }
    page.item(quote! {
        #[doc = "§ SAFETY: all bytes are zero."]
        unsafe impl Buildable for #ty {
            const ZERO: Self = #ty::ZERO;
        }
    });
    let is_member = |name: &str| structure.fields.iter().any(|field| field.name.as_str() == name);
    let members = structure.fields.iter().map(|field| {
        let (name, value) = (alone(&field.name), view.ty(&field.ty, At::Inside));
        // The structure has a constant of that name already.
        let mut constant = field.name.value.clone();
        while constant == "ZERO" || (constant != *field.name && is_member(&constant)) {
            constant.push('_');
        }
        let constant = alone(&constant);
        let about = doc(&format!("The member `{}`.\n\n{}", field.name, markdown(&field.doc)));
        quote! {
            #about
            #[doc = "§ SAFETY: it is this member, which has no pointers, or is a slice."]
            pub const #constant: Member<Self, #value> = unsafe { Member::new(core::mem::offset_of!(Self, #name)) };
        }
    });
    page.block(&quote!(impl #ty), members);
}

fn token(page: &mut Page, view: &View<'_>, at: usize, structure: &Struct) {
    let Some(name) = structure
        .rust_name
        .as_ref()
        .filter(|_| structure.request.is_some())
        .map(|name| item("handles", name))
    else {
        return;
    };
    let (c_name, ty) = (&view.model.types[at].name, view.struct_name(at, At::Inside));
    let about = doc(&format!(
        "A client's [`{c_name}`](crate::ffi::{c_name}), which the provider must complete exactly once."
    ));
    page.item(quote! {
        #about
        #[derive(Debug)]
        #[must_use = "a client waits for it to be given back"]
        pub struct #name(NonNull<#ty>);
    });
    page.block(
        &quote!(impl #name),
        [
            quote! {
                /// Takes over a structure.
                ///
                /// # Safety
                ///
                /// The structure stays valid for reads and writes until it is given back, and nobody else gives it back.
                #[inline]
                pub const unsafe fn from_raw(structure: NonNull<#ty>) -> Self {
                    Self(structure)
                }
            },
            quote! {
                /// The structure, still to be given back by `self`.
                #[inline]
                #[must_use]
                pub const fn as_ptr(&self) -> *mut #ty {
                    self.0.as_ptr()
                }
            },
            quote! {
                /// The structure, which the caller must now see given back.
                #[inline]
                #[must_use = "a client waits for it to be given back"]
                pub const fn into_raw(self) -> NonNull<#ty> {
                    self.0
                }
            },
        ],
    );
    page.item(quote! {
        #[doc = "§ SAFETY: the structure is lent to this token alone, and no part of it is bound to a thread."]
        unsafe impl Send for #name {}
    });
}

fn set(page: &mut Page, view: &View<'_>, at: usize, structure: &Struct, counted: &Counted) {
    let Ty::Array(item, length) = &*structure.fields[counted.items].ty else { return };
    let (name, c_name, ty) = (view.form(at), &view.model.types[at].name, view.struct_name(at, At::Inside));
    let (item, length) = (view.ty(item, At::Inside), Literal::u64_unsuffixed(*length));
    let (count, items) =
        (ident(&structure.fields[counted.count].name), ident(&structure.fields[counted.items].name));
    let trusted = view.model.has_pointers(&Ty::Named(at));
    let unsafe_ = trusted.then(|| quote!(unsafe));
    let safety = trusted.then(|| {
        doc("\n# Safety\n\nEach pointer in the set is what the documentation asks of it, for as long as the result is used.")
    });
    let about = doc(&format!(
        "A borrowed [`{c_name}`](crate::ffi::{c_name}), as long as its `{count}` says and not as its C type says."
    ));
    page.item(quote! {
        #about
        #[derive(Clone, Copy, Debug)]
        pub struct #name<'a> {
            set: NonNull<#ty>,
            items: PhantomData<&'a [#item]>,
        }
    });
    page.block(&quote!(impl<'a> #name<'a>), [
        quote! {
            /// Borrows a client's set; `None` if the pointer is null or misaligned.
            ///
            /// # Safety
            ///
            /// Unless it is null or misaligned, `set` points at a count and as many items behind it as the
            /// count says, all of which stay readable and unchanged for `'a`.
            #[inline]
            #[must_use]
            pub unsafe fn from_raw(set: *const #ty) -> Option<Self> {
                let set = NonNull::new(set.cast_mut()).filter(|set| set.is_aligned())?;
                Some(Self { set, items: PhantomData })
            }
        },
        quote! {
            /// Borrows a set of the declared length; `None` if it counts more items than it holds.
            #safety
            #[must_use]
            #[inline]
            pub #unsafe_ fn new(set: &'a #ty) -> Option<Self> {
                (set.#count <= #length).then_some(Self { set: NonNull::from(set), items: PhantomData })
            }
        },
        quote! {
            /// The items.
            #[must_use]
            #[inline]
            pub fn as_slice(self) -> &'a [#item] {
                let set = self.set.as_ptr();
                #[doc = "§ SAFETY: the count is readable, says the contract of `from_raw`; `new` has a reference."]
                let count = unsafe { (*set).#count };
                #[doc = "§ SAFETY: the pointer is not null, and stays within the structure."]
                let items = unsafe { &raw const (*set).#items };
                #[doc = "§ SAFETY: as many items as the count says are readable for `'a`, by the same contract."]
                unsafe { core::slice::from_raw_parts(items.cast::<#item>(), count as usize) }
            }
        },
        quote! {
            /// The structure itself.
            #[inline]
            #[must_use]
            pub const fn as_ptr(self) -> *const #ty {
                self.set.as_ptr()
            }
        },
    ]);
}

/// Values of a pointer type that nobody follows unseen.
pub(super) fn opaque(page: &mut Page, view: &View<'_>, at: usize, name: &str) {
    let def = &view.model.types[at];
    let (name, c_name, raw) = (item("handles", name), &def.name, view.ty(&Ty::Named(at), At::Inside));
    let about = doc(&format!(
        "{}\n\nA `{c_name}`: whoever gets one compares it or looks it up, so that any value can be passed.",
        markdown(&def.doc)
    ));
    page.item(quote! {
        #about
        #[repr(transparent)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct #name(#raw);
    });
    page.block(
        &quote!(impl #name),
        [
            quote! {
                /// The null value.
                pub const NULL: Self = Self(::core::ptr::null_mut());
            },
            quote! {
                /// From the bare value.
                #[inline]
                #[must_use]
                pub const fn from_raw(raw: #raw) -> Self {
                    Self(raw)
                }
            },
            quote! {
                /// The bare value.
                #[inline]
                #[must_use]
                pub const fn raw(self) -> #raw {
                    self.0
                }
            },
        ],
    );
    page.group([
        quote! {
            #[doc = "§ SAFETY: the value only names something; nothing here follows it."]
            unsafe impl Send for #name {}
        },
        quote! {
            #[doc = "§ SAFETY: as above."]
            unsafe impl Sync for #name {}
        },
    ]);
}

/// A name for the type of each pointer that only unsafe code can make, with the spec's words about it.
pub(super) fn vouched(view: &View<'_>) -> Option<TokenStream> {
    let modules = view.upcalls().chain(view.downcalls()).filter_map(|call| {
        let types = call.args().filter(|arg| arg.facts.shown == Shown::Vouched).map(|arg| {
            let about = doc(&markdown(&arg.param.doc));
            let ty = view.vouched(&arg.param.ty, call.number(), arg.at, At::Inside, "'a");
            let name = arg.c();
            quote!(#about pub type #name<'a> = #ty;)
        });
        let types: Vec<_> = types.collect();
        let (about, name) = (doc(&format!("Of `{}`.", call.function.name)), alone(&call.function.name));
        (!types.is_empty()).then(|| quote!(#about pub mod #name { #(#types)* }))
    });
    let modules: Vec<_> = modules.collect();
    (!modules.is_empty()).then(|| {
        quote! {
            /// Pointers that only unsafe code can make, by function and parameter.
            pub mod vouched { #(#modules)* }
        }
    })
}
