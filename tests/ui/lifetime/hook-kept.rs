//! A blocking hook must not outlive the call in which it was queried.
//! Shows: WPUQueryBlockingCallback.answer-not-kept
#![forbid(unsafe_code)]
use std::cell::RefCell;
use wpu::prelude::*;

#[wpu_provider(class = ifs, uses(WPUQueryBlockingCallback), waives(
    WPUCloseSocketHandle, WPUGetProviderPath, WPUModifyIFSHandle, WPUPostMessage = "not needed here",
))]
pub struct Keeper;

thread_local!(static KEPT: RefCell<Option<BlockingHook<'static>>> = const { RefCell::new(None) });

pub fn keep() {
    let _ = Keeper::upcalls().query_blocking_callback(1, |hook| KEPT.set(hook));
}

fn main() {}
