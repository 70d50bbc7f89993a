//! Prints what the layer says of itself, judged by the rules.

use count_non_ifs::CountNonIfs;
use wpu::Provider;

fn main() {
    print!("{}", CountNonIfs::DECLARATION);
}
