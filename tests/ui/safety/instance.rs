//! The instance of one exported type in place of that of another.
#![forbid(unsafe_code)]
use wpu::EntryPoint;
use wpu::__private::{Exported, Fixed, Instance};

fn mix<E: Exported, P: EntryPoint>(instance: &'static Instance<P>) -> Fixed<Instance<E::Provider>> {
    Fixed::new(instance)
}

fn main() {}
