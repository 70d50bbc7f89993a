//! On an `impl` block.
use wpu::prelude::*;

pub struct Files {}

#[wpu_provider(class = ifs, uses(WPUModifyIFSHandle))]
impl Files {
    pub fn open() {}
}

fn main() {
    Files::open();
}
