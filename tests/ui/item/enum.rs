//! On an enum.
use wpu::prelude::*;

#[wpu_provider(class = ifs, uses(WPUModifyIFSHandle), waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"))]
pub enum Files {
    Open,
}

fn main() {
    _ = Files::upcalls().modify_ifs_handle(1, 2);
}
