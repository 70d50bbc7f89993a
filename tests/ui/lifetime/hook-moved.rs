//! A blocking hook must not leave the thread that queried it.
#![forbid(unsafe_code)]
use wpu::prelude::*;

#[wpu_provider(class = ifs, uses(WPUQueryBlockingCallback), waives(
    WPUCloseSocketHandle, WPUGetProviderPath, WPUModifyIFSHandle, WPUPostMessage = "not needed here",
))]
pub struct Mover;

pub fn call_elsewhere() {
    let _ = Mover::upcalls().query_blocking_callback(1, |hook| {
        std::thread::scope(|scope| scope.spawn(move || drop(hook)).join().is_ok())
    });
}

fn main() {}
