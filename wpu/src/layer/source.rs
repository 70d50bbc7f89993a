//! Where providers come from: libraries that are loaded, and started.

use super::expand::expand;
use super::sys::ffi::{
    GUID, WINSOCK_VERSION as VERSION, WSAPROTOCOL_INFOW, WSPDATA, WSPPROC_TABLE, WSPStartupFn, WSPUPCALLTABLE,
};
use super::sys::{Procs, ServiceProvider, Upcalls, WideString, WsaError};
use std::env;
use std::path::PathBuf;

/// Something that has a `WSPStartup`. Tests have others than libraries.
pub(super) trait Source: Sized + Send + Sync + 'static {
    /// A started provider.
    type Provider: ServiceProvider + Send + Sync + 'static;

    /// Finds what stands at `path`.
    fn load(path: PathBuf) -> Result<Self, WsaError>;

    /// Starts the provider once.
    fn start(&self, info: &WSAPROTOCOL_INFOW, table: &WSPUPCALLTABLE) -> Result<Self::Provider, WsaError>;
}

/// The library of a provider.
#[derive(Debug)]
pub(super) struct Library {
    startup: WSPStartupFn,
    /// Keeps the code of `startup` in memory, and all that it hands out. Tests have some that is part
    /// of the program.
    #[cfg_attr(windows, allow(dead_code, reason = "it unloads when it is dropped"))]
    loaded: Option<libloading::Library>,
}

/// Providers that are part of the program, for tests.
#[cfg(test)]
pub(super) static LINKED: std::sync::Mutex<Vec<(PathBuf, WSPStartupFn)>> = std::sync::Mutex::new(Vec::new());

#[cfg(not(windows))]
impl Drop for Library {
    fn drop(&mut self) {
        // Threads that have been in its code may run some of it when they end, long after the last
        // clean-up. Only on Windows does the system see to that.
        std::mem::forget(self.loaded.take());
    }
}

/// Where the library of provider `id` is.
pub(super) fn path(upcalls: Upcalls, id: &GUID) -> Result<PathBuf, WsaError> {
    let path: WideString = upcalls.get_provider_path(id)?;
    Ok(expand(&path, |name| env::var_os(name)))
}

impl Source for Library {
    type Provider = Procs;

    fn load(path: PathBuf) -> Result<Self, WsaError> {
        #[cfg(test)]
        if let Some((_, startup)) =
            LINKED.lock().expect("no panic").iter().find(|(linked, _)| *linked == path)
        {
            return Ok(Self { startup: *startup, loaded: None });
        }
        // SAFETY: the catalog names it as the library of a provider, which is what Ws2_32 loads too.
        let loaded = unsafe { libloading::Library::new(path) };
        let loaded = loaded.map_err(|_| WsaError::WSAEPROVIDERFAILEDINIT)?;
        // SAFETY: what a provider exports under this name has this type.
        let startup = unsafe { loaded.get::<WSPStartupFn>(b"WSPStartup\0") };
        let startup = *startup.map_err(|_| WsaError::WSAEPROVIDERFAILEDINIT)?;
        Ok(Self { startup, loaded: Some(loaded) })
    }

    fn start(&self, info: &WSAPROTOCOL_INFOW, table: &WSPUPCALLTABLE) -> Result<Procs, WsaError> {
        let (mut data, mut procs) = (WSPDATA::ZERO, WSPPROC_TABLE::ZERO);
        let mut info = *info;
        // SAFETY: the library is loaded, all pointers are valid during the call, and the table is the
        // one of Ws2_32 as it came.
        let code = unsafe { (self.startup)(VERSION, &raw mut data, &raw mut info, *table, &raw mut procs) };
        if code != 0 {
            return Err(WsaError::new(code));
        }
        let refusal = if procs.missing().next().is_some() {
            WsaError::WSAEINVALIDPROCTABLE
        } else if data.wVersion & 0xff != VERSION & 0xff {
            // It says itself that it does not speak this version.
            WsaError::WSAEINVALIDPROVIDER
        } else {
            // SAFETY: a provider that has started fills the table with functions of these types, which
            // can be called until its last clean-up; the library stays loaded for longer than that.
            return unsafe { Procs::new(&procs) }.ok_or(WsaError::WSAEINVALIDPROCTABLE);
        };
        clean_up(&procs);
        Err(refusal)
    }
}

/// Takes a start back, where that is all that can be done with a table.
fn clean_up(procs: &WSPPROC_TABLE) {
    if let Some(clean_up) = procs.lpWSPCleanup {
        let mut errno = 0;
        // SAFETY: the provider was started, and this is called once for that start.
        let _ = unsafe { clean_up(&raw mut errno) };
    }
}
