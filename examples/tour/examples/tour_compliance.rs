//! Prints the declaration of the provider with its verdict.

use tour::Tour;
use wpu::Provider;

fn main() {
    print!("{}", Tour::DECLARATION);
}
