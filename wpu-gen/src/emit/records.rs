//! Structures in `provider.rs` of the output: what comes out of downcalls, and parameters that go in as one.

use super::local;
use super::markdown::inline;
use super::path::item;
use super::tokens::{At, doc};
use super::view::View;
use crate::lower::records::RETURNED;
use crate::model::{Downcall, Group, Param, Ty};
use crate::role::kind::{Answer, Arg, Call};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;
use std::collections::{BTreeSet, HashSet};

/// Each structure once, though several downcalls may have it.
pub(super) fn emit(view: &View<'_>) -> Vec<TokenStream> {
    let mut seen = HashSet::new();
    let mut items = Vec::new();
    for (downcall, call) in view.model.downcalls.iter().zip(view.downcalls()) {
        if let Some(name) = downcall.answer.as_ref().filter(|name| seen.insert(name.as_str())) {
            let same = |other: &Downcall| other.answer.as_deref() == Some(&**name);
            items.push(answer(&call, &methods(view, same)));
            items.extend(transfer(&call));
        }
        if let Some(group) = downcall.group.as_ref().filter(|group| seen.insert(group.ty.as_str())) {
            let same = |other: &Downcall| other.group.as_ref().is_some_and(|of| *of.ty == *group.ty);
            items.extend(held(&call, group, &methods(view, same)));
        }
    }
    items
}

/// The paths of the structures.
pub(super) fn paths(view: &View<'_>) -> Vec<String> {
    let answers = view.model.downcalls.iter().filter_map(|downcall| downcall.answer.as_ref());
    let names: BTreeSet<_> =
        answers.chain(view.model.groups().map(|group| &group.ty)).map(|name| &**name).collect();
    names.into_iter().map(|name| format!("provider::{name}")).collect()
}

/// The methods of the downcalls for which `has` holds, as a text.
fn methods(view: &View<'_>, has: impl Fn(&Downcall) -> bool) -> String {
    let of = view.model.downcalls.iter().filter(|downcall| has(downcall));
    let names: Vec<_> = of.map(|downcall| format!("`{}`", downcall.method)).collect();
    match &*names {
        [before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => names.concat(),
    }
}

/// What the spec says of a downcall.
fn downcall<'a>(call: &Call<'a>) -> Option<&'a Downcall> {
    call.tokens.model.downcalls.get(call.at).filter(|_| !call.is_upcall())
}

/// What holds the values that come out.
fn answer(call: &Call<'_>, methods: &str) -> TokenStream {
    let about = doc(&format!("The answer of {methods}."));
    let values: Vec<_> = answers(call).collect();
    let fields = values.iter().map(|(field, text, ty)| {
        let (text, ty) = (doc(text), call.tokens.value(ty, At::Inside));
        quote!(#text pub #field: #ty)
    });
    let name = name(call);
    let comparable = values.iter().all(|(.., ty)| call.tokens.model.prim(ty).is_some());
    let more = comparable.then(|| quote!(, Default, PartialEq, Eq));
    quote! {
        #about
        #[derive(Clone, Copy, Debug #more)]
        pub struct #name { #(#fields),* }
    }
}

/// What the structure of a request's answers says to a client that is told later.
fn transfer(call: &Call<'_>) -> Option<TokenStream> {
    call.form.request?;
    let (name, error) = (name(call)?, call.tokens.error());
    let (bytes, flags) = transferred(call);
    let member = |arg: Option<Arg<'_>>| {
        let field = arg.map(|arg| field(arg.param));
        field.map_or(quote!(0), |field| quote!(answer.#field))
    };
    let (bytes, flags) = (member(bytes), member(flags));
    Some(quote! {
        impl From<#name> for request::Outcome<request::Transfer, #error> {
            #[inline]
            fn from(answer: #name) -> Self {
                Self::Done(request::Transfer { bytes: #bytes, flags: #flags })
            }
        }
        impl From<#name> for request::Transfer {
            #[inline]
            fn from(answer: #name) -> Self {
                Self { bytes: #bytes, flags: #flags }
            }
        }
    })
}

/// The answers of a request that say how many bytes were moved, and with which flags.
pub(super) fn transferred<'c>(call: &'c Call<'_>) -> (Option<Arg<'c>>, Option<Arg<'c>>) {
    let is_number = |arg: &Arg<'_>| {
        let prim = arg.pointee().and_then(|ty| call.tokens.model.prim(ty));
        prim.is_some_and(|prim| prim.name == "u32")
    };
    let bytes = call.outs().find(|arg| arg.facts.counts.is_some());
    let flags = call.outs().find(|arg| !arg.facts.shown.is_hidden() && is_number(arg));
    (bytes, flags)
}

/// The Rust name of the structure of a downcall's answers, if it has one.
pub(super) fn name(call: &Call<'_>) -> Option<Ident> {
    downcall(call)?.answer.as_ref().map(|name| item("provider", name))
}

/// The fields of that: their names, what they are, and their types.
fn answers<'c>(call: &'c Call<'_>) -> impl Iterator<Item = (Ident, String, &'c Ty)> {
    call.form.answers.iter().map(|answer| match answer {
        Answer::Returned => {
            (local::field(RETURNED), "What the function returns.".to_owned(), &*call.function.returns)
        }
        Answer::Param(at) => {
            let (param, ty) = (&call.function.params[*at], call.arg(*at).pointee());
            let text = format!("`{}`: {}", param.name, inline(&param.doc));
            (field(param), text, ty.unwrap_or(&param.ty))
        }
    })
}

