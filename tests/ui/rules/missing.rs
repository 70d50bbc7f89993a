//! Two required upcalls are neither used nor waived; the code calls one of them nevertheless.
use wpu::prelude::*;

#[wpu_provider(
    class = ifs,
    uses(WPUModifyIFSHandle),
    waives(WPUCloseSocketHandle, WPUQueryBlockingCallback = "never blocks a client thread"),
)]
pub struct Files {}

pub fn adopt() {
    _ = Files::upcalls().modify_ifs_handle(1, 2);
    _ = Files::upcalls().post_message(wpu::Window::from_raw(std::ptr::null_mut()), 1, 2, 3);
}

fn main() {}
