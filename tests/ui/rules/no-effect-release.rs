//! A waiver of the release of an upcall that is used.
use wpu::prelude::*;

#[wpu_provider(
    class = non_ifs,
    uses(WPUCreateSocketHandle, WPUQuerySocketHandleContext),
    waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"),
)]
pub struct Loopback {}

fn main() {
    _ = Loopback::upcalls().create_socket_handle(1, 2);
    _ = Loopback::upcalls().query_socket_handle_context(3);
}
