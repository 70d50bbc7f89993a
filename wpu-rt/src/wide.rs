//! Zero-ended text in 16-bit units, and the buffer dance that fetches it.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

/// Text as the host wrote it: 16-bit units, without the ending zero.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct WideString(Vec<u16>);

impl WideString {
    /// The units, without the ending zero.
    #[must_use]
    #[inline]
    pub fn units(&self) -> &[u16] {
        &self.0
    }

    /// Text of these units, none of which is an ending zero.
    #[must_use]
    #[inline]
    pub const fn from_units(units: Vec<u16>) -> Self {
        Self(units)
    }

    /// The units with the ending zero, as C functions take them.
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

/// Units in the first buffer: enough for nearly every path.
const FIRST: usize = 260;
/// No path of the operating system is longer.
const LONGEST: usize = 0x8000;

/// Calls `fill` with a zeroed buffer, and with a larger one for as long as it answers `too_small`.
///
/// `fill` gets the buffer and its length in units; what it leaves in the length is ignored, since
/// the documentation gives it no meaning. The text ends at the first zero. Text without an end
/// fills its buffer, so it may have been cut: it counts as too small. No text at all is `broken`.
///
/// # Errors
///
/// What `fill` answers; `broken` where it reports success and writes no complete text.
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
