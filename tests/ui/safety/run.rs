//! A `Run` that other code than the attribute creates.
#![forbid(unsafe_code)]
use wpu::__private::{Fixed, Run};

/// A temporary would be at another address each time.
const RUN: Fixed<Run> = Fixed::new(&Run::new());

fn main() {}
