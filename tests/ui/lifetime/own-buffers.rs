//! A view of a caller's own bytes must not leave the closure, nor must memory to fill be used elsewhere.
use wpu::prelude::*;

fn kept(bytes: &[u8]) -> Gather<'_> {
    Gather::with(&[bytes], |gather| gather)
}

fn pending(bytes: &[u8]) -> Request<'_> {
    Gather::with(&[bytes], |gather| Request::sending(gather))
}

fn shared(next: &impl ServiceProvider, mut room: [u8; 4]) {
    Scatter::with(&mut [&mut room], |scatter| {
        room[0] = 1;
        let _ = next.recv(4, 0, Request::receiving(scatter));
    });
}

fn main() {}
