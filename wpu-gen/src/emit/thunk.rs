//! `thunk.rs`: the functions that a host's tables hold, and those tables.

use super::host::{context_name, routine_name};
use super::local;
use super::path::item;
use super::print::Page;
use super::view::{At, UpcallView, View, comment, doc};
use crate::lower::{Answer, Failure, Kind};
use crate::model::{ConstantValue, Param, Table, Ty};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

pub(super) fn emit(view: &View<'_>) -> String {
    let mut page = Page::new(
        view,
        "thunk",
        "The functions that a host's tables hold: they check what a provider passes, and write what the host answers; and those tables.",
    );
    page.items(view.upcalls().map(|upcall| thunk(view, &upcall)));
    page.items(view.model.host_tables().map(|table| filled(view, table)));
    page.finish()
}

fn filled(view: &View<'_>, table: &Table) -> TokenStream {
    let name = item("ffi", &table.name);
    let members = table.slots.iter().map(|at| {
        let upcall = view.upcall(*at);
        let (member, method) = (upcall.member(table), item("thunk", &upcall.upcall.method));
        quote!(#member: Some(#method::<L>))
    });
    quote! {
        impl #name {
            /// The table whose every slot leads to the host that `L` finds.
            #[must_use]
            pub const fn of<L: Locate>() -> Self {
                Self { #(#members),* }
            }
        }
    }
}

fn thunk(view: &View<'_>, upcall: &UpcallView<'_>) -> TokenStream {
    let method = &upcall.method;
    let params = view.c_params(&upcall.upcall.params, At::Inside);
    let returns = view.returns(&upcall.upcall.returns, At::Inside);
    let about = doc(&format!(
        "`{}`, as a provider calls it.\n\n# Safety\n\nEvery pointer is null, or misaligned, or valid for what the documentation has the host do with it.",
        upcall.name
    ));
    let abi = view.abi();
    let (work, tell, finish) = (work(view, upcall), tell(view, upcall), finish(view, upcall));
    quote! {
        #about
        pub unsafe extern #abi fn #method<L: Locate>(#(#params),*) #returns {
            #work
            #tell
            #finish
        }
    }
}

