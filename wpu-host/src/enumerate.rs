//! `WSCEnumProtocols` over the catalog of a host, for providers that reach it by name.

use crate::context;
use crate::panic::contain;
use wpu_sys::WsaError;
use wpu_sys::ffi::{DWORD, SOCKET_ERROR, WSAPROTOCOL_INFOW};

/// Lists the catalog of the host that the calling thread is at work for: chains, base entries and
/// hidden ones.
///
/// That is the host whose client is in a call of a provider on this thread, or else the one that
/// this thread made its last upcall to. Without one the answer is `WSANOTINITIALISED`.
///
/// In a program that is linked with `-rdynamic`, providers that are loaded later find it by its
/// name, as they find the one of Ws2_32 on Windows.
///
/// # Safety
///
/// `protocols` is null or a list of protocol numbers that ends with 0. `length` and `errno` are
/// null, or can be read and written. `buffer` is null, or has room for as many bytes as `*length`
/// says.
#[cfg_attr(not(windows), unsafe(no_mangle))]
#[allow(non_snake_case)] // The name is Winsock's.
pub unsafe extern "system" fn WSCEnumProtocols(
    protocols: *const i32,
    buffer: *mut WSAPROTOCOL_INFOW,
    length: *mut DWORD,
    errno: *mut i32,
) -> i32 {
    // SAFETY: the caller's promises are the same.
    let answer = contain(|| unsafe { list(protocols, buffer, length) }).unwrap_or_else(Err);
    match answer {
        Ok(count) => i32::try_from(count).unwrap_or(i32::MAX),
        Err(error) => {
            if !errno.is_null() && errno.is_aligned() {
                // SAFETY: the caller promises that it can be written.
                unsafe { errno.write(error.code()) };
            }
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
    // SAFETY: the caller promises a list that ends with 0.
    let wanted = unsafe { read_list(protocols) };
    let listed: Vec<WSAPROTOCOL_INFOW> = {
        let parts = ws2.lock();
        let entries = parts.catalog.entries().iter().map(|entry| entry.info);
        entries.filter(|info| wanted.as_ref().is_none_or(|list| list.contains(&info.iProtocol))).collect()
    };
    // SAFETY: it is neither null nor misaligned, and the caller promises that it can be read.
    let room = unsafe { length.read() } as usize;
    let needed = listed.len() * size_of::<WSAPROTOCOL_INFOW>();
    if needed > room {
        // SAFETY: as above, and that it can be written.
        unsafe { length.write(u32::try_from(needed).unwrap_or(u32::MAX)) };
        return Err(WsaError::WSAENOBUFS);
    }
    if buffer.is_null() && needed > 0 {
        return Err(WsaError::WSAEFAULT);
    }
    for (index, info) in listed.iter().enumerate() {
        // SAFETY: the buffer has room for `room` bytes, and all of them need no more.
        let slot = unsafe { buffer.add(index) };
        // SAFETY: as above; a client's buffer need not be aligned.
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
        // SAFETY: the list has not ended yet.
        let slot = unsafe { protocols.add(list.len()) };
        // SAFETY: as above.
        match unsafe { slot.read_unaligned() } {
            0 => return Some(list),
            protocol => list.push(protocol),
        }
    }
}
