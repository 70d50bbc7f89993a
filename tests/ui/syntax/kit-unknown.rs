//! A kit that is almost right. What it would use is not missing, and whoever needs it is content.
use wpu::prelude::*;

#[wpu_provider(class = ifs, kit = Layer)]
pub struct Count {}

fn start<P: wpu::WithKit<wpu::facts::kits::Layer>>() {}

fn main() {
    start::<Count>();
}
