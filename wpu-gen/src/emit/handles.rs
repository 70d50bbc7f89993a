//! `handles.rs`: what upcalls take and give: owned and borrowed resources, tokens, callbacks and sets.

use super::print::Page;
use super::prose::markdown;
use super::view::{At, View, doc};
use crate::form::Kind;
use crate::form::down::DownKind;
use crate::model::{Callback, Counted, Resource, Struct, Ty, TypeKind};
use crate::names::ident;
use proc_macro2::{Literal, TokenStream};
use quote::quote;

pub(super) fn emit(view: &View<'_>) -> String {
    let mut page = Page::new(
        view,
        "What upcalls take and give: owned and borrowed resources, tokens, callbacks and sets.",
    );
    page.lines(&format!(
        "use crate::error::{};\nuse crate::ffi;\nuse crate::safe::*;\nuse crate::support::cell::Cell;\nuse crate::support::view::{{Built, Plain, Slice, ViewMut}};\nuse core::marker::PhantomData;\nuse core::ptr::NonNull;",
        view.error()
    ));
    for resource in &view.model.resources {
        owned(&mut page, view, resource);
        borrowed(&mut page, view, resource);
    }
    for (at, def) in view.model.types.iter().enumerate() {
        match &def.kind {
            TypeKind::Callback(callback) if callback.params.len() == 1 => {
                bundle(&mut page, view, at, callback);
            }
            TypeKind::Struct(structure) => {
                shape(&mut page, view, at, structure);
                token(&mut page, view, at, structure);
                if let Some(counted) = &structure.counted {
                    set(&mut page, view, at, structure, counted);
                }
            }
            TypeKind::Alias { opaque: Some(name), .. } => opaque(&mut page, view, at, name),
            TypeKind::Alias { .. } | TypeKind::Callback(_) | TypeKind::Table(_) => {}
        }
    }
    page.items(vouched(view));
    page.finish()
}

