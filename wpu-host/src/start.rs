//! Starts single providers, for tests that make the calls to a provider themselves.

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

/// A started provider, until it is cleaned up.
///
/// If it is dropped without a clean-up, the provider stays started and its library stays loaded.
#[derive(Debug)]
pub struct Started {
    data: WSPDATA,
    procs: WSPPROC_TABLE,
    ws2: Arc<Ws2>,
    library: Option<Arc<libloading::Library>>,
}

/// The error of starting a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartFailure {
    /// The catalog of the host has no entry with this id.
    UnknownEntry(u32),
    /// The library has no `WSPStartupEx`.
    NoStartupEx,
    /// The provider failed with this error.
    Refused(WsaError),
}

impl Host {
    /// Starts a provider through its `WSPStartup`, with version 2.2, the entry's protocol info and
    /// the table of fifteen upcalls by value.
    ///
    /// # Errors
    ///
    /// Fails if the entry is not in the catalog of this host, or if the provider refuses to start.
    pub fn start(&self, library: &Library, entry: &Entry) -> Result<Started, StartFailure> {
        self.winsock().keep_loaded(&library.loaded);
        // SAFETY: the caller of `Library::load` guarantees the contract of the library's `WSPStartup`.
        let mut started = unsafe { self.start_with(library.startup, entry) }?;
        started.library = Some(Arc::clone(&library.loaded));
        Ok(started)
    }

    /// Starts a provider through its `WSPStartupEx`, with the table of sixteen upcalls by pointer.
    ///
    /// As Microsoft's switch for system area networks does, it passes the protocol information of the TCP/IP
    /// provider: of the first other base provider of `AF_INET`, `SOCK_STREAM` and `IPPROTO_TCP`, if the catalog has
    /// one.
    ///
    /// # Errors
    ///
    /// Fails if the library has no `WSPStartupEx`, if the entry is not in the catalog of this host, or if the
    /// provider refuses to start.
    pub fn start_ex(&self, library: &Library, entry: &Entry) -> Result<Started, StartFailure> {
        let startup_ex = library.startup_ex.ok_or(StartFailure::NoStartupEx)?;
        self.winsock().keep_loaded(&library.loaded);
        // SAFETY: the caller of `Library::load` guarantees the contract of the library's `WSPStartupEx`.
        let mut started = unsafe { self.start_ex_with(startup_ex, entry) }?;
        started.library = Some(Arc::clone(&library.loaded));
        Ok(started)
    }

    /// Starts a provider that is linked into this program.
    ///
    /// # Errors
    ///
    /// Fails if the entry is not in the catalog of this host, or if the provider refuses to start.
    ///
    /// # Safety
    ///
    /// The function is a `WSPStartup` as Winsock's documentation describes it, and so are the functions that
    /// it returns, until a clean-up through the result has succeeded, or else for the lifetime of the
    /// process. The functions that it queues to threads conform to the documentation for as long as the process
    /// has threads that can run them: a host runs them after the clean-up too.
    pub unsafe fn start_with(&self, startup: WSPStartupFn, entry: &Entry) -> Result<Started, StartFailure> {
        let table = self.table();
        self.run_start(entry, false, |info, data, procs| {
            // SAFETY: the caller guarantees the function's contract. Ws2_32 calls it in the same way: all
            // pointers are valid during the call, and the functions in the table for the lifetime of the
            // process.
            unsafe { startup(WINSOCK_VERSION, data, info, table, procs) }
        })
    }

    /// Starts a provider that is linked into this program through its `WSPStartupEx`.
    ///
    /// # Errors
    ///
    /// Fails if the entry is not in the catalog of this host, or if the provider refuses to start.
    ///
    /// # Safety
    ///
    /// As for [`Host::start_with`], for a `WSPStartupEx`.
    pub unsafe fn start_ex_with(
        &self,
        startup_ex: WSPStartupExFn,
        entry: &Entry,
    ) -> Result<Started, StartFailure> {
        let table: WSPUPCALLTABLEEX = self.table_ex();
        self.run_start(entry, true, |info, data, procs| {
            // SAFETY: the caller guarantees the function's contract. All pointers are valid during the call,
            // and the functions in the table for the lifetime of the process.
            unsafe { startup_ex(WINSOCK_VERSION, data, info, &raw const table, procs) }
        })
    }

    fn run_start(
        &self,
        entry: &Entry,
        extended: bool,
        start: impl FnOnce(*const WSAPROTOCOL_INFOW, *mut WSPDATA, *mut WSPPROC_TABLE) -> i32,
    ) -> Result<Started, StartFailure> {
        // The info of the catalog: the caller's copy may differ.
        let info = {
            let mut parts = self.ws2().lock();
            let known = parts.catalog.find(entry.id());
            let info = known.map(|known| if extended { parts.catalog.for_san(known) } else { known.info });
            let info = info.ok_or(StartFailure::UnknownEntry(entry.id()))?;
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
    /// The `WSPDATA` that the provider returned.
    #[must_use]
    pub fn data(&self) -> &WSPDATA {
        &self.data
    }

    /// The provider's function table.
    #[must_use]
    pub fn procs(&self) -> &WSPPROC_TABLE {
        &self.procs
    }

    /// Calls the provider's `WSPCleanup`, if it has one, and returns the counts of handles that are still
    /// open in the host. After the last clean-up of the last provider they should be 0.
    ///
    /// # Errors
    ///
    /// The provider's error. The provider then counts as started, and its library stays loaded.
    pub fn clean_up(mut self) -> Result<Leftovers, WsaError> {
        call_cleanup(self.procs.lpWSPCleanup)?;
        drop(self.library.take());
        Ok(left_open(&self.ws2))
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // The provider was not cleaned up and may still run, so its library is never unloaded.
        mem::forget(self.library.take());
    }
}

fn call_cleanup(function: LPWSPCLEANUP) -> Result<(), WsaError> {
    let Some(cleanup) = function else { return Ok(()) };
    let mut errno = WsaError::WSASYSCALLFAILURE.code();
    // SAFETY: the function is of the provider's table, and is called once for its start-up.
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
