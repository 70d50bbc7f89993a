//! On structs with parameters under conditions.
use wpu::prelude::*;

#[wpu_provider(class = non_ifs, kit = base, waives(WPUGetProviderPath = "no layer below"))]
pub struct Files<'a, #[cfg(any())] T: Copy, #[cfg(all())] const N: usize = 3>(&'a [u8; N]);

fn main() {
    let _ = <Files<'static, 3> as Provider>::upcalls();
}
