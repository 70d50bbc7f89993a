//! Two threads share a pending request, and write to its buffers at the same time.
use std::thread;
use wpu::prelude::*;
fn share(pended: PendingRequest) {
    thread::scope(|scope| {
        scope.spawn(|| pended.scatter().write_at(0, b"one"));
        scope.spawn(|| pended.scatter().write_at(0, b"other"));
    });
}

/// To move it to another thread is allowed.
fn send(pended: PendingRequest) {
    thread::spawn(move || drop(pended));
}

fn main() {}
