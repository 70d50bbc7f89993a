//! An import that is created from another function.
#![forbid(unsafe_code)]
use wpu::__private::{Import, Table};

const OWN: Import = Import::new(12, |table: &mut Table| table.WPUSetEvent as usize != 0);

fn main() {}
