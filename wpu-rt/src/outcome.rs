//! What calls and operations give: values, also beside an error.

/// The values of a call or an operation that gave some.
///
/// For most errors no value is defined: those are the `Err` of a result. For some the documentation defines
/// values, such as the number of received bytes for a message that was longer than the buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<T, E> {
    /// The values of a success.
    Done(T),
    /// An error, and the values that are defined beside it. Beside any other error they are lost.
    Partial(T, E),
}

/// What an operation has transferred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transfer {
    /// The number of transferred bytes. Beside the error for a buffer that is too small: the number that is needed.
    pub bytes: u32,
    /// Flags that describe the bytes; 0 if the operation has none.
    pub flags: u32,
}

impl<T, E> Outcome<T, E> {
    /// The values.
    #[must_use]
    #[inline]
    pub const fn value(&self) -> &T {
        match self {
            Self::Done(value) | Self::Partial(value, _) => value,
        }
    }

    /// The error, if there is one.
    #[must_use]
    #[inline]
    pub const fn error(&self) -> Option<&E> {
        match self {
            Self::Done(_) => None,
            Self::Partial(_, error) => Some(error),
        }
    }

    /// Changes the type of the values.
    #[inline]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Outcome<U, E> {
        match self {
            Self::Done(value) => Outcome::Done(change(value)),
            Self::Partial(value, error) => Outcome::Partial(change(value), error),
        }
    }

    /// The values of a success, or the error alone.
    ///
    /// # Errors
    ///
    /// The error, if there is one.
    #[inline]
    pub fn complete(self) -> Result<T, E> {
        match self {
            Self::Done(value) => Ok(value),
            Self::Partial(_, error) => Err(error),
        }
    }
}

impl<T, E: PartialEq> Outcome<T, E> {
    /// The values, with the error if they are defined beside it.
    ///
    /// # Errors
    ///
    /// An error that is not in `partial`.
    #[doc(hidden)]
    #[inline]
    pub fn defined(self, partial: &[E]) -> Result<(T, Option<E>), E> {
        match self {
            Self::Done(value) => Ok((value, None)),
            Self::Partial(value, error) if partial.contains(&error) => Ok((value, Some(error))),
            Self::Partial(_, error) => Err(error),
        }
    }
}

impl From<u32> for Transfer {
    /// This many bytes, without flags.
    #[inline]
    fn from(bytes: u32) -> Self {
        Self { bytes, flags: 0 }
    }
}

impl<E> From<u32> for Outcome<Transfer, E> {
    /// A success with this many bytes.
    #[inline]
    fn from(bytes: u32) -> Self {
        Self::Done(bytes.into())
    }
}

impl<E> From<Transfer> for Outcome<Transfer, E> {
    #[inline]
    fn from(transfer: Transfer) -> Self {
        Self::Done(transfer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_pass_beside_the_errors_that_define_them() {
        let outcome = Outcome::Partial(3, 7);
        assert_eq!(outcome.defined(&[6, 7]), Ok((3, Some(7))));
        assert_eq!(outcome.defined(&[6]), Err(7));
        assert_eq!(Outcome::Done(3).defined(&[]), Ok::<_, i32>((3, None)));
    }

    #[test]
    fn only_a_success_is_complete() {
        assert_eq!(Outcome::<_, i32>::from(3).complete(), Ok(Transfer { bytes: 3, flags: 0 }));
        assert_eq!(Outcome::Partial(3, 7).map(i64::from).complete(), Err(7));
        assert_eq!((Outcome::Partial(3, 7).value(), Outcome::Partial(3, 7).error()), (&3, Some(&7)));
    }
}
