//! Buffers are used after the request was completed, when the client may have freed them.
//! Shows: overlapped.nothing-after-completion
use wpu::prelude::*;
fn late(pended: PendingRequest) {
    let buffers = pended.scatter();
    pended.complete(Ok(0.into()));
    let _ = buffers.write_at(0, b"late");
}

fn main() {}
