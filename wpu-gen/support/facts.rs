//! What a fact looks like: one type per kind of fact. The facts themselves are in [`crate::facts`].

use crate::classes::{Class, Platform};
use crate::support::upcall_set::UpcallSet;

/// Whether a provider must use an upcall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    /// No call of the operating system can stand in.
    Required,
    /// A call of the operating system may stand in.
    Optional,
    /// The documentation gives no status.
    Unspecified,
    /// It belongs to providers of another class.
    NotApplicable,
}

impl Requirement {
    /// The word for it, as it stands in tables.
    #[must_use]
    #[inline]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Optional => "optional",
            Self::Unspecified => "unspecified",
            Self::NotApplicable => "not applicable",
        }
    }
}

/// How a provider reaches an upcall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dispatch {
    /// Through a slot of every table.
    Slot,
    /// By name from the library named here, where the table at hand has no slot for it.
    Export(&'static str),
}

/// A place in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// The C name of the table.
    pub table: &'static str,
    /// The place, counted from 0.
    pub index: u32,
}

/// An error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode {
    /// Its C name.
    pub name: &'static str,
    /// Its value.
    pub value: i32,
    /// What it says, without a full stop.
    pub text: &'static str,
}

/// An error that the documentation names for an upcall.
#[derive(Debug, Clone, Copy)]
pub struct DocumentedError {
    /// The code.
    pub code: &'static ErrorCode,
    /// What has gone wrong.
    pub when: &'static str,
}

/// A function that a provider exports, and a host calls by name.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its C name.
    pub name: &'static str,
    /// What it does.
    pub text: &'static str,
    /// What it answers when the table lacks an upcall that the provider declares.
    pub hole: &'static ErrorCode,
    /// The errors that the documentation names.
    pub errors: &'static [DocumentedError],
}

/// Hand-written code that makes upcalls on a provider's behalf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kit {
    /// The word for it in attributes.
    pub name: &'static str,
    /// The name of the type in [`kits`](crate::facts::kits) that stands for it.
    pub marker: &'static str,
    /// What it is.
    pub text: &'static str,
    /// The upcalls that it makes, by class; `None` where it is not for providers of that class.
    pub uses: [Option<UpcallSet>; Class::COUNT],
    /// Whether it completes requests.
    pub completes: bool,
}

impl Kit {
    /// The upcalls that it makes for a provider of this class.
    #[must_use]
    #[inline]
    pub const fn uses(&self, class: Class) -> UpcallSet {
        match self.uses[class as usize] {
            Some(uses) => uses,
            None => UpcallSet::EMPTY,
        }
    }

    /// Whether it is for providers of this class.
    #[must_use]
    #[inline]
    pub const fn is_for(&self, class: Class) -> bool {
        self.uses[class as usize].is_some()
    }
}

/// Where a fact comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// A short name for it.
    pub id: &'static str,
    /// What it is.
    pub title: &'static str,
    /// Where it can be read, if it can.
    pub url: Option<&'static str>,
}

/// A contradiction or gap of the sources, with the decision taken.
#[derive(Debug, Clone, Copy)]
pub struct Note {
    /// A short name for it.
    pub id: &'static str,
    /// What the sources say.
    pub says: &'static str,
    /// What was decided.
    pub decision: &'static str,
    /// The sources.
    pub sources: &'static [&'static Source],
}

/// The safe Rust form of an upcall, as text. `$` stands for this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Method {
    /// What stands between its name and its parameters.
    pub generics: &'static str,
    /// Names and types of the parameters after `self`.
    pub params: &'static [(&'static str, &'static str)],
    /// The return type.
    pub returns: &'static str,
    /// Why the answer must not be dropped.
    pub must_use: Option<&'static str>,
}

/// One upcall with all that is known of it.
#[derive(Debug, Clone, Copy)]
pub struct Upcall {
    /// Its C name.
    pub name: &'static str,
    /// Its Rust name.
    pub method: &'static str,
    /// What it does, in a line.
    pub text: &'static str,
    /// What a provider's author must know beyond that.
    pub details: &'static str,
    /// Its C declaration.
    pub signature: &'static str,
    /// The header that declares it.
    pub header: &'static str,
    /// How it is reached.
    pub dispatch: Dispatch,
    /// Its places.
    pub slots: &'static [Slot],
    /// Whether it must be used, by class and platform.
    pub requirement: [[Requirement; Platform::COUNT]; Class::COUNT],
    /// Why that is so.
    pub reason: &'static str,
    /// The operating system's call that may stand in.
    pub substitute: Option<&'static str>,
    /// The usual grounds for doing without it.
    pub waiver: Option<&'static str>,
    /// The upcall (an index of [`UPCALLS`](crate::facts::UPCALLS)) that acquires what this one releases.
    pub acquire: Option<usize>,
    /// The upcall (an index of [`UPCALLS`](crate::facts::UPCALLS)) that releases what this one acquires.
    pub release: Option<usize>,
    /// The errors that the documentation names.
    pub errors: &'static [DocumentedError],
    /// Where all this comes from.
    pub sources: &'static [&'static Source],
    /// Contradictions and gaps that touch it.
    pub notes: &'static [&'static Note],
    /// Its safe Rust form.
    pub rust: Method,
}

/// One downcall: a function of the provider, which a host calls through the provider's table.
#[derive(Debug, Clone, Copy)]
pub struct Downcall {
    /// Its C name.
    pub name: &'static str,
    /// Its Rust name.
    pub method: &'static str,
    /// What it does, in a line.
    pub text: &'static str,
    /// Its C declaration.
    pub signature: &'static str,
    /// The header that declares it.
    pub header: &'static str,
    /// Its place in the table, counted from 0.
    pub slot: u32,
    /// What a provider answers that does not implement it; `None`: success.
    pub refusal: Option<&'static ErrorCode>,
    /// The entries under which its slot may be null.
    pub may_be_null: &'static [&'static Entry],
    /// The errors that the documentation names.
    pub errors: &'static [DocumentedError],
    /// Where all this comes from.
    pub sources: &'static [&'static Source],
    /// Contradictions and gaps that touch it.
    pub notes: &'static [&'static Note],
}

impl Upcall {
    /// Whether a provider of this class must use it on this platform.
    #[must_use]
    #[inline]
    pub const fn requirement(&self, class: Class, platform: Platform) -> Requirement {
        self.requirement[class as usize][platform as usize]
    }
}
