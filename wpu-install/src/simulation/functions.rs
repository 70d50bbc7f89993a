//! The functions, under the signatures that Ws2_32 exports.

use super::arguments::{Addition, application, protocols, value, values, writable};
use super::condition::Function;
use super::state::call;
use crate::application::Applications;
use crate::catalog::Width;
use crate::memory::Memory;
use crate::plan::Place;
use crate::registrar::Registrar;
use wpu_sys::WsaError;
use wpu_sys::ffi::{
    GUID, NO_ERROR, ProviderInfoAudit, ProviderInfoLspCategories, SOCKET_ERROR, WSAPROTOCOL_INFOW,
};
use wpu_sys::rt::checks;

/// The size of the categories of a layer in bytes.
const CATEGORIES_SIZE: usize = size_of::<u32>();

/// The catalog on which a function works.
fn width(memory: &Memory, is_32: bool) -> Width {
    if is_32 { Width::Bits32 } else { memory.program() }
}

/// Reports a result: what the function answers, and the code of a failure.
///
/// # Safety
///
/// `errno` is null, misaligned, or writable.
unsafe fn report(errno: *mut i32, result: Result<i32, WsaError>) -> i32 {
    match result {
        Ok(answer) => answer,
        Err(error) => {
            // SAFETY: the caller guarantees it.
            unsafe { checks::report(errno, error.code()) };
            SOCKET_ERROR
        }
    }
}

/// `WSCEnumProtocols` and `WSCEnumProtocols32`.
///
/// # Safety
///
/// Each pointer is null, misaligned, or points to what the documentation says.
pub(super) unsafe extern "system" fn enumerate<const IS_32: bool>(
    wanted: *const i32,
    buffer: *mut WSAPROTOCOL_INFOW,
    length: *mut u32,
    errno: *mut i32,
) -> i32 {
    let arguments = writable(errno).and_then(|()| {
        // SAFETY: the caller guarantees a list or null.
        let wanted = unsafe { protocols(wanted) }?;
        // SAFETY: the caller guarantees a length.
        Ok((wanted, unsafe { value(length) }? as usize))
    });
    let result = call(Function::Enumerate, arguments, |state, (wanted, room)| {
        let width = width(&state.memory, IS_32);
        let infos = state.memory.read(width)?.entries.into_iter().map(|entry| entry.info);
        let listed: Vec<_> =
            infos.filter(|info| wanted.as_ref().is_none_or(|list| list.contains(&info.iProtocol))).collect();
        let needed = size_of_val(&*listed);
        // SAFETY: the length was read above.
        unsafe { length.write(u32::try_from(needed).unwrap_or(u32::MAX)) };
        if room < needed {
            return Err(WsaError::WSAENOBUFS);
        }
        if needed > 0 {
            writable(buffer)?;
            // SAFETY: the pointer is neither null nor misaligned, so the caller guarantees the bytes that it
            // states, which are enough.
            unsafe { buffer.copy_from_nonoverlapping(listed.as_ptr(), listed.len()) };
        }
        Ok(i32::try_from(listed.len()).unwrap_or(i32::MAX))
    });
    // SAFETY: the caller guarantees it.
    unsafe { report(errno, result) }
}

/// `WSCGetProviderPath` and `WSCGetProviderPath32`.
///
/// # Safety
///
/// As above.
pub(super) unsafe extern "system" fn path<const IS_32: bool>(
    provider: *const GUID,
    buffer: *mut u16,
    length: *mut i32,
    errno: *mut i32,
) -> i32 {
    let arguments = writable(errno).and_then(|()| {
        writable(buffer)?;
        // SAFETY: the caller guarantees an id.
        let provider = unsafe { value(provider) }?;
        // SAFETY: the caller guarantees a length.
        Ok((provider, unsafe { value(length) }?))
    });
    let result = call(Function::Path, arguments, |state, (provider, room)| {
        let width = width(&state.memory, IS_32);
        let catalog = state.memory.read(width)?;
        let units = catalog.of(&provider).next().ok_or(WsaError::WSAEINVAL)?.path.to_zero_ended();
        if usize::try_from(room).is_ok_and(|room| room >= units.len()) {
            // SAFETY: the buffer is neither null nor misaligned, so the caller guarantees the characters that it
            // states, which are enough.
            unsafe { buffer.copy_from_nonoverlapping(units.as_ptr(), units.len()) };
            return Ok(NO_ERROR);
        }
        // SAFETY: the length was read above.
        unsafe { length.write(i32::try_from(units.len()).unwrap_or(i32::MAX)) };
        Err(WsaError::WSAEFAULT)
    });
    // SAFETY: the caller guarantees it.
    unsafe { report(errno, result) }
}

