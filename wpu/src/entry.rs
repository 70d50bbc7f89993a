//! The entry that Ws2_32 calls by name, from the provider's side of the border.

use crate::Provider;
use crate::contain::contain;
use crate::run::Started;
use std::io::Write as _;
use wpu_sys::ffi::{WSAPROTOCOL_INFOW, WSPDATA, WSPPROC_TABLE, WSPUPCALLTABLE};
use wpu_sys::{RawTable, WsaError, facts};

/// The only version of the interface that there is: 2.2, the major number in the low byte.
const VERSION: u16 = 0x0202;

/// What a provider does when Ws2_32 starts it. [`export!`](crate::export) makes an entry of it.
pub trait EntryPoint: Provider {
    /// Gets ready. Upcalls can be made from here on.
    ///
    /// It runs for every start-up, not only for the first.
    ///
    /// # Errors
    ///
    /// What `WSPStartup` is to answer; one of the codes that its documentation names.
    fn start(start: &mut Start<'_>) -> Result<(), WsaError>;

    /// Gives back what the provider owns. It runs in the last clean-up, and is the last to make upcalls.
    ///
    /// A start-up that fails is cleaned up after too, unless an earlier one still holds.
    fn clean_up() {}
}

/// One start-up.
#[derive(Debug)]
pub struct Start<'a> {
    /// The catalog entry that the provider is started for.
    pub entry: &'a WSAPROTOCOL_INFOW,
    /// The table as it arrived, for a layer to hand to the provider below as it is.
    pub table: &'a WSPUPCALLTABLE,
    functions: &'a mut WSPPROC_TABLE,
}

impl Start<'_> {
    /// The provider's own functions, for Ws2_32 to call. `lpWSPCleanup` is filled in, whatever is written there.
    ///
    /// # Safety
    ///
    /// Each pointer that is stored is null, or a function of the type that the documentation gives for
    /// its member, which can be called until the last clean-up.
    pub unsafe fn functions(&mut self) -> &mut WSPPROC_TABLE {
        self.functions
    }
}

/// Exports `WSPStartup` for a provider, under the undecorated name that Ws2_32 looks for.
///
/// ```standalone_crate
/// # use wpu::prelude::*;
/// # #[wpu_provider(class = ifs, uses(WPUModifyIFSHandle), waives(
/// #     WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "example"))]
/// # pub struct Vsock;
/// # impl Vsock { pub fn adopt(entry: u32, lower: SOCKET) -> Result<SOCKET, WsaError> { Self::upcalls().modify_ifs_handle(entry, lower) } }
/// impl EntryPoint for Vsock {
///     fn start(start: &mut Start<'_>) -> Result<(), WsaError> {
///         assert_ne!(start.entry.dwCatalogEntryId, 0);
///         Ok(())
///     }
/// }
/// wpu::export!(Vsock);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! export {
    ($provider:ty) => {
        const _: () = {
            // SAFETY: no other item of a provider has this name, which is the one that Ws2_32 looks for.
            #[unsafe(no_mangle)]
            unsafe extern "system" fn WSPStartup(
                version: u16,
                data: *mut $crate::ffi::WSPDATA,
                entry: *const $crate::ffi::WSAPROTOCOL_INFOW,
                table: $crate::ffi::WSPUPCALLTABLE,
                functions: *mut $crate::ffi::WSPPROC_TABLE,
            ) -> i32 {
                // SAFETY: the contract of `WSPStartup`, which is that of `start_up`.
                unsafe { $crate::__private::start_up::<$provider>(version, data, entry, &table, functions) }
            }
        };
    };
}

/// `WSPStartup` of a provider: 0, or the code of the error.
///
/// # Safety
///
/// Each pointer is null, or misaligned, or valid for what `WSPStartup` does with it; the table's
/// pointers are null or callable until the last clean-up.
#[doc(hidden)]
pub unsafe fn start_up<P: EntryPoint>(
    version: u16,
    data: *mut WSPDATA,
    entry: *const WSAPROTOCOL_INFOW,
    table: &WSPUPCALLTABLE,
    functions: *mut WSPPROC_TABLE,
) -> i32 {
    let started = contained(|| {
        if version.swap_bytes() < VERSION.swap_bytes() {
            return Err(WsaError::WSAVERNOTSUPPORTED);
        }
        if !is_good(data) || !is_good(entry.cast_mut()) || !is_good(functions) {
            return Err(WsaError::WSAEFAULT);
        }
        // SAFETY: neither null nor misaligned; the caller vouches for the rest.
        let entry = unsafe { &*entry };
        // SAFETY: the caller vouches for the table's pointers.
        let started = unsafe { begin::<P, _>(table) }?;
        let mut own = WSPPROC_TABLE::ZERO;
        let start = &mut Start { entry, table, functions: &mut own };
        if let Err(error) = contained(|| P::start(start)) {
            P::__run().take_back(&started, last_words::<P>);
            return Err(error);
        }
        own.lpWSPCleanup = clean_up::<P> as *mut _;
        // SAFETY: neither null nor misaligned; the caller vouches for the rest.
        unsafe { functions.write(own) };
        let described = WSPDATA { wVersion: VERSION, wHighVersion: VERSION, ..WSPDATA::ZERO };
        // SAFETY: as above.
        unsafe { data.write(described) };
        Ok(())
    });
    started.err().map_or(0, failure)
}

/// What the host is to read as a failure: 0 would be success.
fn failure(error: WsaError) -> i32 {
    if error.code() == 0 { WsaError::WSASYSCALLFAILURE.code() } else { error.code() }
}

/// # Safety
///
/// The table's pointers are null or callable until the last clean-up.
unsafe fn begin<P: Provider, T: RawTable>(table: &T) -> Result<Started, WsaError> {
    // SAFETY: the contract of this function.
    let begun = unsafe { P::__run().start::<P>(table) };
    begun.map_err(|error| {
        // The code that the host gets says nothing of holes; whoever looks for them finds them here.
        let provider = P::DECLARATION.provider;
        let _ = writeln!(std::io::stderr(), "wpu: `{provider}` does not start: {error}");
        error.code()
    })
}

fn last_words<P: EntryPoint>() {
    // Nobody is there to be told of a panic.
    let _ = contain(P::clean_up);
}

/// `WSPCleanup` of a provider.
///
/// # Safety
///
/// `errno` is null, or misaligned, or can be written to.
unsafe extern "system" fn clean_up<P: EntryPoint>(errno: *mut i32) -> i32 {
    let Err(error) = contained(|| P::__run().clean_up(last_words::<P>)) else {
        return 0;
    };
    if is_good(errno) {
        // SAFETY: neither null nor misaligned; the caller vouches for the rest.
        unsafe { errno.write(error.code()) };
    }
    wpu_sys::ffi::SOCKET_ERROR
}

/// Whether a pointer can be used, as far as can be told.
fn is_good<T>(pointer: *mut T) -> bool {
    !pointer.is_null() && pointer.is_aligned()
}

/// Runs what must not panic across the border; a panic is an error like others.
fn contained(body: impl FnOnce() -> Result<(), WsaError>) -> Result<(), WsaError> {
    contain(body).unwrap_or(Err(WsaError::WSASYSCALLFAILURE))
}

/// What `WSPStartup` answers to a table that lacks a declared upcall.
pub(crate) fn hole() -> WsaError {
    let entry = facts::ENTRIES.iter().find(|entry| entry.name == "WSPStartup");
    entry.map_or(WsaError::WSASYSCALLFAILURE, |entry| WsaError::new(entry.hole.value))
}
