//! The item under the attribute. Its head is read; its body is nobody's business here.

use crate::errors::{Errors, Place};
use crate::generics::Generics;
use crate::messages;
use crate::syntax::{attributes, next, until, visible};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
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
    /// Its parameters; reported, where there are any.
    pub(crate) generics: Option<Generics>,
}

impl Provider {
    /// Reads the head of an item and reports what makes it no provider. `None` if it is no type.
    ///
    /// An item that cannot be read at all is left to rustc, which has more to say.
    pub(crate) fn parse(item: TokenStream, errors: &mut Errors) -> Option<Self> {
        let head = |input: ParseStream<'_>| {
            let provider = Self::head(input, errors);
            until(input, |_| false);
            provider
        };
        head.parse2(visible(item)).ok()?
    }

    fn head(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Option<Self>> {
        let attributes = attributes(input)?;
        let Some((kind, place)) = kind(input) else {
            return Ok(None);
        };
        if kind.keyword != STRUCT {
            errors.add(place, messages::no_struct(kind.text));
        }
        if !kind.is_type {
            return Ok(None);
        }
        let visibility = visibility(input)?;
        input.call(Ident::parse_any)?;
        let name: Ident = input.parse()?;
        let generics = Generics::parse(input)?;
        if let Some(Generics { open, close, .. }) = generics.as_ref().filter(|_| kind.keyword == STRUCT) {
            errors.add(Place::in_item(*open, *close), messages::generic(&name.to_string()));
        }
        let deprecated = attributes.iter().any(|attribute| attribute.is("deprecated"));
        let conditions = attributes.iter().filter(|attribute| attribute.predicate().is_some());
        let conditions = conditions.map(ToTokens::to_token_stream).collect();
        Ok(Some(Self { conditions, deprecated, visibility, name, generics }))
    }
}

fn visibility(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut visibility = TokenStream::new();
    if input.peek(Token![pub]) {
        visibility.extend([input.parse::<TokenTree>()?]);
    }
    if input.peek(token::Paren) {
        visibility.extend([input.parse::<TokenTree>()?]);
    }
    Ok(visibility)
}

/// A kind of item, by its keyword.
struct Kind {
    keyword: &'static str,
    text: &'static str,
    is_type: bool,
}

const fn a(keyword: &'static str, text: &'static str, is_type: bool) -> Kind {
    Kind { keyword, text, is_type }
}

const STRUCT: &str = "struct";

/// In the order in which they are looked for, since `const` and `extern` also start functions.
static KINDS: [Kind; 13] = [
    a(STRUCT, "a struct", true),
    a("enum", "an enum", true),
    a("fn", "a function", false),
    a("impl", "an `impl` block", false),
    a("trait", "a trait", false),
    a("mod", "a module", false),
    a("type", "a type alias", false),
    a("static", "a static", false),
    a("use", "an import", false),
    a("union", "a union", true),
    a("macro_rules", "a macro", false),
    a("extern", "an `extern` item", false),
    a("const", "a constant", false),
];

static MACRO_CALL: Kind = a("", "a macro call", false);

/// What the item is, and the place of what says so: the keyword, and the name behind it.
fn kind(input: ParseStream<'_>) -> Option<(&'static Kind, Place)> {
    let ahead = input.fork();
    let words = until(&ahead, |ahead| matches!(next(ahead), Some(TokenTree::Punct(_))));
    let is_word = |tree: &&TokenTree| matches!(tree, TokenTree::Ident(_));
    for kind in &KINDS {
        let is_keyword = |tree: &TokenTree| matches!(tree, TokenTree::Ident(word) if word == kind.keyword);
        let Some(at) = words.iter().position(is_keyword) else { continue };
        let name = words.get(at + 1).filter(is_word);
        if name.is_some() || !kind.is_type {
            let last = name.unwrap_or(&words[at]);
            return Some((kind, Place::in_item(words[at].span(), last.span())));
        }
    }
    until(&ahead, |ahead| ahead.peek(Token![!]));
    let first = next(input)?.span();
    ahead.peek(Token![!]).then_some((&MACRO_CALL, Place::in_item(first, first)))
}
