//! On a function.
use wpu::prelude::*;

#[wpu_provider(class = ifs, uses(WPUModifyIFSHandle))]
pub const fn start() {}

fn main() {}
