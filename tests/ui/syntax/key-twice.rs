//! Keys that occur twice.
use wpu::prelude::*;

#[wpu_provider(
    class = ifs,
    class = non_ifs,
    uses(WPUModifyIFSHandle),
    uses(WPUPostMessage),
    waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUQueryBlockingCallback = "not needed here"),
)]
pub struct Files {}

fn main() {}
