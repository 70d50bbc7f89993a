//! Brackets within brackets.
use wpu::prelude::*;

#[wpu_provider((class = ifs), uses((WPUModifyIFSHandle), [WPUPostMessage]), waives({ WPUGetProviderPath = "x" }))]
pub struct Files {}

fn main() {
    _ = Files::upcalls().modify_ifs_handle(1, 2);
}
