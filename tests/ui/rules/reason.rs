//! Waivers without a reason: none, and a blank one.
use wpu::prelude::*;

#[wpu_provider(
    class = ifs,
    uses(WPUModifyIFSHandle),
    waives(WPUCloseSocketHandle = "none to close", WPUPostMessage = " ", WPUGetProviderPath, WPUQueryBlockingCallback),
)]
pub struct Files {}

fn main() {
    _ = Files::upcalls().modify_ifs_handle(1, 2);
}
