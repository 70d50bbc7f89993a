//! Bindings that are no path: a crate's name as its package has it.
#[wpu_table::provider(of = zorb-sys, class = plain, uses(zorbHatch))]
pub struct Hen;

fn main() {}
