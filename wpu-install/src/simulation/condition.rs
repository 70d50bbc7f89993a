//! Conditions under which calls of Ws2_32 fail, and the error code that each function has for them.

use std::ops::Range;
use wpu_sys::WsaError;

/// A condition of the system under which calls fail, whatever their arguments are.
///
/// A function fails only if its page names an error code for the condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// The caller may read the registry, but not write to it.
    ReadOnly,
    /// The caller may not even read the registry.
    NoAccess,
    /// An entry cannot be opened, made or written.
    BrokenEntry,
    /// There is not enough memory for an entry.
    NoMemory,
    /// No buffer space is left.
    NoBuffers,
    /// A call of the system failed that should never fail.
    SystemFailure,
    /// Another thread or process puts the catalog in order at the moment.
    Ordering,
}

/// The functions, without the distinction by the width of the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Enumerate,
    Path,
    Install,
    Remove,
    Order,
    Info,
    SetInfo,
    Permitted,
    Permit,
}

impl Condition {
    /// The error code of a function under this condition; `None` if the function does not fail.
    fn code(self, function: Function) -> Option<WsaError> {
        use Function::{Enumerate, Info, Install, Order, Path, Permitted, Remove, SetInfo};
        match (self, function) {
            (_, Enumerate | Path) | (Self::ReadOnly, Info | Permitted) => None,
            (Self::ReadOnly | Self::NoAccess | Self::BrokenEntry, _) | (Self::Ordering, Order) => {
                Some(WsaError::WSANO_RECOVERY)
            }
            (Self::NoMemory, Install | Remove | Order | Info | SetInfo) => {
                Some(WsaError::WSA_NOT_ENOUGH_MEMORY)
            }
            (Self::NoBuffers, Install) => Some(WsaError::WSAENOBUFS),
            (Self::SystemFailure, Install) => Some(WsaError::WSASYSCALLFAILURE),
            _ => None,
        }
    }
}

/// The calls that fail under a condition: those of these numbers, counted from 0 among the calls that the
/// condition concerns.
#[derive(Debug)]
pub(super) struct Failing {
    pub condition: Condition,
    pub calls: Range<usize>,
    pub seen: usize,
}

impl Failing {
    /// Counts a call of the function, and fails if it is one of those.
    pub(super) fn call(&mut self, function: Function) -> Result<(), WsaError> {
        let Some(code) = self.condition.code(function) else { return Ok(()) };
        let fails = self.calls.contains(&self.seen);
        self.seen += 1;
        if fails { Err(code) } else { Ok(()) }
    }
}
