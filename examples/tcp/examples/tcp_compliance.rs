//! Prints the declaration of the provider with its verdict.

use tcp::Tcp;
use wpu::Provider;

fn main() {
    print!("{}", Tcp::DECLARATION);
}
