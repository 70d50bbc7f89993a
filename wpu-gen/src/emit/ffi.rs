//! `ffi.rs`: C types, constants, function pointers, tables and entries. `listed.rs`: constants that only listings name.

use super::markdown::{inline, linked, markdown};
use super::path::item;
use super::print::Page;
use super::tokens::{At, doc};
use super::view::View;
use crate::layout::{Layouts, POINTERS};
use crate::model::{ConstantValue, Function, Struct, Table, Ty, TypeDef, TypeKind};
use crate::names::ident;
use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens as _, quote};

pub(super) fn emit(view: &View<'_>) -> String {
    let mut page = Page::new(
        view,
        "ffi",
        "C types, constants, function pointers, tables and entries, under their C names.",
    );
    // Whether values can be compared does not depend on the width of pointers.
    let layouts = Layouts::new(view.model, POINTERS[0]);
    for ty in &view.model.types {
        match &ty.kind {
            TypeKind::Typedef { c_only: true, .. } => {}
            TypeKind::Typedef { target, .. } => page.item(alias(view, ty, target)),
            TypeKind::Struct(structure) => page.items(structure_items(view, &layouts, ty, structure)),
            TypeKind::Callback(_) | TypeKind::Table(_) => {}
        }
    }
    page.items(callbacks(view));
    page.items(constants(view, "ffi"));
    if has_listed(view) {
        page.lines(LISTED);
    }
    page.items(view.model.upcalls.iter().flat_map(|upcall| function_items(view, upcall)));
    page.items(view.model.downcalls.iter().flat_map(|downcall| function_items(view, downcall)));
    let by_owner = view.model.provider_table().into_iter().chain(view.model.host_tables());
    page.items(by_owner.flat_map(|table| table_items(view, table)));
    page.items(view.model.entry_points.iter().flat_map(|entry| function_items(view, entry)));
    page.items(view.model.imports.iter().flat_map(|import| function_items(view, import)));
    page.finish()
}

/// What compiles `listed.rs` only for those who want it: there are many such constants, and each takes time.
const LISTED: &str = "#[cfg(feature = \"listings\")]\npub use super::listed::*;\n";

/// Whether there are constants that only listings name.
pub(super) fn has_listed(view: &View<'_>) -> bool {
    view.model.constants.iter().any(|constant| constant.only_listed)
}

/// `listed.rs`.
pub(super) fn emit_listed(view: &View<'_>) -> String {
    let about = "Constants that only listings of the documentation name. [`ffi`](super::ffi) has them too.";
    let mut page = Page::new(view, "listed", about);
    page.items(constants(view, "listed"));
    page.finish()
}

