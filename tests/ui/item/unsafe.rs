//! On functions and blocks with qualifiers before the keyword.
use wpu::prelude::*;

#[wpu_provider(class = ifs)]
// SAFETY: no code is generated for this.
unsafe impl Send for Files {}
#[wpu_provider(class = ifs)]
pub const unsafe extern "C" fn files() {}
#[wpu_provider(class = ifs)]
pub unsafe trait AreFiles {}

pub struct Files(*const u8);

fn main() {}
