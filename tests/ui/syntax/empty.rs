//! No arguments.
use wpu::prelude::*;

#[wpu_provider]
pub struct Files {}

fn main() {
    _ = Files::upcalls();
}
