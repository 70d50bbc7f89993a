//! A layer that does not name its kit.
use wpu::layer::{LayerProvider, Layered};
use wpu::prelude::*;

#[wpu_provider(class = ifs, waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUModifyIFSHandle, WPUPostMessage,
    WPUQueryBlockingCallback = "none"))]
pub struct Spy;

impl Layer for Spy {}
impl LayerProvider for Spy {
    const ID: GUID = GUID::ZERO;
}

wpu::export!(Layered<Spy>);
fn main() {}
