//! Prints what the provider says of itself, judged by the rules.

use loopback::Loopback;
use wpu::Provider;

fn main() {
    print!("{}", Loopback::DECLARATION);
}