/// A name for the type of each pointer that only unsafe code can make, with the spec's words about it.
fn vouched(view: &View<'_>) -> Option<TokenStream> {
    let upcalls = view.upcalls().map(|upcall| {
        let wanted = upcall.form.params.iter().map(|kind| *kind == Kind::Vouched).collect();
        (&*upcall.upcall.name, upcall.number(), &*upcall.upcall.params, wanted)
    });
    let downcalls = view.downcalls().map(|downcall| {
        let wanted = downcall.form.params.iter().map(|kind| *kind == DownKind::Vouched).collect();
        (&*downcall.downcall.name, downcall.number(view), &*downcall.downcall.params, wanted)
    });
    let modules =
        upcalls.chain(downcalls).filter_map(|(name, number, params, wanted): (_, _, _, Vec<bool>)| {
            let types = params.iter().zip(&wanted).enumerate().filter(|(_, (_, wanted))| **wanted);
            let types: Vec<_> = types
                .map(|(index, (param, _))| {
                    let (about, ty) = (
                        doc(&markdown(&param.text)),
                        view.vouched(&param.ty, number, index, At::Inside, "'a"),
                    );
                    let name = param.c();
                    quote!(#about pub type #name<'a> = #ty;)
                })
                .collect();
            let (about, name) = (doc(&format!("Of `{name}`.")), ident(name));
            let uses = quote!(
                use crate::{ffi, support::view::Vouched};
            );
            (!types.is_empty()).then(|| quote!(#about pub mod #name { #uses #(#types)* }))
        });
    let modules: Vec<_> = modules.collect();
    (!modules.is_empty()).then(|| {
        quote! {
            /// Pointers that only unsafe code can make, by function and parameter.
            pub mod vouched { #(#modules)* }
        }
    })
}

fn owned(page: &mut Page, view: &View<'_>, resource: &Resource) {
    let (name, raw) = (ident(&resource.name), view.ty(&resource.raw, At::Inside));
    let (acquire, release) = (&view.upcall(resource.acquire), &view.upcall(resource.release));
    let about = doc(&format!(
        "{}\n\nFrom `{}`. Dropping it calls `{}`, unless the run in which it was acquired is over.",
        markdown(&resource.text),
        acquire.name,
        release.name
    ));
    page.item(quote! {
        #about
        #[derive(Debug)]
        #[must_use = "dropping it releases it at once"]
        pub struct #name {
            raw: #raw,
            run: u32,
            cell: &'static Cell,
        }
    });
    page.block(&quote!(impl #name), owned_methods(view, resource));
    if let Some(borrowed) = resource.borrowed.as_deref().map(ident) {
        page.block(
            &quote!(impl #name),
            [quote! {
                /// The same one, for upcalls that only use it.
                #[inline]
                #[must_use]
                pub const fn borrowed(&self) -> #borrowed<'_> {
                    #borrowed { raw: self.raw, owner: PhantomData }
                }
            }],
        );
    }
    let release = release.through();
    let pass = release_argument(view, resource, quote!(self.raw));
    page.item(quote! {
        impl Drop for #name {
            #[inline]
            fn drop(&mut self) {
                if let Some(table) = self.cell.table_in(self.run) {
                    #[doc = "§ Nobody is left to be told of a failure; `close` is for those who care."]
                    let _ = #release(table, #pass);
                }
            }
        }
    });
    send(page, view, &resource.raw, &quote!(#name));
}

/// What the releasing upcall's safe form takes.
fn release_argument(view: &View<'_>, resource: &Resource, raw: TokenStream) -> TokenStream {
    let takes = view.upcall(resource.release).form.params.first();
    match &resource.borrowed {
        None if matches!(takes, Some(Kind::Handle { by_pointer: true, .. })) => quote!(&#raw),
        Some(borrowed) => {
            let borrowed = ident(borrowed);
            quote!(#borrowed { raw: #raw, owner: PhantomData })
        }
        None => raw,
    }
}

fn owned_methods(view: &View<'_>, resource: &Resource) -> Vec<TokenStream> {
    let (raw, error) = (view.ty(&resource.raw, At::Inside), view.error());
    let release = view.upcall(resource.release);
    let about_close = doc(&format!(
        "Releases it, and tells how that went.\n\n# Errors\n\nThose of `{}`. It counts as released all the same.",
        release.name
    ));
    let (release, pass) = (release.through(), release_argument(view, resource, quote!(this.raw)));
    vec![
        quote! {
            #[inline]
            pub(crate) const fn acquired(cell: &'static Cell, run: u32, raw: #raw) -> Self {
                Self { raw, run, cell }
            }
        },
        quote! {
            /// Takes over a value that was acquired in the present run of `cell`.
            ///
            /// # Safety
            ///
            /// Nobody else releases it.
            #[inline]
            pub unsafe fn from_raw(cell: &'static Cell, raw: #raw) -> Self {
                Self { raw, run: cell.run(), cell }
            }
        },
        quote! {
            /// The bare value, still owned by `self`.
            #[inline]
            #[must_use]
            pub const fn raw(&self) -> #raw {
                self.raw
            }
        },
        quote! {
            /// The bare value, which the caller must now see released.
            #[inline]
            #[must_use = "what is not released leaks"]
            pub const fn into_raw(self) -> #raw {
                let raw = self.raw;
                core::mem::forget(self);
                raw
            }
        },
        quote! {
            #about_close
            #[inline]
            pub fn close(self) -> Result<(), #error> {
                let this = core::mem::ManuallyDrop::new(self);
                match this.cell.table_in(this.run) {
                    Some(table) => #release(table, #pass),
                    #[doc = "§ The last clean-up took it; the same value may name something else by now."]
                    None => Ok(()),
                }
            }
        },
    ]
}

/// Whether all bytes of a value are zero.
pub(super) fn is_zero(view: &View<'_>, ty: &Ty, value: &TokenStream) -> TokenStream {
    match view.model.bare(ty) {
        Ty::Pointer(_) => quote!(#value.is_null()),
        _ => {
            let zero = view.zero(ty, At::Inside);
            quote!(#value == #zero)
        }
    }
}

/// What safe code can make of a structure: any value of it, or members of it, or nothing.
fn shape(page: &mut Page, view: &View<'_>, at: usize, structure: &Struct) {
    let ty = view.struct_name(at, At::Inside);
    if !view.model.has_pointers(&Ty::Named(at)) {
        page.item(quote! {
            #[doc = "§ SAFETY: none of its members is a pointer, or has one."]
            unsafe impl Plain for #ty {}
        });
        return;
    }
    if let Some(slice) = &structure.slice {
        let field = |at: usize| ident(&structure.fields[at].name);
        let (items, length) = (field(slice.items), field(slice.length));
        page.item(quote! {
            impl Slice for #ty {
                #[inline]
                fn parts(&self) -> (*mut u8, usize) {
                    (self.#items.cast(), self.#length as usize)
                }
                #[inline]
                fn from_parts(bytes: *mut u8, len: u32) -> Self {
                    let (#items, #length) = (bytes.cast(), len);
                    Self { #length, #items }
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
    let about = doc(&format!("All bytes of the [`{0}`](ffi::{0}) are zero.", view.model.types[at].name));
    let set = |name: &str| (ident(name), quote::format_ident!("set_{name}"), doc(&format!("Sets `{name}`.")));
    let mut members = vec![quote! {
        #about
        #[must_use]
        #[inline]
        pub const fn new() -> Self {
            Self::zero(#ty::ZERO)
        }
    }];
    let mut written = Vec::new();
    for field in &structure.fields {
        let (name, setter, about) = set(&field.name);
        let slice = view.model.structure(&field.ty).filter(|(_, within)| within.slice.is_some());
        if let Some((slice, _)) = slice {
            let slice = view.struct_name(slice, At::Inside);
            members.push(quote! {
                #about
                #[inline]
                pub fn #setter(&mut self, bytes: &[u8]) {
                    let (bytes, len) = self.keep(bytes);
                    self.value.#name = <#slice as Slice>::from_parts(bytes, len);
                }
            });
            continue;
        }
        let value = view.ty(&field.ty, At::Inside);
        members.push(quote! {
            #about
            #[inline]
            pub const fn #setter(&mut self, value: #value) {
                self.value.#name = value;
            }
        });
        written.push(quote! {
            #about
            #[inline]
            pub fn #setter(self, value: #value) {
                #[doc = "§ SAFETY: the pointer stays within the structure."]
                let member = unsafe { &raw mut (*self.as_ptr()).#name };
                #[doc = "§ SAFETY: whoever made the view vouched that the structure can be written."]
                unsafe { member.write(value) };
            }
        });
    }
    page.block(&quote!(impl Built<#ty>), members);
    page.item(quote! {
        impl Default for Built<#ty> {
            #[inline]
            fn default() -> Self {
                Self::new()
            }
        }
    });
    page.block(&quote!(impl ViewMut<'_, #ty>), written);
}

/// Values of a pointer type that nobody follows unseen.
fn opaque(page: &mut Page, view: &View<'_>, at: usize, name: &str) {
    let def = &view.model.types[at];
    let (name, c_name, raw) = (ident(name), &def.name, view.ty(&Ty::Named(at), At::Inside));
    let about = doc(&format!(
        "{}\n\nA `{c_name}`: whoever gets one compares it or looks it up, so that any value can be passed.",
        markdown(&def.text)
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

fn borrowed(page: &mut Page, view: &View<'_>, resource: &Resource) {
    let Some(name) = resource.borrowed.as_deref().map(ident) else { return };
    let (owner, raw) = (ident(&resource.name), view.ty(&resource.raw, At::Inside));
    let about = doc(&format!(
        "One that somebody else owns: a [`{owner}`] of this provider, or a client's. It is a copy of the bare value, never a pointer to it."
    ));
    page.item(quote! {
        #about
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct #name<'a> {
            raw: #raw,
            owner: PhantomData<&'a #owner>,
        }
    });
    let tag = Literal::u32_unsuffixed(resource.tag_bits);
    let (mask, about) = match resource.tag_bits {
        0 => (None, "From a client's bare value; `None` if that is zero."),
        _ => (
            Some(quote!(let raw = raw.map_addr(|address| address & !#tag);)),
            "From a client's bare value, without the low bits that a client may set as a flag; `None` if nothing is left.",
        ),
    };
    let (about, is_zero) = (doc(about), is_zero(view, &resource.raw, &quote!(raw)));
    let trusted = view.model.is_trusted(&resource.raw);
    let unsafe_ = trusted.then(|| quote!(unsafe));
    let safety = trusted.then(|| {
        doc("\n# Safety\n\nFor as long as the result is used it names one of the host's: whoever gets it follows the pointers in it.")
    });
    page.block(
        &quote!(impl #name<'_>),
        [
            quote! {
                #about
                #safety
                #[inline]
                #[must_use]
                pub #unsafe_ fn from_raw(raw: #raw) -> Option<Self> {
                    #mask
                    if #is_zero { None } else { Some(Self { raw, owner: PhantomData }) }
                }
            },
            quote! {
                /// The bare value.
                #[inline]
                #[must_use]
                pub const fn raw(self) -> #raw {
                    self.raw
                }
            },
        ],
    );
    send(page, view, &resource.raw, &quote!(#name<'_>));
}

/// Values that hold pointers are not `Send` by themselves.
fn send(page: &mut Page, view: &View<'_>, raw: &Ty, name: &TokenStream) {
    if view.model.prim(raw).is_none() {
        page.group([
            quote! {
                #[doc = "§ SAFETY: the value only names something that the host guards; nothing here follows a pointer."]
                unsafe impl Send for #name {}
            },
            quote! {
                #[doc = "§ SAFETY: as above."]
                unsafe impl Sync for #name {}
            },
        ]);
    }
}

fn bundle(page: &mut Page, view: &View<'_>, at: usize, callback: &Callback) {
    let Some(name) = &callback.bundle else { return };
    let def = &view.model.types[at];
    let (name, routine) = (ident(name), view.callback_fn(at, At::Inside));
    match &callback.returns {
        None => once(page, &name, &def.name, &markdown(&def.text), &routine),
        Some(_) => hook(page, &name, &def.name, &markdown(&def.text), &routine),
    }
}

/// A callback that goes in, with its context: consumed by the call that takes it.
fn once(page: &mut Page, name: &proc_macro2::Ident, c_name: &str, text: &str, routine: &TokenStream) {
    let about = doc(&format!(
        "{text}\n\nA `{c_name}` with its context, to be called once. Dropped without that, it frees what the context stands for."
    ));
    page.item(quote! {
        #about
        #[derive(Debug)]
        #[must_use = "it runs only once a host has taken it"]
        pub struct #name {
            routine: #routine,
            context: usize,
            discard: Option<unsafe fn(usize)>,
        }
    });
    page.block(&quote!(impl #name), [
        quote! {
            /// A routine with a context that need not be freed.
            ///
            /// # Safety
            ///
            /// `routine` can be called once with `context`, on any thread, at any later time.
            #[inline]
            pub const unsafe fn from_raw(routine: #routine, context: usize) -> Self {
                Self { routine, context, discard: None }
            }
        },
        quote! {
            /// A routine with a context that `discard` frees if the routine is never to be called.
            ///
            /// # Safety
            ///
            /// Either `routine` or `discard` can be called once with `context`, on any thread, at any later time.
            #[inline]
            pub const unsafe fn from_parts(routine: #routine, context: usize, discard: unsafe fn(usize)) -> Self {
                Self { routine, context, discard: Some(discard) }
            }
        },
        quote! {
            /// The routine.
            #[inline]
            #[must_use]
            pub const fn routine(&self) -> #routine {
                self.routine
            }
        },
        quote! {
            /// The context.
            #[inline]
            #[must_use]
            pub const fn context(&self) -> usize {
                self.context
            }
        },
        quote! {
            /// Both; the caller must now see the routine called.
            #[inline]
            #[must_use = "what is never called leaks"]
            pub const fn into_raw(self) -> (#routine, usize) {
                let parts = (self.routine, self.context);
                core::mem::forget(self);
                parts
            }
        },
    ]);
    page.item(quote! {
        impl Drop for #name {
            #[inline]
            fn drop(&mut self) {
                if let Some(discard) = self.discard {
                    #[doc = "§ SAFETY: no host has taken the routine, so it is never called; whoever made this vouches for the rest."]
                    unsafe { discard(self.context) };
                }
            }
        }
    });
}

/// A callback that comes out, with its context.
fn hook(page: &mut Page, name: &proc_macro2::Ident, c_name: &str, text: &str, routine: &TokenStream) {
    let about = doc(&format!(
        "{text}\n\nA `{c_name}` with its context, for as long as the host lends it: it stays on its thread, and does nothing once the run is over."
    ));
    page.item(quote! {
        #about
        #[derive(Debug)]
        pub struct #name<'a> {
            routine: #routine,
            context: usize,
            run: u32,
            cell: &'static Cell,
            #[doc = "§ What is lent must not outlive `'a`, nor leave its thread."]
            lent: PhantomData<(&'a (), *const ())>,
        }
    });
    page.block(&quote!(impl #name<'_>), [
        quote! {
            /// What a host gave out in `run`.
            ///
            /// # Safety
            ///
            /// `routine` can be called with `context` on this thread, for as long as the result is used or until `run` is over.
            #[inline]
            pub(crate) const unsafe fn given(cell: &'static Cell, run: u32, routine: #routine, context: usize) -> Self {
                Self { routine, context, run, cell, lent: PhantomData }
            }
        },
        quote! {
            /// Calls it; whether its answer was other than zero. Once the run is over it calls nothing, and says no.
            #[must_use = "its answer decides what to do next"]
            #[inline]
            pub fn call(&self) -> bool {
                if self.cell.table_in(self.run).is_none() {
                    return false;
                }
                #[doc = "§ SAFETY: whoever made this vouched for this thread and this run, and both still hold."]
                let answer = unsafe { (self.routine)(self.context) };
                answer != 0
            }
        },
    ]);
}

fn token(page: &mut Page, view: &View<'_>, at: usize, structure: &Struct) {
    let Some(name) = structure.token.as_deref().map(ident) else { return };
    let (c_name, ty) = (&view.model.types[at].name, view.struct_name(at, At::Inside));
    let about = doc(&format!(
        "A client's [`{c_name}`](ffi::{c_name}), which the provider must give back exactly once."
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
        #[doc = "§ SAFETY: the structure is lent to this token alone, and no part of it belongs to a thread."]
        unsafe impl Send for #name {}
    });
}

fn set(page: &mut Page, view: &View<'_>, at: usize, structure: &Struct, counted: &Counted) {
    let Ty::Array(item, length) = &structure.fields[counted.items].ty else { return };
    let (name, c_name, ty) =
        (ident(&counted.view), &view.model.types[at].name, view.struct_name(at, At::Inside));
    let (item, length) = (view.ty(item, At::Inside), Literal::u64_unsuffixed(*length));
    let (count, items) =
        (ident(&structure.fields[counted.count].name), ident(&structure.fields[counted.items].name));
    let trusted = view.model.has_pointers(&Ty::Named(at));
    let unsafe_ = trusted.then(|| quote!(unsafe));
    let safety = trusted.then(|| {
        doc("\n# Safety\n\nEach pointer in the set is what the documentation asks of it, for as long as the result is used.")
    });
    let about = doc(&format!(
        "A borrowed [`{c_name}`](ffi::{c_name}), as long as its `{count}` says and not as its C type says."
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
