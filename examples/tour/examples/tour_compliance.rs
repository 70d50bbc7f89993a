//! Prints what the provider says of itself, judged by the rules.

use tour::Tour;
use wpu::Provider;

fn main() {
    print!("{}", Tour::DECLARATION);
}
