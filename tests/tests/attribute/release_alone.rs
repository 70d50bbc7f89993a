//! A release without its acquire is an upcall like the others.
use wpu::prelude::*;

#[wpu_provider(class = ifs, uses(WPUModifyIFSHandle, WPUCloseThread), waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"))]
pub struct Files {}

pub(crate) fn main() {
    let _ = FilesUpcalls::modify_ifs_handle;
    let _ = |id: wpu::ThreadId<'_>| Files::upcalls().close_thread(id);
}
