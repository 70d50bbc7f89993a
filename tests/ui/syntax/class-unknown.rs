//! A class that is almost right.
use wpu::prelude::*;

#[wpu_provider(class = non-ifs, uses(WPUModifyIFSHandle))]
pub struct Files {}

fn main() {}
