//! `procs.rs` of the output: a provider's table, for whoever calls it.

use super::local;
use super::path::item;
use super::print::Page;
use super::provider::head;
use super::view::{At, DownView, View, comment};
use crate::lower::down::{DownAnswer, DownKind};
use crate::model::Param;
use crate::names::ident;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

pub(super) fn emit(view: &View<'_>, behind: &Ident) -> String {
    let mut page =
        Page::new(view, "procs", "A provider's table, for whoever calls it: a layer above, or a client.");
    page.lines("use ::core::convert::TryFrom as _;");
    let Some(table) = view.model.provider_table() else { return page.finish() };
    let fields = view.downcalls().map(|downcall| {
        let (name, function) = (&downcall.method, &downcall.function);
        quote!(#name: ffi::#function)
    });
    page.item(quote! {
        /// The functions of a provider, none of them null.
        #[derive(Clone, Copy, Debug)]
        pub struct Procs { #(#fields),* }
    });
    let name = item("ffi", &table.name);
    let members: Vec<_> = view.downcalls().map(|downcall| downcall.member(table)).collect();
    let methods: Vec<_> = view.downcalls().map(|downcall| downcall.method).collect();
    page.item(quote! {
        impl #name {
            /// The functions that are missing from the table.
            #[inline]
            pub fn missing(&self) -> impl Iterator<Item = &'static Downcall> {
                let null = [#(self.#members.is_none()),*];
                DOWNCALLS.iter().zip(null).filter(|(_, null)| *null).map(|(downcall, _)| downcall)
            }
        }
    });
    page.item(quote! {
        impl Procs {
            /// The functions of `table`; `None` if one is missing.
            ///
            /// # Safety
            ///
            /// Each can be called, as its documentation says, for as long as the result is used. Safe code chooses the
            /// numbers and bytes that it is given. Where numbers decide whether pointers in those bytes are followed, as
            /// `Request::is_made_up` tells, whoever lends the result to safe code refuses such calls.
            #[must_use]
            #[inline]
            pub unsafe fn new(table: &#name) -> Option<Self> {
                Some(Self { #(#methods: table.#members?),* })
            }
        }
    });
    page.block(&quote!(impl #behind for Procs), view.downcalls().map(|downcall| method(view, &downcall)));
    page.finish()
}

fn method(view: &View<'_>, downcall: &DownView<'_>) -> TokenStream {
    let (name, (params, returns)) = (&downcall.method, head(view, downcall));
    let parts: Vec<_> = downcall
        .params()
        .enumerate()
        .map(|(at, (param, kind))| part(view, downcall, at, param, kind))
        .collect();
    let lent = downcall.lent().map(|(param, kind, field)| take(view, downcall, param, kind, &field));
    let locals = parts.iter().map(|part| &part.local);
    let forward = forward(view, downcall);
    let arguments = parts.iter().map(|part| &part.argument);
    let after = parts.iter().map(|part| &part.after);
    let failure = downcall.downcall.failure.as_ref().map(|failure| view.constant(**failure, At::Inside));
    let pending = downcall.form.request.and(view.model.head.pending).map(|pending| {
        let pending = view.error_code(pending);
        quote! {
            if let Some(pending) = sent.promised(errno == #pending.code()) {
                return Ok(Progress::Pending(pending));
            }
        }
    });
    let requested = downcall.form.request.is_some();
    let values: Vec<_> = downcall
        .form
        .answers
        .iter()
        .map(|answer| match answer {
            DownAnswer::Returned => view.taken(&downcall.downcall.returns, quote!(answer)),
            DownAnswer::Param(at) if requested => {
                let place = Literal::usize_unsuffixed(out_index(downcall, *at));
                from_out(view, downcall.param(*at), quote!(values.#place))
            }
            DownAnswer::Param(at) => {
                let out = out_name(*at);
                from_out(view, downcall.param(*at), quote!(#out))
            }
        })
        .collect();
    let read = requested.then(|| {
        let safety = comment("SAFETY: it was written before the call, and is kept for as long as `sent` is.");
        quote!(#safety let values = unsafe { outs.read() }; sent.done();)
    });
    let values = match &*values {
        [only] => only.clone(),
        _ => quote!((#(#values),*)),
    };
    let done = if downcall.form.request.is_some() { quote!(Progress::Done(#values)) } else { values };
    let safety = comment(
        "SAFETY: whoever made this vouched for the function; each argument is a value, or comes from a view that is valid for as long as the function may use it.",
    );
    quote! {
        #[inline]
        fn #name(&self, #(#params),*) #returns {
            let mut errno = 0;
            #(#lent)*
            #(#locals)*
            #forward
            #safety
            let answer = unsafe { (self.#name)(#(#arguments),*) };
            if answer == #failure {
                #pending
                return Err(crate::error::reported(errno));
            }
            #(#after)*
            #read
            Ok(#done)
        }
    }
}

/// What came out of a parameter.
fn from_out(view: &View<'_>, param: &Param, value: TokenStream) -> TokenStream {
    match view.model.pointee(&param.ty) {
        Some(ty) => view.taken(ty, value),
        None => value,
    }
}

/// What a request lends, under the names of the parameters.
fn take(
    view: &View<'_>,
    downcall: &DownView<'_>,
    param: &Param,
    kind: DownKind,
    field: &Ident,
) -> TokenStream {
    let (name, null) = (param.rust(), view.error_code(param.null_error));
    let request = downcall.form.request.map(|request| downcall.param(request).rust());
    let safety = comment("SAFETY: it goes into the one call that hands the request on.");
    let lent = quote!(#safety let #name = unsafe { #request.lent() }.#field);
    match kind {
        DownKind::Iovecs { fill: false, .. } => quote!(#lent.unwrap_or_else(Gather::nothing);),
        DownKind::Iovecs { fill: true, .. } => quote!(#lent.unwrap_or_else(Scatter::nothing);),
        _ if param.optional => quote!(#lent;),
        _ => quote!(#lent.ok_or(#null)?;),
    }
}

/// Hands a request on: from here on its memory is the provider's below.
fn forward(view: &View<'_>, downcall: &DownView<'_>) -> Option<TokenStream> {
    let request = downcall.param(downcall.form.request?).rust();
    let first = outs(downcall).map(|(param, kind)| match kind {
        DownKind::InOut => {
            let name = param.rust();
            quote!(#name,)
        }
        _ => {
            let zero = view.model.pointee(&param.ty).map(|ty| view.zero(ty, At::Inside));
            quote!(#zero,)
        }
    });
    let places = outs(downcall).enumerate().map(|(at, _)| {
        let (name, at) = (place_name(at), Literal::usize_unsuffixed(at));
        let safety = comment("SAFETY: it leads to a tuple.");
        quote!(#safety let #name = unsafe { &raw mut (*outs).#at };)
    });
    let sending =
        comment("SAFETY: the function below is called with what comes out, and its answer told afterwards.");
    Some(quote! {
        let mut here = (#(#first)*);
        #sending
        let (sent, outs) = unsafe { #request.forward(&mut here) };
        #(#places)*
    })
}

/// The parameters through which a function answers.
fn outs<'a>(downcall: &DownView<'a>) -> impl Iterator<Item = (&'a Param, DownKind)> + use<'a> {
    downcall
        .params()
        .filter(|(_, kind)| matches!(kind, DownKind::InOut | DownKind::Out | DownKind::Written { .. }))
}

/// Which of them a parameter is.
fn out_index(downcall: &DownView<'_>, at: usize) -> usize {
    let answers = &downcall.form.answers;
    let outs = &answers[usize::from(answers.first() == Some(&DownAnswer::Returned))..];
    outs.partition_point(|answer| matches!(answer, DownAnswer::Param(before) if *before < at))
}

fn place_name(at: usize) -> Ident {
    format_ident!("out_at{}", at)
}

/// What one C parameter needs.
#[derive(Default)]
struct Part {
    /// Before the call.
    local: TokenStream,
    /// In the call.
    argument: TokenStream,
    /// After a success.
    after: TokenStream,
}

fn out_name(at: usize) -> Ident {
    format_ident!("out{}", at)
}

fn part(view: &View<'_>, downcall: &DownView<'_>, at: usize, param: &Param, kind: DownKind) -> Part {
    let (name, out) = (param.rust(), out_name(at));
    let only = |argument: TokenStream| Part { argument, ..Part::default() };
    match kind {
        DownKind::InOut | DownKind::Out | DownKind::Written { .. } if downcall.form.request.is_some() => {
            let place = place_name(out_index(downcall, at));
            only(quote!(#place))
        }
        DownKind::Error => only(quote!(&raw mut errno)),
        DownKind::Value => only(view.given(&param.ty, quote!(#name))),
        DownKind::Vouched => only(quote!(#name.as_ptr())),
        DownKind::Bool => only(quote!(i32::from(#name))),
        DownKind::View { mutable } => {
            let null = if mutable { quote!(null_mut) } else { quote!(null) };
            let ty = if mutable { quote!(ClientMut::as_ptr) } else { quote!(ClientRef::as_ptr) };
            only(if param.optional {
                quote!(#name.map_or(ptr::#null(), #ty))
            } else {
                quote!(#name.as_ptr())
            })
        }
        DownKind::InOut => Part {
            local: quote!(let mut #out = #name;),
            argument: quote!(&raw mut #out),
            after: TokenStream::new(),
        },
        DownKind::Out | DownKind::Written { .. } => {
            let zero = view.model.pointee(&param.ty).map(|ty| view.zero(ty, At::Inside));
            Part {
                local: quote!(let mut #out = #zero;),
                argument: quote!(&raw mut #out),
                after: TokenStream::new(),
            }
        }
        DownKind::Handle { handle } => {
            let zero = view.zero(&view.handle(handle).ty, At::Inside);
            let ty = view.borrowed(handle, At::Inside);
            only(if param.optional { quote!(#name.map_or(#zero, #ty::raw)) } else { quote!(#name.raw()) })
        }
        DownKind::Bytes { .. } => only(if param.optional {
            quote!(#name.map_or(ptr::null_mut(), |bytes| bytes.as_ptr().cast_mut().cast()))
        } else {
            quote!(#name.as_ptr().cast_mut().cast())
        }),
        DownKind::OutBuf { by_pointer: false, .. } => only(if param.optional {
            quote!(#name.map_or(ptr::null_mut(), |room| room.as_ptr().cast()))
        } else {
            quote!(#name.as_ptr().cast())
        }),
        DownKind::OutBuf { length, by_pointer: true, .. } => room(view, downcall, param, length),
        DownKind::String => {
            let text = local::after(&name, "ended");
            Part {
                local: quote!(let mut #text = #name.to_wide().to_zero_ended();),
                argument: quote!(#text.as_mut_ptr()),
                after: TokenStream::new(),
            }
        }
        DownKind::Length => only(length_argument(view, downcall, at)),
        DownKind::Iovecs { .. } => only(quote!(#name.as_ptr())),
        DownKind::Iovec { fill } => buffer(view, param, fill),
        DownKind::Counted(_) => only(if param.optional {
            quote!(#name.map_or(ptr::null_mut(), set::SetMut::lend))
        } else {
            quote!(#name.lend())
        }),
        DownKind::Callback { .. } => Part {
            local: if param.optional {
                quote!(let (function, context) = #name.map_or((None, 0), |bundle| { let (function, context) = bundle.parts(); (Some(function), context) });)
            } else {
                quote!(let (function, context) = #name.parts(); let function = Some(function);)
            },
            argument: quote!(function),
            after: TokenStream::new(),
        },
        DownKind::Context => only(quote!(context)),
        DownKind::Request { .. } => only(quote!(sent.overlapped())),
        DownKind::Completion => only(quote!(sent.routine())),
        DownKind::CompletionThread => only(quote!(sent.thread())),
    }
}

/// The number of what another parameter shows, in the type that C wants.
fn length_argument(view: &View<'_>, downcall: &DownView<'_>, at: usize) -> TokenStream {
    let Some(owner) = downcall.param(at).owners.length else { return TokenStream::new() };
    let (param, kind) = (downcall.param(owner), downcall.form.params[owner]);
    let name = param.rust();
    if matches!(kind, DownKind::OutBuf { by_pointer: true, .. }) {
        let length = local::after(&name, "length");
        return quote!(#length);
    }
    let (ty, method) = match kind {
        DownKind::Bytes { .. } => (quote!(ClientSlice), quote!(len)),
        DownKind::OutBuf { .. } => (quote!(OutBuf), quote!(capacity)),
        DownKind::Iovecs { fill: true, .. } => (quote!(Scatter), quote!(count)),
        _ => (quote!(Gather), quote!(count)),
    };
    let count = if param.optional { quote!(#name.map_or(0, #ty::#method)) } else { quote!(#name.#method()) };
    let prim = view.model.prim(&downcall.param(at).ty).map(|prim| ident(prim.name));
    quote!(#prim::try_from(#count).unwrap_or(#prim::MAX))
}

/// Room whose length goes by pointer: the client's own place for it, or one that lasts as long as the call.
fn room(view: &View<'_>, downcall: &DownView<'_>, param: &Param, length: usize) -> Part {
    let name = param.rust();
    let (at, place) = (local::after(&name, "at"), local::after(&name, "length"));
    let own = local::after(&name, "used");
    let prim = view
        .model
        .pointee(&downcall.param(length).ty)
        .and_then(|ty| view.model.prim(ty))
        .map(|prim| ident(prim.name));
    let some = if param.optional { quote!(#name) } else { quote!(Some(#name)) };
    let null = view.error_code(param.null_error);
    // Only the client's own place outlives the call.
    let lasting = downcall.form.request.map(|request| {
        let request = downcall.param(request).rust();
        quote! {
            if #request.is_overlapped() && #some.is_some_and(|room| room.used_ptr().is_null()) {
                return Err(#null);
            }
        }
    });
    Part {
        local: quote! {
            #lasting
            let mut #own = #some.map_or(0, |room| #prim::try_from(room.capacity()).unwrap_or(#prim::MAX));
            let (#at, #place) = #some.map_or((ptr::null_mut(), ptr::null_mut()), |room| {
                let (at, used) = room.lend();
                (at, if used.is_null() { &raw mut #own } else { used.cast() })
            });
        },
        argument: quote!(#at.cast()),
        after: TokenStream::new(),
    }
}

fn buffer(view: &View<'_>, param: &Param, fill: bool) -> Part {
    let name = param.rust();
    let slice = local::after(&name, "slice");
    let some = if param.optional { quote!(#name) } else { quote!(Some(#name)) };
    let ty = view.model.pointee(&param.ty).map(|ty| view.ty(ty, At::Inside));
    let mutable = fill.then(|| quote!(mut));
    let of = if fill { quote!(of.as_ptr(), of.capacity()) } else { quote!(of.as_ptr().cast_mut(), of.len()) };
    Part {
        local: quote! {
            let #mutable #slice = #some.map(|of| {
                let (bytes, length) = (#of);
                <#ty as buffers::Slice>::from_parts(bytes, u32::try_from(length).unwrap_or(u32::MAX))
            });
        },
        argument: if fill {
            quote!(#slice.as_mut().map_or(ptr::null_mut(), ptr::from_mut))
        } else {
            quote!(#slice.as_ref().map_or(ptr::null(), ptr::from_ref))
        },
        after: if fill {
            quote!(if let (Some(room), Some(slice)) = (#some, #slice) { room.set_used(buffers::Slice::parts(&slice).1); })
        } else {
            TokenStream::new()
        },
    }
}
