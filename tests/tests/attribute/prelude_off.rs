//! Without the prelude.
#![no_implicit_prelude]

#[::wpu::wpu_provider(
    class = ifs,
    uses(WPUModifyIFSHandle, WPUSetEvent, WPUCreateEvent, WPUCloseEvent, WPUQueryBlockingCallback),
    waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage = "not needed here"),
)]
pub struct Files {}

pub fn adopt(upcalls: FilesUpcalls) {
    _ = upcalls.modify_ifs_handle(1, 2);
    _ = upcalls.query_blocking_callback(1, |_| ());
    if let ::core::result::Result::Ok(event) = upcalls.create_event() {
        _ = upcalls.set_event(event.borrowed());
    }
}

pub(crate) fn main() {}
