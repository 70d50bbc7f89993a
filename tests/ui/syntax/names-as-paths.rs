//! Names written as paths count as the names.
use wpu::prelude::*;

#[wpu_provider(class = ifs, uses(::wpu::WPUModifyIFSHandle, ::, wpu::), waives(WPUCloseSocketHandle, WPUGetProviderPath, upcalls::WPUPostMessage, WPUQueryBlockingCallback = "not needed here"))]
pub struct Files {}

fn main() {
    _ = Files::upcalls().modify_ifs_handle(1, 2);
}
