#![forbid(unsafe_code)]
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
pub struct Loopback;

impl EntryPoint for Loopback {
    fn start(start: &mut Start<'_>) -> Result<(), WsaError> {
        let socket = Self::upcalls().create_socket_handle(start.entry.dwCatalogEntryId, 7)?;
        assert_eq!(Self::upcalls().query_socket_handle_context(socket.raw())?, 7);
        Ok(()) // `socket` goes out of scope, and WPUCloseSocketHandle is called
    }
}

wpu::export!(Loopback); // WSPStartup, as Ws2_32 looks for it

fn main() {}
