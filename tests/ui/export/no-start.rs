//! A provider is exported that does not say how it is started.
use wpu::prelude::*;

#[wpu_provider(class = ifs, waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUModifyIFSHandle, WPUPostMessage,
    WPUQueryBlockingCallback = "none"))]
pub struct Vsock;

impl ServiceProvider for Vsock {}

wpu::export!(Vsock);
fn main() {}
