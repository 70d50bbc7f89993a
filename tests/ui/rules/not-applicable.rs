//! Used upcalls of another class.
//! Shows: WPUQuerySocketHandleContext.no-context-of-file-handles
use wpu::prelude::*;

#[wpu_provider(
    class = ifs,
    uses(WPUModifyIFSHandle, WPUCreateSocketHandle, WPUQuerySocketHandleContext),
    waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"),
)]
pub struct Files {}

fn main() {
    _ = Files::upcalls().modify_ifs_handle(1, 2);
    _ = Files::upcalls().create_socket_handle(1, 2);
    _ = Files::upcalls().query_socket_handle_context(3);
}
