//! A call of an upcall that only the kit uses.
use wpu::prelude::*;

#[wpu_provider(class = ifs, kit = layer, waives(WPUCloseSocketHandle, WPUQueryBlockingCallback = "left to the base"))]
pub struct Count {}

fn main() {
    _ = Count::upcalls().modify_ifs_handle(1, 2);
}
