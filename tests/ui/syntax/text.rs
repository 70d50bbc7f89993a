//! A text in the attribute: one mistake.
use wpu::prelude::*;

#[wpu_provider("class = ifs")]
pub struct Files {}

fn main() {
    _ = Files::upcalls().modify_ifs_handle(1, 2);
}
