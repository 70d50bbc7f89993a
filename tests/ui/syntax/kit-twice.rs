//! Two kits. The first one is used.
use wpu::prelude::*;

#[wpu_provider(kit = base, class = non_ifs, kit = requests, waives(WPUGetProviderPath = "no layer below"))]
pub struct Loopback {}

fn main() {}
