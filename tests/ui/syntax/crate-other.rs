//! Paths of other things than the crate: one error each, in the words of the attribute.
use wpu::prelude::*;

#[wpu_provider(class = ifs, crate = std, uses(WPUModifyIFSHandle))]
pub struct Files(FilesUpcalls);

#[wpu_provider(class = ifs, crate = ::wpu::prelude, uses(WPUModifyIFSHandle))]
pub struct Prelude;

#[wpu_provider(class = ifs, crate = crate::nowhere, uses(WPUModifyIFSHandle))]
pub struct Nowhere(NowhereUpcalls);

fn main() {
    _ = Files(Files::upcalls()).0.modify_ifs_handle(1, 2);
    _ = Nowhere(Nowhere::upcalls()).0.modify_ifs_handle(1, 2);
}
