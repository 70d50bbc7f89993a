//! `[[topic]]` and its obligations: what the documentation binds a provider, a host or a client to.

use super::leaf::{Spanned, Text};
use serde::Deserialize;

/// `[[topic]]`: the obligations of one function, or of something that several functions share.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Topic {
    /// A function of the spec, or a slug such as `start-up`.
    pub name: Text,
    /// What it is about. Only for slugs; a function has its own documentation.
    pub doc: Option<Text>,
    /// The functions on whose pages the obligations appear. Only for slugs.
    #[serde(default)]
    pub functions: Vec<Text>,
    /// The day on which `sources` were read to the end, as `2026-11-29`.
    pub read: Text,
    /// The pages that were read to the end.
    #[serde(default)]
    pub sources: Vec<Text>,
    /// Ids of obligations that no longer exist. Such an id is never used again.
    #[serde(default)]
    pub retired: Vec<Text>,
    #[serde(rename = "obligation", default)]
    pub obligations: Vec<Obligation>,
}

/// `[[topic.obligation]]`: a rule that somebody can break, and somebody can test.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Obligation {
    /// A slug that the topic has once. The name of the topic, a full stop and the slug are the obligation's id.
    pub id: Text,
    pub binds: Party,
    pub kind: Kind,
    /// The rule: what the bound party does.
    pub doc: Text,
    /// An id of a source; a space and the section may follow.
    pub sources: Vec<Text>,
    /// Absent: `stated`.
    pub certainty: Option<Spanned<Certainty>>,
    /// What was decided where sources contradict each other.
    pub decision: Option<Text>,
    /// The class for which it holds; absent: all.
    pub class: Option<Text>,
    /// The platform on which it holds; absent: all.
    pub platform: Option<Text>,
    /// The functions on whose pages it appears, where these are not those of the topic. Only for slugs.
    pub functions: Option<Spanned<Vec<Text>>>,
    /// Why no check and no test could see that it is broken.
    pub not_checkable: Option<Text>,
    /// Ids of earlier obligations that had another meaning.
    #[serde(default)]
    pub replaces: Vec<Text>,
}

/// Who is bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// Who is called through the provider's table, and makes upcalls.
    Plugin,
    /// Who owns the table of upcalls.
    Host,
    /// The program whose calls the host passes on.
    Client,
}

/// What an obligation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// What is passed to a function.
    Argument,
    /// What a function returns or does.
    Result,
    /// Which error a function reports, and what holds after it.
    Error,
    /// What is written through a pointer, and when.
    OutValue,
    /// What comes before what.
    Order,
    /// On which thread something happens, or may happen.
    Thread,
    /// How long something stays valid.
    Lifetime,
    /// Who frees or closes something.
    Ownership,
    /// When something is reported that happened.
    Event,
}

/// How sure it is that the obligation exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// A source says it.
    Stated,
    /// It follows from what sources say.
    Implied,
    /// Sources contradict each other; `decision` says what was decided.
    Contradicted,
    /// No source says it; hosts or clients rely on it.
    Experience,
}
