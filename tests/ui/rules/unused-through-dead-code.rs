//! Called only by a function that is itself never called.
#![warn(dead_code)] // The test harness allows it.
use wpu::prelude::*;

#[wpu_provider(
    class = ifs,
    uses(WPUModifyIFSHandle),
    waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"),
)]
pub struct Files {}

fn adopt() {
    _ = Files::upcalls().modify_ifs_handle(1, 2);
}

fn main() {}
