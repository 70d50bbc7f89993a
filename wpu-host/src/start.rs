//! Providers that a test starts itself, and cleans up.

use crate::catalog::Entry;
use crate::host::Host;
use crate::leftovers::{Leftovers, left_open};
use crate::load::Library;
use crate::ws2::{Run, Ws2};
use std::fmt;
use std::mem;
use std::sync::Arc;
use wpu_sys::WsaError;
use wpu_sys::ffi::{
    LPWSPCLEANUP, WINSOCK_VERSION, WSAPROTOCOL_INFOW, WSPDATA, WSPPROC_TABLE, WSPStartupExFn, WSPStartupFn,
    WSPUPCALLTABLEEX,
};

/// A provider that was started, until it is cleaned up.
///
/// One that is dropped without that stays started, and its library stays loaded.
#[derive(Debug)]
pub struct Started {
    data: WSPDATA,
    procs: WSPPROC_TABLE,
    ws2: Arc<Ws2>,
    library: Option<Arc<libloading::Library>>,
}

/// Why a provider was not started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartFailure {
    /// The catalog of the host has no entry of this id.
    UnknownEntry(u32),
    /// The library has no `WSPStartupEx`.
    NoStartupEx,
    /// The provider refused.
    Refused(WsaError),
}

impl Host {
    /// Starts a provider through its `WSPStartup`, with version 2.2, the entry's protocol info and
    /// the table of fifteen upcalls by value.
    ///
    /// # Errors
    ///
    /// When the entry is not one of this host, or the provider refuses.
    pub fn start(&self, library: &Library, entry: &Entry) -> Result<Started, StartFailure> {
        self.winsock().keep_loaded(&library.loaded);
        // SAFETY: whoever loaded the library vouched for what has this name.
        let mut started = unsafe { self.start_with(library.startup, entry) }?;
        started.library = Some(Arc::clone(&library.loaded));
        Ok(started)
    }

    /// Starts a provider through its `WSPStartupEx`, with the table of sixteen upcalls by pointer.
    ///
    /// The switch of system area networks passes the entry of the TCP/IP provider, not that of the provider that
    /// it starts.
    ///
    /// # Errors
    ///
    /// When the library has no `WSPStartupEx`, the entry is not one of this host, or the provider
    /// refuses.
    pub fn start_ex(&self, library: &Library, entry: &Entry) -> Result<Started, StartFailure> {
        let startup_ex = library.startup_ex.ok_or(StartFailure::NoStartupEx)?;
        self.winsock().keep_loaded(&library.loaded);
        // SAFETY: whoever loaded the library vouched for what has this name.
        let mut started = unsafe { self.start_ex_with(startup_ex, entry) }?;
        started.library = Some(Arc::clone(&library.loaded));
        Ok(started)
    }

    /// Starts a provider that is part of this program.
    ///
    /// # Errors
    ///
    /// When the entry is not one of this host, or the provider refuses.
    ///
    /// # Safety
    ///
    /// The function is a `WSPStartup` as Winsock's documentation describes it, and so are the
    /// functions that it hands out, until a clean-up through the result has succeeded, or for ever.
    pub unsafe fn start_with(&self, startup: WSPStartupFn, entry: &Entry) -> Result<Started, StartFailure> {
        let table = self.table();
        self.run_start(entry, |info, data, procs| {
            // SAFETY: the caller vouches for the function, and this is how Ws2_32 calls one:
            // all pointers are valid during the call, and so is the table for as long as there is
            // a process.
            unsafe { startup(WINSOCK_VERSION, data, info, table, procs) }
        })
    }

    /// Starts a provider that is part of this program.
    ///
    /// # Errors
    ///
    /// When the entry is not one of this host, or the provider refuses.
    ///
    /// # Safety
    ///
    /// As for [`Host::start_with`], of a `WSPStartupEx`.
    pub unsafe fn start_ex_with(
        &self,
        startup_ex: WSPStartupExFn,
        entry: &Entry,
    ) -> Result<Started, StartFailure> {
        let table: WSPUPCALLTABLEEX = self.table_ex();
        self.run_start(entry, |info, data, procs| {
            // SAFETY: the caller vouches for the function, and this is how it is called:
            // all pointers are valid during the call, and the functions in the table for ever.
            unsafe { startup_ex(WINSOCK_VERSION, data, info, &raw const table, procs) }
        })
    }

    fn run_start(
        &self,
        entry: &Entry,
        start: impl FnOnce(*const WSAPROTOCOL_INFOW, *mut WSPDATA, *mut WSPPROC_TABLE) -> i32,
    ) -> Result<Started, StartFailure> {
        // As the catalog has it: the caller's may have been changed meanwhile.
        let info = {
            let mut parts = self.ws2().lock();
            let known = parts.catalog.find(entry.id()).map(|known| known.info);
            let info = known.ok_or(StartFailure::UnknownEntry(entry.id()))?;
            parts.run = Run::Open;
            info
        };
        let (mut data, mut procs) = (WSPDATA::ZERO, WSPPROC_TABLE::ZERO);
        match start(&raw const info, &raw mut data, &raw mut procs) {
            0 => Ok(Started { data, procs, ws2: Arc::clone(self.ws2()), library: None }),
            code => Err(StartFailure::Refused(WsaError::new(code))),
        }
    }
}

impl Started {
    /// What the provider says about itself.
    #[must_use]
    pub fn data(&self) -> &WSPDATA {
        &self.data
    }

    /// The provider's functions.
    #[must_use]
    pub fn procs(&self) -> &WSPPROC_TABLE {
        &self.procs
    }

    /// Calls the provider's `WSPCleanup`, if it has one, and says what is open in the host after
    /// that. After the last clean-up of the last provider it should be nothing.
    ///
    /// # Errors
    ///
    /// The provider's error. It counts as started then, and stays loaded.
    pub fn clean_up(mut self) -> Result<Leftovers, WsaError> {
        call_cleanup(self.procs.lpWSPCleanup)?;
        drop(self.library.take());
        Ok(left_open(&self.ws2))
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // Not cleaned up: the provider may still run, so its library is never unloaded.
        mem::forget(self.library.take());
    }
}

fn call_cleanup(function: LPWSPCLEANUP) -> Result<(), WsaError> {
    let Some(cleanup) = function else { return Ok(()) };
    let mut errno = WsaError::WSASYSCALLFAILURE.code();
    // SAFETY: the provider was started, and this is called once for that start.
    match unsafe { cleanup(&raw mut errno) } {
        0 => Ok(()),
        _ => Err(WsaError::new(errno)),
    }
}

impl fmt::Display for StartFailure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownEntry(id) => write!(out, "the host's catalog has no entry {id}"),
            Self::NoStartupEx => out.write_str("the library has no `WSPStartupEx`"),
            Self::Refused(error) => write!(out, "the provider refused to start: {error}"),
        }
    }
}

impl std::error::Error for StartFailure {}
