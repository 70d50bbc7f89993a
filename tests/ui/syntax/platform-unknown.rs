//! A platform that does not exist.
use wpu::prelude::*;

#[wpu_provider(class = ifs, platform = linux, uses(WPUModifyIFSHandle))]
pub struct Files {}

fn main() {}
