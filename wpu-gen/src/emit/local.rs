//! Names of parameters: the one place that allocates them, item by item.
//!
//! An emitter writes a parameter as a mark, which no identifier of a spec or of an emitter can be. Once an item
//! is complete, each mark gets the name that the spec wishes, unless Rust has no such name, or the item says it of
//! something else: then the name grows by `_` until nothing else has it. So no parameter can shadow what generated code
//! means, and none is shadowed, whatever either is called.

use crate::names::{ident, is_reserved};
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use std::collections::{BTreeMap, HashSet};

/// What marks begin with. It is no ASCII, as all names of specs are.
pub(super) const MARK: &str = "ǃ";

/// The kinds of marks for parameters and fields.
const KINDS: [&str; 3] = ["c", "rust", FIELD];
const FIELD: &str = "field";

/// Whether a mark is one for a parameter.
pub(super) fn is_kind(kind: &str) -> bool {
    KINDS.contains(&kind)
}

/// The parameter that C calls so.
pub(super) fn c(name: &str) -> Ident {
    mark("c", name)
}

/// The parameter that Rust calls so.
pub(super) fn rust(name: &str) -> Ident {
    mark("rust", name)
}

/// A field that is called so: it is no variable, and keeps its name.
pub(super) fn field(name: &str) -> Ident {
    mark(FIELD, name)
}

/// A variable that is named after a parameter. It is nobody's wish, and no other mark.
pub(crate) fn after(param: &Ident, what: &str) -> Ident {
    Ident::new(&format!("{param}{MARK}_{what}"), Span::call_site())
}

/// What a mark wishes to be called, for a text.
pub(crate) fn shown(param: &Ident) -> String {
    wish(param).unwrap_or_else(|| param.to_string())
}

fn mark(kind: &str, name: &str) -> Ident {
    Ident::new(&format!("{MARK}{kind}{MARK}{name}"), Span::call_site())
}

/// The name that a mark wishes.
fn wish(ident: &Ident) -> Option<String> {
    ident.to_string().strip_prefix(MARK)?.split_once(MARK).map(|(_, name)| name.replace(MARK, ""))
}

/// Whether a name means something in every pattern.
fn is_pattern(name: &str) -> bool {
    matches!(name, "None" | "Some" | "Ok" | "Err")
}

/// One item, its marks replaced by names. `taken` are those that no pattern can have where the item stands: what its
/// file declares as constants, statics and structures.
pub(super) fn settle(item: TokenStream, taken: &HashSet<String>) -> TokenStream {
    let (mut others, mut marks) = (HashSet::new(), BTreeMap::new());
    collect(&item, &mut others, &mut marks);
    if marks.is_empty() {
        return item;
    }
    let mut names = BTreeMap::new();
    for (mark, mut name) in marks {
        if mark[MARK.len()..].starts_with(&format!("{FIELD}{MARK}")) {
            names.insert(mark, ident(&name));
            continue;
        }
        while is_reserved(&name) || others.contains(&name) || taken.contains(&name) || is_pattern(&name) {
            name.push('_');
        }
        others.insert(name.clone());
        names.insert(mark, ident(&name));
    }
    replace(item, &names)
}

/// All marks, and every other name that could be taken for a variable.
fn collect(tokens: &TokenStream, others: &mut HashSet<String>, marks: &mut BTreeMap<String, String>) {
    let (mut before, mut last) = (String::new(), String::new());
    for token in tokens.clone() {
        let text = match &token {
            TokenTree::Group(group) => {
                collect(&group.stream(), others, marks);
                String::new()
            }
            TokenTree::Literal(_) => String::new(),
            TokenTree::Ident(_) | TokenTree::Punct(_) => token.to_string(),
        };
        if let TokenTree::Ident(ident) = &token {
            // `.name`, `path::name` and the name of a function are never variables; `..name` may be one.
            let member = last == "." && before != ".";
            let segment = last == ":" && before == ":";
            match wish(ident) {
                Some(name) => drop(marks.insert(text.clone(), name)),
                None if member || segment || last == "fn" => {}
                None => drop(others.insert(text.trim_start_matches("r#").to_owned())),
            }
        }
        before = std::mem::replace(&mut last, text);
    }
}

fn replace(tokens: TokenStream, names: &BTreeMap<String, Ident>) -> TokenStream {
    let replaced = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => {
            let mut new = Group::new(group.delimiter(), replace(group.stream(), names));
            new.set_span(group.span());
            TokenTree::Group(new)
        }
        TokenTree::Ident(ident) => TokenTree::Ident(names.get(&ident.to_string()).cloned().unwrap_or(ident)),
        other => other,
    });
    replaced.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn a_parameter_never_has_the_name_of_anything_else_in_its_item() {
        let (length, other, value) = (rust("length"), c("length"), rust("value"));
        let item = quote!(fn f(#length: u32, #other: u32, #value: u32) { let length_ = 1; g(length, #length, #other) });
        let settled = settle(item, &HashSet::from(["value".to_owned()])).to_string();
        let expected = quote!(
            fn f(length___: u32, length__: u32, value_: u32) {
                let length_ = 1;
                g(length, length___, length__)
            }
        );
        assert_eq!(settled, expected.to_string());
    }

    #[test]
    fn a_word_that_is_no_name_in_rust_makes_way_too() {
        let (this, other, nothing) = (c("self"), c("self_"), c("_"));
        let item = quote!(fn f(#this: u32, #other: u32, #nothing: u32) { self.g(#this, #other, #nothing) });
        let expected = quote!(
            fn f(self_: u32, self__: u32, __: u32) {
                self.g(self_, self__, __)
            }
        );
        assert_eq!(settle(item, &HashSet::new()).to_string(), expected.to_string());
    }

    #[test]
    fn a_field_keeps_its_name_and_takes_it_from_nobody() {
        let (variable, label) = (rust("length"), field("length"));
        let item = quote!(fn f(#variable: u32) -> S { S { #label: #variable } });
        let expected = quote!(
            fn f(length: u32) -> S {
                S { length: length }
            }
        );
        assert_eq!(settle(item, &HashSet::new()).to_string(), expected.to_string());
    }

    #[test]
    fn a_name_that_nothing_else_has_stays_as_it_is() {
        let name = rust("level");
        assert_eq!(
            settle(quote!(fn f(#name: u32) {}), &HashSet::new()).to_string(),
            quote!(
                fn f(level: u32) {}
            )
            .to_string()
        );
    }
}
