//! The item under the attribute. Tokens come in, its head goes out; its body is nobody's business here.

use crate::errors::{Errors, Place, Problem};
use crate::generics::Generics;
use crate::tokens::{after_attributes, flatten, is_ident, is_punct, stream};
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;

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
        let provider = Self::read(&item)?;
        provider.check(kind, errors);
        Some(provider)
    }

    fn read(item: &[TokenTree]) -> Option<Self> {
        let (attributes, rest) = item.split_at(after_attributes(item));
        let (visibility, rest) = visibility(rest);
        let [TokenTree::Ident(keyword), name, rest @ ..] = rest else {
            return None;
        };
        let name = syn::parse2(name.to_token_stream()).ok()?;
        let generics = if is_punct(rest.first(), '<') { Some(Generics::read(rest)?) } else { None };
        let conditions = conditions(attributes);
        let deprecated = is_deprecated(attributes);
        Some(Self { conditions, deprecated, visibility, name, generics, keyword: keyword.clone() })
    }

    fn check(&self, kind: &Kind, errors: &mut Errors) {
        let name = self.name.span();
        if self.keyword != STRUCT {
            let place = Place { rank: usize::MAX, first: self.keyword.span(), last: name };
            errors.add(place, Problem::NoStruct { found: kind.text });
        } else if let Some(Generics { open, close, .. }) = &self.generics {
            let place = Place { rank: usize::MAX, first: *open, last: *close };
            errors.add(place, Problem::Generic { name: self.name.to_string() });
        }
    }
}

/// The attributes that are conditions.
fn conditions(attributes: &[TokenTree]) -> TokenStream {
    let mut conditions = TokenStream::new();
    for pair in attributes.chunks(2) {
        let [sign, TokenTree::Group(group)] = pair else {
            continue;
        };
        let mut inner = Vec::new();
        flatten(group.stream(), &mut inner);
        if is_ident(inner.first(), "cfg") && !is_punct(inner.get(1), ':') {
            let mut plain = Group::new(group.delimiter(), stream(&inner));
            plain.set_span(group.span());
            sign.to_tokens(&mut conditions);
            plain.to_tokens(&mut conditions);
        }
    }
    conditions
}

/// Whether one of the attributes says that the item is not to be used.
fn is_deprecated(attributes: &[TokenTree]) -> bool {
    attributes.iter().any(|tree| match tree {
        TokenTree::Group(group) => {
            let mut inner = Vec::new();
            flatten(group.stream(), &mut inner);
            is_ident(inner.first(), "deprecated")
        }
        _ => false,
    })
}

/// The visibility, and what stands behind it. What `macro_rules` hands on stands in an invisible group.
fn visibility(item: &[TokenTree]) -> (TokenStream, &[TokenTree]) {
    let length = match item {
        [TokenTree::Group(group), rest @ ..] if group.delimiter() == Delimiter::None => {
            return (group.stream(), rest);
        }
        [word, TokenTree::Group(_), ..] if is_ident(Some(word), "pub") => 2,
        [word, ..] if is_ident(Some(word), "pub") => 1,
        _ => 0,
    };
    let (visibility, rest) = item.split_at(length);
    (stream(visibility), rest)
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
    for kind in &KINDS {
        for (at, tree) in item.iter().enumerate().skip(start) {
            match tree {
                TokenTree::Punct(_) => break,
                TokenTree::Ident(word) if word == kind.keyword => return Some((at, kind)),
                _ => {}
            }
        }
    }
    let calls = item.iter().any(|tree| is_punct(Some(tree), '!'));
    calls.then_some((start, &MACRO_CALL))
}

/// The tokens of an item, without the invisible group in which `macro_rules` hands on a whole item.
fn bare(item: TokenStream) -> Vec<TokenTree> {
    let item: Vec<TokenTree> = item.into_iter().collect();
    match &item[..] {
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::None => bare(group.stream()),
        _ => item,
    }
}
