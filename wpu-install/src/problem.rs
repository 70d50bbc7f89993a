//! The reasons why there is no plan for a request.

use crate::catalog::Width;
use crate::categories::categories;
use crate::guid::GuidText;
use crate::path::BadPath;
use crate::printable::printable;
use std::fmt;
use wpu_sys::ffi::{GUID, PROGRAMS_VARIABLE};

/// The reason why there is no plan for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the texts below describe them")]
pub enum Problem {
    NoCatalog,
    NoId,
    AlreadyThere { width: Width, provider: GUID, path: String, entries: Vec<String>, not_in: Option<Width> },
    NotThere { provider: GUID },
    PermittedAlready { application: String, now: Option<u32> },
    BadPath { path: String, of: &'static str, why: BadPath },
    BadName { why: &'static str },
    NoSockets,
    ClassAndFlags { name: String },
    BothDirections { name: String },
    ReservedFlags { name: String },
    UnknownCategories { unknown: u32 },
    NothingChosen { width: Width },
    NoEntry { width: Width, id: u32 },
    NoOffer { width: Width, sockets: (i32, i32, i32) },
    NumbersInBoth,
    ChosenTwice { width: Width, entry: String },
    NotToBeCovered { width: Width, entry: String, why: &'static str },
    ChainFull { width: Width, entry: String },
    LayerTwice { width: Width, entry: String },
    Covered { width: Width, entry: String, by: String },
    IfsAboveNonIfs { width: Width, entry: String, non_ifs: String },
    ChainOf { width: Width, provider: GUID, layer: GUID },
    InUse { width: Width, by: Vec<String> },
    Entangled { width: Width, entries: Vec<String> },
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCatalog => out.write_str("there is no catalog to change"),
            Self::NoId => out.write_str("the id of a provider must not be all zeros"),
            Self::AlreadyThere { width, provider, path, entries, .. } => write!(
                out,
                "provider {} is in the {width} catalog already, with {}, as {}; uninstall it first",
                GuidText(*provider),
                printable(path),
                entries.join(", ")
            ),
            Self::NotThere { provider } => write!(out, "provider {} is not installed", GuidText(*provider)),
            Self::PermittedAlready { application, now: None } => {
                write!(out, "{application} is not categorised, so that there is nothing to forget")
            }
            Self::PermittedAlready { application, now: Some(now) } => {
                write!(out, "{application} permits {} already, and nothing else", categories(*now))
            }
            Self::BadPath { path, of, why } => {
                write!(out, "the path `{}` ", printable(path))?;
                match why {
                    BadPath::Long => {
                        out.write_str("is longer than the 259 characters that the catalog keeps")
                    }
                    BadPath::Zero => out.write_str("contains a zero character"),
                    BadPath::NotWhole => write!(
                        out,
                        "is not an absolute path of the {of}: start it with a drive, with a variable such as \
                        %{PROGRAMS_VARIABLE}%, or with \\\\"
                    ),
                }
            }
            Self::BadName { why } => write!(out, "the name {why}"),
            Self::NoSockets => out.write_str("a base provider needs at least one kind of sockets"),
            Self::ClassAndFlags { name } => write!(
                out,
                "the service flags of `{name}` have XP1_IFS_HANDLES, but the sockets of a non-IFS provider are not file handles"
            ),
            Self::BothDirections { name } => write!(
                out,
                "the service flags of `{name}` have both XP1_UNI_SEND and XP1_UNI_RECV: sockets that only send need an \
                entry of their own"
            ),
            Self::ReservedFlags { name } => {
                write!(
                    out,
                    "the service flags of `{name}` have XP1_INTERRUPT, which is reserved: leave it out"
                )
            }
            Self::UnknownCategories { unknown } => write!(out, "unknown categories: {unknown:#x}"),
            Self::NothingChosen { width } => {
                write!(out, "the {width} catalog has no entry over which the layer could be installed")
            }
            Self::NoEntry { width, id } => write!(out, "the {width} catalog has no entry {id}"),
            Self::NoOffer { width, sockets: (family, kind, protocol) } => write!(
                out,
                "nothing in the {width} catalog offers sockets of family {family}, type {kind}, protocol {protocol}"
            ),
            Self::NumbersInBoth => out.write_str(
                "an entry has one number in the 64-bit catalog and another in the 32-bit one; \
                choose by kind of sockets, or work on one catalog",
            ),
            Self::ChosenTwice { width, entry } => {
                write!(out, "entry {entry} of the {width} catalog is chosen twice")
            }
            Self::NotToBeCovered { width, entry, why } => {
                write!(out, "a layer cannot be installed over entry {entry} of the {width} catalog: {why}")
            }
            Self::ChainFull { width, entry } => {
                write!(out, "the chain of entry {entry} of the {width} catalog is too long for another layer")
            }
            Self::LayerTwice { width, entry } => {
                write!(out, "the chain of entry {entry} of the {width} catalog already contains the layer")
            }
            Self::Covered { width, entry, by } => write!(
                out,
                "programs never reach entry {entry} of the {width} catalog, since {by} is installed over it; choose {by}"
            ),
            Self::IfsAboveNonIfs { width, entry, non_ifs } => write!(
                out,
                "an IFS layer cannot be installed over entry {entry} of the {width} catalog, since the sockets of {non_ifs} are \
                not file handles; if {non_ifs} is a layer, uninstall it, install this one, then {non_ifs} over it"
            ),
            Self::ChainOf { provider, layer, .. } => write!(
                out,
                "{} is the id of chains only; uninstall their layer, {}",
                GuidText(*provider),
                GuidText(*layer)
            ),
            Self::InUse { width, by } => write!(
                out,
                "other entries of the {width} catalog contain this provider: {}; uninstall their layers first, \
                or have these entries removed too",
                by.join(", ")
            ),
            Self::Entangled { width, entries } => write!(
                out,
                "entries of the {width} catalog depend on each other, so that a removal could not be undone: {}",
                entries.join(", ")
            ),
        }
    }
}

impl std::error::Error for Problem {}
