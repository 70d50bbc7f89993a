//! The macro as a function from tokens to tokens, outside the compiler.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod arguments;
mod expansion;
mod messages;
mod rules;
mod suggest;

use proc_macro2::{TokenStream, TokenTree};

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

/// What the attribute makes of an item.
fn expand(args: &str, item: &str) -> TokenStream {
    crate::provider_with(tokens(args), &tokens(item))
}

/// The errors among the tokens, in order.
fn errors(expansion: &TokenStream) -> Vec<String> {
    let trees: Vec<TokenTree> = expansion.clone().into_iter().collect();
    let message = |at: usize| match &trees[at..] {
        [TokenTree::Ident(name), TokenTree::Punct(_), TokenTree::Group(group), ..]
            if name == "compile_error" =>
        {
            Some(syn::parse2::<syn::LitStr>(group.stream()).expect("an error has a text").value())
        }
        _ => None,
    };
    (0..trees.len()).filter_map(message).collect()
}

/// The errors that the attribute reports on a plain struct.
fn mistakes(args: &str) -> Vec<String> {
    errors(&expand(args, ITEM))
}
