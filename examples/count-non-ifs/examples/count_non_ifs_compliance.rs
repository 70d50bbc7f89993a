//! Prints the declaration of the layer with its verdict.

use count_non_ifs::CountNonIfs;
use wpu::Provider;

fn main() {
    print!("{}", CountNonIfs::DECLARATION);
}
