//! The item under the attribute. Tokens come in, its head goes out; its body is nobody's business here.

use crate::errors::{Errors, Place, Problem};
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream, Result};
use syn::{Attribute, Generics, Visibility};

/// The head of a struct, and of an enum or union that ought to be one.
pub(crate) struct Provider {
    /// The conditions under which it is compiled.
    pub(crate) conditions: Vec<Attribute>,
    /// Who sees it.
    pub(crate) visibility: Visibility,
    /// Its name.
    pub(crate) name: Ident,
    /// Its parameters; reported, where there are any.
    pub(crate) generics: Generics,
    keyword: Ident,
}

impl Provider {
    /// Reads the head of an item and reports what makes it no provider. `None` if it is no type.
    ///
    /// An item that cannot be read at all is left to rustc, which has more to say.
    pub(crate) fn parse(item: TokenStream, errors: &mut Errors) -> Option<Self> {
        let item = bare(item);
        let (at, kind) = keyword(&item)?;
        let place = |first: &TokenTree, last: &TokenTree| Place {
            rank: usize::MAX,
            first: first.span(),
            last: last.span(),
        };
        if !kind.is_type {
            let last = item.get(at + 1).filter(|tree| matches!(tree, TokenTree::Ident(_)));
            errors.add(place(&item[at], last.unwrap_or(&item[at])), Problem::NoStruct { found: kind.text });
            return None;
        }
        let provider: Self = syn::parse2(item.into_iter().collect()).ok()?;
        provider.check(kind, errors);
        Some(provider)
    }

    fn check(&self, kind: &Kind, errors: &mut Errors) {
        let name = self.name.span();
        if self.keyword != STRUCT {
            let place = Place { rank: usize::MAX, first: self.keyword.span(), last: name };
            errors.add(place, Problem::NoStruct { found: kind.text });
        } else if let (Some(open), Some(close)) = (&self.generics.lt_token, &self.generics.gt_token) {
            let place = Place { rank: usize::MAX, first: open.spans[0], last: close.spans[0] };
            errors.add(place, Problem::Generic { name: self.name.to_string() });
        }
    }
}

impl Parse for Provider {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = Attribute::parse_outer(input)?;
        let conditions =
            attributes.into_iter().filter(|attribute| attribute.path().is_ident("cfg")).collect();
        let visibility = input.parse()?;
        let keyword = input.call(syn::ext::IdentExt::parse_any)?;
        let name = input.parse()?;
        let mut generics: Generics = input.parse()?;
        generics.where_clause = where_clause(input)?;
        Ok(Self { conditions, visibility, name, generics, keyword })
    }
}

/// The `where` clause, which stands before braces and behind parentheses. Takes all the rest.
fn where_clause(input: ParseStream<'_>) -> Result<Option<syn::WhereClause>> {
    if input.peek(syn::token::Paren) {
        input.parse::<TokenTree>()?;
    }
    let clause = input.parse()?;
    input.parse::<TokenStream>()?;
    Ok(clause)
}

const STRUCT: &str = "struct";

/// A kind of item, by its keyword.
struct Kind {
    keyword: &'static str,
    text: &'static str,
    is_type: bool,
}

const fn kind(keyword: &'static str, text: &'static str, is_type: bool) -> Kind {
    Kind { keyword, text, is_type }
}

/// In the order in which they are looked for, since `const` and `extern` also start functions.
static KINDS: [Kind; 13] = [
    kind(STRUCT, "a struct", true),
    kind("enum", "an enum", true),
    kind("fn", "a function", false),
    kind("impl", "an `impl` block", false),
    kind("trait", "a trait", false),
    kind("mod", "a module", false),
    kind("type", "a type alias", false),
    kind("static", "a static", false),
    kind("use", "an import", false),
    kind("union", "a union", true),
    kind("macro_rules", "a macro", false),
    kind("extern", "an `extern` item", false),
    kind("const", "a constant", false),
];

static MACRO_CALL: Kind = kind("", "a macro call", false);

/// Where the keyword stands, and what it says.
fn keyword(item: &[TokenTree]) -> Option<(usize, &'static Kind)> {
    let start = after_attributes(item);
    let words = item[start..].iter().take_while(|tree| !matches!(tree, TokenTree::Punct(_)));
    let words: Vec<(usize, String)> = words
        .enumerate()
        .filter(|(_, tree)| matches!(tree, TokenTree::Ident(_)))
        .map(|(at, tree)| (start + at, tree.to_string()))
        .collect();
    let found = KINDS
        .iter()
        .find_map(|kind| words.iter().find(|(_, word)| word == kind.keyword).map(|(at, _)| (*at, kind)));
    let calls = item.iter().any(|tree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == '!'));
    found.or_else(|| calls.then_some((start, &MACRO_CALL)))
}

/// The tokens of an item, without the invisible group in which `macro_rules` hands on a whole item.
fn bare(item: TokenStream) -> Vec<TokenTree> {
    let item: Vec<TokenTree> = item.into_iter().collect();
    match &item[..] {
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::None => bare(group.stream()),
        _ => item,
    }
}

/// The number of tokens of `#[…]` and comments at the start.
fn after_attributes(item: &[TokenTree]) -> usize {
    let is_attribute = |pair: &&[TokenTree]| matches!(pair, [TokenTree::Punct(punct), TokenTree::Group(_)] if punct.as_char() == '#');
    2 * item.chunks(2).take_while(is_attribute).count()
}
