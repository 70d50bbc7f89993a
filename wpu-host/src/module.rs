//! The code of a provider, and starting it as Ws2_32 does.

use crate::host_slots;
use crate::load::Library;
use std::mem;
use std::sync::Arc;
use wpu_sys::WsaError;
use wpu_sys::facts::DOWNCALLS;
use wpu_sys::ffi::{
    WINSOCK_VERSION, WSAPROTOCOL_INFOW, WSPDATA, WSPPROC_TABLE, WSPStartupExFn, WSPStartupFn,
};
use wpu_sys::rt::export::Exports;
use wpu_sys::rt::facts::Downcall;

/// The code of a provider: linked into this program, or in a library.
#[derive(Debug, Clone)]
pub struct Module {
    startup: Startup,
    library: Option<Arc<libloading::Library>>,
}

#[derive(Debug, Clone, Copy)]
enum Startup {
    Common(WSPStartupFn),
    Extended(WSPStartupExFn),
}

/// A started provider.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) procs: WSPPROC_TABLE,
    /// Whether it was started through `WSPStartupEx`.
    pub(crate) extended: bool,
    /// Keeps the functions callable.
    _library: Option<Arc<libloading::Library>>,
}

impl Module {
    /// The provider that is linked into this program as the type `P`, which its `wpu::export!` names.
    ///
    /// For `wpu::export!(Base<Loopback>)` write `Module::linked::<Base<Loopback>, _>()`; the compiler infers
    /// the second parameter. If one `export!` names several types, the catalog entry decides which one is
    /// started.
    #[must_use]
    pub fn linked<P: Exports<WSPStartupFn, Place>, Place>() -> Self {
        // SAFETY: `Exports` guarantees that `ENTRY` is a `WSPStartup` of this program, which keeps Winsock's
        // contract.
        unsafe { Self::from_startup(P::ENTRY) }
    }

    /// The provider that is linked into this program as the type `P`, to be started through its
    /// `WSPStartupEx`, which `export!(…; san)` defines.
    #[must_use]
    pub fn linked_ex<P: Exports<WSPStartupExFn, Place>, Place>() -> Self {
        // SAFETY: `Exports` guarantees that `ENTRY` is a `WSPStartupEx` of this program, which keeps
        // Winsock's contract.
        unsafe { Self::from_startup_ex(P::ENTRY) }
    }

    /// The provider with this `WSPStartup`, linked into this program and not written with wpu.
    ///
    /// # Safety
    ///
    /// The function is a `WSPStartup` as Winsock's documentation describes it, and so are the functions that
    /// it returns and queues, for as long as a host in which it is installed or a client of that host lives.
    /// Clients call on any thread, and as in Ws2_32 such a call can be concurrent with the last clean-up on
    /// another thread.
    #[must_use]
    pub const unsafe fn from_startup(startup: WSPStartupFn) -> Self {
        Self { startup: Startup::Common(startup), library: None }
    }

    /// The provider with this `WSPStartupEx`, linked into this program and not written with wpu.
    ///
    /// # Safety
    ///
    /// As for [`Module::from_startup`].
    #[must_use]
    pub const unsafe fn from_startup_ex(startup: WSPStartupExFn) -> Self {
        Self { startup: Startup::Extended(startup), library: None }
    }

    /// The provider of a library, to be started through its `WSPStartupEx`; `None` if the library has none.
    #[must_use]
    pub fn extended(library: &Library) -> Option<Self> {
        let startup = Startup::Extended(library.startup_ex?);
        Some(Self { startup, library: Some(Arc::clone(&library.loaded)) })
    }

    pub(crate) fn library(&self) -> Option<&Arc<libloading::Library>> {
        self.library.as_ref()
    }

    /// Whether the provider is started through its `WSPStartupEx`.
    pub(crate) fn is_extended(&self) -> bool {
        matches!(self.startup, Startup::Extended(_))
    }

