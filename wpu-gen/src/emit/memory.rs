//! `memory.rs` of the output: what the spec's structures mean to the modules about a client's memory.

use super::markdown::markdown;
use super::path::{alone, item};
use super::print::Page;
use super::tokens::{At, comment, doc};
use super::view::View;
use crate::model::{Callback, Key, Struct, TypeKind};
use crate::role::kind::Arg;
use proc_macro2::TokenStream;
use quote::quote;
use std::collections::HashSet;

pub(super) fn emit(view: &View<'_>) -> String {
    let mut page =
        Page::new(view, "memory", "A client's memory and its requests, with the C types filled in.");
    let error = view.error();
    let too_small = view.error_code(view.model.head.buffer_too_small);
    page.item(quote! {
        impl From<memory::Short> for #error {
            #[inline]
            fn from(_: memory::Short) -> Self {
                #too_small
            }
        }
    });
    for (at, def) in view.model.types.iter().enumerate() {
        if let TypeKind::Struct(structure) = &def.kind {
            page.items(slice(structure, &view.struct_name(at, At::Inside)));
        }
    }
    page.items(outcome(view));
    page.items(requests(view));
    page.finish()
}

/// `clients.rs` of the output: what the spec names of what clients pass.
pub(super) fn clients(view: &View<'_>) -> String {
    let mut page = Page::new(view, "clients", "What clients pass: counted sets to change, and callbacks.");
    let changed = changed(view);
    for (at, def) in view.model.types.iter().enumerate() {
        match &def.kind {
            TypeKind::Struct(structure) if changed.contains(&at) => page.items(counted(view, at, structure)),
            TypeKind::Callback(callback) if callback.params.len() > 1 => {
                page.items(bundle(view, at, callback));
            }
            _ => {}
        }
    }
    page.finish()
}

fn slice(structure: &Struct, name: &TokenStream) -> Vec<TokenStream> {
    if structure.iovec.is_none() {
        return Vec::new();
    }
    vec![
        quote! {
            /// Buffers of a client, whose bytes are to be read.
            pub type Gather<'a> = buffers::Gather<'a, #name>;
        },
        quote! {
            /// Buffers of a client, which are to be filled.
            pub type Scatter<'a> = buffers::Scatter<'a, #name>;
        },
    ]
}

/// The counted structures that some downcall takes to change them.
fn changed(view: &View<'_>) -> HashSet<usize> {
    let params = view.model.downcalls.iter().flat_map(|downcall| &downcall.params);
    let passed = params.filter_map(|param| view.model.structure(view.model.pointee(&param.ty)?));
    passed.filter(|(_, of)| of.counted.is_some()).map(|(id, _)| id).collect()
}

fn counted(view: &View<'_>, at: usize, structure: &Struct) -> Vec<TokenStream> {
    let Some(counted) = &structure.counted else { return Vec::new() };
    let (c_name, name) = (&view.model.types[at].name, view.struct_name(at, At::Inside));
    let items = &structure.fields[counted.items];
    let crate::model::Ty::Array(item, _) = view.model.bare(&items.ty) else { return Vec::new() };
    let (set, lent) = (view.set_mut(at), view.form(at));
    let (items, item) = (alone(&items.name), view.ty(item, At::Inside));
    let text = doc(&format!("A client's `{c_name}`, to read and to change."));
    let safety = comment("SAFETY: it can be read and stays as it is as long as it is borrowed.");
    vec![
        quote! {
            #[doc = "§ SAFETY: the count comes first, and the items begin where the array does."]
            unsafe impl set::Counted for #name {
                type Item = #item;
                const ITEMS: usize = ::core::mem::offset_of!(Self, #items);
            }
        },
        quote!(#text pub type #set<'a> = set::SetMut<'a, #name>;),
        quote! {
            impl<'a> #lent<'a> {
                /// Borrows a copy of a client's set, which nobody changes meanwhile.
                #[inline]
                #[must_use]
                pub fn of(copy: &'a set::Copied<#name>) -> Self {
                    #safety
                    let set = unsafe { Self::from_raw(copy.as_ptr()) };
                    set.unwrap_or_else(|| ::core::unreachable!("a copy is there, and aligned"))
                }
            }
        },
    ]
}

/// A callback of a client, with its context, for as long as a call lasts.
fn bundle(view: &View<'_>, at: usize, callback: &Callback) -> Vec<TokenStream> {
    let Some(name) = callback.rust_name.as_ref().map(|name| item("clients", name)) else {
        return Vec::new();
    };
    let def = &view.model.types[at];
    let function = view.callback_fn(at, At::Inside);
    let about = doc(&format!(
        "{}\n\nA `{}` with its context, until the call that brought it returns. It stays on the thread of that call.",
        markdown(&def.doc),
        def.name
    ));
    vec![
        quote! {
            #about
            #[derive(Clone, Copy, Debug)]
            pub struct #name<'a> {
                function: #function,
                context: usize,
                // What is lent must not outlive `'a`, nor leave its thread.
                lent: PhantomData<(&'a (), *const ())>,
            }
        },
        quote! {
            impl #name<'_> {
                /// A function with its context.
                ///
                /// # Safety
                ///
                /// It can be called with that context on this thread, as the documentation says, for as long as the result is used.
                #[inline]
                #[must_use]
                pub const unsafe fn from_parts(function: #function, context: usize) -> Self {
                    Self { function, context, lent: PhantomData }
                }
                /// The function and its context.
                #[inline]
                #[must_use]
                pub const fn parts(self) -> (#function, usize) {
                    (self.function, self.context)
                }
            }
        },
    ]
}

