//! Without bindings, and with words that the spec does not have.
#[wpu_table::provider(class = striped)]
pub struct Crow;

#[wpu_table::provider(of = "zorb", class = spotted, uses(zorbHatch, zorbvers))]
pub struct Hen;

fn main() {}
