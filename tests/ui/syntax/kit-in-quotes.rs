//! A kit in quotes.
use wpu::prelude::*;

#[wpu_provider(kit = "layer", class = ifs)]
pub struct Count {}

fn main() {}
