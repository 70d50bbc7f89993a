//! On a struct whose parameters have bounds and defaults with arrows and brackets.
use wpu::prelude::*;

#[wpu_provider(class = non_ifs, kit = base, waives(WPUGetProviderPath = "no layer below"))]
pub struct P<T: Fn(u8) -> u8 = fn(u8) -> u8, I: Iterator<Item = fn() -> Vec<T>> = std::vec::IntoIter<fn() -> Vec<T>>>(T, I)
where
    T: Fn(u8) -> u8 + Copy,
    fn(T) -> u8: Sized;

fn main() {
    let _ = <P as Provider>::upcalls();
}
