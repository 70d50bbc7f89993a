//! In modules, in a function, and with several visibilities.
#![deny(warnings)]
mod outer {
    pub(crate) mod inner {
        #[wpu::wpu_provider(class = ifs, uses(WPUModifyIFSHandle), waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"))]
        pub(in crate::attribute::places::outer) struct Files;
        const _: fn() -> FilesUpcalls = <Files as wpu::Provider>::upcalls;
    }
    pub(crate) fn adopt() {
        _ = <inner::Files as wpu::Provider>::upcalls().modify_ifs_handle(1, 2);
    }
}

pub(crate) fn main() {
    #[wpu::wpu_provider(class = ifs, uses(WPUModifyIFSHandle), waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"))]
    struct Local;
    let _ = || <Local as wpu::Provider>::upcalls().modify_ifs_handle(1, 2);
    let _ = outer::adopt;
}
