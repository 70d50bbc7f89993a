//! Required, and not used by the kit either.
use wpu::prelude::*;

#[wpu_provider(class = ifs, kit = layer)]
pub struct Count {}

fn main() {}
