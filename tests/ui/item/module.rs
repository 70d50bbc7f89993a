//! On a module.
use wpu::prelude::*;

#[wpu_provider(class = ifs, uses(WPUModifyIFSHandle))]
pub mod files {}

fn main() {}
