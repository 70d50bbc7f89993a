//! If an upcall does not apply to the class, the kit does not make it, and the provider cannot use it either.
use wpu::prelude::*;

#[wpu_provider(class = ifs, kit = layer, uses(WPUCreateSocketHandle), waives(WPUCloseSocketHandle, WPUQueryBlockingCallback = "left to the base"))]
pub struct Count {}

fn main() {
    _ = Count::upcalls().create_socket_handle(1, 2);
}
