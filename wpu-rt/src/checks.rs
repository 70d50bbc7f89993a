//! Checks of pointers, and copies, at the border between a provider and a host.

#[cfg(feature = "mock")]
use crate::wide::WideString;

/// Returns a reference to the value at `pointer` if the pointer is neither null nor misaligned.
///
/// # Errors
///
/// `null` if the pointer is null or misaligned.
///
/// # Safety
///
/// If the pointer is neither, it points to a value that stays readable and unchanged for `'a`.
#[cfg(feature = "mock")]
#[inline]
pub unsafe fn input<'a, T, E>(pointer: *const T, null: E) -> Result<&'a T, E> {
    if pointer.is_null() || !pointer.is_aligned() {
        return Err(null);
    }
    // SAFETY: the pointer is neither null nor misaligned, so the caller guarantees the value for `'a`.
    Ok(unsafe { &*pointer })
}

/// Checks that `pointer` is neither null nor misaligned.
///
/// # Errors
///
/// `null` if it is null or misaligned.
#[inline]
pub fn output<T, E>(pointer: *mut T, null: E) -> Result<(), E> {
    if pointer.is_null() || !pointer.is_aligned() { Err(null) } else { Ok(()) }
}

/// Writes an error code to `errno`, unless the pointer is null or misaligned.
///
/// # Safety
///
/// `errno` is null, misaligned, or writable.
#[inline]
pub unsafe fn report(errno: *mut i32, code: i32) {
    if output(errno, ()).is_ok() {
        // SAFETY: the pointer is neither null nor misaligned, so the caller guarantees that it is writable.
        unsafe { errno.write(code) };
    }
}

/// Copies `text` with a terminating zero into a buffer of `*length` units, and stores the number of units
/// without the zero in `*length`. If the buffer is too small, writes no text and stores the number of units
/// that are needed with the zero. Returns whether the text was written.
///
/// # Safety
///
/// `length` is aligned, readable and writable. `buffer` is aligned, and `*length` units of it are writable.
#[cfg(feature = "mock")]
#[inline]
pub unsafe fn write_text(text: &WideString, buffer: *mut u16, length: *mut i32) -> bool {
    let units = text.units();
    // SAFETY: the caller guarantees that `length` is aligned and readable.
    let room = unsafe { length.read() };
    let fits = usize::try_from(room).is_ok_and(|room| room > units.len());
    if fits {
        // SAFETY: the buffer is aligned, has space for the units and one more, and does not overlap the text,
        // whose memory nobody else can write to.
        unsafe { buffer.copy_from_nonoverlapping(units.as_ptr(), units.len()) };
        // SAFETY: the buffer has more units than the text, as checked above.
        let end = unsafe { buffer.add(units.len()) };
        // SAFETY: as above.
        unsafe { end.write(0) };
    }
    let told = if fits { units.len() } else { units.len() + 1 };
    // SAFETY: the caller guarantees that `length` is aligned and writable.
    unsafe { length.write(i32::try_from(told).unwrap_or(i32::MAX)) };
    fits
}