/// The values that come out, as one: a structure where it has a name, and otherwise the only one or `()`.
pub(super) fn whole(call: &Call<'_>, values: &[TokenStream]) -> TokenStream {
    match (name(call), values) {
        (Some(name), _) => {
            let fields = answers(call).map(|(field, ..)| field);
            quote!(#name { #(#fields: #values),* })
        }
        (None, [only]) => only.clone(),
        (None, _) => quote!(()),
    }
}

fn field(param: &Param) -> Ident {
    local::field(param.field())
}

/// One argument of a downcall's method.
pub(super) enum Taken<'a> {
    One(Arg<'a>),
    /// Several parameters as one structure.
    Group(&'a Group),
}

/// What a method takes, in order.
pub(super) fn taken<'c>(call: &'c Call<'_>) -> impl Iterator<Item = Taken<'c>> {
    let group = group(call);
    let mut grouped = false;
    call.shown().filter_map(move |arg| match group.filter(|group| holds(group, &arg)) {
        None => Some(Taken::One(arg)),
        // It stands where the first of them does.
        Some(group) => (!std::mem::replace(&mut grouped, true)).then_some(Taken::Group(group)),
    })
}

/// The group of a call, if it has one.
pub(super) fn group<'a>(call: &Call<'a>) -> Option<&'a Group> {
    downcall(call)?.group.as_ref()
}

/// Whether a parameter is in a group.
pub(super) fn holds(group: &Group, arg: &Arg<'_>) -> bool {
    group.params.iter().any(|at| **at == arg.at)
}

