//! Buffers are used after the request was passed on, when the client may have freed them.
//! Shows: overlapped.nothing-after-completion
use wpu::prelude::*;
fn sniff(next: &impl ServiceProvider, request: Request<'_>) {
    let (buffers, to) = (request.gather(), request.input());
    let _ = next.send_to(4, 0, request);
    println!("{:?} {:?}", buffers.to_vec(), to.map(Bytes::to_vec));
}

fn fill(next: &impl ServiceProvider, request: Request<'_>) {
    let first = request.scatter().iter().next();
    let _ = next.recv(4, 0, request);
    let _ = first.map(|room| room.fill(b"mine"));
}

fn keep(request: Request<'_>) -> Gather<'_> {
    request.gather()
}

fn main() {}
