//! Prints the declarations of the two layers with their verdicts.

use pair::{OwnsHandles, PassesHandles};
use wpu::Provider;

fn main() {
    print!("{}\n{}", PassesHandles::DECLARATION, OwnsHandles::DECLARATION);
}
