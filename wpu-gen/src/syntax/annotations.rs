//! What is said about other entries: kits, notes, headers and their mismatches.

use super::leaf::{Spanned, Text};
use serde::Deserialize;
use std::collections::BTreeMap;

/// `[[kit]]`: hand-written code that makes upcalls on a provider's behalf.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Kit {
    /// The word for it in attributes.
    pub name: Text,
    pub doc: Text,
    /// Class → the upcalls that it makes for providers of that class. It is not for the others.
    pub uses: BTreeMap<Text, Vec<Text>>,
    /// Whether it completes requests: providers that do not declare its upcalls get none.
    pub completes: Option<Spanned<bool>>,
}

/// `[[note]]`: sources that contradict each other or are silent, and what was decided.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Note {
    pub id: Text,
    /// Names of the spec that it is about.
    pub about: Vec<Text>,
    /// What the sources say.
    pub doc: Text,
    /// What was decided.
    pub decision: Text,
    #[serde(default)]
    pub sources: Vec<Text>,
}

/// `[[header]]`: how C code gets at what a header declares, where including it is not enough.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Header {
    /// As `header` of an item says it.
    pub name: Text,
    /// The headers to include, in this order; absent: itself alone.
    #[serde(default)]
    pub include: Vec<Text>,
    /// Another place of the header, for toolchains that do not have it by its name.
    pub fallback: Option<Text>,
}

/// `[[header_mismatch]]`: items that are not compared with their headers, and why.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HeaderMismatch {
    pub about: Vec<Text>,
    /// The macro of the toolchains whose headers it is about; absent: all.
    pub unless: Option<Text>,
    pub reason: Text,
    #[serde(default)]
    pub sources: Vec<Text>,
}
