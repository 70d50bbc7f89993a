//! The exported provider does not implement `ServiceProvider`.
use wpu::prelude::*;

#[wpu_provider(class = ifs, waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUModifyIFSHandle, WPUPostMessage,
    WPUQueryBlockingCallback = "none"))]
pub struct Vsock;

impl Lifecycle for Vsock {
    fn start(_: &Start<'_>) -> Result<Self, WsaError> {
        Ok(Self)
    }
}

wpu::export!(Vsock);
fn main() {}
