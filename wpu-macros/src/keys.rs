//! The keys of the attributes, and where an argument begins and ends.

use crate::messages::{self, List, Problem};
use crate::syntax::{describe, next, until};
use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{LitStr, Token};

/// The keys of all attributes.
pub(crate) const KEYS: [&str; 7] =
    ["class", "platform", "kit", List::Uses.key(), List::Waives.key(), "crate", "of"];
pub(crate) const CLASS: usize = 0;
pub(crate) const PLATFORM: usize = 1;
pub(crate) const KIT: usize = 2;
pub(crate) const USES: usize = 3;
pub(crate) const WAIVES: usize = 4;
pub(crate) const CRATE: usize = 5;
pub(crate) const OF: usize = 6;

/// The path behind a key, if there is one, without a word about what is wrong.
pub(crate) fn path_behind(key: usize, arguments: TokenStream) -> Option<TokenStream> {
    values_behind(key, arguments).into_iter().find_map(path_in).map(|(path, _)| path)
}

/// What stands behind each `key =`.
pub(crate) fn values_behind(key: usize, arguments: TokenStream) -> Vec<Vec<TokenTree>> {
    let find = |input: ParseStream<'_>| {
        let mut found = Vec::new();
        while !input.is_empty() {
            match input.parse::<TokenTree>()? {
                TokenTree::Ident(word) if word == KEYS[key] && input.parse::<Token![=]>().is_ok() => {
                    found.push(rest(input));
                }
                _ => {}
            }
        }
        Ok(found)
    };
    find.parse2(arguments).unwrap_or_default()
}

/// A path, and whether it stands in quotes, where it should not.
pub(crate) fn path_in(value: Vec<TokenTree>) -> Option<(TokenStream, bool)> {
    let path: TokenStream = value.into_iter().collect();
    if is_path(path.clone()) {
        return Some((path, false));
    }
    let inside = syn::parse2::<LitStr>(path).and_then(|text| text.parse());
    inside.ok().filter(|inside: &TokenStream| is_path(inside.clone())).map(|inside| (inside, true))
}

/// For a value that is no path.
pub(crate) fn no_path(key: usize, value: &[TokenTree]) -> Problem {
    let example = if key == OF { "crate::bindings" } else { "::wpu" };
    messages::expected(&format!("a path such as `{example}`"), &describe(value))
}

/// Whether tokens are a path without arguments, as a module has.
fn is_path(tokens: TokenStream) -> bool {
    path.parse2(tokens).is_ok()
}

fn path(input: ParseStream<'_>) -> syn::Result<Punctuated<Ident, Token![::]>> {
    input.parse::<Option<Token![::]>>()?;
    Punctuated::parse_separated_nonempty_with(input, |segment| {
        let starts = segment.peek(Token![crate])
            || segment.peek(Token![self])
            || segment.peek(Token![Self])
            || segment.peek(Token![super]);
        if starts { Ident::parse_any(segment) } else { segment.parse() }
    })
}

/// Takes what stands in front of the next comma, or of the next argument where the comma is missing.
pub(crate) fn rest(input: ParseStream<'_>) -> Vec<TokenTree> {
    until(input, &|input| input.peek(Token![,]) || starts_argument(input))
}

fn starts_argument(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    is_key(&ahead) && (ahead.peek(Token![=]) || matches!(next(&ahead), Some(TokenTree::Group(_))))
}

/// Takes names that were meant to stand in brackets, up to the next argument.
pub(crate) fn names_without_brackets(input: ParseStream<'_>) {
    until(input, &|input| {
        let ahead = input.fork();
        starts_argument(input) || ahead.parse::<Token![,]>().is_ok() && (ahead.is_empty() || is_key(&ahead))
    });
}

/// Takes the next token, and tells whether it is a key.
fn is_key(input: ParseStream<'_>) -> bool {
    input.call(Ident::parse_any).is_ok_and(|word| KEYS.iter().any(|key| word == key))
}
