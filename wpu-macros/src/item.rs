//! The item under the attribute. Its head is read; its body is nobody's business here.

use crate::errors::Place;
use crate::generics::{self, Form};
use crate::messages::{self, Problem};
use crate::syntax::{Attributes, next, until, visible};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Token, token};

/// The head of a struct, and of an enum or union that ought to be one.
pub(crate) struct Provider {
    /// The attributes with the conditions under which it is compiled.
    pub(crate) conditions: TokenStream,
    /// Whether it is `#[deprecated]`.
    pub(crate) deprecated: bool,
    /// Who sees it.
    pub(crate) visibility: TokenStream,
    /// Its name.
    pub(crate) name: Ident,
    /// How implementations name it.
    pub(crate) forms: Vec<Form>,
}

/// What an item is: a type, and what makes it no provider.
#[derive(Default)]
pub(crate) struct Item {
    /// None if it is no type, or cannot be read at all: rustc has more to say then.
    pub(crate) provider: Option<Provider>,
    pub(crate) fault: Option<(Place, Problem)>,
}

impl Item {
    /// Reads the head of an item under an attribute.
    pub(crate) fn parse(item: TokenStream, attribute: &str) -> Self {
        let head = |input: ParseStream<'_>| {
            let item = Self::head(input, attribute);
            until(input, &|_| false);
            item
        };
        head.parse2(visible(item)).unwrap_or_default()
    }

    fn head(input: ParseStream<'_>, attribute: &str) -> syn::Result<Self> {
        let Attributes { predicates, deprecated } = Attributes::parse(input)?;
        let Some((keyword, text, place)) = kind(input) else {
            return Ok(Self::default());
        };
        let mut fault = (keyword != STRUCT).then(|| (place, messages::no_struct(attribute, text)));
        if !TYPES.contains(&keyword) {
            return Ok(Self { provider: None, fault });
        }
        let visibility = until(input, &|input| !input.peek(Token![pub]) && !input.peek(token::Paren));
        input.call(Ident::parse_any)?;
        let name: Ident = input.parse()?;
        let (parameters, forms) = generics::parse(&name, input)?;
        if let (Some(place), None) = (parameters, &fault) {
            fault = Some((place, messages::generic(attribute, &name.to_string())));
        }
        let conditions = quote!(#(#[cfg(#predicates)])*);
        let visibility = visibility.into_iter().collect();
        Ok(Self { provider: Some(Provider { conditions, deprecated, visibility, name, forms }), fault })
    }
}

const STRUCT: &str = "struct";

/// The kinds of items that are types.
const TYPES: [&str; 3] = [STRUCT, "enum", "union"];

/// Kinds of items by their keywords, in the order in which they are looked for: `const` and `extern` also start
/// functions.
static KINDS: [(&str, &str); 13] = [
    (STRUCT, "a struct"),
    ("enum", "an enum"),
    ("fn", "a function"),
    ("impl", "an `impl` block"),
    ("trait", "a trait"),
    ("mod", "a module"),
    ("type", "a type alias"),
    ("static", "a static"),
    ("use", "an import"),
    ("union", "a union"),
    ("macro_rules", "a macro"),
    ("extern", "an `extern` item"),
    ("const", "a constant"),
];

/// The item's keyword, its kind in words, and the place of what says so: the keyword, and the name behind it.
fn kind(input: ParseStream<'_>) -> Option<(&'static str, &'static str, Place)> {
    let ahead = input.fork();
    let words = until(&ahead, &|ahead| matches!(next(ahead), Some(TokenTree::Punct(_))));
    for (keyword, text) in KINDS {
        let is_keyword = |tree: &TokenTree| matches!(tree, TokenTree::Ident(word) if word == keyword);
        let Some(at) = words.iter().position(is_keyword) else { continue };
        let name = words.get(at + 1).filter(|tree| matches!(tree, TokenTree::Ident(_)));
        if name.is_some() || !TYPES.contains(&keyword) {
            let last = name.unwrap_or(&words[at]);
            return Some((keyword, text, Place::in_item(words[at].span(), last.span())));
        }
    }
    until(&ahead, &|ahead| ahead.peek(Token![!]));
    let first = next(input)?.span();
    ahead.peek(Token![!]).then_some(("!", "a macro call", Place::in_item(first, first)))
}
