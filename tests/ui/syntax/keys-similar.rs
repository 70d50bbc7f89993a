//! Misspelled keys and words.
use wpu::prelude::*;

#[wpu_provider(Class = ifs, platfrom = nt, crates = wpu, wave(WPUPostMessage = "x"))]
pub struct Files {}

fn main() {
    _ = Files::upcalls().modify_ifs_handle(1, 2);
}
