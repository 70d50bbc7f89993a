//! A comment with an equals sign is not a value: the arguments are checked.
use wpu::prelude::*;

#[wpu_provider /* class = ifs */]
pub struct None {}

#[wpu_provider /* = */ (class = ifs, waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"))]
pub struct Files {}

fn main() {}
