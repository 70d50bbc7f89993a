//! Prints the declaration of the provider with its verdict.

use tour_ifs::TourIfs;
use wpu::Provider;

fn main() {
    print!("{}", TourIfs::DECLARATION);
}
