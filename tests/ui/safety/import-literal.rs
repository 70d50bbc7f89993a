//! An import that is written as a literal.
#![forbid(unsafe_code)]
use wpu::__private::Import;

const OWN: Import = Import { upcall: 12, fill: |_| true };

fn main() {}
