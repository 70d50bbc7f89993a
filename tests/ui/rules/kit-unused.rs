//! An upcall of the kit is declared, and the provider's own code never calls it.
use wpu::prelude::*;

#[wpu_provider(kit = layer, class = ifs, uses(WPUGetProviderPath), waives(WPUCloseSocketHandle, WPUQueryBlockingCallback = "left to the base"))]
pub struct Count {}

fn main() {}
