//! Misspelled names. None of them is also reported as missing, and each method can be called.
use wpu::prelude::*;

#[wpu_provider(
    class = ifs,
    uses(WPUModifyIfsHandle, CreateEvent, set_event),
    waives(WPUCloseSocketHandle, WPUGetProvidrPath, PostMessage, WPUQueryBlockingCallBack = "not needed here"),
)]
pub struct Files {}

fn main() {
    _ = Files::upcalls().modify_ifs_handle(1, 2);
    _ = Files::upcalls().create_event();
}
