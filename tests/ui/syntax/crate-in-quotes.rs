//! A path in quotes.
use wpu::prelude::*;

#[wpu_provider(class = ifs, crate = "::wpu", uses(WPUModifyIFSHandle), waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"))]
pub struct Files {}

fn main() {}
