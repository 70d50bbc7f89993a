//! The key of the kit is almost right. What the kit would use is not missing.
use wpu::prelude::*;

#[wpu_provider(class = ifs, kits = layer)]
pub struct Count {}

fn main() {}
