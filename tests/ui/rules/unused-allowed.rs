//! Never called, in a crate that allows dead code.
#![allow(dead_code)]
use wpu::prelude::*;

#[wpu_provider(
    class = ifs,
    uses(WPUModifyIFSHandle),
    waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"),
)]
pub struct Files {}

fn main() {}
