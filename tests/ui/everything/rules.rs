//! All rules broken at once: one error for each, in reading order.
use wpu::prelude::*;

#[wpu_provider(
    class = non_ifs,
    uses(WPUCreateSocketHandl, WPUModifyIFSHandle, WPUPostMessage, WPUFDIsSet),
    waives(
        WPUPostMessage, WPUSetEvent, WPUNone = "not needed here",
        WPUGetProviderPath = "",
        WPUCloseSocketHandle,
    ),
)]
struct Loopback(LoopbackUpcalls);

fn main() {
    let loopback = Loopback(Loopback::upcalls());
    _ = loopback.0.query_socket_handle_context(7);
    _ = loopback.0.create_event();
}
