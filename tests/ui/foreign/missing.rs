//! The bindings of another spec: what it requires, in its words.
use wpu_table::provider;

#[provider(of = zorb, class = striped, uses(zorbVerse))]
pub struct Crow;

fn main() {}
