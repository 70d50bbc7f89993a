//! Checks and copies at the border between a provider and a host.

#[cfg(feature = "mock")]
use crate::wide::WideString;

/// The value behind `pointer`, if that can be read from as far as can be told: it is neither null nor misaligned.
///
/// # Errors
///
/// `null` if it is one of them.
///
/// # Safety
///
/// If it is neither, it points at a value that stays readable and unchanged for `'a`.
#[cfg(feature = "mock")]
#[inline]
pub unsafe fn input<'a, T, E>(pointer: *const T, null: E) -> Result<&'a T, E> {
    if pointer.is_null() || !pointer.is_aligned() {
        return Err(null);
    }
    // SAFETY: neither null nor misaligned; the caller vouches for the rest.
    Ok(unsafe { &*pointer })
}

/// Whether `pointer` can be written to, as far as can be told.
///
/// # Errors
///
/// `null` if it is null or misaligned.
#[inline]
pub fn output<T, E>(pointer: *mut T, null: E) -> Result<(), E> {
    if pointer.is_null() || !pointer.is_aligned() { Err(null) } else { Ok(()) }
}

/// Writes an error code where the caller asked for it, if that is a good place.
///
/// # Safety
///
/// `errno` is null, or misaligned, or can be written to.
#[inline]
pub unsafe fn report(errno: *mut i32, code: i32) {
    if output(errno, ()).is_ok() {
        // SAFETY: neither null nor misaligned; the caller vouches for the rest.
        unsafe { errno.write(code) };
    }
}

/// Copies `text` with an ending zero into a buffer of `*length` units, and leaves in `*length` the
/// units of the text; or, when the buffer is too small, writes no text and leaves there how many
/// units it takes with the zero.
///
/// # Safety
///
/// `length` can be read and written, and `buffer` written for as many units as it says.
#[cfg(feature = "mock")]
#[inline]
pub unsafe fn write_text(text: &WideString, buffer: *mut u16, length: *mut i32) -> bool {
    let units = text.units();
    // SAFETY: the caller vouches for it.
    let room = unsafe { length.read() };
    let fits = usize::try_from(room).is_ok_and(|room| room > units.len());
    if fits {
        // SAFETY: the buffer has room for the units and one more, and is not part of the text.
        unsafe { buffer.copy_from_nonoverlapping(units.as_ptr(), units.len()) };
        // SAFETY: within the room, as above.
        let end = unsafe { buffer.add(units.len()) };
        // SAFETY: as above.
        unsafe { end.write(0) };
    }
    let told = if fits { units.len() } else { units.len() + 1 };
    // SAFETY: the caller vouches for it.
    unsafe { length.write(i32::try_from(told).unwrap_or(i32::MAX)) };
    fits
}
