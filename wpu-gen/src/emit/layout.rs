//! `layout.rs`: sizes, alignments and offsets, which the compiler verifies.

use super::path::alone;
use super::print::Page;
use super::tokens::{At, doc};
use super::view::View;
use crate::layout::{Layouts, POINTERS};
use crate::model::{Ty, TypeKind};
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

pub(super) fn emit(view: &View<'_>) -> String {
    let mut page = Page::new(
        view,
        "layout",
        "Sizes, alignments and offsets of every structure, verified by the compiler in each build with the feature `mock`.\n\nA wrong one reads \"expected an array with a size of …\": the first number is the spec's, the second the compiler's.",
    );
    for pointer in POINTERS {
        let bits = (pointer * 8).to_string();
        let module = format_ident!("bits{}", bits);
        let about = doc(&format!("Where pointers have {bits} bits."));
        let head = quote!(#about #[cfg(target_pointer_width = #bits)] mod #module);
        page.block(&head, asserts(view, pointer));
    }
    page.finish()
}

fn asserts(view: &View<'_>, pointer: u64) -> impl Iterator<Item = TokenStream> {
    let types = view.model.types.iter().enumerate();
    let layouts = Layouts::new(view.model, pointer);
    types.filter_map(move |(id, def)| {
        let name = view.struct_name(id, At::Inside);
        let members: Vec<(String, u64)> = match &def.kind {
            TypeKind::Struct(structure) => {
                let offsets = layouts.of_struct(structure).1;
                structure.fields.iter().map(|field| field.name.value.clone()).zip(offsets).collect()
            }
            TypeKind::Table(table) => {
                let table = &view.model.tables[*table];
                let slots = view.model.functions_of(table).zip(0..);
                slots
                    .map(|(of, slot)| (format!("{}{}", table.member_prefix, of.name), slot * pointer))
                    .collect()
            }
            TypeKind::Typedef { .. } | TypeKind::Callback(_) => return None,
        };
        let whole = layouts.of(&Ty::Named(id));
        let (size, align) = (Literal::u64_unsuffixed(whole.size), Literal::u64_unsuffixed(whole.align));
        let offsets = members.iter().map(|(member, offset)| {
            let (member, offset) = (alone(member), Literal::u64_unsuffixed(*offset));
            quote!(const _: [(); #offset] = [(); ::core::mem::offset_of!(#name, #member)];)
        });
        Some(quote! {
            const _: [(); #size] = [(); size_of::<#name>()];
            const _: [(); #align] = [(); align_of::<#name>()];
            #(#offsets)*
        })
    })
}
