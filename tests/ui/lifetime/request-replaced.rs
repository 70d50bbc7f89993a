//! A buffer is used after the request that lends it was changed.
use wpu::prelude::*;
fn change(next: &impl ServiceProvider, request: Request<'_>) {
    let room = request.room();
    let replaced = request.with_input(vec![1]);
    let _ = next.ioctl(4, 0, replaced);
    let _ = room.map(|room| room.fill(b"mine"));
}

fn main() {}
