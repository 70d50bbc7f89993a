//! Prints what the two layers say of themselves, judged by the rules.

use pair::{OwnsHandles, PassesHandles};
use wpu::Provider;

fn main() {
    print!("{}\n{}", PassesHandles::DECLARATION, OwnsHandles::DECLARATION);
}
