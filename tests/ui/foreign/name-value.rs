//! A text after the attribute, which is one error though no bindings are named.
#[wpu_table::provider = "zorb"]
pub struct Hen(pub HenUpcalls);

fn main() {}
