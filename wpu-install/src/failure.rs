//! The results of carrying out a plan.

use crate::catalog::Width;
use std::fmt;
use wpu_sys::WsaError;

/// An entry that a plan has added, with its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// The catalog.
    pub width: Width,
    /// The id of the entry.
    pub id: u32,
    /// The name of the entry.
    pub name: String,
}

/// The failure of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The catalog cannot be read. Nothing was changed.
    Unreadable {
        /// The catalog.
        width: Width,
        /// The error.
        error: WsaError,
    },
    /// The catalog differs from the one for which the plan was made. Nothing was changed.
    Changed {
        /// The catalog.
        width: Width,
    },
    /// This program cannot make or undo a step. Nothing was changed.
    OutOfReach {
        /// The reason.
        why: &'static str,
    },
    /// A step failed, and the earlier steps were undone.
    TakenBack {
        /// The failed step.
        step: String,
        /// The error.
        error: WsaError,
    },
    /// A step failed, and not all earlier steps could be undone.
    HalfWay {
        /// The failed step.
        step: String,
        /// The error.
        error: WsaError,
        /// The remaining differences.
        left: Vec<String>,
    },
    /// Another installer changed the same provider meanwhile. The earlier steps were undone except for the
    /// remaining differences; the changes of the other installer were not touched.
    Overtaken {
        /// The step that was not made.
        step: String,
        /// The change of the other installer.
        by: String,
        /// The remaining differences.
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
                write!(out, "cannot {step}: {error}; all steps were undone, and the catalog is as before")
            }
            Self::HalfWay { step, error, left } => {
                write!(out, "cannot {step}: {error}; ")?;
                not_all(out, left)
            }
            Self::Overtaken { step, by, left } => {
                write!(out, "cannot {step}: meanwhile another installer {by}, which was not touched; ")?;
                if left.is_empty() {
                    return out.write_str("all steps were undone");
                }
                not_all(out, left)
            }
        }
    }
}

fn not_all(out: &mut fmt::Formatter<'_>, left: &[String]) -> fmt::Result {
    out.write_str("not all changes could be undone:")?;
    left.iter().try_for_each(|what| write!(out, "\n  {what}"))
}

impl std::error::Error for Failure {}
