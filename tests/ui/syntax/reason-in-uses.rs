//! A reason in `uses`, where none is allowed.
use wpu::prelude::*;

#[wpu_provider(class = ifs, uses(WPUModifyIFSHandle = "adopts files"))]
pub struct Files {}

fn main() {}
