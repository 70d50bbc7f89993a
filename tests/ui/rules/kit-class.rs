//! A kit for providers of the other class.
use wpu::prelude::*;

#[wpu_provider(class = ifs, kit = base, waives(
    WPUCloseSocketHandle, WPUGetProviderPath, WPUModifyIFSHandle, WPUPostMessage, WPUQueryBlockingCallback = "example",
))]
pub struct Files {}

fn main() {}
