//! The exported provider does not implement `Lifecycle`.
use wpu::prelude::*;

#[wpu_provider(class = ifs, waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUModifyIFSHandle, WPUPostMessage,
    WPUQueryBlockingCallback = "none"))]
pub struct Vsock;

impl ServiceProvider for Vsock {}

wpu::export!(Vsock);
fn main() {}
