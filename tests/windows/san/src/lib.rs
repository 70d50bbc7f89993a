//! A provider with both entry points: that of Ws2_32, and that of the switch for system area networks.

#![forbid(unsafe_code)]

use wpu::prelude::*;

/// Creates a socket handle when it is started, and completes a request on it.
#[wpu_provider(
    class = non_ifs,
    uses(WPUCreateSocketHandle, WPUCompleteOverlappedRequest),
    waives(
        WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback, WPUQuerySocketHandleContext = "not needed here",
    ),
)]
#[derive(Debug)]
pub struct San;

impl ServiceProvider for San {}

impl Lifecycle for San {
    const DESCRIPTION: &'static str = "Both entries";

    fn start(start: &Start<'_>) -> Result<Self, WsaError> {
        static REQUEST: Overlapped = Overlapped::new();
        let socket = Self::upcalls().create_socket_handle(start.entry().dwCatalogEntryId, 7)?;
        let operation = REQUEST.begin().ok_or(WsaError::WSAEINPROGRESS)?;
        Self::upcalls()
            .complete_overlapped_request(socket.raw(), operation, 0, 512)
            .map_err(|refused| refused.error)?;
        socket.close()?;
        Ok(Self)
    }
}

wpu::export!(San; san);
