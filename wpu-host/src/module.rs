//! The code of a provider, and how Ws2_32 starts it.

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
use wpu_sys::support::facts::Downcall;

/// The code of a provider: part of this program, or a library.
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

/// A provider that was started.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) procs: WSPPROC_TABLE,
    /// The functions may be called for as long as this lives.
    _library: Option<Arc<libloading::Library>>,
}

impl Module {
    /// A provider that is part of this program, by its type: what stands in its `wpu::export!`.
    ///
    /// For `wpu::export!(Base<Loopback>)` that is `Module::linked::<Base<Loopback>, _>()`; the second parameter is the
    /// compiler's to find. Of several types in one `export!`, the catalog entry decides which is started.
    #[must_use]
    pub fn linked<P: Exports<WSPStartupFn, Place>, Place>() -> Self {
        // SAFETY: the contract of `Exports`.
        unsafe { Self::from_startup(P::ENTRY) }
    }

    /// The same, to be started through its `WSPStartupEx`, which `export!(…; san)` makes.
    #[must_use]
    pub fn linked_ex<P: Exports<WSPStartupExFn, Place>, Place>() -> Self {
        // SAFETY: the contract of `Exports`.
        unsafe { Self::from_startup_ex(P::ENTRY) }
    }

    /// The provider with this `WSPStartup`, which is part of this program and was not written with wpu.
    ///
    /// # Safety
    ///
    /// The function is a `WSPStartup` as Winsock's documentation describes it, and so are the functions that it hands out
    /// and queues, for as long as a host that has it installed or a client of that host lives. Clients call on any thread,
    /// and as in Ws2_32 such a call can meet the last clean-up that another thread makes.
    #[must_use]
    pub const unsafe fn from_startup(startup: WSPStartupFn) -> Self {
        Self { startup: Startup::Common(startup), library: None }
    }

    /// The same with this `WSPStartupEx`.
    ///
    /// # Safety
    ///
    /// As for [`Module::from_startup`].
    #[must_use]
    pub const unsafe fn from_startup_ex(startup: WSPStartupExFn) -> Self {
        Self { startup: Startup::Extended(startup), library: None }
    }

    /// The provider of a library, to be started through its `WSPStartupEx`; `None` if it has none.
    #[must_use]
    pub fn extended(library: &Library) -> Option<Self> {
        let startup = Startup::Extended(library.startup_ex?);
        Some(Self { startup, library: Some(Arc::clone(&library.loaded)) })
    }

    pub(crate) fn library(&self) -> Option<&Arc<libloading::Library>> {
        self.library.as_ref()
    }

    /// Starts the provider for an entry, with version 2.2 and the table of a slot, and looks at
    /// what it hands out as Ws2_32 does.
    pub(crate) fn start(&self, slot: usize, info: &WSAPROTOCOL_INFOW) -> Result<Running, StartFault> {
        let (mut data, mut procs) = (WSPDATA::ZERO, WSPPROC_TABLE::ZERO);
        let code = self.call(slot, info, &mut data, &mut procs);
        if code != 0 {
            return Err(StartFault::Refused(WsaError::new(code)));
        }
        let missing = holes(&procs, matches!(self.startup, Startup::Extended(_)));
        let fault = match data.wVersion {
            _ if !missing.is_empty() => StartFault::Holes(missing),
            WINSOCK_VERSION => return Ok(Running { procs, _library: self.library.clone() }),
            version => StartFault::Version(version),
        };
        // It was started, so it must be cleaned up.
        if let Some(clean_up) = procs.lpWSPCleanup {
            let mut errno = 0;
            // SAFETY: the provider was started, and this is called once for that.
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
            // SAFETY: whoever made this module vouched for the function, and this is how Ws2_32
            // calls one: all pointers are valid during the call, and the upcalls for ever.
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

/// Why a provider is not started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StartFault {
    Refused(WsaError),
    Version(u16),
    Holes(Vec<&'static str>),
}

impl StartFault {
    /// What the client hears of it.
    pub(crate) fn error(&self) -> WsaError {
        match self {
            Self::Refused(_) => WsaError::WSAEPROVIDERFAILEDINIT,
            Self::Version(_) => WsaError::WSAEINVALIDPROVIDER,
            Self::Holes(_) => WsaError::WSAEINVALIDPROCTABLE,
        }
    }
}

/// The functions that a table lacks, apart from those that it may lack when it comes from
/// `WSPStartupEx`.
fn holes(procs: &WSPPROC_TABLE, extended: bool) -> Vec<&'static str> {
    // SAFETY: a table is thirty pointers to functions, of which each can be null.
    let slots = unsafe { mem::transmute::<WSPPROC_TABLE, [*const (); DOWNCALLS.len()]>(*procs) };
    let may_lack = |downcall: &Downcall| {
        extended && downcall.may_be_null.iter().any(|entry| entry.name == "WSPStartupEx")
    };
    let lacking = DOWNCALLS.iter().zip(slots).filter(|(_, slot)| slot.is_null());
    lacking.map(|(downcall, _)| downcall).filter(|downcall| !may_lack(downcall)).map(|d| d.name).collect()
}
