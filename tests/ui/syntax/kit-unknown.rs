//! A misspelled kit. Its upcalls are not reported as missing, and code that requires the kit compiles.
use wpu::prelude::*;

#[wpu_provider(class = ifs, kit = Layer)]
pub struct Count {}

fn start<P: wpu::WithKit<wpu::facts::kits::Layer>>() {}

fn main() {
    start::<Count>();
}
