//! On a struct with parameters.
use wpu::prelude::*;

#[wpu_provider(class = ifs, uses(WPUModifyIFSHandle), waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"))]
pub struct Files<'a, T: ?Sized>(pub FilesUpcalls, pub &'a T)
where
    T: Send;

fn main() {
    _ = Files::<str>::upcalls().modify_ifs_handle(1, 2);
}
