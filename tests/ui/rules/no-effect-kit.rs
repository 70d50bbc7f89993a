//! Waivers of upcalls that the kit uses, and of their releases.
use wpu::prelude::*;

#[wpu_provider(
    class = non_ifs,
    waives(WPUCloseSocketHandle = "not needed here", WPUGetProviderPath = "no layer below", WPUQueueApc = "no routines"),
    kit = base,
)]
pub struct Loopback {}

fn main() {}
