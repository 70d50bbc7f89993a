//! The exported type has no attribute.
pub struct Vsock;

wpu::export!(Vsock);
fn main() {}
