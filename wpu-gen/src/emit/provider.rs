//! `provider.rs` of the output: the trait behind a provider's table.

use super::caller::answer_type;
use super::local;
use super::markdown::{code_of, inline, markdown};
use super::obligations;
use super::print::Page;
use super::records::{self, Taken};
use super::safe::vouched_texts;
use super::tokens::{At, doc};
use super::view::View;
use crate::model::{FunctionId, Key, Param, Party};
use crate::role::kind::{Arg, Call, Shown};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

pub(super) fn emit(view: &View<'_>, behind: &Ident) -> String {
    let mut page = Page::new(view, "provider", "What a provider answers: one method for each downcall.");
    page.items(records::emit(view));
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

fn method(view: &View<'_>, downcall: &Call<'_>) -> TokenStream {
    let (name, about) = (&downcall.method, about(view, downcall));
    let (params, returns) = head(downcall);
    let ignore = names(downcall);
    let ignore = (!ignore.is_empty()).then(|| quote!(let _ = (#(#ignore),*,);));
    let answer = match &view.model.downcalls[downcall.at].unimplemented_error {
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

fn about(view: &View<'_>, downcall: &Call<'_>) -> TokenStream {
    let of = downcall.function;
    let mut text = format!("{}\n\n`{}`.", markdown(&of.doc), of.name);
    if !of.details.is_empty() {
        text += &format!("\n\n{}", markdown(&of.details));
    }
    let mut params = String::new();
    let line = |name: &str, arg: &Arg<'_>| {
        let absent = if arg.param.optional { " May be absent." } else { "" };
        let length = arg.param.names(Key::Length).map(|length| downcall.arg(length).param);
        let length = length.map_or(String::new(), |length| beside(view, length, "Its length is written"));
        format!("- {name} (`{}`): {}{absent}{length}\n", arg.param.name, inline(&arg.param.doc))
    };
    for arg in downcall.shown() {
        let group = records::group(downcall).filter(|group| records::holds(group, &arg));
        let group = group.map_or(String::new(), |group| format!("{}.", group.rust_name));
        params += &line(&format!("`{group}{}`", arg.shown()), &arg);
        for (arg, lent) in downcall.lent().filter(|_| arg.facts.shown == Shown::Request) {
            params += &format!("  {}", line(&format!("its `{}`", lent.field), &arg));
        }
    }
    if !params.is_empty() {
        text += &format!("\n\n{}", params.trim_end());
    }
    text += &vouched_texts(downcall);
    let answers = downcall.outs().map(|arg| {
        format!(
            "- `{}`: {}{}",
            arg.param.name,
            inline(&arg.param.doc),
            beside(view, arg.param, "It is written")
        )
    });
    let answers: Vec<_> = answers.collect();
    if !answers.is_empty() {
        text += &format!("\n\nIt answers:\n\n{}", answers.join("\n"));
    }
    let refusal = match &view.model.downcalls[downcall.at].unimplemented_error {
        Some(refusal) => format!("`{}`", view.model.errors[**refusal].name),
        None => "success".to_owned(),
    };
    text += &format!("\n\nA provider that does not implement it answers {refusal}.");
    text += &format!("\n\n# Errors\n\n{}", view.error_list(&of.errors));
    let bound = obligations::list(view.model, FunctionId::Downcall(downcall.at), Party::Plugin, code_of);
    if !bound.is_empty() {
        text += &format!("\n\n# Obligations\n\n{bound}");
    }
    doc(text.trim_end())
}

/// The errors beside which a parameter is written, as a sentence.
fn beside(view: &View<'_>, param: &Param, written: &str) -> String {
    let errors = param.on_error.iter().map(|error| format!("`{}`", view.model.errors[**error].name));
    let errors: Vec<_> = errors.collect();
    if errors.is_empty() {
        return String::new();
    }
    format!(" {written} beside {} too.", errors.join(" and "))
}

/// The parameters after `self`, and the return type.
pub(super) fn head(downcall: &Call<'_>) -> (Vec<TokenStream>, TokenStream) {
    let ((params, answer), error) = (signature(downcall), downcall.tokens.error());
    (params, quote!(-> Result<#answer, #error>))
}

/// The parameters after `self`, and what is answered.
pub(super) fn signature(downcall: &Call<'_>) -> (Vec<TokenStream>, TokenStream) {
    let params = records::taken(downcall).map(|taken| {
        let (name, ty) = match taken {
            Taken::One(arg) => (arg.rust(), arg.kind.ty(&arg, At::Inside)),
            Taken::Group(group) => (local::rust(&group.rust_name), records::held_type(downcall, group)),
        };
        quote!(#name: #ty)
    });
    let answer = answer_type(downcall, At::Inside);
    let answer = if downcall.form.request.is_some() {
        quote!(Progress<#answer>)
    } else if downcall.partial().is_empty() {
        answer
    } else {
        quote!(Outcome<#answer>)
    };
    (params.collect(), answer)
}

/// The names of the parameters after `self`.
pub(super) fn names(downcall: &Call<'_>) -> Vec<Ident> {
    let names = records::taken(downcall).map(|taken| match taken {
        Taken::One(arg) => arg.rust(),
        Taken::Group(group) => local::rust(&group.rust_name),
    });
    names.collect()
}
