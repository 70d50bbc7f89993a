//! On a union.
use wpu::prelude::*;

#[wpu_provider(class = ifs, uses(WPUModifyIFSHandle), waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"))]
pub union Files {
    pub upcalls: FilesUpcalls,
}

fn main() {
    _ = Files::upcalls().modify_ifs_handle(1, 2);
}
