//! Zero-terminated UTF-16 text, and reading it with a buffer that grows.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

/// Text as the host wrote it: UTF-16 code units, without the terminating zero.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct WideString(Vec<u16>);

impl WideString {
    /// The units, without the terminating zero.
    #[must_use]
    #[inline]
    pub fn units(&self) -> &[u16] {
        &self.0
    }

    /// Creates text from units, which do not include a terminating zero.
    #[must_use]
    #[inline]
    pub const fn from_units(units: Vec<u16>) -> Self {
        Self(units)
    }

    /// The units with a terminating zero, as C functions take them.
    #[must_use]
    #[inline]
    pub fn to_zero_ended(&self) -> Vec<u16> {
        self.0.iter().copied().chain([0]).collect()
    }
}

impl From<&str> for WideString {
    #[inline]
    fn from(text: &str) -> Self {
        Self(text.encode_utf16().collect())
    }
}

impl fmt::Display for WideString {
    #[inline]
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        char::decode_utf16(self.0.iter().copied())
            .try_for_each(|unit| out.write_char(unit.unwrap_or(char::REPLACEMENT_CHARACTER)))
    }
}

impl fmt::Debug for WideString {
    #[inline]
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "\"{self}\"")
    }
}

/// The length of the first buffer in units: enough for nearly every path.
const FIRST: usize = 260;
/// No path of the operating system is longer.
const LONGEST: usize = 0x8000;

/// Calls `fill` with a zeroed buffer, and with a larger one for as long as it returns `too_small`.
///
/// `fill` receives the buffer and its length in units. The length that it stores is ignored, since the
/// documentation gives it no meaning. The text ends at the first zero. If there is no zero, the text may have
/// been truncated, so the buffer counts as too small. An empty text is an error, `broken`.
///
/// # Errors
///
/// The error of `fill`; `broken` if it reports success and writes no complete text.
#[inline]
pub fn read_text<E: PartialEq + Copy>(
    too_small: E,
    broken: E,
    mut fill: impl FnMut(*mut u16, &mut i32) -> Result<(), E>,
) -> Result<WideString, E> {
    let mut units = FIRST;
    loop {
        let mut buffer = vec![0_u16; units];
        let mut length = i32::try_from(units).unwrap_or(i32::MAX);
        let answer = fill(buffer.as_mut_ptr(), &mut length);
        match (answer, buffer.iter().position(|unit| *unit == 0)) {
            (Ok(()), Some(0)) => return Err(broken),
            (Ok(()), Some(end)) => {
                buffer.truncate(end);
                return Ok(WideString(buffer));
            }
            (Err(error), _) if error != too_small || units >= LONGEST => return Err(error),
            (Ok(()), None) if units >= LONGEST => return Err(broken),
            _ => units = (units * 4).min(LONGEST),
        }
    }
}
