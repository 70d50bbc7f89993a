//! Missing equals signs.
use wpu::prelude::*;

#[wpu_provider(class ifs, crate wpu, kit(layer), waives(WPUPostMessage "not needed", WPUGetProviderPath("base")))]
pub struct Files {}

fn main() {
    _ = Files::upcalls().modify_ifs_handle(1, 2);
}
