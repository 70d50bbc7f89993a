//! Under `cfg` conditions, before and after the attribute.
use wpu::prelude::*;

#[wpu_provider(class = ifs)]
#[cfg(any())]
pub struct Files {}

#[wpu_provider(class = ifs, uses(WPUModifyIFSHandle), waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"))]
#[cfg(any())]
pub struct Files {}

#[cfg_attr(all(), wpu_provider(class = ifs, uses(WPUModifyIFSHandle), waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here")), derive(Clone))]
#[cfg(not(any()))]
pub struct Files {}

pub(crate) fn main() {
    let _ = FilesUpcalls::modify_ifs_handle;
}
