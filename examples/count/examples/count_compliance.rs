//! Prints the declaration of the layer with its verdict.

use count::Count;
use wpu::Provider;

fn main() {
    print!("{}", Count::DECLARATION);
}
