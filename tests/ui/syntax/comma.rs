//! Missing commas, and one too many.
use wpu::prelude::*;

#[wpu_provider(
    class = ifs
    uses(WPUModifyIFSHandle WPUPostMessage),
    waives(WPUCloseSocketHandle, WPUGetProviderPath = "base" WPUQueryBlockingCallback = "never blocks",,),
)]
pub struct Files {}

fn main() {}