/// `WSCInstallProvider` and `WSCInstallProvider64_32`.
///
/// # Safety
///
/// As above.
pub(super) unsafe extern "system" fn install<const BOTH: bool>(
    provider: *const GUID,
    path: *const u16,
    entries: *const WSAPROTOCOL_INFOW,
    count: u32,
    errno: *mut i32,
) -> i32 {
    // SAFETY: the caller guarantees an id, a text and the entries.
    let arguments = writable(errno).and_then(|()| unsafe { Addition::read(provider, path, entries, count) });
    let result = call(Function::Install, arguments, |state, what| {
        let place = if BOTH { Place::Both } else { Place::In(state.memory.program()) };
        state.memory.add(place, &what.provider, &what.path, &what.entries).map(|()| NO_ERROR)
    });
    // SAFETY: the caller guarantees it.
    unsafe { report(errno, result) }
}

/// `WSCDeinstallProvider` and `WSCDeinstallProvider32`.
///
/// # Safety
///
/// As above.
pub(super) unsafe extern "system" fn remove<const IS_32: bool>(
    provider: *const GUID,
    errno: *mut i32,
) -> i32 {
    // SAFETY: the caller guarantees an id.
    let arguments = writable(errno).and_then(|()| unsafe { value(provider) });
    let result = call(Function::Remove, arguments, |state, provider| {
        let width = width(&state.memory, IS_32);
        state.memory.remove(width, &provider).map(|()| NO_ERROR)
    });
    // SAFETY: the caller guarantees it.
    unsafe { report(errno, result) }
}

/// `WSCWriteProviderOrder` and `WSCWriteProviderOrder32`, which answer the error code.
///
/// # Safety
///
/// As above.
pub(super) unsafe extern "system" fn order<const IS_32: bool>(ids: *const u32, count: u32) -> i32 {
    // SAFETY: the caller guarantees that many ids. An array that is not there is an invalid argument.
    let arguments = unsafe { values(ids, count as usize) }.map_err(|_| WsaError::WSAEINVAL);
    let result = call(Function::Order, arguments, |state, ids| {
        let width = width(&state.memory, IS_32);
        state.memory.reorder(width, &ids)
    });
    result.map_or_else(WsaError::code, |()| NO_ERROR)
}

/// Checks what is asked for, which is the categories of a layer.
fn categories_only(kind: i32, flags: u32) -> Result<(), WsaError> {
    if kind == ProviderInfoAudit {
        return Err(WsaError::ERROR_CALL_NOT_IMPLEMENTED);
    }
    if (kind, flags) == (ProviderInfoLspCategories, 0) { Ok(()) } else { Err(WsaError::WSAEINVAL) }
}

