//! The attribute twice on one struct, with and without the name of the crate.
use wpu::prelude::*;

#[wpu_provider(class = ifs, uses(WPUModifyIFSHandle))]
#[derive(Debug)]
#[wpu::wpu_provider(class = non_ifs)]
pub struct Files(FilesUpcalls);

#[wpu_provider]
#[wpu_provider(class = ifs)]
#[wpu_provider]
pub struct Others;

fn main() {
    _ = Files(Files::upcalls()).0.modify_ifs_handle(1, 2);
}