    /// Starts the provider for an entry, with version 2.2 and the table of a slot, and checks the returned
    /// function table as Ws2_32 does.
    pub(crate) fn start(&self, slot: usize, info: &WSAPROTOCOL_INFOW) -> Result<Running, StartFault> {
        let (mut data, mut procs) = (WSPDATA::ZERO, WSPPROC_TABLE::ZERO);
        let code = self.call(slot, info, &mut data, &mut procs);
        if code != 0 {
            return Err(StartFault::Refused(WsaError::new(code)));
        }
        let missing = holes(&procs, self.is_extended());
        let fault = match data.wVersion {
            _ if !missing.is_empty() => StartFault::Holes(missing),
            WINSOCK_VERSION => {
                let extended = self.is_extended();
                let procs = if extended { without_optional(&procs) } else { procs };
                return Ok(Running { procs, extended, _library: self.library.clone() });
            }
            version => StartFault::Version(version),
        };
        // The provider was started successfully, so it must be cleaned up.
        if let Some(clean_up) = procs.lpWSPCleanup {
            let mut errno = 0;
            // SAFETY: the function is of the provider's table, and is called once for the start-up that
            // returned the table.
            unsafe { clean_up(&raw mut errno) };
        }
        Err(fault)
    }

    fn call(
        &self,
        slot: usize,
        info: &WSAPROTOCOL_INFOW,
        data: &mut WSPDATA,
        table: &mut WSPPROC_TABLE,
    ) -> i32 {
        match self.startup {
            // SAFETY: the creator of this module guarantees the function's contract. Ws2_32 calls it in the
            // same way: all pointers are valid during the call, and the upcalls for the lifetime of the
            // process.
            Startup::Common(startup) => unsafe {
                startup(WINSOCK_VERSION, data, info, host_slots::table(slot), table)
            },
            // SAFETY: as above.
            Startup::Extended(startup) => unsafe {
                startup(WINSOCK_VERSION, data, info, host_slots::table_ex(slot), table)
            },
        }
    }
}

impl From<&Library> for Module {
    /// The provider of a library, to be started through its `WSPStartup`.
    fn from(library: &Library) -> Self {
        let startup = Startup::Common(library.startup);
        Self { startup, library: Some(Arc::clone(&library.loaded)) }
    }
}

/// The reason why a provider is not started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StartFault {
    Refused(WsaError),
    Version(u16),
    Holes(Vec<&'static str>),
}

impl StartFault {
    /// The error code that the client receives.
    pub(crate) fn error(&self) -> WsaError {
        match self {
            Self::Refused(_) => WsaError::WSAEPROVIDERFAILEDINIT,
            Self::Version(_) => WsaError::WSAEINVALIDPROVIDER,
            Self::Holes(_) => WsaError::WSAEINVALIDPROCTABLE,
        }
    }
}

/// The names of the functions that a table lacks, except those that may be null in a table from
/// `WSPStartupEx`.
fn holes(procs: &WSPPROC_TABLE, extended: bool) -> Vec<&'static str> {
    // SAFETY: a table is a `repr(C)` struct of thirty nullable function pointers, which have the size of
    // `*const ()`.
    let slots = unsafe { mem::transmute::<WSPPROC_TABLE, [*const (); DOWNCALLS.len()]>(*procs) };
    let may_lack = |downcall: &Downcall| extended && is_optional(downcall);
    let lacking = DOWNCALLS.iter().zip(slots).filter(|(_, slot)| slot.is_null());
    lacking.map(|(downcall, _)| downcall).filter(|downcall| !may_lack(downcall)).map(|d| d.name).collect()
}

/// Whether a provider for a system area network need not have the function.
fn is_optional(downcall: &Downcall) -> bool {
    downcall.may_be_null.iter().any(|entry| entry.name == "WSPStartupEx")
}

/// The table without the functions that the switch never calls, which its providers need not have.
fn without_optional(procs: &WSPPROC_TABLE) -> WSPPROC_TABLE {
    // SAFETY: as for `holes`.
    let mut slots = unsafe { mem::transmute::<WSPPROC_TABLE, [*const (); DOWNCALLS.len()]>(*procs) };
    for (slot, _) in slots.iter_mut().zip(DOWNCALLS).filter(|(_, downcall)| is_optional(downcall)) {
        *slot = std::ptr::null();
    }
    // SAFETY: each pointer is null, or in its original slot.
    unsafe { mem::transmute::<[*const (); DOWNCALLS.len()], WSPPROC_TABLE>(slots) }
}
