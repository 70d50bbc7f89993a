//! A blocking hook must not leave the closure to which it is lent.
//! Shows: WPUQueryBlockingCallback.answer-not-kept
#![forbid(unsafe_code)]
use wpu::prelude::*;

#[wpu_provider(class = ifs, uses(WPUQueryBlockingCallback), waives(
    WPUCloseSocketHandle, WPUGetProviderPath, WPUModifyIFSHandle, WPUPostMessage = "not needed here",
))]
pub struct Keeper;

pub fn keep() {
    let kept = Keeper::upcalls().query_blocking_callback(1, |hook| hook);
    let _ = kept.map(|hook| hook.is_some_and(|hook| hook.call()));
}

fn main() {}
