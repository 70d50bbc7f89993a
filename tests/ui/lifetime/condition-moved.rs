//! A condition function must not leave the thread of the call that received it.
//! Shows: WSPAccept.condition-in-calling-thread
#![forbid(unsafe_code)]
use wpu::prelude::*;

pub fn ask_elsewhere<P: ServiceProvider + Sync>(
    base: &P, socket: SOCKET, condition: Condition<'_>,
) -> Result<SOCKET, WsaError> {
    std::thread::scope(|scope| {
        scope.spawn(move || base.accept(socket, None, Some(condition))).join().expect("no panic")
    })
}

fn main() {}
