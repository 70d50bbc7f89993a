//! The key `kit` is misspelled. The upcalls of the kit are not reported as missing.
use wpu::prelude::*;

#[wpu_provider(class = ifs, kits = layer)]
pub struct Count {}

fn main() {}
