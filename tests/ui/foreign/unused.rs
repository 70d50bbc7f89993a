//! An upcall of another spec that is never called.
#[wpu_table::provider(of = zorb, class = striped, kit = far_choir, uses(zorbGlow))]
pub struct Crow;

fn main() {}
