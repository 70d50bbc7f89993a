//! `facts.rs`: what the spec says, as data.

use super::kit;
use super::literal;
use super::print::Page;
use super::tokens::At;
use super::view::View;
use crate::model::{Model, Param, Status, Ty, TypeKind};
use crate::names::ident;
use crate::role::kind::Call;
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
    "Facts",
    "Kit",
    "PlatformId",
    "Requirement",
    "Slot",
    "Upcall",
    "Word",
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
        #[cfg(any(feature = "mock", feature = "obligations"))]
        pub static DOWNCALLS: [Downcall; #down_count] = [#(#downcalls),*];
    });
    page.item(quote! {
        /// Every upcall, in table order; those without a slot in the larger table come last.
        pub static UPCALLS: [Upcall; #count] = [#(#upcalls),*];
    });
    page.item(all(model));
    page.items(control_input(view));
    kit::facts(view, &mut page);
    kit::completes(view, &mut page);
    page.items([entries(model), errors(model)]);
    page.lines(&literal::emit(view));
    page.finish()
}

/// What the rules of compliance need.
fn all(model: &Model) -> TokenStream {
    let words = |words: &[crate::model::Word]| {
        let words = words.iter().map(|word| {
            let (name, text) = (&word.name, &word.doc);
            quote!(Word { name: #name, text: #text })
        });
        quote!(&[#(#words),*])
    };
    let (classes, platforms) = (words(&model.classes), words(&model.platforms));
    let default = index(model.default_platform);
    quote! {
        /// What the rules of compliance need to know.
        pub static FACTS: Facts = Facts {
            classes: #classes,
            platforms: #platforms,
            default_platform: PlatformId::new(#default),
            upcalls: &UPCALLS,
        };
    }
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

fn fact(view: &View<'_>, upcall: &Call<'_>) -> TokenStream {
    let u = &view.model.upcalls[upcall.at];
    let (name, method, text) = (&u.name, &u.method, &u.doc);
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
        quote!(&[#(#row),*])
    });
    let reason = &u.requirement.reason;
    let waiver = option(u.requirement.waiver.as_ref());
    let acquire =
        option(view.model.released_by(upcall.at).map(|handle| index(*view.handle(handle).acquire)).as_ref());
    let release =
        option(view.model.acquired_by(upcall.at).map(|handle| index(*view.handle(handle).release)).as_ref());
    let errors = documented(&u.errors);
    quote! {
        Upcall {
            name: #name,
            method: #method,
            text: #text,
            dispatch: #dispatch,
            slots: &[#(#slots),*],
            requirement: &[#(#requirement),*],
            reason: #reason,
            waiver: #waiver,
            acquire: #acquire,
            release: #release,
            errors: #errors,
        }
    }
}

fn down_fact(view: &View<'_>, downcall: &Call<'_>) -> TokenStream {
    let d = &view.model.downcalls[downcall.at];
    let (name, method) = (&d.name, &d.method);
    let signature = signature(view.model, name, &d.returns, &d.params);
    let slot = Literal::u32_unsuffixed(d.slot);
    let entries = d.nullable_in.iter().map(|entry| element("ENTRIES", *entry));
    let partial = downcall.partial().iter();
    let partial = partial.map(|error| Literal::i32_unsuffixed(*view.model.errors[**error].value));
    let errors = documented(&d.errors);
    quote! {
        Downcall {
            name: #name,
            method: #method,
            signature: #signature,
            slot: #slot,
            may_be_null: &[#(#entries),*],
            errors: #errors,
            partial: &[#(#partial),*],
        }
    }
}

/// The C declaration; a long one has each parameter on a line of its own.
pub(super) fn signature(model: &Model, name: &str, returns: &Ty, params: &[Param]) -> String {
    let params: Vec<_> = params.iter().map(spelled).collect();
    let head = format!("{} {name}", c_name(model, returns));
    let short = format!("{head}({});", if params.is_empty() { "void".to_owned() } else { params.join(", ") });
    if short.len() <= LONGEST_LINE { short } else { format!("{head}(\n    {}\n);", params.join(",\n    ")) }
}

/// What a terminal shows of a declaration without breaking it.
const LONGEST_LINE: usize = 100;

/// A parameter as C declares it.
pub(super) fn spelled(param: &Param) -> String {
    let space = if param.c_type.ends_with('*') { "" } else { " " };
    format!("{}{space}{}", param.c_type, param.name)
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
        let (name, hole) = (&entry.name, index(entry.missing_error));
        let errors = documented(&entry.errors);
        quote!(Entry { name: #name, hole: &ERRORS[#hole], errors: #errors })
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
