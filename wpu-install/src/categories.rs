//! The categories of layers and their names.

use wpu_sys::ffi::{
    LSP_CRYPTO_COMPRESS, LSP_FIREWALL, LSP_INBOUND_MODIFY, LSP_INSPECTOR, LSP_LOCAL_CACHE,
    LSP_OUTBOUND_MODIFY, LSP_PROXY, LSP_REDIRECTOR, LSP_SYSTEM,
};

/// The names and values of the categories.
pub const CATEGORIES: [(&str, u32); 9] = [
    ("system", LSP_SYSTEM),
    ("inspector", LSP_INSPECTOR),
    ("redirector", LSP_REDIRECTOR),
    ("proxy", LSP_PROXY),
    ("firewall", LSP_FIREWALL),
    ("inbound-modify", LSP_INBOUND_MODIFY),
    ("outbound-modify", LSP_OUTBOUND_MODIFY),
    ("crypto-compress", LSP_CRYPTO_COMPRESS),
    ("local-cache", LSP_LOCAL_CACHE),
];

/// The names of categories. Categories without a name are combined into a number.
#[must_use]
pub fn category_names(set: u32) -> Vec<String> {
    let known = CATEGORIES.iter().filter(|(_, bit)| set & bit != 0).map(|(name, _)| (*name).to_owned());
    let rest = CATEGORIES.iter().fold(set, |rest, (_, bit)| rest & !bit);
    known.chain((rest != 0).then(|| format!("{rest:#x}"))).collect()
}

/// The names of categories, or `none`.
pub(crate) fn categories(set: u32) -> String {
    let all = category_names(set);
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}
