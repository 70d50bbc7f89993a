//! Carrying out a plan: who changes the catalogs, and what may come of it.

use crate::catalog::{Catalog, Catalogs, Width};
use crate::plan::{Place, Plan};
use crate::work::{Stop, Work};
use std::fmt;
use wpu_sys::ffi::{GUID, WSAPROTOCOL_INFOW};
use wpu_sys::{WideString, WsaError};

/// Who changes the catalogs: [Ws2_32](crate::System), or a [copy in memory](crate::Memory).
pub trait Registrar {
    /// The catalogs that can be read.
    fn widths(&self) -> Vec<Width>;

    /// What a catalog holds, hidden entries too, in order.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    fn read(&mut self, width: Width) -> Result<Catalog, WsaError>;

    /// Why this program cannot add entries there, if it cannot.
    fn cannot_add(&self, place: Place) -> Option<&'static str>;

    /// Adds all entries of a provider, behind the others. They get numbers.
    ///
    /// # Errors
    ///
    /// Why they are not added. Some may be there nevertheless.
    fn add(
        &mut self,
        place: Place,
        provider: &GUID,
        path: &WideString,
        entries: &[WSAPROTOCOL_INFOW],
    ) -> Result<(), WsaError>;

    /// Removes all entries of a provider.
    ///
    /// # Errors
    ///
    /// Why they are not removed. Some may be gone nevertheless.
    fn remove(&mut self, width: Width, provider: &GUID) -> Result<(), WsaError>;

    /// Puts all entries in this order.
    ///
    /// # Errors
    ///
    /// Why they are not in order.
    fn reorder(&mut self, width: Width, ids: &[u32]) -> Result<(), WsaError>;

    /// Sets the categories of a layer; 0 is none.
    ///
    /// # Errors
    ///
    /// Why they are not set.
    fn categorise(&mut self, width: Width, provider: &GUID, categories: u32) -> Result<(), WsaError>;

    /// All catalogs that can be read.
    ///
    /// # Errors
    ///
    /// Why one of them cannot be.
    fn read_all(&mut self) -> Result<Catalogs, WsaError> {
        let mut all = Catalogs::default();
        for width in self.widths() {
            *all.slot(width) = Some(self.read(width)?);
        }
        Ok(all)
    }
}

/// An entry that a plan added, and the number that it got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// Where.
    pub width: Width,
    /// Its number.
    pub id: u32,
    /// Its name.
    pub name: String,
}

/// Why a plan was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The catalog cannot be read. Nothing was changed.
    Unreadable {
        /// Which one.
        width: Width,
        /// Why.
        error: WsaError,
    },
    /// The catalog is not the one that the plan was made for. Nothing was changed.
    Changed {
        /// Which one.
        width: Width,
    },
    /// A step, or its way back, cannot be made from this program. Nothing was changed.
    OutOfReach {
        /// Why.
        why: &'static str,
    },
    /// A step failed, and those before it were taken back.
    TakenBack {
        /// The step.
        step: String,
        /// Why it failed.
        error: WsaError,
    },
    /// A step failed, and not all could be taken back.
    HalfWay {
        /// The step.
        step: String,
        /// Why it failed.
        error: WsaError,
        /// What is not as it was.
        left: Vec<String>,
    },
    /// Another installer changed the same provider meanwhile. What was done before is taken back, but for what
    /// is left; what the other one did is untouched.
    Overtaken {
        /// The step that was not made.
        step: String,
        /// What the other one did.
        by: String,
        /// What is not as it was.
        left: Vec<String>,
    },
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { width, error } => {
                write!(out, "the {width} catalog cannot be read: {error}; nothing was changed")
            }
            Self::Changed { width } => {
                write!(out, "the {width} catalog has changed since the plan was made; nothing was changed")
            }
            Self::OutOfReach { why } => write!(out, "{why}; nothing was changed"),
            Self::TakenBack { step, error } => {
                write!(out, "cannot {step}: {error}; what had been done is taken back, and all is as it was")
            }
            Self::HalfWay { step, error, left } => {
                write!(out, "cannot {step}: {error}; ")?;
                not_all(out, left)
            }
            Self::Overtaken { step, by, left } => {
                write!(out, "cannot {step}: meanwhile another installer {by}, which stays as it is; ")?;
                if left.is_empty() {
                    return out.write_str("what had been done is taken back");
                }
                not_all(out, left)
            }
        }
    }
}

fn not_all(out: &mut fmt::Formatter<'_>, left: &[String]) -> fmt::Result {
    out.write_str("not all could be taken back:")?;
    left.iter().try_for_each(|what| write!(out, "\n  {what}"))
}

impl std::error::Error for Failure {}

/// Carries out a plan: all of it, or nothing. Each step is read back. What is taken back after a failure is what
/// this call did, and nothing that another installer did meanwhile.
///
/// # Errors
///
/// Why it was not carried out; unless something is left, it left the catalogs as they were.
pub fn apply(plan: &Plan, registrar: &mut dyn Registrar) -> Result<Vec<Added>, Failure> {
    let mut work = Work::new(plan, registrar);
    work.is_expected()?;
    work.is_in_reach()?;
    let Err((step, why)) = work.run() else { return Ok(work.added()) };
    work.take_back();
    let (step, left) = (step.to_string(), work.left());
    Err(match why {
        Stop::Failed(error) if left.is_empty() => Failure::TakenBack { step, error },
        Stop::Failed(error) => Failure::HalfWay { step, error, left },
        Stop::Overtaken(by) => Failure::Overtaken { step, by, left },
    })
}
