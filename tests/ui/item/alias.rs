//! On a type alias, a constant, an import and a macro.
#![allow(unused)]
use wpu::prelude::*;

#[wpu_provider(class = ifs)]
pub type Files = u8;
#[wpu_provider]
pub const FILES: u8 = 1;
#[wpu_provider(class = ifs)]
pub use std::vec as files;
#[wpu_provider]
macro_rules! files {
    () => {};
}
#[wpu_provider(nonsense)]
thread_local! {}

fn main() {}
