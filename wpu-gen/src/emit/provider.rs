//! `provider.rs` of the output: the trait behind a provider's table.

use super::local;
use super::markdown::{inline, markdown};
use super::memory::set_name;
use super::print::Page;
use super::safe::vouched_text;
use super::view::{At, DownView, View, doc};
use crate::lower::down::{DownAnswer, DownKind};
use crate::model::{Param, TypeKind};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

pub(super) fn emit(view: &View<'_>, behind: &Ident) -> String {
    let mut page = Page::new(view, "provider", "What a provider answers: one method for each downcall.");
    page.block(
        &quote! {
            /// A provider's functions, one method for each.
            ///
            /// Pointers are checked before a method is called, and out values are written after it. A
            /// method that is not implemented answers as the documentation lets a provider refuse.
            pub trait #behind
        },
        view.downcalls().map(|downcall| method(view, &downcall)),
    );
    page.finish()
}

fn method(view: &View<'_>, downcall: &DownView<'_>) -> TokenStream {
    let (name, about) = (&downcall.method, about(view, downcall));
    let (params, returns) = head(view, downcall);
    let ignore = names(downcall);
    let ignore = (!ignore.is_empty()).then(|| quote!(let _ = (#(#ignore),*,);));
    let answer = match &downcall.downcall.unimplemented_error {
        Some(refusal) => {
            let code = view.error_code(**refusal);
            quote!(Err(#code))
        }
        None => quote!(Ok(())),
    };
    quote! {
        #about
        #[inline]
        fn #name(&self, #(#params),*) #returns { #ignore #answer }
    }
}

fn about(view: &View<'_>, downcall: &DownView<'_>) -> TokenStream {
    let d = downcall.downcall;
    let mut text = format!("{}\n\n`{}`.", markdown(&d.doc), d.name);
    if !d.details.is_empty() {
        text += &format!("\n\n{}", markdown(&d.details));
    }
    let mut params = String::new();
    let absent = |param: &Param| if param.optional { " May be absent." } else { "" };
    for (param, kind) in downcall.shown() {
        let name = local::shown(&param.rust());
        params += &format!("- `{name}` (`{}`): {}{}\n", param.name, inline(&param.doc), absent(param));
        if let DownKind::Request { .. } = kind {
            for (param, _, name) in downcall.lent() {
                let text =
                    format!("- its `{name}` (`{}`): {}{}\n", param.name, inline(&param.doc), absent(param));
                params += &format!("  {text}");
            }
        }
    }
    if !params.is_empty() {
        text += &format!("\n\n{}", params.trim_end());
    }
    let vouched = downcall.params().filter(|(_, kind)| *kind == DownKind::Vouched);
    let vouched: Vec<_> = vouched.map(|(param, _)| vouched_text(param)).collect();
    if !vouched.is_empty() {
        text += &format!("\n\n{}", vouched.join("\n"));
    }
    let answers: Vec<_> = downcall
        .form
        .answers
        .iter()
        .filter_map(|answer| match answer {
            DownAnswer::Returned => None,
            DownAnswer::Param(at) => {
                Some(format!("- `{}`: {}", downcall.param(*at).name, inline(&downcall.param(*at).doc)))
            }
        })
        .collect();
    if !answers.is_empty() {
        text += &format!("\n\nIt answers:\n\n{}", answers.join("\n"));
    }
    let refusal = match &d.unimplemented_error {
        Some(refusal) => {
            format!("A provider that does not implement it answers `{}`.", view.model.errors[**refusal].name)
        }
        None => "A provider that does not implement it answers success.".to_owned(),
    };
    text += &format!("\n\n{refusal}\n\n# Errors\n\n{}", view.error_list(&d.errors));
    doc(text.trim_end())
}

/// The parameters after `self`, and the return type.
pub(super) fn head(view: &View<'_>, downcall: &DownView<'_>) -> (Vec<TokenStream>, TokenStream) {
    let ((params, answer), error) = (signature(view, downcall), view.error());
    (params, quote!(-> Result<#answer, #error>))
}

/// The parameters after `self`, and what is answered.
pub(super) fn signature(view: &View<'_>, downcall: &DownView<'_>) -> (Vec<TokenStream>, TokenStream) {
    let params = downcall.shown().map(|(param, kind)| {
        let (name, ty) = (param.rust(), param_type(view, downcall, param, kind));
        quote!(#name: #ty)
    });
    let answer = answer_type(view, downcall);
    let answer = if downcall.form.request.is_some() { quote!(Progress<#answer>) } else { answer };
    (params.collect(), answer)
}

/// The names of the parameters after `self`.
pub(super) fn names(downcall: &DownView<'_>) -> Vec<Ident> {
    downcall.shown().map(|(param, _)| param.rust()).collect()
}

fn param_type(view: &View<'_>, downcall: &DownView<'_>, param: &Param, kind: DownKind) -> TokenStream {
    let pointee = || view.model.pointee(&param.ty).map(|ty| view.ty(ty, At::Inside));
    let ty = match kind {
        DownKind::Value => return view.value(&param.ty, At::Inside),
        DownKind::Vouched => {
            return view.vouched(&param.ty, downcall.number(view), downcall.index(param), At::Inside, "'_");
        }
        DownKind::Bool => return quote!(bool),
        DownKind::InOut => {
            return view.model.pointee(&param.ty).map(|ty| view.plain(ty, At::Inside)).unwrap_or_default();
        }
        DownKind::Request { .. } => return quote!(Request<'_>),
        DownKind::View { mutable } => {
            let ty = pointee();
            if mutable { quote!(ClientMut<'_, #ty>) } else { quote!(ClientRef<'_, #ty>) }
        }
        DownKind::Handle { handle } => {
            let name = view.borrowed(handle, At::Inside);
            quote!(#name<'_>)
        }
        DownKind::Bytes { .. } | DownKind::Iovec { fill: false } => quote!(Bytes<'_>),
        DownKind::OutBuf { wide: true, .. } => quote!(OutBuf<'_, u16>),
        DownKind::OutBuf { wide: false, .. } | DownKind::Iovec { fill: true } => quote!(OutBuf<'_>),
        DownKind::String => quote!(Text<'_>),
        DownKind::Iovecs { fill: false, .. } => quote!(Gather<'_>),
        DownKind::Iovecs { fill: true, .. } => quote!(Scatter<'_>),
        DownKind::Counted(id) => {
            let name = set_of(view, id);
            quote!(#name<'_>)
        }
        DownKind::Callback { ty, .. } => {
            let name = view.bundle(ty);
            quote!(#name<'_>)
        }
        _ => TokenStream::new(),
    };
    if param.optional { quote!(Option<#ty>) } else { ty }
}

/// The Rust name of a counted structure that can be changed.
pub(super) fn set_of(view: &View<'_>, id: usize) -> Ident {
    match &view.model.types[id].kind {
        TypeKind::Struct(structure) => {
            set_name(structure.rust_name.as_ref().map_or("ClientRef", |name| name.as_str()))
        }
        _ => set_name("ClientRef"),
    }
}

/// What a downcall answers: nothing, one value, or a tuple.
fn answer_type(view: &View<'_>, downcall: &DownView<'_>) -> TokenStream {
    let types: Vec<_> = downcall
        .form
        .answers
        .iter()
        .map(|answer| match answer {
            DownAnswer::Returned => view.value(&downcall.downcall.returns, At::Inside),
            DownAnswer::Param(at) => view
                .model
                .pointee(&downcall.param(*at).ty)
                .map(|ty| view.value(ty, At::Inside))
                .unwrap_or_default(),
        })
        .collect();
    match &*types {
        [only] => only.clone(),
        _ => quote!((#(#types),*)),
    }
}
