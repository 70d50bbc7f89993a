//! `facts.rs`: what the spec says, as data.

use super::kit;
use super::local;
use super::print::Page;
use super::safe;
use super::view::{At, DownView, UpcallView, View};
use crate::model::{Model, Param, Status, Ty, TypeKind};
use crate::names::ident;
use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// What the tables of facts say on every line.
const IMPORTS: &[&str] = &[
    "Declaration",
    "Dispatch",
    "DocumentedError",
    "Downcall",
    "Entry",
    "ErrorCode",
    "Kit",
    "Method",
    "Note",
    "Requirement",
    "Slot",
    "Source",
    "Upcall",
    "UpcallSet",
];

pub(super) fn emit(view: &View<'_>) -> String {
    let mut page = Page::new(view, "facts", "What the spec says, as data.");
    page.import(IMPORTS);
    page.lines("pub use crate::classes::{Class, Platform};");
    let model = view.model;
    let revision = Literal::u32_unsuffixed(model.head.revision);
    page.item(quote! {
        /// Counts up whenever a fact changes.
        pub const REVISION: u32 = #revision;
    });
    let upcalls = view.upcalls().map(|upcall| fact(view, &upcall));
    let count = Literal::usize_unsuffixed(model.upcalls.len());
    let downcalls = view.downcalls().map(|downcall| down_fact(view, &downcall));
    let down_count = Literal::usize_unsuffixed(model.downcalls.len());
    page.item(quote! {
        /// Every downcall, in table order.
        pub static DOWNCALLS: [Downcall; #down_count] = [#(#downcalls),*];
    });
    page.item(quote! {
        /// Every upcall, in table order; those without a slot in the larger table come last.
        pub static UPCALLS: [Upcall; #count] = [#(#upcalls),*];
    });
    page.block(
        &quote!(impl Upcall),
        [quote! {
            /// The index in [`UPCALLS`] of the upcall with this C name.
            #[must_use]
            #[inline]
            pub fn find(name: &str) -> Option<usize> {
                UPCALLS.iter().position(|upcall| upcall.name == name)
            }
        }],
    );
    page.items(control_input(view));
    kit::facts(view, &mut page);
    kit::completes(view, &mut page);
    page.items([entries(model), errors(model), notes(model), sources(model)]);
    page.finish()
}

/// What tells the control codes that safe code can pass any input for.
fn control_input(view: &View<'_>) -> Option<TokenStream> {
    let flag = **view.model.head.control_input_flag.as_ref()?;
    let ty = view.ty(&view.model.constants[flag].ty, At::Inside);
    let flag = view.constant(flag, At::Inside);
    let constants = view.model.constants.iter().enumerate();
    let codes = constants.filter(|(_, constant)| constant.control_input.is_some());
    let codes = codes.map(|(at, _)| {
        let code = view.constant(at, At::Inside);
        quote!(|| code == #code)
    });
    Some(quote! {
        /// Whether nobody follows pointers in the input of a control code: the code says that it has no input, or the
        /// documentation says what its input is, and that has no pointers.
        #[must_use]
        pub const fn has_plain_input(code: #ty) -> bool {
            code & #flag == 0 #(#codes)*
        }
    })
}

fn fact(view: &View<'_>, upcall: &UpcallView<'_>) -> TokenStream {
    let u = upcall.upcall;
    let (name, method, text, details, header) = (&u.name, &u.method, &u.doc, &u.details, &u.header);
    let signature = signature(view.model, &u.name, &u.returns, &u.params);
    let dispatch = match &u.library {
        Some(library) => quote!(Dispatch::Export(#library)),
        None => quote!(Dispatch::Slot),
    };
    let slots = u.slots.iter().map(|(table, slot)| {
        let (table, slot) = (&view.model.tables[*table].name, Literal::u32_unsuffixed(*slot));
        quote!(Slot { table: #table, index: #slot })
    });
    let requirement = u.requirement.status.iter().map(|row| {
        let row = row.iter().map(|status| requirement(*status));
        quote!([#(#row),*])
    });
    let reason = &u.requirement.reason;
    let substitute = option(u.requirement.substitute.as_ref());
    let waiver = option(u.requirement.waiver.as_ref());
    let acquire =
        option(view.model.released_by(upcall.at).map(|handle| index(*view.handle(handle).acquire)).as_ref());
    let release =
        option(view.model.acquired_by(upcall.at).map(|handle| index(*view.handle(handle).release)).as_ref());
    let errors = documented(&u.errors);
    let sources = u.sources.iter().map(|source| element("SOURCES", *source));
    let notes = view.model.notes_of_upcall(upcall.at).iter().map(|note| element("NOTES", *note));
    let rust = rust(view, upcall);
    quote! {
        Upcall {
            name: #name,
            method: #method,
            text: #text,
            details: #details,
            signature: #signature,
            header: #header,
            dispatch: #dispatch,
            slots: &[#(#slots),*],
            requirement: [#(#requirement),*],
            reason: #reason,
            substitute: #substitute,
            waiver: #waiver,
            acquire: #acquire,
            release: #release,
            errors: #errors,
            sources: &[#(#sources),*],
            notes: &[#(#notes),*],
            rust: #rust,
        }
    }
}

fn down_fact(view: &View<'_>, downcall: &DownView<'_>) -> TokenStream {
    let d = downcall.downcall;
    let (name, method, text, header) = (&d.name, &d.method, &d.doc, &d.header);
    let signature = signature(view.model, name, &d.returns, &d.params);
    let slot = Literal::u32_unsuffixed(d.slot);
    let refusal = option(d.unimplemented_error.as_ref().map(|error| element("ERRORS", **error)).as_ref());
    let entries = d.nullable_in.iter().map(|entry| element("ENTRIES", *entry));
    let errors = documented(&d.errors);
    let sources = d.sources.iter().map(|source| element("SOURCES", *source));
    let notes = view.model.notes_of_downcall(d.slot as usize).iter().map(|note| element("NOTES", *note));
    quote! {
        Downcall {
            name: #name,
            method: #method,
            text: #text,
            signature: #signature,
            header: #header,
            slot: #slot,
            refusal: #refusal,
            may_be_null: &[#(#entries),*],
            errors: #errors,
            sources: &[#(#sources),*],
            notes: &[#(#notes),*],
        }
    }
}

/// The C declaration.
pub(super) fn signature(model: &Model, name: &str, returns: &Ty, params: &[Param]) -> String {
    let spelled = params.iter().map(|param| {
        let space = if param.c_type.ends_with('*') { "" } else { " " };
        format!("{}{space}{}", param.c_type, param.name)
    });
    let params: Vec<_> = spelled.collect();
    let params = if params.is_empty() { "void".to_owned() } else { params.join(", ") };
    format!("{} {name}({params});", c_name(model, returns))
}

fn c_name(model: &Model, ty: &Ty) -> String {
    match ty {
        Ty::Void => "void".to_owned(),
        Ty::Prim(prim) => prim.name.to_owned(),
        Ty::Pointer(to) => format!("{} *", c_name(model, to).trim_end_matches(' ')),
        Ty::Array(item, length) => format!("{}[{length}]", c_name(model, item)),
        Ty::Named(id) => match &model.types[*id].kind {
            TypeKind::Typedef { .. } | TypeKind::Struct(_) | TypeKind::Callback(_) | TypeKind::Table(_) => {
                model.types[*id].name.value.clone()
            }
        },
    }
}

/// The safe form as text, for those who write it into another crate.
fn rust(view: &View<'_>, upcall: &UpcallView<'_>) -> TokenStream {
    let safe::Signature { generics, params, returns } = safe::signature(view, upcall, At::Outside);
    let params = params.into_iter().map(|(name, ty)| {
        let (name, ty) = (local::shown(&name), ty.to_string());
        quote!((#name, #ty))
    });
    let (generics, returns) = (generics.to_string(), returns.to_string());
    let must_use = option(upcall.upcall.must_use.as_ref());
    quote!(Method { generics: #generics, params: &[#(#params),*], returns: #returns, must_use: #must_use })
}

fn requirement(status: Option<Status>) -> TokenStream {
    match status {
        Some(Status::Required) => quote!(Requirement::Required),
        Some(Status::Optional) => quote!(Requirement::Optional),
        Some(Status::Unspecified) => quote!(Requirement::Unspecified),
        None => quote!(Requirement::NotApplicable),
    }
}

fn entries(model: &Model) -> TokenStream {
    let count = Literal::usize_unsuffixed(model.entry_points.len());
    let entries = model.entry_points.iter().map(|entry| {
        let (name, text, hole) = (&entry.name, &entry.doc, index(entry.missing_error));
        let errors = documented(&entry.errors);
        quote!(Entry { name: #name, text: #text, hole: &ERRORS[#hole], errors: #errors })
    });
    quote! {
        /// Every function that a provider exports.
        pub static ENTRIES: [Entry; #count] = [#(#entries),*];
    }
}

fn documented(errors: &[crate::model::DocumentedError]) -> TokenStream {
    let errors = errors.iter().map(|error| {
        let (code, when) = (index(error.code), &error.when);
        quote!(DocumentedError { code: &ERRORS[#code], when: #when })
    });
    quote!(&[#(#errors),*])
}

fn errors(model: &Model) -> TokenStream {
    let count = Literal::usize_unsuffixed(model.errors.len());
    let errors = model.errors.iter().map(|error| {
        let (name, value, text) = (&error.name, Literal::i32_unsuffixed(*error.value), &error.message);
        quote!(ErrorCode { name: #name, value: #value, text: #text })
    });
    quote! {
        /// Every error code that the spec names. Of two names for one value, the one to report comes first.
        pub static ERRORS: [ErrorCode; #count] = [#(#errors),*];
    }
}

fn notes(model: &Model) -> TokenStream {
    let count = Literal::usize_unsuffixed(model.notes.len());
    let notes = model.notes.iter().map(|note| {
        let (id, says, decision) = (&note.id, &note.doc, &note.decision);
        let sources = note.sources.iter().map(|source| element("SOURCES", *source));
        quote!(Note { id: #id, says: #says, decision: #decision, sources: &[#(#sources),*] })
    });
    quote! {
        /// Where sources contradict each other or are silent, and what was decided.
        pub static NOTES: [Note; #count] = [#(#notes),*];
    }
}

fn sources(model: &Model) -> TokenStream {
    let count = Literal::usize_unsuffixed(model.sources.len());
    let sources = model.sources.iter().map(|source| {
        let (id, title, url) = (&source.id, &source.title, option(source.url.as_ref()));
        quote!(Source { id: #id, title: #title, url: #url })
    });
    quote! {
        /// Where the facts come from.
        pub static SOURCES: [Source; #count] = [#(#sources),*];
    }
}

fn element(array: &str, at: usize) -> TokenStream {
    let (array, at) = (ident(array), index(at));
    quote!(&#array[#at])
}

fn index(at: usize) -> Literal {
    Literal::usize_unsuffixed(at)
}

fn option<T: quote::ToTokens>(value: Option<&T>) -> TokenStream {
    value.map_or_else(|| quote!(None), |value| quote!(Some(#value)))
}
