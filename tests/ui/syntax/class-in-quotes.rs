//! A class in quotes.
use wpu::prelude::*;

#[wpu_provider(class = "ifs")]
pub struct Files {}

fn main() {}
