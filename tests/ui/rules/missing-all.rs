//! Nothing is used or waived.
use wpu::prelude::*;

#[wpu_provider(class = non_ifs)]
pub struct Loopback {}

fn main() {}
