//! `serve.rs` of the output: the functions that a provider's table holds.

use super::path::item;
use super::print::Page;
use super::provider::set_of;
use super::view::{At, DownView, View, comment, doc};
use crate::lower::down::{DownAnswer, DownKind};
use crate::model::{Param, Ty};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

pub(super) fn emit(view: &View<'_>, behind: &Ident) -> String {
    let mut page = Page::new(
        view,
        "serve",
        "The functions that a provider's table holds: they check what a client passes, and write what the provider answers.",
    );
    page.item(serve(view, behind));
    page.items(view.model.provider_table().map(|table| {
        let name = item("ffi", &table.name);
        let members = view.downcalls().map(|downcall| {
            let (member, method) = (downcall.member(table), item("serve", &downcall.downcall.method));
            quote!(#member: Some(#method::<S>))
        });
        quote! {
            impl #name {
                /// The table whose every slot leads to the provider that `S` finds.
                #[must_use]
                pub const fn serving<S: Serve>() -> Self {
                    Self { #(#members),* }
                }
            }
        }
    }));
    page.items(view.downcalls().map(|downcall| thunk(view, behind, &downcall)));
    page.finish()
}

fn serve(view: &View<'_>, behind: &Ident) -> TokenStream {
    let error = view.error();
    let completion = view.requesting().map(|_| {
        quote! {
            /// How requests are begun and told of. No panic may come out of these functions.
            const COMPLETION: CompletionVtable;
            /// Whether the provider has declared the upcalls that requests are completed with. Overlapped requests
            /// are refused otherwise.
            const COMPLETES: bool;
        }
    });
    let contract = doc(
        "# Safety\n\nWhat `COMPLETION.keep` is given is not dropped before `COMPLETION.release` is called with it, or the \
         provider below has completed the request or has ended: it writes there.",
    );
    let (contract, keyword) = match completion {
        Some(_) => (quote!(#[doc = ""] #contract), quote!(unsafe)),
        None => (TokenStream::new(), TokenStream::new()),
    };
    quote! {
        /// How a function finds its provider: C function pointers carry no context.
        #contract
        pub #keyword trait Serve: 'static {
            /// What it finds.
            type Provider: #behind;
            #completion
            /// Runs `body` with the provider.
            ///
            /// No panic of `body` may come out of this function.
            ///
            /// # Errors
            ///
            /// What the downcall is to fail with: what `body` answers, or that there is no provider, or that
            /// `body` panicked.
            fn with<R>(body: impl FnOnce(&Self::Provider) -> Result<R, #error>) -> Result<R, #error>;
        }
    }
}

fn thunk(view: &View<'_>, behind: &Ident, downcall: &DownView<'_>) -> TokenStream {
    let (method, d) = (&downcall.method, downcall.downcall);
    let params = view.c_params(&d.params, At::Inside);
    let returns = view.returns(&d.returns, At::Inside);
    let about = doc(&format!(
        "`{}`, as a client calls it.\n\n# Safety\n\nEvery pointer is null, or misaligned, or valid for what the documentation has a provider do with it, for as long as that says.",
        downcall.name
    ));
    let request = downcall.form.request.is_some();
    let state = request.then(|| quote!(let state = core::cell::Cell::new(RequestState::Fresh);));
    let errno = downcall.param(downcall.form.errno);
    let (errno_name, null) = (errno.c(), view.error_code(errno.null_error));
    let bindings = downcall.params().map(|(param, kind)| binding(view, downcall, param, kind));
    let arguments = downcall.shown().map(|(param, kind)| argument(view, param, kind));
    let served = served(view, downcall, &quote!(#behind::#method(provider, #(#arguments),*)));
    let (abi, failed) = (view.abi(), failed(view, downcall));
    quote! {
        #about
        pub unsafe extern #abi fn #method<S: Serve>(#(#params),*) #returns {
            #state
            let answer = S::with(|provider| {
                checks::output(#errno_name, #null)?;
                #(#bindings)*
                #served
            });
            match answer {
                Ok(value) => value,
                Err(error) => #failed
            }
        }
    }
}

fn safety() -> TokenStream {
    comment("SAFETY: the contract of this function.")
}

/// Checks a parameter, and binds its safe form to its Rust name.
fn binding(view: &View<'_>, downcall: &DownView<'_>, param: &Param, kind: DownKind) -> TokenStream {
    let (c, name, null, safety) = (param.c(), param.rust(), view.error_code(param.null_error), safety());
    // `None` where that is allowed, else the error.
    let checked = |absent: TokenStream, make: TokenStream| {
        if param.optional {
            quote!(let #name = if #absent { None } else { #safety Some(unsafe { #make }.ok_or(#null)?) };)
        } else {
            quote!(#safety let #name = unsafe { #make }.ok_or(#null)?;)
        }
    };
    let is_null = quote!(#c.is_null());
    match kind {
        DownKind::Vouched => quote!(#safety let #name = unsafe { Vouched::from_raw(#c) };),
        DownKind::Value
        | DownKind::Bool
        | DownKind::Error
        | DownKind::Length
        | DownKind::Context
        | DownKind::Completion
        | DownKind::CompletionThread => TokenStream::new(),
        DownKind::View { mutable: false } => checked(is_null, quote!(ClientRef::from_raw(#c))),
        DownKind::View { mutable: true } => checked(is_null, quote!(ClientMut::from_raw(#c))),
        DownKind::InOut => {
            quote!(#safety let #name = unsafe { ClientMut::from_raw(#c) }.ok_or(#null)?.get();)
        }
        DownKind::Out | DownKind::Written { .. } if param.optional => {
            quote!(if !#c.is_null() { checks::output(#c, #null)?; })
        }
        DownKind::Out | DownKind::Written { .. } => quote!(checks::output(#c, #null)?;),
        DownKind::Handle { handle } => {
            let ty = view.borrowed(handle, At::Inside);
            let or = (!param.optional).then(|| quote!(.ok_or(#null)?));
            if view.model.is_trusted(&view.handle(handle).ty) {
                quote!(#safety let #name = unsafe { #ty::from_raw(#c) }#or;)
            } else {
                quote!(let #name = #ty::from_raw(#c)#or;)
            }
        }
        DownKind::Bytes { length } => {
            let length = downcall.param(length).c();
            let of = quote!(memory::length(#length, #null)?);
            let make = checked(
                quote!(#c.is_null() && length == 0),
                quote!(ClientSlice::from_raw(#c.cast::<u8>(), length)),
            );
            quote!(let length = #of; #make)
        }
        DownKind::OutBuf { length, wide, by_pointer } => {
            let length = downcall.param(length).c();
            let unit = if wide { quote!(u16) } else { quote!(u8) };
            if by_pointer {
                let absent = quote!(#c.is_null() || #length.is_null());
                let room = quote!({
                    #safety
                    let length = unsafe { memory::length_at(#length, #null) }?;
                    #safety
                    unsafe { OutBuf::from_raw(#c.cast::<#unit>(), length, #length.cast::<u32>()) }.ok_or(#null)?
                });
                if param.optional {
                    quote!(let #name = if #absent { None } else { Some(#room) };)
                } else {
                    quote!(let #name = #room;)
                }
            } else {
                let make = checked(
                    quote!(#c.is_null() && length == 0),
                    quote!(OutBuf::from_raw(#c.cast::<#unit>(), length, ptr::null_mut())),
                );
                quote!(let length = memory::length(#length, #null)?; #make)
            }
        }
        DownKind::String => checked(is_null, quote!(Text::from_zero_ended(#c))),
        DownKind::Iovecs { length, fill } => {
            let length = downcall.param(length).c();
            let view = if fill { quote!(scatter) } else { quote!(gather) };
            quote! {
                let mut slices = buffers::Slices::new();
                #safety
                let #name = unsafe { slices.#view(#c, #length) }.ok_or(#null)?;
            }
        }
        DownKind::Iovec { fill } => buffer(param, fill, &null),
        DownKind::Counted(id) => {
            let set = set_of(view, id);
            checked(is_null, quote!(#set::from_raw(#c)))
        }
        DownKind::Callback { ty, context } => {
            let (bundle, context) = (view.bundle(ty), downcall.param(context).c());
            let or = (!param.optional).then(|| quote!(.ok_or(#null)?));
            quote! {
                #safety
                let #name = #c.map(|function| unsafe { #bundle::from_parts(function, #context) })#or;
            }
        }
        DownKind::Request { completion: routine, completion_thread: thread } => {
            request(view, downcall, param, routine, thread)
        }
    }
}

/// One slice structure, as bytes or room.
fn buffer(param: &Param, fill: bool, null: &TokenStream) -> TokenStream {
    let (c, name, safety) = (param.c(), param.rust(), safety());
    let make = if fill {
        quote! {
            #safety
            let used = unsafe { buffers::Slice::len_ptr(#c) };
            #safety
            unsafe { OutBuf::from_raw(bytes, length, used) }
        }
    } else {
        quote! {
            #safety
            unsafe { ClientSlice::from_raw(bytes.cast_const(), length) }
        }
    };
    let whole = quote!({
        #safety
        let slice = unsafe { ClientRef::from_raw(#c) }.ok_or(#null)?;
        let (bytes, length) = buffers::Slice::parts(&slice.get());
        let checked = { #make };
        checked.ok_or(#null)?
    });
    if param.optional {
        quote!(let #name = if #c.is_null() { None } else { Some(#whole) };)
    } else {
        quote!(let #name = #whole;)
    }
}

fn request(
    view: &View<'_>,
    downcall: &DownView<'_>,
    param: &Param,
    routine: usize,
    thread: usize,
) -> TokenStream {
    let (c, name, null, safety) = (param.c(), param.rust(), view.error_code(param.null_error), safety());
    let thread_null = view.error_code(downcall.param(thread).null_error);
    let nobody = view.zero(view.model.pointee(&downcall.param(thread).ty).unwrap_or(&Ty::Void), At::Inside);
    let (socket, routine, thread) =
        (downcall.param(0).c(), downcall.param(routine).c(), downcall.param(thread).c());
    let refuse = downcall.downcall.unimplemented_error.as_ref().map(|refusal| {
        let refusal = view.error_code(**refusal);
        quote!(if !S::COMPLETES { return Err(#refusal); })
    });
    let lent = downcall.lent().map(|(param, _, field)| {
        let name = param.rust();
        if param.optional { quote!(#field: #name,) } else { quote!(#field: Some(#name),) }
    });
    quote! {
        let lent = RequestBuffers { #(#lent)* ..RequestBuffers::NOTHING };
        let given = if #c.is_null() { None } else {
            #refuse
            #safety
            let overlapped = unsafe { ClientMut::from_raw(#c) }.ok_or(#null)?;
            let thread = if #thread.is_null() { None } else {
                #safety
                Some(unsafe { ClientRef::from_raw(#thread) }.ok_or(#null)?.get())
            };
            #[doc = "§ Nobody could say later where the routine is to run."]
            if #routine.is_some() && thread.is_none_or(|thread| thread == #nobody) { return Err(#thread_null); }
            let parts = RequestParts { socket: #socket, overlapped: overlapped.as_non_null(), routine: #routine, thread };
            Some(RequestContext { parts, completion: const { &S::COMPLETION }, state: &state, asked: lent.total() })
        };
        let #name = match &given {
            None => Request::lending(lent),
            #safety
            Some(given) => unsafe { Request::new(given, lent) },
        };
    }
}

fn argument(view: &View<'_>, param: &Param, kind: DownKind) -> TokenStream {
    let (c, name) = (param.c(), param.rust());
    match kind {
        DownKind::Value => view.taken(&param.ty, quote!(#c)),
        DownKind::Bool => quote!(#c != 0),
        _ => quote!(#name),
    }
}

/// The names of the values that a downcall answers, and the pattern that binds them.
fn values(downcall: &DownView<'_>) -> (Vec<Ident>, TokenStream) {
    let names: Vec<_> = (0..downcall.form.answers.len()).map(|at| format_ident!("value{}", at)).collect();
    let pattern = match &*names {
        [only] => quote!(#only),
        _ => quote!((#(#names),*)),
    };
    (names, pattern)
}

/// Asks the provider, and does what must be done while the call is counted: checks, writes what came out, and tells of a
/// request that is done already.
fn served(view: &View<'_>, downcall: &DownView<'_>, ask: &TokenStream) -> TokenStream {
    let (names, pattern) = values(downcall);
    let answers = || downcall.form.answers.iter().zip(&names);
    let counted = answers().find_map(|(answer, name)| match answer {
        DownAnswer::Param(at) => match downcall.form.params[*at] {
            DownKind::Written { of } => Some((name, of)),
            _ => None,
        },
        DownAnswer::Returned => None,
    });
    let check = counted.map(|(name, of)| {
        let (asked, broken) = (asked(downcall.param(of), downcall.form.params[of]), view.broken());
        quote!(if #name as usize > #asked { return Err(#broken); })
    });
    let (mistaken, writes, success) = written(view, downcall);
    if downcall.form.request.is_none() {
        return quote!(let #pattern = #ask?; #check #mistaken #(#writes)* Ok(#success));
    }
    let flags = answers().find_map(|(answer, name)| match answer {
        DownAnswer::Param(at) if downcall.form.params[*at] == DownKind::InOut => Some(quote!(#name)),
        _ => None,
    });
    let (count, flags) = (counted.map_or(quote!(0), |(name, _)| quote!(#name)), flags.unwrap_or(quote!(0)));
    let pending = view.model.head.pending.map(|pending| view.error_code(pending));
    let safety = comment("SAFETY: the client lends the structure, and was not told yet.");
    quote! {
        let Progress::Done(#pattern) = #ask? else { return Err(#pending) };
        #check
        #mistaken
        let untold = match (&given, state.get()) {
            (Some(given), RequestState::Fresh) => Some(given),
            (None, _) | (_, RequestState::Forwarded) => None,
            (_, RequestState::PendingRequest | RequestState::ForwardedPending) => return Err(#pending),
        };
        // First, since the client may free all of it once it is told.
        #(#writes)*
        if let Some(given) = untold {
            #safety
            unsafe { (S::COMPLETION.tell)(&given.parts, Ok((#count, #flags))) };
        }
        Ok(#success)
    }
}

fn asked(param: &Param, kind: DownKind) -> TokenStream {
    let name = param.rust();
    let (ty, method) = match kind {
        DownKind::Iovecs { fill: false, .. } => (quote!(Gather), quote!(total)),
        DownKind::Iovecs { fill: true, .. } => (quote!(Scatter), quote!(total)),
        DownKind::Bytes { .. } => (quote!(ClientSlice), quote!(len)),
        _ => (quote!(OutBuf), quote!(capacity)),
    };
    let path = quote!(#ty::#method);
    if param.optional { quote!(#name.map_or(0, #path)) } else { quote!(#name.#method()) }
}

/// What refuses a value that no provider may answer, what writes that which came out, and what the function returns.
fn written(view: &View<'_>, downcall: &DownView<'_>) -> (Option<TokenStream>, Vec<TokenStream>, TokenStream) {
    let d = downcall.downcall;
    let (names, _) = values(downcall);
    let mut returned = None;
    let mut writes = Vec::new();
    for (answer, name) in downcall.form.answers.iter().zip(&names) {
        match answer {
            DownAnswer::Returned => returned = Some(view.given(&d.returns, quote!(#name))),
            DownAnswer::Param(at) => {
                let (param, c) = (downcall.param(*at), downcall.param(*at).c());
                let safety =
                    comment("SAFETY: the pointer passed the check; the caller vouches for the rest.");
                let value = view.model.pointee(&param.ty).map(|ty| view.given(ty, quote!(#name)));
                let write = quote!(#safety unsafe { #c.write(#value) };);
                writes.push(if param.optional { quote!(if !#c.is_null() { #write }) } else { write });
            }
        }
    }
    // A value that says failure is none that a provider may answer.
    let mistaken = returned.as_ref().map(|value| {
        let (failure, broken) = (failure(view, downcall), view.broken());
        quote!(if #value == #failure { return Err(#broken); })
    });
    let success = match (&returned, &d.success) {
        (Some(value), _) => quote!(#value),
        (None, Some(success)) => view.constant(**success, At::Inside),
        (None, None) => match d.failure.as_ref().map(|failure| &*view.model.constants[**failure].value) {
            Some(crate::model::ConstantValue::Number(0)) => quote!(1),
            _ => quote!(0),
        },
    };
    (mistaken, writes, success)
}

fn failure(view: &View<'_>, downcall: &DownView<'_>) -> Option<TokenStream> {
    downcall.downcall.failure.as_ref().map(|failure| view.constant(**failure, At::Inside))
}

/// Reports an error, and says what the function returns then.
fn failed(view: &View<'_>, downcall: &DownView<'_>) -> TokenStream {
    let errno = downcall.param(downcall.form.errno).c();
    let (failure, safety) = (failure(view, downcall), safety());
    let request = downcall.form.request.is_some();
    let settle = request.then(|| quote!(let error = request::settle::<InterfaceTypes>(state.get(), error);));
    quote!({
        #settle
        #safety
        unsafe { checks::report(#errno, crate::error::reported(error.code()).code()); }
        #failure
    })
}
