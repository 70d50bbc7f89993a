//! What a C function does that the other side calls: it checks what it is passed, asks, and answers.

use super::path::item;
use super::records::{self, Taken};
use super::tokens::{At, doc};
use crate::model::{ConstantValue, Model, Table};
use crate::names::ident;
use crate::role::kind::{Call, Shown};
use proc_macro2::TokenStream;
use quote::quote;

/// The function for a table: generic over what finds the one who answers.
pub(super) fn function(call: &Call<'_>, about: &str, finds: &TokenStream, body: &TokenStream) -> TokenStream {
    let (method, abi, about) = (&call.method, call.tokens.abi(), doc(about));
    let params = call.tokens.c_params(&call.function.params, At::Inside);
    let returns = call.tokens.returns(&call.function.returns, At::Inside);
    quote! {
        #about
        pub unsafe extern #abi fn #method<#finds>(#(#params),*) #returns { #body }
    }
}

/// A table whose slots hold those functions, which a file of the output declares.
pub(super) fn table(
    model: &Model,
    table: &Table,
    (file, about): (&str, &str),
    constructor: &TokenStream,
    finds: &TokenStream,
) -> TokenStream {
    let (name, about) = (item("ffi", &table.name), doc(about));
    let members = model.functions_of(table).map(|of| {
        let member = ident(&format!("{}{}", table.member_prefix, of.name));
        let function = item(file, &of.method);
        quote!(#member: Some(#function::<#finds>))
    });
    quote! {
        impl #name {
            #about
            #[must_use]
            pub const fn #constructor() -> Self {
                Self { #(#members),* }
            }
        }
    }
}

/// Checks the parameters, and binds their safe forms to their Rust names.
pub(super) fn bindings(call: &Call<'_>) -> TokenStream {
    let bindings = call.args().map(|arg| arg.kind.bind(&arg));
    quote!(#(#bindings)*)
}

/// What the method is given.
pub(super) fn arguments(call: &Call<'_>) -> TokenStream {
    let arguments = records::taken(call).filter_map(|taken| match taken {
        Taken::One(arg) => (arg.facts.shown != Shown::Closure).then(|| arg.kind.argument(&arg)),
        Taken::Group(group) => Some(records::make(call, group, |arg| arg.kind.argument(arg))),
    });
    quote!(#(#arguments),*)
}

/// What the function returns where the returned value is only a status: if the spec names no value for success,
/// anything but failure.
pub(super) fn success(call: &Call<'_>) -> TokenStream {
    let function = call.function;
    let failure = function.failure.as_ref().map(|failure| &*call.tokens.model.constants[**failure].value);
    match (&function.success, failure) {
        (Some(success), _) => call.tokens.constant(**success, At::Inside),
        (None, Some(ConstantValue::Number(0))) => quote!(1),
        (None, _) => quote!(0),
    }
}

/// What it returns after a failure.
pub(super) fn failure(call: &Call<'_>) -> TokenStream {
    match &call.function.failure {
        Some(failure) => call.tokens.constant(**failure, At::Inside),
        None => call.tokens.zero(&call.function.returns, At::Inside),
    }
}
