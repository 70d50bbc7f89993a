//! The crate under another name, and re-exported.
pub extern crate wpu as upcalls;

mod inner {
    pub use ::upcalls as again;
}

#[upcalls::wpu_provider(class = ifs, crate = ::upcalls, uses(WPUModifyIFSHandle), waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"))]
pub struct Files {}

#[upcalls::wpu_provider(crate = crate::inner::again, class = ifs, uses(WPUModifyIFSHandle), waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"))]
pub struct MoreFiles {}

pub fn adopt() {
    _ = (FilesUpcalls::modify_ifs_handle, MoreFilesUpcalls::modify_ifs_handle);
}

fn main() {}
