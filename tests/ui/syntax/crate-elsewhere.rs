//! A path that does not exist.
use wpu::prelude::*;

#[wpu_provider(class = ifs, crate = ::upcalls, uses(WPUModifyIFSHandle), waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"))]
pub struct Files(FilesUpcalls);

fn main() {
    _ = Files(Files::upcalls()).0.modify_ifs_handle(1, 2);
}
