//! Code of a kit, used by a provider that does not name the kit.
use wpu::prelude::*;

#[wpu_provider(class = ifs, kit = requests, waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUModifyIFSHandle, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"))]
pub struct Files {}

fn start<P: wpu::WithKit<wpu::facts::kits::Layer>>() {}

fn main() {
    start::<Files>();
}
