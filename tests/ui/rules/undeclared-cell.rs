//! An upcall that the provider has not declared cannot be made through its cell: safe code does not get there.

#![forbid(unsafe_code)]
use wpu::prelude::*;

#[wpu_provider(class = ifs, uses(WPUModifyIFSHandle), waives(
    WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "a test"))]
pub struct Sneak;

impl Sneak {
    pub fn event(&self) -> bool {
        let all = wpu::Upcalls::new(<Self as wpu::Provider>::__RUN.get().cell());
        Self::upcalls().modify_ifs_handle(1, 4).is_ok() && all.create_event().is_ok()
    }
}

fn main() {}
