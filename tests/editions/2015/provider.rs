//! Providers in edition 2015, in which paths in imports start at the root of the crate. All of this must compile.
#![forbid(unsafe_code)]
#![deny(warnings)]
#![allow(missing_docs)]

extern crate wpu;

pub mod files {
    use wpu::{wpu_provider, Provider};

    #[wpu_provider(class = ifs, uses(WPUModifyIFSHandle, WPUQueryBlockingCallback), waives(
        WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage = "not needed here",
    ))]
    pub struct Files(pub FilesUpcalls);

    #[wpu_provider(crate = ::wpu, class = non_ifs, kit = requests, waives(
        WPUCloseSocketHandle, WPUCreateSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback,
        WPUQuerySocketHandleContext = "not needed here",
    ))]
    pub struct Queue;

    pub fn calls() {
        let upcalls = Files(Files::upcalls()).0;
        let _ = (upcalls.modify_ifs_handle(1, 2), upcalls.query_blocking_callback(1, |_| ()));
        let _ = Queue::DECLARATION;
    }
}
