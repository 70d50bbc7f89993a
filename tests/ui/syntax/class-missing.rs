//! No class.
use wpu::prelude::*;

#[wpu_provider(uses(WPUModifyIFSHandle))]
pub struct Files {}

fn main() {
    _ = Files::upcalls().modify_ifs_handle(1, 2);
}
