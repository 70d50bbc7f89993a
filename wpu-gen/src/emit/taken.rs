//! Names that the output gives to members of what holds names of the spec. There are few.

use super::{classes, error};
use crate::names::ident;
use proc_macro2::{TokenStream, TokenTree};
use std::collections::HashSet;

/// Those names, by what has them.
pub(crate) struct Taken {
    /// What the error type has beside its constants.
    pub(crate) errors: HashSet<String>,
    /// What the types of classes and platforms have beside their variants.
    pub(crate) words: HashSet<String>,
}

/// They are read from what declares them.
pub(crate) fn taken() -> Taken {
    let mut taken = Taken { errors: HashSet::new(), words: HashSet::new() };
    for item in error::methods() {
        members(item, &mut taken.errors);
    }
    for item in classes::members(&[], &ident("Id")).into_iter().chain([classes::default("any")]) {
        members(item, &mut taken.words);
    }
    taken
}

/// The names of functions and constants.
fn members(item: TokenStream, names: &mut HashSet<String>) {
    let mut declares = false;
    for token in item {
        if let TokenTree::Ident(word) = &token {
            if declares {
                names.insert(word.to_string());
            }
            declares = word == "fn" || word == "const";
        } else {
            declares = false;
        }
    }
}
