//! What may come of carrying out a plan.

use crate::catalog::Width;
use std::fmt;
use wpu_sys::WsaError;

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
