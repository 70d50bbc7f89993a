//! Checks and reads the arguments of the functions, as their pages say.

use crate::application::Application;
use wpu_sys::ffi::{GUID, MAX_PATH, MAX_PROTOCOL_CHAIN, WSAPROTOCOL_INFOW};
use wpu_sys::rt::checks;
use wpu_sys::{WideString, WsaError};

/// The longest list that is read, and the longest text. What is longer does not end.
const LONGEST: usize = 0x8000;

/// Checks that a value can be written there.
pub(super) fn writable<T>(pointer: *mut T) -> Result<(), WsaError> {
    checks::output(pointer, WsaError::WSAEFAULT)
}

/// Checks that values can be read there.
fn readable<T>(pointer: *const T) -> Result<(), WsaError> {
    checks::output(pointer.cast_mut(), WsaError::WSAEFAULT)
}

/// Reads a value.
///
/// # Safety
///
/// The pointer is null, misaligned, or points to a value.
pub(super) unsafe fn value<T: Copy>(pointer: *const T) -> Result<T, WsaError> {
    readable(pointer)?;
    // SAFETY: the pointer is neither null nor misaligned, so the caller guarantees the value.
    Ok(unsafe { pointer.read() })
}

/// Reads values of a known number.
///
/// # Safety
///
/// The pointer is null, misaligned, or points to that many values.
pub(super) unsafe fn values<T: Copy>(pointer: *const T, count: usize) -> Result<Vec<T>, WsaError> {
    readable(pointer)?;
    // SAFETY: the pointer is neither null nor misaligned, so the caller guarantees that many values.
    Ok((0..count).map(|at| unsafe { pointer.wrapping_add(at).read() }).collect())
}

/// Reads values until a zero. A list that does not end with one is invalid.
///
/// # Safety
///
/// The pointer is null, misaligned, or points to values of which one is zero, or to the most values that are
/// read.
unsafe fn until_zero<T: Copy + PartialEq + Default>(
    pointer: *const T,
    most: usize,
) -> Result<Vec<T>, WsaError> {
    readable(pointer)?;
    let mut values = Vec::new();
    while values.len() < most {
        // SAFETY: none of the values before was zero, so the caller guarantees one more.
        let value = unsafe { pointer.wrapping_add(values.len()).read() };
        if value == T::default() {
            return Ok(values);
        }
        values.push(value);
    }
    Err(WsaError::WSAEINVAL)
}

/// Reads the protocols that are asked for; `None` for all.
///
/// # Safety
///
/// As for [`until_zero`], and a null pointer asks for all.
pub(super) unsafe fn protocols(pointer: *const i32) -> Result<Option<Vec<i32>>, WsaError> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller guarantees it.
    unsafe { until_zero(pointer, LONGEST) }.map(Some)
}

/// The arguments of a call that adds a provider.
pub(super) struct Addition {
    pub provider: GUID,
    pub path: WideString,
    pub entries: Vec<WSAPROTOCOL_INFOW>,
}

impl Addition {
    /// Reads the arguments. The path has room in the catalog, the provider has an id, and each entry has a
    /// length of its chain and a name that end within their arrays.
    ///
    /// # Safety
    ///
    /// Each pointer is null, misaligned, or points to what its name says: an id, a text that ends with zero or
    /// has the longest possible length, and that many entries.
    pub(super) unsafe fn read(
        provider: *const GUID,
        path: *const u16,
        entries: *const WSAPROTOCOL_INFOW,
        count: u32,
    ) -> Result<Self, WsaError> {
        // SAFETY: the caller guarantees an id.
        let provider = unsafe { value(provider) }?;
        // SAFETY: the caller guarantees a text.
        let path = unsafe { until_zero(path, usize::try_from(MAX_PATH).unwrap_or(0)) }?;
        // SAFETY: the caller guarantees that many entries.
        let entries = unsafe { values(entries, count as usize) }?;
        let sound = |info: &WSAPROTOCOL_INFOW| {
            (0..=MAX_PROTOCOL_CHAIN).contains(&info.ProtocolChain.ChainLen) && info.szProtocol.contains(&0)
        };
        if provider == GUID::ZERO || path.is_empty() || entries.is_empty() || !entries.iter().all(sound) {
            return Err(WsaError::WSAEINVAL);
        }
        Ok(Self { provider, path: WideString::from_units(path), entries })
    }
}

/// Reads a program: its path, and its arguments unless their pointer is null.
///
/// # Safety
///
/// Each pointer is null, misaligned, or points to that many characters.
pub(super) unsafe fn application(
    path: *const u16,
    length: u32,
    extra: *const u16,
    extra_length: u32,
) -> Result<Application, WsaError> {
    // SAFETY: the caller guarantees that many characters.
    let path = unsafe { text(path, length) }?;
    if path.units().is_empty() {
        return Err(WsaError::WSAEINVAL);
    }
    if extra.is_null() && extra_length == 0 {
        return Ok(Application { path, arguments: None });
    }
    // SAFETY: as above.
    let arguments = unsafe { text(extra, extra_length) }?;
    Ok(Application { path, arguments: Some(arguments) })
}

/// # Safety
///
/// The pointer is null, misaligned, or points to that many characters.
unsafe fn text(pointer: *const u16, length: u32) -> Result<WideString, WsaError> {
    let length = length as usize;
    if length > LONGEST {
        return Err(WsaError::WSAEINVAL);
    }
    // SAFETY: the caller guarantees that many characters.
    let units = unsafe { values(pointer, length) }?;
    if units.contains(&0) { Err(WsaError::WSAEINVAL) } else { Ok(WideString::from_units(units)) }
}
