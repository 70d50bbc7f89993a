//! The acquiring upcall is waived, and its release is neither used nor waived.
use wpu::prelude::*;

#[wpu_provider(
    class = non_ifs,
    waives(
        WPUCreateSocketHandle, WPUQuerySocketHandleContext = "a layer: handles are made below",
        WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "forwards everything",
    ),
)]
pub struct Layer {}

fn main() {}
