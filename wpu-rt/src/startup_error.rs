//! The errors of start-ups and clean-ups.

use crate::interface::Interface;
use crate::upcall_set::UpcallSet;
use core::fmt;

/// The error of a start-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartError<I: Interface> {
    /// The table lacks these upcalls, which the plug-in declares.
    Missing(UpcallSet),
    /// The thread is inside another start-up, the last clean-up, or a call for which the last clean-up waits.
    Busy,
    /// The plug-in is started already, as an instance of another type: both share their upcalls.
    Shared,
    /// The plug-in failed with this error.
    Refused(I::Error),
}

impl<I: Interface> fmt::Display for StartError<I> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(missing) => {
                out.write_str("the table of upcalls has no function for ")?;
                for (at, upcall) in missing.iter().enumerate() {
                    let separator = if at == 0 { "" } else { ", " };
                    write!(out, "{separator}`{}`", I::FACTS.upcalls[*upcall].name)?;
                }
                out.write_str(", which the provider declares")
            }
            Self::Busy => out.write_str(
                "this thread is inside another start-up or the last clean-up, and cannot wait for it",
            ),
            Self::Shared => {
                out.write_str("it is started already as another type, and these share their upcalls")
            }
            Self::Refused(error) => write!(out, "it refused: {error}"),
        }
    }
}

impl<I: Interface + fmt::Debug> core::error::Error for StartError<I> {}

/// The error of a clean-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CleanUpError<I: Interface> {
    /// There is no outstanding start-up, or not one that this clean-up may answer.
    NotStarted,
    /// The thread is inside a start-up or the last clean-up, or inside a call for which the last clean-up waits.
    Busy,
    /// The last clean-up is complete; the plug-in reported this error.
    Failed(I::Error),
}

impl<I: Interface> fmt::Display for CleanUpError<I> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted => out.write_str("it is not started"),
            Self::Busy => out.write_str(
                "this thread is inside a start-up, the last clean-up or a call, and the clean-up cannot wait for it",
            ),
            Self::Failed(error) => write!(out, "the last clean-up failed: {error}"),
        }
    }
}

impl<I: Interface + fmt::Debug> core::error::Error for CleanUpError<I> {}
