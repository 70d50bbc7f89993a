//! Prints the declaration of the provider with its verdict.

use loopback::Loopback;
use wpu::Provider;

fn main() {
    print!("{}", Loopback::DECLARATION);
}
