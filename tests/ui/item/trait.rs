//! On a trait.
use wpu::prelude::*;

#[wpu_provider(class = ifs, uses(WPUModifyIFSHandle))]
pub trait Files {}

fn main() {}
