//! On functions and blocks with words in front of the keyword.
use wpu::prelude::*;

#[wpu_provider(class = ifs)]
// SAFETY: this is never compiled to code.
unsafe impl Send for Files {}
#[wpu_provider(class = ifs)]
pub const unsafe extern "C" fn files() {}
#[wpu_provider(class = ifs)]
pub unsafe trait AreFiles {}

pub struct Files(*const u8);

fn main() {}
