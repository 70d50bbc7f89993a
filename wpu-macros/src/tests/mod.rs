//! The macro as a function from tokens to tokens, outside the compiler.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod arguments;
mod expansion;
mod messages;
mod rules;
mod suggest;

use crate::attribute::WPU_PROVIDER;
use crate::spec::Spec;
use proc_macro2::{Group, TokenStream, TokenTree};
use syn::parse::Parser as _;

/// Arguments without a fault.
const GOOD: &str = r#"
    class = non_ifs, platform = nt, crate = ::wpu,
    uses(WPUCreateSocketHandle, WPUQuerySocketHandleContext, WPUCompleteOverlappedRequest),
    waives(
        WPUGetProviderPath = "base provider: no layer below",
        WPUPostMessage, WPUQueryBlockingCallback = "not needed here",
    ),
"#;

const ITEM: &str =
    "/// A base provider. \n #[derive(Debug)] pub struct Loopback { upcalls: LoopbackUpcalls }";

fn tokens(text: &str) -> TokenStream {
    text.parse().unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The literal of the bindings, as text.
const FACTS: &str = wpu::__private::__facts! { { ::core::stringify } };

/// What the bindings say.
fn spec() -> &'static Spec {
    Spec::parse.parse_str(FACTS).expect("it is what the generator writes")
}

/// What the attribute makes of an item.
fn expand(args: &str, item: &str) -> TokenStream {
    expand_tokens(&tokens(args), &tokens(item))
}

fn expand_tokens(args: &TokenStream, item: &TokenStream) -> TokenStream {
    answered(crate::expand_attribute(WPU_PROVIDER, args, item))
}

/// The same with what the bindings' macro makes of its call.
fn answered(tokens: TokenStream) -> TokenStream {
    let mut all: Vec<TokenTree> = Vec::new();
    for tree in tokens {
        match tree {
            TokenTree::Group(group)
                if all.iter().nth_back(1).is_some_and(|tree| tree.to_string() == "__facts") =>
            {
                all.truncate(all.len() - 5);
                let facts: TokenStream = FACTS.parse().expect("it is code");
                all.extend(crate::expand_call(
                    facts.into_iter().chain(group.stream().into_iter().skip(1)).collect(),
                ));
            }
            TokenTree::Group(group) => {
                all.push(Group::new(group.delimiter(), answered(group.stream())).into());
            }
            tree => all.push(tree),
        }
    }
    all.into_iter().collect()
}

/// The errors among the tokens, in order.
fn errors(expansion: &TokenStream) -> Vec<String> {
    let trees: Vec<TokenTree> = expansion.clone().into_iter().collect();
    let message = |at: usize| match &trees[at..] {
        [TokenTree::Ident(name), TokenTree::Punct(_), TokenTree::Group(group), ..]
            if name == "compile_error" =>
        {
            vec![syn::parse2::<syn::LitStr>(group.stream()).expect("an error has a text").value()]
        }
        [TokenTree::Group(group), ..] => errors(&group.stream()),
        _ => Vec::new(),
    };
    (0..trees.len()).flat_map(message).collect()
}

/// The errors that the attribute reports on a plain struct.
fn mistakes(args: &str) -> Vec<String> {
    errors(&expand(args, ITEM))
}