fn alias(view: &View<'_>, def: &TypeDef, target: &Ty) -> TokenStream {
    let (name, target) = (item("ffi", &def.name), view.ty(target, At::Inside));
    let about = origin(view, &def.doc, def.header.as_deref(), &def.sources);
    quote!(#about pub type #name = #target;)
}

/// What rustdoc says of a C item: its text, its header, and where that comes from.
fn origin(view: &View<'_>, text: &str, header: Option<&str>, sources: &[usize]) -> TokenStream {
    with_origin(view, linked(text, &|name| view.type_link("ffi", name)), header, sources)
}

/// The same for what is Markdown already.
fn with_origin(view: &View<'_>, mut text: String, header: Option<&str>, sources: &[usize]) -> TokenStream {
    if let Some(header) = header {
        text += &format!("\n\nDeclared in `{header}`.");
    }
    if !sources.is_empty() {
        text += &format!("\n\nSource: {}.", view.cite(sources));
    }
    doc(&text)
}

/// A text in which names of types are links.
fn linked_doc(view: &View<'_>, text: &str) -> TokenStream {
    doc(&linked(text, &|name| view.type_link("ffi", name)))
}

fn structure_items(
    view: &View<'_>,
    layouts: &Layouts<'_>,
    def: &TypeDef,
    structure: &Struct,
) -> [TokenStream; 2] {
    let name = item("ffi", &def.name);
    let about = origin(view, &def.doc, def.header.as_deref(), &def.sources);
    let fields = structure.fields.iter().map(|field| {
        let (about, name, ty) =
            (linked_doc(view, &field.doc), ident(&field.name), view.ty(&field.ty, At::Inside));
        quote!(#about pub #name: #ty)
    });
    let zeros = structure.fields.iter().map(|field| {
        let (name, zero) = (ident(&field.name), view.zero(&field.ty, At::Inside));
        quote!(#name: #zero)
    });
    let equal = layouts.of_struct(structure).0.comparable.then(|| quote!(, PartialEq, Eq));
    [
        quote!(#about #[repr(C)] #[derive(Clone, Copy, Debug #equal)] pub struct #name { #(#fields),* }),
        quote! {
            impl #name {
                /// All bytes zero.
                pub const ZERO: Self = Self { #(#zeros),* };
            }
        },
    ]
}

fn callbacks(view: &View<'_>) -> impl Iterator<Item = TokenStream> {
    view.model.types.iter().enumerate().filter_map(|(at, def)| {
        let TypeKind::Callback(callback) = &def.kind else { return None };
        let (name, function) = (item("ffi", &def.name), view.callback_fn(at, At::Inside));
        let params =
            callback.params.iter().map(|param| format!("- `{}`: {}\n", param.name, inline(&param.doc)));
        let text = linked(&def.doc, &|name| view.type_link("ffi", name));
        let text = format!("{text}\n\n{}", params.collect::<String>().trim_end());
        let about = with_origin(view, text, def.header.as_deref(), &def.sources);
        Some(quote!(#about pub type #name = Option<#function>;))
    })
}

/// The constants of a file.
fn constants(view: &View<'_>, file: &'static str) -> impl Iterator<Item = TokenStream> {
    let listed = file == "listed";
    view.model.constants.iter().filter(move |constant| constant.only_listed == listed).map(move |constant| {
        let name = item(file, &constant.name);
        let text = linked(&constant.doc, &|name| view.type_link(file, name));
        let about = with_origin(view, text, constant.header.as_deref(), &constant.sources);
        let pointer = view.model.pointee(&constant.ty).is_some();
        let ty = view.ty(&constant.ty, At::Inside);
        let (ty, value) = match &*constant.value {
            ConstantValue::Text(text) => (quote!(&str), Literal::string(text).into_token_stream()),
            _ if pointer => (ty, quote!(::core::ptr::null_mut())),
            ConstantValue::AllOnes => (ty.clone(), quote!(#ty::MAX)),
            value => (ty, number(view, &constant.ty, value)),
        };
        quote!(#about pub const #name: #ty = #value;)
    })
}

/// A number, or a structure or an array of numbers.
fn number(view: &View<'_>, ty: &Ty, value: &ConstantValue) -> TokenStream {
    match (view.model.bare(ty), value) {
        (_, ConstantValue::Number(number)) => number_literal(*number),
        (Ty::Array(item, _), ConstantValue::List(values)) => {
            let values = values.iter().map(|value| number(view, item, value));
            quote!([#(#values),*])
        }
        (ty, ConstantValue::List(values)) => {
            let name = view.ty(ty, At::Inside);
            let fields = view.model.structure(ty).into_iter().flat_map(|(_, of)| &of.fields);
            let members = fields.zip(values).map(|(field, value)| {
                let (name, value) = (ident(&field.name), number(view, &field.ty, value));
                quote!(#name: #value)
            });
            quote!(#name { #(#members),* })
        }
        // The check of constants lets nothing else pass.
        _ => TokenStream::new(),
    }
}

fn number_literal(number: i64) -> TokenStream {
    let magnitude = Literal::u64_unsuffixed(number.unsigned_abs());
    if number < 0 { quote!(-#magnitude) } else { quote!(#magnitude) }
}

fn table_items(view: &View<'_>, table: &Table) -> [TokenStream; 2] {
    let name = item("ffi", &table.name);
    let about = origin(view, &table.doc, Some(&table.header), &table.sources);
    let functions: Vec<_> = view.model.functions_of(table).collect();
    let members: Vec<_> =
        functions.iter().map(|of| ident(&format!("{}{}", table.member_prefix, of.name))).collect();
    let fields = functions.iter().zip(&members).enumerate().map(|(slot, (function, member))| {
        let about = doc(&format!("Slot {slot}. {}", markdown(&function.doc)));
        let pointer = item("ffi", &function.pointer_type);
        quote!(#about pub #member: #pointer)
    });
    [
        quote!(#about #[repr(C)] #[derive(Clone, Copy, Debug)] pub struct #name { #(#fields),* }),
        quote! {
            impl #name {
                /// Every slot null.
                pub const ZERO: Self = Self { #(#members: None),* };
            }
        },
    ]
}

/// The type of a function, and that of a pointer to it.
fn function_items(view: &View<'_>, of: &Function) -> [TokenStream; 2] {
    let (name, abi) = (&of.name, view.abi());
    let (function, pointer) = (item("ffi", &of.rust_type()), item("ffi", &of.pointer_type));
    let params = view.c_params(&of.params, At::Inside);
    let returns = view.returns(&of.returns, At::Inside);
    let about = origin(view, &of.doc, Some(&of.header), &of.sources);
    let about_pointer = doc(&format!("A pointer to [`{name}`]({}), or null.", of.rust_type()));
    [
        quote!(#about pub type #function = unsafe extern #abi fn(#(#params),*) #returns;),
        quote!(#about_pointer pub type #pointer = Option<#function>;),
    ]
}
