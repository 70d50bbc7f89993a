//! What the bindings' macro calls with their facts: the rest of what stands beside the item.

use crate::args::Declared;
use crate::attribute::Attribute;
use crate::check::check;
use crate::errors::Errors;
use crate::expand::Expansion;
use crate::item::Item;
use crate::keys::KIT;
use crate::spec::Spec;
use crate::syntax::visible;
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{LitBool, Result};

/// All that a provider is made of.
pub(crate) struct Call {
    spec: Spec,
    /// The name of the attribute, at its place.
    pub(crate) attribute: Ident,
    /// Whether it is of the form `#[name = value]`, which rustc has reported.
    is_value: bool,
    args: TokenStream,
    item: TokenStream,
}

impl Call {
    pub(crate) fn parse(input: TokenStream) -> Result<Self> {
        let call = |input: ParseStream<'_>| {
            let group = || input.parse::<Group>().map(|group| group.stream());
            let (spec, attribute) = (Spec::parse(input)?, input.call(Ident::parse_any)?);
            let is_value = input.parse::<LitBool>()?.value;
            Ok(Self { spec, attribute, is_value, args: group()?, item: group()? })
        };
        call.parse2(input)
    }

    /// What makes the item a provider, or what is wrong.
    pub(crate) fn expand(self) -> TokenStream {
        let attribute = Attribute::named(&self.attribute);
        let Item { provider, fault } = Item::parse(self.item.clone(), attribute.name);
        let provider = provider.expect("the attribute has read it");
        let (mut declared, mut errors) = (Declared::nothing(&self.spec), Errors::from_iter(fault));
        let site = self.attribute.span();
        if self.is_value {
            // The kit may be any.
            declared.may_be_meant(KIT);
        } else {
            declared = Declared::parse(&self.spec, attribute.has_of, visible(self.args.clone()), &mut errors);
            check(&declared, site, &mut errors);
        }
        let expansion = Expansion { attribute, provider: &provider, declared: &declared, site };
        let mut beside = if self.is_value || !errors.is_empty() {
            expansion.fallback()
        } else {
            expansion.expand(written(self.args).or_else(|| written(self.item)))
        };
        beside.extend(errors.report_inside());
        beside
    }
}

/// The place of the first token that was written where it stands, and not by a macro.
fn written(tokens: TokenStream) -> Option<Span> {
    tokens.into_iter().find_map(|tree| match &tree {
        TokenTree::Group(group) => written(group.stream()),
        tree => Some(tree.span()).filter(|span| is_written(*span)),
    })
}

/// Whether the token at a place was written there. Only the text that rustc prints for debugging says so:
/// it starts with the number of the expansion, which is 0 where there is none. Should it be another text one day, no
/// token counts as written.
fn is_written(span: Span) -> bool {
    format!("{span:?}").starts_with("#0 ")
}
