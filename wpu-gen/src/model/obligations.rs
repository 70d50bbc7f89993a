//! Obligations: the sentences of the documentation that bind somebody, by topic.

use super::placed::Placed;
pub use crate::syntax::{Certainty, ObligationKind, Party};

/// A function of any kind: an index into the list of that kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FunctionId {
    Upcall(usize),
    Downcall(usize),
    EntryPoint(usize),
    Import(usize),
}

/// The obligations of one function, or of something that several functions share.
#[derive(Debug)]
pub struct Topic {
    pub name: Placed<String>,
    /// The function that gives it its name.
    pub subject: Option<FunctionId>,
    pub doc: Option<Placed<String>>,
    /// The functions on whose pages the obligations appear, where it is no function's.
    pub functions: Vec<Placed<FunctionId>>,
    /// The day on which the sources were read.
    pub read: Placed<String>,
    pub sources: Vec<usize>,
    /// Ids that are never used again.
    pub retired: Vec<Placed<String>>,
    pub obligations: Vec<Obligation>,
}

/// A rule that somebody can break.
#[derive(Debug)]
pub struct Obligation {
    /// Unique in its topic.
    pub slug: Placed<String>,
    pub binds: Party,
    pub kind: ObligationKind,
    pub doc: Placed<String>,
    pub sources: Vec<Cited>,
    pub certainty: Option<Placed<Certainty>>,
    pub decision: Option<Placed<String>>,
    /// An index into [`Model::classes`].
    pub class: Option<usize>,
    /// An index into [`Model::platforms`].
    pub platform: Option<usize>,
    /// The functions on whose pages it appears, where these are not those of its topic.
    pub functions: Option<Placed<Vec<Placed<FunctionId>>>>,
    pub not_checkable: Option<Placed<String>>,
    pub replaces: Vec<Placed<String>>,
}

/// A source, and the section in it.
#[derive(Debug)]
pub struct Cited {
    pub source: usize,
    pub section: String,
}

impl Topic {
    /// The id of one of its obligations.
    #[must_use]
    pub fn id(&self, obligation: &Obligation) -> String {
        format!("{}.{}", self.name, obligation.slug)
    }

    /// The functions on whose pages one of its obligations appears.
    pub fn functions_of<'m>(&'m self, obligation: &'m Obligation) -> impl Iterator<Item = FunctionId> + 'm {
        let own = obligation.functions.as_deref().unwrap_or(&self.functions);
        self.subject.into_iter().chain(own.iter().map(|id| **id))
    }
}
