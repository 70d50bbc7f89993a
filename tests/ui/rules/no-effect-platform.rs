//! A waiver of an upcall that this platform does not require.
use wpu::prelude::*;

#[wpu_provider(
    class = ifs,
    platform = win9x,
    uses(WPUModifyIFSHandle),
    waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"),
)]
pub struct Files {}

fn main() {
    _ = Files::upcalls().modify_ifs_handle(1, 2);
}
