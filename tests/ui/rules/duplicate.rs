//! Names that occur twice, in one list and in both.
use wpu::prelude::*;

#[wpu_provider(
    class = ifs,
    uses(WPUModifyIFSHandle, WPUModifyIFSHandle, WPUPostMessage),
    waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"),
)]
pub struct Files {}

fn main() {
    _ = Files::upcalls().modify_ifs_handle(1, 2);
}