/// What makes a group of the values of its parameters.
pub(super) fn make(call: &Call<'_>, group: &Group, value: impl Fn(&Arg<'_>) -> TokenStream) -> TokenStream {
    let name = item("provider", &group.ty);
    let parts = group.params.iter().map(|at| {
        let arg = call.arg(**at);
        let (field, value) = (field(arg.param), value(&arg));
        quote!(#field: #value)
    });
    quote!(#name { #(#parts),* })
}

/// What takes the group of a call apart, into variables of its parameters.
pub(super) fn apart(call: &Call<'_>) -> Option<TokenStream> {
    let group = group(call)?;
    let name = local::rust(&group.rust_name);
    let parts = group.params.iter().map(|at| {
        let param = &call.function.params[**at];
        let (part, field) = (param.rust(), field(param));
        quote!(let #part = #name.#field;)
    });
    Some(quote!(#(#parts)*))
}

/// The type of a group, as a parameter.
pub(super) fn held_type(call: &Call<'_>, group: &Group) -> TokenStream {
    let name = item("provider", &group.ty);
    let lives = group.params.iter().any(|at| Member::new(call.arg(**at)).lives);
    if lives { quote!(#name<'_>) } else { quote!(#name) }
}

/// Parameters as one structure, and what makes it.
fn held(call: &Call<'_>, group: &Group, methods: &str) -> Vec<TokenStream> {
    let about = doc(&format!("Parameters of {methods}."));
    let name = item("provider", &group.ty);
    let members: Vec<_> = group.params.iter().map(|at| Member::new(call.arg(**at))).collect();
    let life = members.iter().any(|member| member.lives).then(|| quote!(<'a>));
    let fields = members.iter().map(|Member { field, about, ty, .. }| quote!(#about pub #field: #ty));
    let is_new = |member: &&Member<'_>| group.new.iter().any(|at| **at == member.arg.at);
    let new: Vec<_> = members.iter().filter(is_new).collect();
    let params = new.iter().map(|Member { name, ty, .. }| quote!(#name: #ty));
    let first = members.iter().map(|member| {
        let (field, name) = (&member.field, &member.name);
        let value = if is_new(&member) { quote!(#name) } else { member.nothing() };
        quote!(#field: #value)
    });
    let setters = members.iter().filter(|member| !is_new(member)).map(Member::setter);
    let about_new = if new.len() == members.len() {
        "All of them."
    } else {
        "What is not named here is absent, or zero."
    };
    let about_new = doc(about_new);
    let empty = new.is_empty().then(|| quote!(, Default));
    vec![
        quote! {
            #about
            #[derive(Clone, Copy, Debug #empty)]
            #[non_exhaustive]
            pub struct #name #life { #(#fields),* }
        },
        quote! {
            impl #life #name #life {
                #about_new
                #[must_use]
                #[inline]
                pub const fn new(#(#params),*) -> Self { Self { #(#first),* } }
                #(#setters)*
            }
        },
    ]
}

/// One of the parameters.
struct Member<'a> {
    arg: Arg<'a>,
    field: Ident,
    /// A variable.
    name: Ident,
    about: TokenStream,
    ty: TokenStream,
    /// What is set: the type without `Option`.
    set: TokenStream,
    /// Whether its type has a lifetime.
    lives: bool,
}

impl<'a> Member<'a> {
    fn new(arg: Arg<'a>) -> Self {
        let (param, optional) = (arg.param, arg.param.optional);
        let absent = if optional { " May be absent." } else { "" };
        let present = Arg { present: true, ..arg };
        let (set, lives) = of_the_structure(present.kind.ty(&present, At::Inside));
        Self {
            arg,
            field: field(param),
            name: param.rust(),
            about: doc(&format!("`{}`: {}{absent}", param.name, inline(&param.doc))),
            ty: if optional { quote!(Option<#set>) } else { set.clone() },
            set,
            lives,
        }
    }

    /// The initial value of one that is not in `new`: it may be absent, or is a number or a `bool`.
    fn nothing(&self) -> TokenStream {
        let (tokens, param) = (self.arg.tokens(), self.arg.param);
        match param.role {
            _ if param.optional => quote!(None),
            Some(_) => quote!(false),
            None => tokens.zero(&param.ty, At::Inside),
        }
    }

    fn setter(&self) -> TokenStream {
        let Self { field, name, set, .. } = self;
        let about = doc(&format!("The same with this `{}`.", self.arg.param.field()));
        let value = if self.arg.param.optional { quote!(Some(#name)) } else { quote!(#name) };
        quote! {
            #about
            #[must_use]
            #[inline]
            pub const fn #field(mut self, #name: #set) -> Self {
                self.#field = #value;
                self
            }
        }
    }
}

/// A type with the lifetime of the structure in place of any, and whether it had one.
fn of_the_structure(ty: TokenStream) -> (TokenStream, bool) {
    let mut lives = false;
    let mut apostrophe = false;
    let changed = ty.into_iter().map(|token| {
        let begins = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '\'');
        match token {
            TokenTree::Ident(name) if apostrophe && name == "_" => {
                (apostrophe, lives) = (false, true);
                TokenTree::Ident(Ident::new("a", name.span()))
            }
            token => {
                apostrophe = begins;
                token
            }
        }
    });
    (changed.collect(), lives)
}
