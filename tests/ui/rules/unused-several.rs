//! Several upcalls are declared and never called.
use wpu::prelude::*;

#[wpu_provider(
    class = ifs,
    uses(WPUModifyIFSHandle, WPUFDIsSet, WPUCreateEvent),
    waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"),
)]
pub struct Files {}

fn main() {
    _ = Files::upcalls().modify_ifs_handle(1, 2);
}
