//! A required upcall that the kit does not use either.
use wpu::prelude::*;

#[wpu_provider(class = ifs, kit = layer)]
pub struct Count {}

fn main() {}
