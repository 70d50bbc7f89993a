//! `WSCEnumProtocols` over the catalog of a host, for providers that import it by name.

use crate::context;
use crate::panic::contain;
use wpu_sys::WsaError;
use wpu_sys::ffi::{DWORD, SOCKET_ERROR, WSAPROTOCOL_INFOW};
use wpu_sys::rt::checks;

/// Lists the catalog of the calling thread's host: chains, base entries and hidden entries.
///
/// That host is the one whose client is in a call of a provider on this thread, or else the one to which this
/// thread made its latest upcall. If there is none, the call fails with `WSANOTINITIALISED`.
///
/// In a program that is linked with `-rdynamic`, libraries of providers that are loaded later resolve this
/// symbol, as they resolve the function of Ws2_32 on Windows.
///
/// # Safety
///
/// `protocols` is null or a list of protocol numbers that ends with 0. `length` and `errno` are null, misaligned,
/// or readable and writable. `buffer` is null, or `*length` bytes of it are writable.
#[cfg_attr(not(windows), unsafe(no_mangle))]
#[allow(non_snake_case)] // The name is Winsock's.
pub unsafe extern "system" fn WSCEnumProtocols(
    protocols: *const i32,
    buffer: *mut WSAPROTOCOL_INFOW,
    length: *mut DWORD,
    errno: *mut i32,
) -> i32 {
    // SAFETY: the contract of `list` is the contract of this function.
    let answer = contain(|| unsafe { list(protocols, buffer, length) }).unwrap_or_else(Err);
    match answer {
        Ok(count) => i32::try_from(count).unwrap_or(i32::MAX),
        Err(error) => {
            // SAFETY: the caller guarantees that the pointer is null, misaligned, or writable.
            unsafe { checks::report(errno, error.code()) };
            SOCKET_ERROR
        }
    }
}

/// # Safety
///
/// As for `WSCEnumProtocols`.
unsafe fn list(
    protocols: *const i32,
    buffer: *mut WSAPROTOCOL_INFOW,
    length: *mut DWORD,
) -> Result<usize, WsaError> {
    if length.is_null() || !length.is_aligned() {
        return Err(WsaError::WSAEFAULT);
    }
    let ws2 = context::current().ok_or(WsaError::WSANOTINITIALISED)?;
    // SAFETY: the caller guarantees null or a list that ends with 0.
    let wanted = unsafe { read_list(protocols) };
    let listed: Vec<WSAPROTOCOL_INFOW> = {
        let parts = ws2.lock();
        let entries = parts.catalog.entries().iter().map(|entry| entry.info);
        entries.filter(|info| wanted.as_ref().is_none_or(|list| list.contains(&info.iProtocol))).collect()
    };
    // SAFETY: the pointer is neither null nor misaligned, and the caller guarantees that it is readable.
    let room = unsafe { length.read() } as usize;
    let needed = listed.len() * size_of::<WSAPROTOCOL_INFOW>();
    if needed > room {
        // SAFETY: as above, and the caller guarantees that it is writable.
        unsafe { length.write(u32::try_from(needed).unwrap_or(u32::MAX)) };
        return Err(WsaError::WSAENOBUFS);
    }
    if buffer.is_null() && needed > 0 {
        return Err(WsaError::WSAEFAULT);
    }
    for (index, info) in listed.iter().enumerate() {
        // SAFETY: `room` bytes of the buffer are writable, and all entries together need no more.
        let slot = unsafe { buffer.add(index) };
        // SAFETY: as above; the write may be unaligned, as a client's buffer may be.
        unsafe { slot.write_unaligned(*info) };
    }
    Ok(listed.len())
}

/// # Safety
///
/// `protocols` is null or a list that ends with 0.
unsafe fn read_list(protocols: *const i32) -> Option<Vec<i32>> {
    if protocols.is_null() {
        return None;
    }
    let mut list = Vec::new();
    loop {
        // SAFETY: no 0 was read so far, so the list has at least one more element.
        let slot = unsafe { protocols.add(list.len()) };
        // SAFETY: as above.
        match unsafe { slot.read_unaligned() } {
            0 => return Some(list),
            protocol => list.push(protocol),
        }
    }
}
