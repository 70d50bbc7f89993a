//! The problems of one use of the attribute at their places in the source, as rustc reports them.

use crate::tokens::{literal, stream};
use proc_macro2::{Delimiter, Group, Span, TokenStream};
use wpu_rt::rules::messages::Problem;
use wpu_rt::rules::{Place, Problems};

/// The problems found so far, in reading order.
pub(crate) struct Errors {
    pub(crate) problems: Problems,
    /// The tokens that places are made of. The first is the attribute.
    tokens: Vec<Span>,
}

impl Errors {
    /// No problems with the attribute at `site`.
    pub(crate) fn none(site: Span) -> Self {
        Self { problems: Problems::default(), tokens: vec![site] }
    }

    /// The place from one token to another, which come after those of all places so far.
    pub(crate) fn place(&mut self, first: Span, last: Span) -> Place {
        let number = self.tokens.len();
        self.tokens.push(first);
        self.tokens.push(last);
        Place { first: number, last: number + 1 }
    }

    /// The first token of a place.
    pub(crate) fn start(&self, place: Place) -> Span {
        self.tokens[place.first]
    }

    /// Adds a problem.
    pub(crate) fn add(&mut self, place: Place, problem: Problem) {
        self.problems.add(place, problem);
    }

    /// Whether there is no problem.
    pub(crate) fn is_empty(&self) -> bool {
        self.problems.all().is_empty()
    }

    /// One `compile_error!` for each problem, by a path that ends with `::` or is empty.
    ///
    /// rustc underlines from the first token of the path to the end of the group. These tokens have the edition of the user's
    /// crate: in edition 2015, `::core` is a path from the root of that crate.
    pub(crate) fn report(&self, path: &str) -> TokenStream {
        let mut all = Vec::new();
        for (place, problem) in self.problems.all() {
            let (first, last) = (self.start(*place), self.tokens[place.last]);
            let mut group = Group::new(Delimiter::Brace, literal(&problem.text, last));
            group.set_span(last);
            let path: TokenStream = format!("{path}compile_error!").parse().expect("it is a path");
            for mut tree in path {
                tree.set_span(first);
                all.push(tree);
            }
            all.push(group.into());
        }
        stream(all)
    }
}