/// What calls give that have values beside errors.
fn outcome(view: &View<'_>) -> Option<TokenStream> {
    let error = view.error();
    view.has_outcomes().then(|| {
        quote! {
            /// What a call or an operation gave: values, or an error with values beside it.
            pub type Outcome<T> = request::Outcome<T, #error>;
        }
    })
}

fn requests(view: &View<'_>) -> Vec<TokenStream> {
    let Some(downcall) = view.requesting() else { return Vec::new() };
    let Some(request) = downcall.form.request.map(|request| downcall.arg(request)) else { return Vec::new() };
    let (Some(pending), Some(aborted)) = (view.model.head.pending, view.model.head.aborted) else {
        return Vec::new();
    };
    let pointee = |arg: &Arg<'_>| arg.pointee().map(|ty| view.ty(ty, At::Inside));
    let socket = view.ty(&downcall.arg(0).param.ty, At::Inside);
    let overlapped = pointee(&request);
    let thread = request.param.names(Key::CompletionThread).and_then(|thread| pointee(&downcall.arg(thread)));
    let routine = request.param.names(Key::Completion).map(|routine| downcall.arg(routine).param);
    let routine = routine.and_then(|routine| view.model.callback(&routine.ty));
    let routine = routine.map(|(id, _)| view.callback_fn(id, At::Inside));
    let slice = view.model.types.iter().enumerate().find_map(|(at, def)| match &def.kind {
        TypeKind::Struct(structure) if structure.iovec.is_some() => Some(view.struct_name(at, At::Inside)),
        _ => None,
    });
    let Some(slice) = slice else { return Vec::new() };
    let (error, broken) = (view.error(), view.broken());
    let (pending, aborted) = (view.error_code(pending), view.error_code(aborted));
    let too_small = view.error_code(view.model.head.buffer_too_small);
    vec![
        quote! {
            /// The C types of requests.
            #[derive(Debug)]
            pub enum InterfaceTypes {}
        },
        quote! {
            #[doc = "§ SAFETY: they are values of C, which has no threads of its own: numbers, pointers and functions, which Rust never"]
            #[doc = "§ follows but where the client lends what they lead to."]
            unsafe impl request::RequestTypes for InterfaceTypes {
                type Socket = #socket;
                type Overlapped = #overlapped;
                type Routine = #routine;
                type Thread = #thread;
                type Slice = #slice;
                type Error = #error;
                const BROKEN: #error = #broken;
                const PENDING: #error = #pending;
                const ABORTED: #error = #aborted;
                const TOO_SMALL: #error = #too_small;
            }
        },
        quote! {
            /// What a client asks for, in the call that brings it.
            pub type Request<'a> = request::Request<'a, InterfaceTypes>;
        },
        quote! {
            #[doc = "§ SAFETY: as `Completes` says, and the functions of the table refuse requests for other providers."]
            unsafe impl<P: Completes + ?Sized> request::PendsFor<P> for InterfaceTypes {}
        },
        quote! {
            /// A request that was taken on, and is owed one completion.
            pub type PendingRequest = request::PendingRequest<InterfaceTypes>;
        },
        quote! {
            /// What identifies a request and says whom to tell.
            pub type RequestParts = request::RequestParts<InterfaceTypes>;
        },
        quote! {
            /// What a request lends.
            pub type RequestBuffers<'a> = request::RequestBuffers<'a, #slice>;
        },
        quote! {
            /// What makes a request an overlapped one.
            pub type RequestContext<'a> = request::RequestContext<'a, InterfaceTypes>;
        },
        quote! {
            /// How a request is begun and told of.
            pub type CompletionVtable = request::CompletionVtable<InterfaceTypes>;
        },
        quote! {
            /// What is kept until a request has ended.
            pub type Kept = owned::Kept;
        },
        quote! {
            /// How far a request is when its call returns.
            pub type Progress<T> = request::Progress<T, #error>;
        },
        quote! {
            /// How an operation ended: with what it has transferred, or with an error alone.
            pub type CompletionResult = request::CompletionResult<InterfaceTypes>;
        },
    ]
}
