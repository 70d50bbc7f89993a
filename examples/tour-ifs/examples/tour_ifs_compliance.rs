//! Prints what the provider says of itself, judged by the rules.

use tour_ifs::TourIfs;
use wpu::Provider;

fn main() {
    print!("{}", TourIfs::DECLARATION);
}
