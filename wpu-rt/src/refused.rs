//! Errors that consist of more than a code, or of less.

use core::fmt;

/// The error of a call that failed, with the value that it would have consumed.
pub struct Refused<T, E> {
    /// The error that the host returned.
    pub error: E,
    /// The value that was to be passed, which still belongs to the caller.
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

/// The error of a call that failed and has no error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed;

impl fmt::Display for Failed {
    #[inline]
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the call failed without an error code")
    }
}

impl core::error::Error for Failed {}
