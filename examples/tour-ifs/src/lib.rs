//! An IFS layer that registers a handle and looks for the provider below.

#![forbid(unsafe_code)]

use wpu::prelude::*;

/// Its sockets are file handles of the system, which the provider below opens.
#[wpu_provider(
    class = ifs,
    uses(
        WPUModifyIFSHandle,
        WPUGetProviderPath,
    ),
    waives(
        WPUCloseSocketHandle = "never creates a socket handle through Ws2_32",
        WPUPostMessage = "forwards WSPAsyncSelect to the provider below",
        WPUQueryBlockingCallback = "never blocks a client thread",
    ),
)]
#[derive(Debug)]
pub struct TourIfs;

/// Every function has its default, which fails with a documented error.
impl ServiceProvider for TourIfs {}

impl Lifecycle for TourIfs {
    const DESCRIPTION: &'static str = "Tour of the upcalls of an IFS layer";

    fn start(start: &Start<'_>) -> Result<Self, WsaError> {
        let below = Self::upcalls().get_provider_path(&start.entry().ProviderId)?;
        if below.units().is_empty() {
            return Err(WsaError::WSASYSNOTREADY);
        }
        // This value represents a handle that the provider below has just opened.
        let lower: SOCKET = 0x1234;
        let _for_the_client = Self::upcalls().modify_ifs_handle(start.entry().dwCatalogEntryId, lower)?;
        Ok(Self)
    }
}

wpu::export!(TourIfs; feature = "export");
