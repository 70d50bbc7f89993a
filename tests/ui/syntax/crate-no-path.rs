//! A value that is not a path.
use wpu::prelude::*;

#[wpu_provider(class = ifs, crate = wpu(1), uses(WPUModifyIFSHandle), waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"))]
pub struct Files {}

fn main() {}
