//! Values without `=`, `=` without values.
use wpu::prelude::*;

#[wpu_provider(class: ifs, platform = , waives(WPUPostMessage = , WPUGetProviderPath = 3))]
pub struct Files {}

fn main() {}
