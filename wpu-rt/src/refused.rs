//! Errors that are not a bare code.

use core::fmt;

/// A call that failed, with what it would have consumed: nothing is lost.
pub struct Refused<T, E> {
    /// Why the host refused.
    pub error: E,
    /// What was to be handed over, still the caller's.
    pub rest: T,
}

impl<T, E: fmt::Debug> fmt::Debug for Refused<T, E> {
    #[inline]
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Refused").field("error", &self.error).finish_non_exhaustive()
    }
}

impl<T, E: fmt::Display> fmt::Display for Refused<T, E> {
    #[inline]
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(out)
    }
}

impl<T, E: core::error::Error> core::error::Error for Refused<T, E> {}

/// A call that failed without telling why: there is no code for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed;

impl fmt::Display for Failed {
    #[inline]
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the call failed, and there is no code for it")
    }
}

impl core::error::Error for Failed {}
