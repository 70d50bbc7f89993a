//! `ffi.rs`: C types, constants, function pointers, tables and entries.

use super::import;
use super::markdown::{inline, linked, markdown};
use super::path::{item, shown};
use super::print::Page;
use super::view::{At, DownView, View, doc};
use crate::layout::{Layouts, POINTERS};
use crate::model::{ConstantValue, EntryPoint, Import, Struct, Table, Ty, TypeDef, TypeKind};
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
    page.items(constants(view));
    let abi = view.abi();
    page.items(view.upcalls().flat_map(|upcall| {
        let (name, function, pointer) =
            (&upcall.upcall.name, &upcall.function, item("ffi", &upcall.upcall.pointer_type));
        let params = view.c_params(&upcall.upcall.params, At::Inside);
        let returns = view.returns(&upcall.upcall.returns, At::Inside);
        let u = upcall.upcall;
        let about = origin(view, &u.doc, Some(&u.header), &u.sources);
        let about_pointer = doc(&format!("A pointer to [`{name}`]({}), or null.", shown(function)));
        [
            quote!(#about pub type #function = unsafe extern #abi fn(#(#params),*) #returns;),
            quote!(#about_pointer pub type #pointer = Option<#function>;),
        ]
    }));
    page.items(view.downcalls().flat_map(|downcall| downcall_items(view, &downcall)));
    page.items(view.model.provider_table().into_iter().flat_map(|table| provider_items(view, table)));
    for table in view.model.host_tables() {
        page.items(table_items(view, table));
    }
    page.items(view.model.entry_points.iter().flat_map(|entry| entry_items(view, entry)));
    page.items(view.model.imports.iter().flat_map(|import| import_items(view, import)));
    page.finish()
}

fn alias(view: &View<'_>, def: &TypeDef, target: &Ty) -> TokenStream {
    let (name, target) = (item("ffi", &def.name), view.ty(target, At::Inside));
    let about = origin(view, &def.doc, def.header.as_deref(), &def.sources);
    quote!(#about pub type #name = #target;)
}

/// What rustdoc says of a C item: its text, its header, and where that comes from.
fn origin(view: &View<'_>, text: &str, header: Option<&str>, sources: &[usize]) -> TokenStream {
    with_origin(view, linked(text, &|name| view.is_type(name)), header, sources)
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
    doc(&linked(text, &|name| view.is_type(name)))
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
        let text = linked(&def.doc, &|name| view.is_type(name));
        let text = format!("{text}\n\n{}", params.collect::<String>().trim_end());
        let about = with_origin(view, text, def.header.as_deref(), &def.sources);
        Some(quote!(#about pub type #name = Option<#function>;))
    })
}

fn constants(view: &View<'_>) -> impl Iterator<Item = TokenStream> {
    view.model.constants.iter().map(|constant| {
        let name = item("ffi", &constant.name);
        let about = origin(view, &constant.doc, constant.header.as_deref(), &constant.sources);
        let pointer = view.model.pointee(&constant.ty).is_some();
        let ty = view.ty(&constant.ty, At::Inside);
        let (ty, value) = match &constant.value {
            ConstantValue::Text(text) => (quote!(&str), Literal::string(text).into_token_stream()),
            _ if pointer => (ty, quote!(::core::ptr::null_mut())),
            ConstantValue::AllOnes => (ty.clone(), quote!(#ty::MAX)),
            ConstantValue::Number(number) => (ty, number_literal(*number)),
        };
        quote!(#about pub const #name: #ty = #value;)
    })
}

fn number_literal(number: i64) -> TokenStream {
    let magnitude = Literal::u64_unsuffixed(number.unsigned_abs());
    if number < 0 { quote!(-#magnitude) } else { quote!(#magnitude) }
}

fn table_items(view: &View<'_>, table: &Table) -> [TokenStream; 2] {
    let name = item("ffi", &table.name);
    let about = origin(view, &table.doc, Some(&table.header), &table.sources);
    let upcalls: Vec<_> = table.slots.iter().map(|at| view.upcall(*at)).collect();
    let members: Vec<_> = upcalls.iter().map(|upcall| upcall.member(table)).collect();
    let fields = upcalls.iter().zip(&members).enumerate().map(|(slot, (upcall, member))| {
        let about = doc(&format!("Slot {slot}. {}", markdown(&upcall.upcall.doc)));
        let pointer = item("ffi", &upcall.upcall.pointer_type);
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

fn downcall_items(view: &View<'_>, downcall: &DownView<'_>) -> [TokenStream; 2] {
    let d = downcall.downcall;
    let (function, pointer, abi) = (&downcall.function, item("ffi", &d.pointer_type), view.abi());
    let params = view.c_params(&d.params, At::Inside);
    let returns = view.returns(&d.returns, At::Inside);
    let about = origin(view, &d.doc, Some(&d.header), &d.sources);
    let about_pointer = doc(&format!("A pointer to [`{}`]({}), or null.", d.name, shown(function)));
    [
        quote!(#about pub type #function = unsafe extern #abi fn(#(#params),*) #returns;),
        quote!(#about_pointer pub type #pointer = Option<#function>;),
    ]
}

/// The table that a provider fills.
fn provider_items(view: &View<'_>, table: &Table) -> [TokenStream; 2] {
    let name = item("ffi", &table.name);
    let about = origin(view, &table.doc, Some(&table.header), &table.sources);
    let downcalls: Vec<_> = view.downcalls().collect();
    let members: Vec<_> = downcalls.iter().map(|downcall| downcall.member(table)).collect();
    let fields = downcalls.iter().zip(&members).map(|(downcall, member)| {
        let about = doc(&format!("Slot {}. {}", downcall.downcall.slot, markdown(&downcall.downcall.doc)));
        let pointer = item("ffi", &downcall.downcall.pointer_type);
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

fn entry_items(view: &View<'_>, entry: &EntryPoint) -> [TokenStream; 2] {
    let params = view.c_params(&entry.params, At::Inside);
    let about = origin(view, &entry.doc, Some(&entry.header), &entry.sources);
    function_items(
        view.abi(),
        &about,
        &entry.name,
        &entry.pointer_type,
        &params,
        &view.returns(&entry.returns, At::Inside),
    )
}

fn import_items(view: &View<'_>, import: &Import) -> [TokenStream; 2] {
    let params = import::params(view, import, At::Inside);
    let about = origin(view, &import.doc, Some(&import.header), &import.sources);
    function_items(
        view.abi(),
        &about,
        &import.name,
        &import.pointer_type,
        &params,
        &view.returns(&import.returns, At::Inside),
    )
}

/// The type of a function, and that of a pointer to it.
fn function_items(
    abi: &str,
    about: &TokenStream,
    name: &str,
    pointer: &str,
    params: &[TokenStream],
    returns: &TokenStream,
) -> [TokenStream; 2] {
    let (function, pointer) = (item("ffi", &format!("{name}Fn")), item("ffi", pointer));
    let about_pointer = doc(&format!("A pointer to [`{name}`]({name}Fn), or null."));
    [
        quote!(#about pub type #function = unsafe extern #abi fn(#(#params),*) #returns;),
        quote!(#about_pointer pub type #pointer = Option<#function>;),
    ]
}
