//! Each key twice. The second value is not checked.
use wpu::prelude::*;

#[wpu_provider(
    class = ifs, class = red, platform = nt, platform = red, kit = layer, kit = red, crate = ::wpu, crate = wpu,
    waives(WPUCloseSocketHandle = "x"), waives(WPUQueryBlockingCallback = "x"),
)]
pub struct Files {}

fn main() {}
