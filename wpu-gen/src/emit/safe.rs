//! `safe.rs`: the upcalls in safe form.

use super::local;
use super::markdown::{inline, markdown};
use super::path::shown;
use super::print::Page;
use super::view::{At, UpcallView, View, comment, doc, is_zero};
use crate::lower::{Answer, Failure, Kind};
use crate::model::{Param, Ty};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

pub(super) fn emit(view: &View<'_>) -> String {
    let mut page = Page::new(view, "safe", "The upcalls in safe form.");
    page.item(quote! {
        /// All upcalls, in safe form, through the table that a cell holds.
        ///
        /// Before start-up and after clean-up every call fails, or answers no; what fails can be tried again.
        #[derive(Clone, Copy, Debug)]
        pub struct Upcalls(pub &'static Cell);
    });
    // An upcall of that name comes first.
    let new = view.upcalls().all(|upcall| upcall.upcall.method != "new").then(|| {
        quote! {
            /// The upcalls of the host whose table `cell` holds.
            #[inline]
            #[must_use]
            pub const fn new(cell: &'static Cell) -> Self {
                Self(cell)
            }
        }
    });
    page.block(
        &quote!(impl Upcalls),
        new.into_iter().chain(view.upcalls().map(|upcall| method(view, &upcall))),
    );
    page.finish()
}

/// The head of a safe form, after its name.
pub(super) struct Signature {
    /// What is generic: the answer of the closure to which something is lent.
    pub(super) generics: TokenStream,
    /// After `self`.
    pub(super) params: Vec<(Ident, TokenStream)>,
    pub(super) returns: TokenStream,
}

pub(super) fn signature(view: &View<'_>, upcall: &UpcallView<'_>, at: At) -> Signature {
    let params = upcall.params().enumerate().filter(|(_, (_, kind))| kind.is_input() || kind.is_lent());
    let number = upcall.number();
    Signature {
        generics: if upcall.lends() { quote!(<R>) } else { TokenStream::new() },
        params: params
            .map(|(index, (param, kind))| (param.rust(), input_type(view, (number, index), param, kind, at)))
            .collect(),
        returns: output_type(view, upcall, at),
    }
}

/// The type of a parameter, which is number `index` of function number `number`.
fn input_type(
    view: &View<'_>,
    (number, index): (usize, usize),
    param: &Param,
    kind: Kind,
    at: At,
) -> TokenStream {
    match kind {
        Kind::Reference(id) => {
            let ty = view.struct_name(id, at);
            if view.model.has_pointers(&Ty::Named(id)) {
                let view = at.own("ClientRef");
                return quote!(#view<'_, #ty>);
            }
            quote!(&#ty)
        }
        Kind::Vouched => view.vouched(&param.ty, number, index, at, "'_"),
        Kind::Counted(id) => {
            let ty = at.item("handles", &shown(&view.set(id)));
            quote!(#ty<'_>)
        }
        Kind::Callback { ty, .. } => bundle_type(view, ty, at),
        Kind::Request(id) => at.item("handles", &shown(&view.token(id))),
        Kind::OutCallback { ty, .. } => {
            let (once, option) = (at.core("ops", "FnOnce"), at.core("option", "Option"));
            let bundle = bundle_type(view, ty, at);
            quote!(impl #once(#option<#bundle<'_>>) -> R)
        }
        Kind::Handle { handle, by_pointer } => {
            let handle = view.handle(handle);
            match &handle.borrowed {
                Some(borrowed) => {
                    let borrowed = at.item("handles", borrowed);
                    quote!(#borrowed<'_>)
                }
                None => {
                    let ty = view.ty(&handle.ty, at);
                    if by_pointer { quote!(&#ty) } else { ty }
                }
            }
        }
        _ => view.value(&param.ty, at),
    }
}

fn output_type(view: &View<'_>, upcall: &UpcallView<'_>, at: At) -> TokenStream {
    let value = answer_type(view, upcall, at);
    if upcall.form.failure == Failure::Never {
        return value;
    }
    let result = at.core("result", "Result");
    let error = match upcall.form.failure {
        Failure::Uncoded => at.own("Failed"),
        _ => at.item("error", &view.model.head.error_type),
    };
    match upcall.consumed() {
        Some((param, kind)) => {
            let (refused, consumed) =
                (at.own("Refused"), input_type(view, (upcall.number(), 0), param, kind, at));
            quote!(#result<#value, #refused<#consumed, #error>>)
        }
        None => quote!(#result<#value, #error>),
    }
}

fn bundle_type(view: &View<'_>, ty: usize, at: At) -> TokenStream {
    at.item("handles", &shown(&view.bundle(ty)))
}

fn answer_type(view: &View<'_>, upcall: &UpcallView<'_>, at: At) -> TokenStream {
    let out = |param: usize| view.model.pointee(&upcall.upcall.params[param].ty);
    match upcall.form.answer {
        Answer::Unit => quote!(()),
        Answer::Bool => quote!(bool),
        Answer::Value => view.value(&upcall.upcall.returns, at),
        Answer::Out(param) => out(param).map(|ty| view.value(ty, at)).unwrap_or_default(),
        Answer::Handle(handle) | Answer::OutHandle { handle, .. } => view.owned(handle, at),
        Answer::String(_) => at.own("WideString"),
        Answer::Bundle(param) => match upcall.form.params[param] {
            kind @ Kind::OutCallback { .. } if kind.is_lent() => quote!(R),
            Kind::OutCallback { ty, .. } => {
                let (option, bundle) = (at.core("option", "Option"), bundle_type(view, ty, at));
                quote!(#option<#bundle<'static>>)
            }
            _ => quote!(()),
        },
    }
}

fn method(view: &View<'_>, upcall: &UpcallView<'_>) -> TokenStream {
    let about = doc(&documentation(view, upcall));
    let Signature { generics, params, returns } = signature(view, upcall, At::Inside);
    let names = params.iter().map(|(name, _)| name);
    let params = params.iter().map(|(name, ty)| quote!(#name: #ty));
    let method = &upcall.method;
    let must_use = upcall.upcall.must_use.as_ref().map(|why| quote!(#[must_use = #why]));
    let must_use = match (must_use, upcall.form.failure) {
        (None, Failure::Never) => Some(quote!(#[must_use])),
        (given, _) => given,
    };
    let body = match upcall.form.answer {
        Answer::String(_) => text_body(view, upcall),
        _ if view.model.released_by(upcall.at).is_some() => {
            let (through, arguments) = (upcall.through(), names);
            quote!(#through(self.0.table(), #(#arguments),*))
        }
        _ => {
            // The run first: what comes of a table that is replaced meanwhile belongs to the run that is over.
            let run = keeps_run(upcall).then(|| quote!(let run = self.0.run();));
            let body = body(view, upcall);
            quote!(#run let table = self.0.table(); #body)
        }
    };
    quote! {
        #about
        #[inline]
        #must_use
        pub fn #method #generics(self, #(#params),*) -> #returns { #body }
    }
}

/// A releasing upcall through a given table: that of the run in which its value was acquired.
pub(super) fn release(view: &View<'_>, upcall: &UpcallView<'_>) -> Option<TokenStream> {
    view.model.released_by(upcall.at)?;
    let Signature { params, returns, .. } = signature(view, upcall, At::Inside);
    let params = params.iter().map(|(name, ty)| quote!(#name: #ty));
    let (name, body) = (upcall.through(), body(view, upcall));
    Some(quote! {
        #[inline]
        pub(crate) fn #name(table: &'static Table, #(#params),*) -> #returns { #body }
    })
}

/// What rustdoc says of a safe form.
fn documentation(view: &View<'_>, upcall: &UpcallView<'_>) -> String {
    let u = upcall.upcall;
    let mut text = format!("{}\n\nThe safe form of `{}`.", markdown(&u.doc), u.name);
    if !u.details.is_empty() {
        text += &format!("\n\n{}", markdown(&u.details));
    }
    text += "\n\n# Errors\n\n";
    match upcall.form.failure {
        Failure::Never => text.truncate(text.len() - "\n\n# Errors\n\n".len()),
        Failure::Uncoded => {
            text += "[`Failed`](crate::rt::refused::Failed), without a code: the host has none for it.";
        }
        Failure::Coded(_) => {
            text += &(view.error_list(&upcall.upcall.errors) + "- any other code that the host gives");
        }
    }
    let vouched = upcall.params().filter(|(_, kind)| *kind == Kind::Vouched);
    let vouched: Vec<_> = vouched.map(|(param, _)| vouched_text(param)).collect();
    if !vouched.is_empty() {
        text += &format!("\n\n{}", vouched.join("\n"));
    }
    if upcall.consumed().is_some() {
        text += "\n\nWhat was to be handed over comes back in [`Refused::rest`](crate::rt::refused::Refused::rest).";
    }
    text
}

/// What the maker of a pointer vouches for, in the spec's words.
pub(super) fn vouched_text(param: &Param) -> String {
    format!(
        "Whoever makes `{}` (`{}`) with `Vouched::from_raw` vouches that it is: {}",
        local::shown(&param.rust()),
        param.name,
        inline(&param.doc)
    )
}

/// Everything before the call.
fn prepare(view: &View<'_>, upcall: &UpcallView<'_>) -> Vec<TokenStream> {
    let mut lines: Vec<_> = upcall
        .params()
        .filter_map(|(param, kind)| {
            let name = param.rust();
            match kind {
                Kind::OutCallback { .. } => {
                    let (ty, routine) =
                        (view.ty(view.model.pointee(&param.ty)?, At::Inside), routine_name(param));
                    Some(quote!(let mut #routine: #ty = None;))
                }
                Kind::OutValue | Kind::OutHandle(_) => {
                    let pointee = view.model.pointee(&param.ty)?;
                    let (ty, zero) = (view.ty(pointee, At::Inside), view.zero(pointee, At::Inside));
                    Some(quote!(let mut #name: #ty = #zero;))
                }
                // A copy: C lets the host write to it.
                Kind::Handle { handle, by_pointer: true } => Some(match view.handle(handle).borrowed {
                    Some(_) => quote!(let mut #name = #name.raw();),
                    None => quote!(let mut #name = *#name;),
                }),
                _ => None,
            }
        })
        .collect();
    for (param, kind) in upcall.params() {
        if let Kind::OutCallback { .. } = kind {
            let context = context_name(param);
            lines.push(quote!(let mut #context = 0;));
        }
    }
    if matches!(upcall.form.failure, Failure::Coded(_)) {
        lines.push(quote!(let mut errno = 0;));
    }
    lines
}

fn routine_name(callback: &Param) -> Ident {
    local::after(&callback.rust(), "routine")
}

fn context_name(callback: &Param) -> Ident {
    local::after(&callback.rust(), "context")
}

/// The arguments of the C call.
fn arguments(view: &View<'_>, upcall: &UpcallView<'_>) -> Vec<TokenStream> {
    let params: Vec<_> = upcall.params().collect();
    let bundle_of = |at: usize| params[at].0.owners.context.map(|owner| params[owner]);
    upcall
        .params()
        .enumerate()
        .map(|(at, (param, kind))| {
            let name = param.rust();
            match kind {
                Kind::Error => quote!(&raw mut errno),
                Kind::Value => view.given(&param.ty, quote!(#name)),
                Kind::Vouched => quote!(#name.as_ptr()),
                Kind::Reference(id) if view.model.has_pointers(&Ty::Named(id)) => quote!(#name.as_ptr()),
                Kind::Reference(_) => quote!(::core::ptr::from_ref(#name)),
                Kind::OutValue | Kind::OutHandle(_) => quote!(&raw mut #name),
                Kind::OutCallback { .. } => {
                    let routine = routine_name(param);
                    quote!(&raw mut #routine)
                }
                Kind::String { .. } => quote!(buffer),
                Kind::Length => quote!(length),
                Kind::Callback { .. } => quote!(Some(#name.routine())),
                Kind::BundledContext => match bundle_of(at) {
                    Some((callback, Kind::Callback { .. })) => {
                        let callback = callback.rust();
                        quote!(#callback.context())
                    }
                    Some((callback, _)) => {
                        let context = context_name(callback);
                        quote!(&raw mut #context)
                    }
                    None => quote!(0),
                },
                Kind::Handle { handle, by_pointer } => {
                    match (view.handle(handle).borrowed.is_some(), by_pointer) {
                        (_, true) => quote!((&raw mut #name).cast_const()),
                        (true, false) => quote!(#name.raw()),
                        (false, false) => quote!(#name),
                    }
                }
                Kind::Counted(_) | Kind::Request(_) => quote!(#name.as_ptr()),
            }
        })
        .collect()
}

/// The C call, and the test whether it failed.
fn call(view: &View<'_>, upcall: &UpcallView<'_>) -> (TokenStream, Option<TokenStream>) {
    let (name, arguments) = (&upcall.name, arguments(view, upcall));
    let safety = comment(
        "SAFETY: the cell vouches for the function; each argument is a plain value, or points at what lives until the call returns.",
    );
    let call = quote! {
        #safety
        let answer = unsafe { (table.#name)(#(#arguments),*) };
    };
    let failed = match (&upcall.upcall.success, &upcall.upcall.failure) {
        (Some(success), _) => {
            let success = view.constant(**success, At::Inside);
            Some(quote!(answer != #success))
        }
        (None, Some(failure)) => {
            let failure = view.constant(**failure, At::Inside);
            Some(quote!(answer == #failure))
        }
        (None, None) => None,
    };
    (call, failed.map(|failed| with_zero(view, upcall, failed)))
}

/// A host that reports success and gives nothing has broken the contract: that counts as failure too.
fn with_zero(view: &View<'_>, upcall: &UpcallView<'_>, failed: TokenStream) -> TokenStream {
    let (handle, value) = match upcall.form.answer {
        Answer::Handle(handle) => (handle, quote!(answer)),
        Answer::OutHandle { param, handle } => {
            let name = upcall.upcall.params[param].rust();
            (handle, quote!(#name))
        }
        _ => return failed,
    };
    let handle = view.handle(handle);
    if !handle.never_zero {
        return failed;
    }
    let zero = is_zero(view, &handle.ty, &value);
    quote!(#failed || #zero)
}

/// Whether the answer is good only in the run in which it was given.
fn keeps_run(upcall: &UpcallView<'_>) -> bool {
    matches!(upcall.form.answer, Answer::Handle(_) | Answer::OutHandle { .. } | Answer::Bundle(_))
}

fn body(view: &View<'_>, upcall: &UpcallView<'_>) -> TokenStream {
    let prepare = prepare(view, upcall);
    let (call, failed) = call(view, upcall);
    let failure = failed.map(|failed| {
        let error = error_value(upcall);
        quote!(if #failed { return Err(#error); })
    });
    let success = success(view, upcall);
    quote!(#(#prepare)* #call #failure #success)
}

fn error_value(upcall: &UpcallView<'_>) -> TokenStream {
    let error = match upcall.form.failure {
        Failure::Coded(_) => quote!(crate::error::reported(errno)),
        _ => quote!(Failed),
    };
    match upcall.consumed() {
        Some((param, _)) => {
            let rest = param.rust();
            quote!(Refused { error: #error, rest: #rest })
        }
        None => error,
    }
}

fn success(view: &View<'_>, upcall: &UpcallView<'_>) -> TokenStream {
    let param = |at: usize| upcall.upcall.params[at].rust();
    let acquired = |handle: usize, raw: TokenStream| {
        let name = view.owned(handle, At::Inside);
        quote!(Ok(#name::acquired(self.0, run, #raw)))
    };
    match upcall.form.answer {
        Answer::Unit => {
            let release = upcall.consumed().map(|(param, _)| {
                let name = param.rust();
                quote!(let _ = #name.into_raw();)
            });
            quote!(#release Ok(()))
        }
        Answer::Bool => quote!(answer != 0),
        Answer::Value => {
            let answer = view.taken(&upcall.upcall.returns, quote!(answer));
            quote!(Ok(#answer))
        }
        Answer::Out(at) => {
            let name = param(at);
            let pointee = view.model.pointee(&upcall.upcall.params[at].ty);
            let answer = pointee.map(|ty| view.taken(ty, quote!(#name)));
            quote!(Ok(#answer))
        }
        Answer::Handle(handle) => acquired(handle, quote!(answer)),
        Answer::OutHandle { param: at, handle } => {
            let name = param(at);
            acquired(handle, quote!(#name))
        }
        Answer::Bundle(at) => bundle_answer(view, upcall, at),
        // Written by `text_body`.
        Answer::String(_) => TokenStream::new(),
    }
}

fn bundle_answer(view: &View<'_>, upcall: &UpcallView<'_>, at: usize) -> TokenStream {
    let kind = upcall.form.params[at];
    let Kind::OutCallback { ty, .. } = kind else {
        return TokenStream::new();
    };
    let callback = &upcall.upcall.params[at];
    let (bundle, routine, context) = (view.bundle(ty), routine_name(callback), context_name(callback));
    let safety = comment(if kind.is_lent() {
        "SAFETY: the host gives out a routine and the context that belongs to it, for this thread, this run and the provider's function that asks; the closure runs within that and can keep nothing."
    } else {
        "SAFETY: the host gives out a routine and the context that belongs to it, for this thread and this run."
    });
    let given = quote! {
        #routine.map(|routine| {
            #safety
            unsafe { #bundle::given(self.0, run, routine, #context) }
        })
    };
    if kind.is_lent() {
        let closure = callback.rust();
        quote!(Ok(#closure(#given)))
    } else {
        quote!(Ok(#given))
    }
}

/// The call stands in a closure that is tried with growing buffers.
fn text_body(view: &View<'_>, upcall: &UpcallView<'_>) -> TokenStream {
    let Some(Kind::String { too_small, .. }) =
        upcall.form.params.iter().copied().find(|kind| matches!(kind, Kind::String { .. }))
    else {
        return TokenStream::new();
    };
    let (too_small, broken) = (view.error_code(too_small), view.broken());
    let prepare = prepare(view, upcall);
    let (call, failed) = call(view, upcall);
    let error = error_value(upcall);
    quote! {
        let table = self.0.table();
        wide::read_text(#too_small, #broken, |buffer, length| {
            #(#prepare)*
            #call
            if #failed { return Err(#error); }
            Ok(())
        })
    }
}
