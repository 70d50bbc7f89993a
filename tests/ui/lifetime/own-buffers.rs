//! Bytes of one's own are lent for a closure: a view of them does not leave it, and nobody else uses what is to be filled.
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
