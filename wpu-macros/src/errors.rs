//! The problems of one use of the attribute: their places, their order, and how rustc gets to report them.

use crate::messages::Problem;
use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;

/// The problems found so far. Panics if it is dropped unread.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    found: Vec<(Place, Problem)>,
    /// How many places have been given out.
    places: usize,
    read: bool,
}

/// A place in the source: what a user would edit.
#[derive(Debug, Clone, Copy)]
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
    pub(crate) fn whole() -> Self {
        Self { rank: 0, first: Span::call_site(), last: Span::call_site() }
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
    /// The place of a token of the attribute. To be asked for in reading order.
    pub(crate) fn place(&mut self, span: Span) -> Place {
        self.places += 1;
        Place { rank: self.places, first: span, last: span }
    }

    /// Adds a problem.
    pub(crate) fn add(&mut self, place: Place, problem: Problem) {
        self.found.push((place, problem));
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All problems in reading order, as items under the conditions of the struct.
    pub(crate) fn report(mut self, conditions: &TokenStream) -> TokenStream {
        self.read = true;
        self.found.sort_by_key(|(place, _)| place.rank);
        let mut report = TokenStream::new();
        for (place, problem) in &self.found {
            conditions.to_tokens(&mut report);
            compile_error(*place, problem).to_tokens(&mut report);
        }
        report
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        assert!(self.read || std::thread::panicking(), "errors were collected and never reported");
    }
}

/// The item that makes rustc report a problem. It underlines from the first token of the path to the end of the group.
fn compile_error(Place { first, last, .. }: Place, problem: &Problem) -> TokenStream {
    let colon = |spacing| at(Punct::new(':', spacing), first);
    let text = at(Literal::string(&problem.to_string()), last);
    [
        colon(Spacing::Joint),
        colon(Spacing::Alone),
        at(Ident::new("core", first), first),
        colon(Spacing::Joint),
        colon(Spacing::Alone),
        at(Ident::new("compile_error", first), first),
        at(Punct::new('!', Spacing::Alone), first),
        at(Group::new(Delimiter::Brace, text.into()), last),
    ]
    .into_iter()
    .collect()
}

fn at(token: impl Into<TokenTree>, span: Span) -> TokenTree {
    let mut token = token.into();
    token.set_span(span);
    token
}
