//! Prints what the provider says of itself, judged by the rules.

use tcp::Tcp;
use wpu::Provider;

fn main() {
    print!("{}", Tcp::DECLARATION);
}
