//! The problems of one use of the attribute: their places, their order, and how rustc gets to report them.

use crate::messages::Problem;
use proc_macro2::{Delimiter, Group, Literal, Span, TokenStream};
use quote::{ToTokens as _, quote_spanned};

/// The problems found so far, in reading order. Panics if one is never reported.
#[derive(Default)]
pub(crate) struct Errors(Vec<(Place, Problem)>);

/// A place in the source: what a user would edit.
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
    /// The attribute as a whole, for what is nowhere in it.
    pub(crate) fn whole(attribute: Span) -> Self {
        Self { rank: 0, first: attribute, last: attribute }
    }

    /// A place in the item, which stands behind the attribute.
    pub(crate) fn in_item(first: Span, last: Span) -> Self {
        Self { rank: usize::MAX, first, last }
    }

    /// From the start of this place to a later token.
    pub(crate) fn to(self, last: Span) -> Self {
        Self { last, ..self }
    }
}

impl Errors {
    /// Adds a problem, behind those that come before it in reading order.
    pub(crate) fn add(&mut self, place: Place, problem: Problem) {
        let later = self.0.iter().position(|(other, _)| other.rank > place.rank);
        self.0.insert(later.unwrap_or(self.0.len()), (place, problem));
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All problems, as items that can stand anywhere.
    pub(crate) fn report(self) -> TokenStream {
        self.report_from(|span| quote_spanned!(span=> ::core))
    }

    /// All problems, as items beside what `__wpu` imports. In the edition of 2015 only that leads to `core`: a path that the
    /// user's own token begins with `::` starts at the root of the crate.
    pub(crate) fn report_inside(self) -> TokenStream {
        self.report_from(|span| quote_spanned!(span=> __wpu::core))
    }

    fn report_from(mut self, core: fn(Span) -> TokenStream) -> TokenStream {
        let problems = std::mem::take(&mut self.0);
        problems.iter().map(|(place, problem)| compile_error(*place, problem, &core(place.first))).collect()
    }
}

impl FromIterator<(Place, Problem)> for Errors {
    fn from_iter<I: IntoIterator<Item = (Place, Problem)>>(problems: I) -> Self {
        let mut errors = Self::default();
        problems.into_iter().for_each(|(place, problem)| errors.add(place, problem));
        errors
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        assert!(self.is_empty() || std::thread::panicking(), "errors were collected and never reported");
    }
}

/// The item that makes rustc report a problem. It underlines from the first token of the path to the end of the group.
fn compile_error(Place { first, last, .. }: Place, problem: &Problem, core: &TokenStream) -> TokenStream {
    let mut text = Literal::string(&problem.text);
    text.set_span(last);
    let mut group = Group::new(Delimiter::Brace, text.into_token_stream());
    group.set_span(last);
    quote_spanned!(first=> #core::compile_error! #group)
}
