//! Texts and numbers in place of names.
use wpu::prelude::*;

#[wpu_provider(class = ifs, uses("WPUModifyIFSHandle", 7), waives(wpu::WPUPostMessage, wpu:: = "none"))]
pub struct Files {}

fn main() {}
