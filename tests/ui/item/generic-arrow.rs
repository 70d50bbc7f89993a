//! On a struct with a bound that has an arrow.
use wpu::prelude::*;

#[wpu_provider(class = ifs, uses(WPUModifyIFSHandle), waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"))]
pub struct P<T: Fn(u8) -> u8>(pub T, pub PUpcalls);

fn main() {
    let provider = P(|byte| byte, PUpcalls::clone(&P::<fn(u8) -> u8>::upcalls()));
    _ = (provider.0(1), provider.1.modify_ifs_handle(1, 2));
}
