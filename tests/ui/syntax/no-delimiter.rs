//! A list without brackets.
use wpu::prelude::*;

#[wpu_provider(uses = WPUModifyIFSHandle, WPUPostMessage, class = ifs)]
pub struct Files {}

fn main() {}
