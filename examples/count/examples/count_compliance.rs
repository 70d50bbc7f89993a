//! Prints what the layer says of itself, judged by the rules.

use count::Count;
use wpu::Provider;

fn main() {
    print!("{}", Count::DECLARATION);
}