/// `WSCGetProviderInfo` and `WSCGetProviderInfo32`.
///
/// # Safety
///
/// As above.
pub(super) unsafe extern "system" fn info<const IS_32: bool>(
    provider: *const GUID,
    kind: i32,
    info: *mut u8,
    size: *mut usize,
    flags: u32,
    errno: *mut i32,
) -> i32 {
    let arguments = writable(errno).and_then(|()| {
        // SAFETY: the caller guarantees an id.
        let provider = unsafe { value(provider) }?;
        // SAFETY: the caller guarantees a size.
        let room = unsafe { value(size) }?;
        categories_only(kind, flags)?;
        // SAFETY: the size was read above.
        unsafe { size.write(CATEGORIES_SIZE) };
        if info.is_null() || room < CATEGORIES_SIZE { Err(WsaError::WSAEFAULT) } else { Ok(provider) }
    });
    let result = call(Function::Info, arguments, |state, provider| {
        let width = width(&state.memory, IS_32);
        let catalog = state.memory.read(width)?;
        let layer = catalog.of(&provider).next().ok_or(WsaError::WSAEINVALIDPROVIDER)?;
        // SAFETY: the pointer is not null, so the caller guarantees the bytes that it states, which are enough.
        unsafe { info.cast::<u32>().write_unaligned(layer.categories) };
        Ok(NO_ERROR)
    });
    // SAFETY: the caller guarantees it.
    unsafe { report(errno, result) }
}

/// `WSCSetProviderInfo` and `WSCSetProviderInfo32`.
///
/// # Safety
///
/// As above.
pub(super) unsafe extern "system" fn set_info<const IS_32: bool>(
    provider: *const GUID,
    kind: i32,
    info: *const u8,
    size: usize,
    flags: u32,
    errno: *mut i32,
) -> i32 {
    let arguments = writable(errno).and_then(|()| {
        // SAFETY: the caller guarantees an id.
        let provider = unsafe { value(provider) }?;
        categories_only(kind, flags)?;
        if info.is_null() {
            return Err(WsaError::WSAEFAULT);
        }
        if size != CATEGORIES_SIZE {
            return Err(WsaError::WSAEINVAL);
        }
        // SAFETY: the pointer is not null, so the caller guarantees the four bytes that it states.
        Ok((provider, unsafe { info.cast::<u32>().read_unaligned() }))
    });
    let result = call(Function::SetInfo, arguments, |state, (provider, categories)| {
        let width = width(&state.memory, IS_32);
        state.memory.categorise(width, &provider, categories).map(|()| NO_ERROR)
    });
    // SAFETY: the caller guarantees it.
    unsafe { report(errno, result) }
}

/// `WSCGetApplicationCategory`.
///
/// # Safety
///
/// As above.
pub(super) unsafe extern "system" fn permitted(
    path: *const u16,
    length: u32,
    extra: *const u16,
    extra_length: u32,
    categories: *mut u32,
    errno: *mut i32,
) -> i32 {
    let arguments = writable(errno).and_then(|()| {
        writable(categories)?;
        // SAFETY: the caller guarantees the texts.
        unsafe { application(path, length, extra, extra_length) }
    });
    let result = call(Function::Permitted, arguments, |state, application| {
        let permitted = state.applications.permitted(&application)?;
        let permitted = permitted.ok_or(WsaError::WSASERVICE_NOT_FOUND)?;
        // SAFETY: the pointer is neither null nor misaligned, so the caller guarantees that it is writable.
        unsafe { categories.write(permitted) };
        Ok(NO_ERROR)
    });
    // SAFETY: the caller guarantees it.
    unsafe { report(errno, result) }
}

/// `WSCSetApplicationCategory`.
///
/// # Safety
///
/// As above.
pub(super) unsafe extern "system" fn permit(
    path: *const u16,
    length: u32,
    extra: *const u16,
    extra_length: u32,
    categories: u32,
    previous: *mut u32,
    errno: *mut i32,
) -> i32 {
    let arguments = writable(errno).and_then(|()| {
        if !previous.is_null() {
            writable(previous)?;
        }
        // SAFETY: the caller guarantees the texts.
        unsafe { application(path, length, extra, extra_length) }
    });
    let result = call(Function::Permit, arguments, |state, application| {
        let before = state.applications.permitted(&application)?.unwrap_or(0);
        state.applications.permit(&application, categories)?;
        if !previous.is_null() {
            // SAFETY: the pointer is neither null nor misaligned, so the caller guarantees that it is writable.
            unsafe { previous.write(before) };
        }
        Ok(NO_ERROR)
    });
    // SAFETY: the caller guarantees it.
    unsafe { report(errno, result) }
}
