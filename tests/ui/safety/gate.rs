//! The gate of one exported type in place of that of another.
#![forbid(unsafe_code)]
use wpu::EntryPoint;
use wpu::__private::{Exported, Fixed, Gate};

fn mix<E: Exported, P: EntryPoint>(gate: &'static Gate<P>) -> Fixed<Gate<E::Provider>> {
    Fixed::new(gate)
}

fn main() {}
