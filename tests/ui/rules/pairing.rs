//! The release of a declared acquire has no method of its own, whether it is declared or not.
//! Shows: WPUCloseThread.only-opened-ids
use wpu::prelude::*;

#[wpu_provider(
    class = ifs,
    uses(WPUModifyIFSHandle, WPUCreateEvent, WPUCloseEvent, WPUOpenCurrentThread),
    waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"),
)]
pub struct Files {}

fn main() {
    _ = Files::upcalls().modify_ifs_handle(1, 2);
    let event = Files::upcalls().create_event().unwrap();
    Files::upcalls().close_event(event.borrowed());
    let thread = Files::upcalls().open_current_thread().unwrap();
    Files::upcalls().close_thread(thread.borrowed());
}
