//! `handles.rs`: what upcalls take and give: owned and borrowed handles, tokens, callbacks and sets.

use super::markdown::markdown;
use super::path::item;
use super::print::Page;
use super::safe::release;
use super::shape;
use super::tokens::{At, doc};
use super::view::View;
use crate::model::{Callback, Handle, Ty, TypeKind};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

pub(super) fn emit(view: &View<'_>) -> String {
    let mut page = Page::new(
        view,
        "handles",
        "What upcalls take and give: owned and borrowed handles, tokens, callbacks and sets.",
    );
    for handle in &view.model.handles {
        owned(&mut page, view, handle);
        borrowed(&mut page, view, handle);
    }
    for (at, def) in view.model.types.iter().enumerate() {
        match &def.kind {
            TypeKind::Callback(callback) if callback.params.len() == 1 => {
                bundle(&mut page, view, at, callback);
            }
            TypeKind::Struct(structure) => {
                shape::structure(&mut page, view, at, structure);
            }
            TypeKind::Typedef { opaque: Some(name), .. } => shape::opaque(&mut page, view, at, name),
            TypeKind::Typedef { .. } | TypeKind::Callback(_) | TypeKind::Table(_) => {}
        }
    }
    page.items(shape::vouched(view));
    page.items(view.upcalls().filter_map(|upcall| release(view, &upcall)));
    page.finish()
}

fn owned(page: &mut Page, view: &View<'_>, handle: &Handle) {
    let (name, raw) = (item("handles", &handle.name), view.ty(&handle.ty, At::Inside));
    let (acquire, release) = (&view.upcall(*handle.acquire), &view.upcall(*handle.release));
    let about = doc(&format!(
        "{}\n\nFrom `{}`. Dropping it calls `{}`, unless the run in which it was acquired is over.",
        markdown(&handle.doc),
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
    page.block(&quote!(impl #name), owned_methods(view, handle));
    if let Some(borrowed) = handle.borrowed.as_deref().map(|name| item("handles", name)) {
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
    let pass = release_argument(view, handle, quote!(self.raw));
    page.item(quote! {
        impl Drop for #name {
            #[inline]
            fn drop(&mut self) {
                if let Some(table) = self.cell.table_in(self.run) {
                    #[doc = "§ A failure cannot be reported here; `close` returns it."]
                    let _ = #release(table, #pass);
                }
            }
        }
    });
    send(page, view, &handle.ty, &quote!(#name));
}

/// What the releasing upcall's safe form takes.
fn release_argument(view: &View<'_>, handle: &Handle, raw: TokenStream) -> TokenStream {
    let takes = view.model.upcalls[*handle.release].params.first();
    let by_pointer = takes.is_some_and(|param| view.model.bare(&param.ty) != view.model.bare(&handle.ty));
    match &handle.borrowed {
        None if by_pointer => quote!(&#raw),
        Some(borrowed) => {
            let borrowed = item("handles", borrowed);
            quote!(#borrowed { raw: #raw, owner: PhantomData })
        }
        None => raw,
    }
}

fn owned_methods(view: &View<'_>, handle: &Handle) -> Vec<TokenStream> {
    let (raw, error) = (view.ty(&handle.ty, At::Inside), view.error());
    let release = view.upcall(*handle.release);
    let about_close = doc(&format!(
        "Releases it, and tells how that went.\n\n# Errors\n\nThose of `{}`. It counts as released all the same.",
        release.name
    ));
    let (release, pass) = (release.through(), release_argument(view, handle, quote!(this.raw)));
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

fn borrowed(page: &mut Page, view: &View<'_>, handle: &Handle) {
    let Some(name) = handle.borrowed.as_deref().map(|name| item("handles", name)) else { return };
    let (owner, raw) = (item("handles", &handle.name), view.ty(&handle.ty, At::Inside));
    let about = doc(&format!(
        "One that somebody else owns: a [`{}`] of this provider, or a client's. It is a copy of the bare value, never a pointer to it.",
        handle.name
    ));
    page.item(quote! {
        #about
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct #name<'a> {
            raw: #raw,
            owner: PhantomData<&'a #owner>,
        }
    });
    let bits = handle.tag_bits.as_deref().copied().unwrap_or_default();
    let tag = Literal::u32_unsuffixed(bits);
    let (mask, about) = match bits {
        0 => (None, "From a client's bare value; `None` if that is zero."),
        _ => (
            Some(quote!(let raw = raw.map_addr(|address| address & !#tag);)),
            "From a client's bare value, without the low bits that a client may set as a flag; `None` if nothing is left.",
        ),
    };
    let (about, is_zero) = (doc(about), view.is_zero(&handle.ty, &quote!(raw)));
    let trusted = view.model.is_trusted(&handle.ty);
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
    send(page, view, &handle.ty, &quote!(#name<'_>));
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
    let Some(name) = &callback.rust_name else { return };
    let def = &view.model.types[at];
    let (name, routine) = (item("handles", name), view.callback_fn(at, At::Inside));
    match &callback.returns {
        None => once(page, &name, &def.name, &markdown(&def.doc), &routine),
        Some(_) => hook(page, &name, &def.name, &markdown(&def.doc), &routine),
    }
}

/// A callback that goes in, with its context: consumed by the call that takes it.
fn once(page: &mut Page, name: &proc_macro2::Ident, c_name: &str, text: &str, routine: &TokenStream) {
    let about = doc(&format!(
        "{text}\n\nA `{c_name}` with its context, to be called once. Dropping it uncalled frees the context."
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
                    #[doc = "§ SAFETY: no host has taken the routine, so it is never called; the creator of this value guaranteed the context."]
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
                #[doc = "§ SAFETY: the creator of this value guaranteed the routine for this thread and this run, and both are unchanged."]
                let answer = unsafe { (self.routine)(self.context) };
                answer != 0
            }
        },
    ]);
}
