//! `Layered` over a type that is not a layer.
use wpu::layer::Layered;
use wpu::prelude::*;

#[wpu_provider(class = non_ifs, kit = layer, waives(WPUQueryBlockingCallback = "left to the base"))]
pub struct Spy;

wpu::export!(Layered<Spy>);
fn main() {}
