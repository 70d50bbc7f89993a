//! A reason where none belongs.
use wpu::prelude::*;

#[wpu_provider(class = ifs, uses(WPUModifyIFSHandle = "adopts files"))]
pub struct Files {}

fn main() {}
