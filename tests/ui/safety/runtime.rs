//! Functions of the runtime for generated code are unsafe, and so are the traits for reading memory.
#![forbid(unsafe_code)]
use wpu::__private::Request;
use wpu::__private::rt::client::{Buildable, Member};

#[derive(Clone, Copy)]
pub struct Own(*mut u8);

impl Buildable for Own {
    const ZERO: Self = Self(std::ptr::without_provenance_mut(1));
}

pub const FAR: Member<Own, u8> = Member::new(1 << 20);

pub fn kept(request: Request<'_>) {
    let _ = request.lent();
    let _ = request.forward(&mut ());
}

fn main() {}