/// Runs with the host: checks, and asks it.
fn work(view: &View<'_>, upcall: &UpcallView<'_>) -> TokenStream {
    let (checks, ask) = (checks(view, upcall), ask(view, upcall));
    let (result, broken) = match upcall.form.failure {
        Failure::Uncoded => (quote!(Result<_, Failed>), quote!(unwrap_or(Err(Failed)))),
        Failure::Never | Failure::Coded(_) => {
            let error = view.error();
            (quote!(Result<_, #error>), quote!(unwrap_or_else(Err)))
        }
    };
    quote! {
        let answer = L::with(|host| -> #result { #(#checks)* #ask });
        let answer = answer.#broken;
    }
}

/// Tells the host of the outcome, which is settled by then: whatever goes wrong here changes nothing.
fn tell(view: &View<'_>, upcall: &UpcallView<'_>) -> TokenStream {
    let index = Literal::usize_unsuffixed(upcall.at);
    let told = told(view, upcall);
    let success = success_text(view, upcall);
    let failed = if upcall.form.failure == Failure::Uncoded {
        quote!(Err(_) => tell(format_args!("failed")),)
    } else {
        quote!(Err(error) => tell(format_args!("failed: {error:?}")),)
    };
    quote! {
        let _ = L::with(|host| {
            let tell = |outcome: core::fmt::Arguments<'_>| {
                Host::called(host, &Call { upcall: &UPCALLS[#index], arguments: format_args!(#told), outcome });
            };
            match &answer {
                #success
                #failed
            }
        });
    }
}

/// Asks the host. Text is copied out at once, so that one that does not fit is a failure like others.
fn ask(view: &View<'_>, upcall: &UpcallView<'_>) -> TokenStream {
    let (method, arguments) = (upcall.on(), arguments(upcall));
    let ask = quote!(Host::#method(host, #(#arguments),*));
    if upcall.form.failure == Failure::Never {
        return quote!(Ok(#ask));
    }
    let Answer::String(at) = upcall.form.answer else { return ask };
    let Kind::String { length, too_small } = upcall.form.params[at] else { return ask };
    let (buffer, length) = (upcall.upcall.params[at].c(), upcall.upcall.params[length].c());
    let too_small = view.error_code(too_small);
    let safety = comment(
        "SAFETY: both pointers passed the check, and the caller vouches that the buffer is as long as the length says.",
    );
    quote! {
        let text = #ask?;
        #safety
        let fits = unsafe { checks::write_text(&text, #buffer, #length) };
        if fits { Ok(text) } else { Err(#too_small) }
    }
}

/// Pointers that must be good before the host is asked.
fn checks(view: &View<'_>, upcall: &UpcallView<'_>) -> Vec<TokenStream> {
    let safety = comment("SAFETY: the contract of this function.");
    upcall.params().filter_map(|(param, kind)| {
        let (c_name, name, null) = (param.c(), param.rust(), null_error(view, upcall, param));
        match kind {
            Kind::Error | Kind::OutValue | Kind::OutHandle(_) | Kind::OutCallback { .. } | Kind::String { .. } | Kind::Length => {
                Some(quote!(checks::output(#c_name, #null)?;))
            }
            Kind::BundledContext if *param.direction == crate::model::Direction::Out => Some(quote!(checks::output(#c_name, #null)?;)),
            Kind::Reference(_) | Kind::Handle { by_pointer: true, .. } => Some(quote! {
                #safety
                let #name = unsafe { checks::input(#c_name, #null) }?;
            }),
            Kind::Counted(id) => {
                let set = view.set(id);
                let ok = null_answer(upcall, &null);
                Some(quote! {
                    #safety
                    let Some(#name) = (unsafe { #set::from_raw(#c_name) }) else { return #ok };
                })
            }
            Kind::Request(_) => Some(quote!(let #name = NonNull::new(#c_name).filter(|structure| structure.is_aligned()).ok_or(#null)?;)),
            Kind::Callback { .. } => {
                let routine = routine_name();
                Some(quote!(let #routine = #c_name.ok_or(#null)?;))
            }
            Kind::Value | Kind::Vouched | Kind::BundledContext | Kind::Handle { by_pointer: false, .. } => None,
        }
    }).collect()
}

/// What a bad pointer fails with.
fn null_error(view: &View<'_>, upcall: &UpcallView<'_>, param: &Param) -> TokenStream {
    match upcall.form.failure {
        Failure::Uncoded => quote!(Failed),
        Failure::Never | Failure::Coded(_) => view.error_code(param.null_error),
    }
}

/// What to do about a bad set: an upcall that cannot fail answers no.
fn null_answer(upcall: &UpcallView<'_>, null: &TokenStream) -> TokenStream {
    match upcall.form.failure {
        Failure::Never => quote!(Ok(false)),
        Failure::Uncoded | Failure::Coded(_) => quote!(Err(#null)),
    }
}

/// What the host's method is given.
fn arguments(upcall: &UpcallView<'_>) -> Vec<TokenStream> {
    let mut arguments = Vec::new();
    for (param, kind) in upcall.params().filter(|(_, kind)| kind.is_input()) {
        let (c_name, name) = (param.c(), param.rust());
        match kind {
            Kind::Callback { context, .. } => {
                let (routine, context) = (routine_name(), upcall.upcall.params[context].c());
                arguments.extend([quote!(#routine), quote!(#context)]);
            }
            Kind::Value | Kind::Vouched | Kind::Handle { by_pointer: false, .. } => {
                arguments.push(quote!(#c_name));
            }
            _ => arguments.push(quote!(#name)),
        }
    }
    arguments
}

/// The arguments as a trace shows them: a format string that names the parameters, and what it shows.
fn told(view: &View<'_>, upcall: &UpcallView<'_>) -> TokenStream {
    let shown = upcall.params().filter_map(|(param, kind)| {
        let name = local::shown(&param.rust());
        match kind {
            Kind::Value | Kind::Vouched | Kind::Handle { by_pointer: false, .. } => {
                Some((format!("{name} {{{}}}", style(view, &param.ty)), param.c()))
            }
            Kind::Reference(_)
            | Kind::Counted(_)
            | Kind::Request(_)
            | Kind::Handle { by_pointer: true, .. } => Some((format!("{name} {{:p}}"), param.c())),
            Kind::Callback { context, .. } => {
                Some((format!("{} {{:#x}}", context_name()), upcall.upcall.params[context].c()))
            }
            _ => None,
        }
    });
    let (texts, values): (Vec<_>, Vec<_>) = shown.unzip();
    let text = texts.join(", ");
    quote!(#text #(, #values)*)
}

/// Addresses and what is as wide as one read best in hexadecimal.
fn style(view: &View<'_>, ty: &Ty) -> &'static str {
    match view.model.prim(ty) {
        Some(prim) if prim.bytes.is_none() => ":#x",
        Some(_) => "",
        None => ":p",
    }
}

fn success_text(view: &View<'_>, upcall: &UpcallView<'_>) -> TokenStream {
    let out = |at: usize| view.model.pointee(&upcall.upcall.params[at].ty);
    let shown = match upcall.form.answer {
        Answer::Unit => return quote!(Ok(()) => tell(format_args!("ok")),),
        Answer::Bundle(_) => {
            return quote! {
                Ok(None) => tell(format_args!("none")),
                Ok(Some(_)) => tell(format_args!("some")),
            };
        }
        Answer::Bool | Answer::String(_) => "{value}",
        Answer::Value | Answer::Handle(_) => value_style(view, &upcall.upcall.returns),
        Answer::Out(at) | Answer::OutHandle { param: at, .. } => {
            out(at).map_or("ok", |ty| value_style(view, ty))
        }
    };
    match shown {
        "ok" => quote!(Ok(_) => tell(format_args!(#shown)),),
        // A reference has an address of its own.
        "{0:p}" => quote!(Ok(value) => tell(format_args!(#shown, *value)),),
        _ => quote!(Ok(value) => tell(format_args!(#shown)),),
    }
}

fn value_style(view: &View<'_>, ty: &Ty) -> &'static str {
    match (style(view, ty), view.model.pointee(ty), view.model.prim(ty)) {
        (":#x", ..) => "{value:#x}",
        (_, Some(_), _) => "{0:p}",
        (_, _, Some(_)) => "{value}",
        _ => "{value:x?}",
    }
}

/// Writes what came out, and answers.
fn finish(view: &View<'_>, upcall: &UpcallView<'_>) -> TokenStream {
    let (value, success) = success(view, upcall);
    let failure = failure(view, upcall);
    let error = if matches!(upcall.form.failure, Failure::Coded(_)) { quote!(error) } else { quote!(_) };
    quote! {
        match answer {
            Ok(#value) => #success,
            Err(#error) => { #failure }
        }
    }
}

fn failure(view: &View<'_>, upcall: &UpcallView<'_>) -> TokenStream {
    let value = match &upcall.upcall.failure {
        Some(failure) => view.constant(**failure, At::Inside),
        None => view.zero(&upcall.upcall.returns, At::Inside),
    };
    let report = match upcall.form.failure {
        Failure::Coded(errno) => {
            let errno = upcall.upcall.params[errno].c();
            let safety = comment("SAFETY: the contract of this function.");
            Some(quote! {
                #safety
                unsafe { checks::report(#errno, error.code()); }
            })
        }
        _ => None,
    };
    quote!(#report #value)
}

/// The pattern of the answer, and what to do with it.
fn success(view: &View<'_>, upcall: &UpcallView<'_>) -> (TokenStream, TokenStream) {
    let ok = ok_value(view, upcall);
    let name = |at: usize| upcall.upcall.params[at].c();
    let safety = comment("SAFETY: the pointer passed the check; the caller vouches for the rest.");
    match upcall.form.answer {
        Answer::Unit => (quote!(()), ok),
        Answer::Bool => (quote!(value), quote!(value.into())),
        Answer::Value | Answer::Handle(_) => (quote!(value), quote!(value)),
        Answer::Out(at) | Answer::OutHandle { param: at, .. } => {
            let pointer = name(at);
            (quote!(value), quote!({ #safety unsafe { #pointer.write(value) }; #ok }))
        }
        Answer::Bundle(at) => {
            let context = upcall.upcall.params[at].context.map(name);
            let pointer = name(at);
            (
                quote!(value),
                quote! {{
                    let (routine, context) = value.map_or((None, 0), |(routine, context)| (Some(routine), context));
                    #safety
                    unsafe { #pointer.write(routine) };
                    #safety
                    unsafe { #context.write(context) };
                    #ok
                }},
            )
        }
        Answer::String(_) => (quote!(_), ok),
    }
}

/// What the C function returns on success where the return value is only a status: if the spec names
/// no value for it, anything but failure.
fn ok_value(view: &View<'_>, upcall: &UpcallView<'_>) -> TokenStream {
    let failure = upcall.upcall.failure.as_ref().map(|failure| &*view.model.constants[**failure].value);
    match (&upcall.upcall.success, failure) {
        (Some(success), _) => view.constant(**success, At::Inside),
        (None, Some(ConstantValue::Number(0))) => quote!(1),
        (None, _) => quote!(0),
    }
}
