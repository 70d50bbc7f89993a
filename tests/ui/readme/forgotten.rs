#![forbid(unsafe_code)]
use std::{collections::HashMap, sync::Mutex};
use wpu::prelude::*;

/// A base provider whose sockets are not file handles.
#[wpu_provider(
    class = non_ifs,
    uses(WPUCreateSocketHandle, WPUQuerySocketHandleContext),
    waives(
        WPUGetProviderPath = "base provider: no layer below",
        WPUQueryBlockingCallback = "never blocks a client thread",
    ),
)]
pub struct Loopback {
    entry: u32,
    sockets: Mutex<HashMap<SOCKET, SocketHandle>>,
}

impl Lifecycle for Loopback {
    fn start(start: &Start<'_>) -> Result<Self, WsaError> {
        Ok(Self { entry: start.entry().dwCatalogEntryId, sockets: Mutex::default() })
    }
}

impl ServiceProvider for Loopback {
    fn socket(&self, _params: SocketParams<'_>) -> Result<SOCKET, WsaError> {
        let handle = Self::upcalls().create_socket_handle(self.entry, 7)?;
        let socket = handle.raw();
        assert_eq!(Self::upcalls().query_socket_handle_context(socket)?, 7);
        self.sockets.lock().unwrap().insert(socket, handle);
        Ok(socket)
    }

    fn close_socket(&self, socket: SOCKET) -> Result<(), WsaError> {
        let handle = self.sockets.lock().unwrap().remove(&socket);
        handle.ok_or(WsaError::WSAENOTSOCK)?.close() // WPUCloseSocketHandle
    }
}

wpu::export!(Loopback); // WSPStartup, as Ws2_32 looks for it

fn main() {}
