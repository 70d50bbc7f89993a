//! The acquiring upcall is waived, and nobody speaks of its release.
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
