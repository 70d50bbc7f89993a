//! A run that somebody else than the attribute makes.
#![forbid(unsafe_code)]
use wpu::__private::{Fixed, Run};

/// A place that is made on the spot would be another one each time.
const RUN: Fixed<Run> = Fixed::new(&Run::new());

fn main() {}
