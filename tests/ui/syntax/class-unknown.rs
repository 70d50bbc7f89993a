//! A misspelled class.
use wpu::prelude::*;

#[wpu_provider(class = non-ifs, uses(WPUModifyIFSHandle))]
pub struct Files {}

fn main() {}
