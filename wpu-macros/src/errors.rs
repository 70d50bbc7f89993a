//! The problems of one use of the attribute: their places, their order, and how rustc reports them.

use crate::messages::Problem;
use crate::tokens::{literal, stream};
use proc_macro2::{Delimiter, Group, Span, TokenStream};

/// The problems found so far, in reading order.
#[derive(Default)]
pub(crate) struct Errors(Vec<(Place, Problem)>);

/// A place in the source: what a user has to edit.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// Its rank in reading order.
    pub(crate) rank: usize,
    /// The first token.
    pub(crate) first: Span,
    /// The last token.
    pub(crate) last: Span,
}

impl Place {
    /// The whole attribute, for a problem that is nowhere in it.
    pub(crate) fn whole(attribute: Span) -> Self {
        Self { rank: 0, first: attribute, last: attribute }
    }

    /// A place in the item, which follows the attribute.
    pub(crate) fn in_item(first: Span, last: Span) -> Self {
        Self { rank: usize::MAX, first, last }
    }

    /// From the start of this place to a later token.
    pub(crate) fn to(self, last: Span) -> Self {
        Self { last, ..self }
    }
}

impl Errors {
    /// Adds a problem, after those that come before it in reading order.
    pub(crate) fn add(&mut self, place: Place, problem: Problem) {
        let later = self.0.iter().position(|(other, _)| other.rank > place.rank);
        self.0.insert(later.unwrap_or(self.0.len()), (place, problem));
    }

    /// Whether there is no problem.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One `compile_error!` for each problem, by a path that ends with `::` or is empty.
    ///
    /// rustc underlines from the first token of the path to the end of the group. These tokens have the edition of the user's
    /// crate: in edition 2015, `::core` is a path from the root of that crate.
    pub(crate) fn report(&self, path: &str) -> TokenStream {
        let mut all = Vec::new();
        for (Place { first, last, .. }, problem) in &self.0 {
            let mut group = Group::new(Delimiter::Brace, literal(&problem.text, *last));
            group.set_span(*last);
            let path: TokenStream = format!("{path}compile_error!").parse().expect("it is a path");
            for mut tree in path {
                tree.set_span(*first);
                all.push(tree);
            }
            all.push(group.into());
        }
        stream(all)
    }
}
