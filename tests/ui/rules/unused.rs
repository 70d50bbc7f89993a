//! Declared, and never called.
use wpu::prelude::*;

#[wpu_provider(
    class = ifs,
    uses(WPUModifyIFSHandle, WPUFDIsSet),
    waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"),
)]
pub struct Files {}

pub fn adopt() {
    _ = Files::upcalls().modify_ifs_handle(1, 2);
}

fn main() {
    adopt();
}
