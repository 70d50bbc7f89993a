//! Misspelled keys. Their values are used.
use wpu::prelude::*;

#[wpu_provider(class = ifs, use(WPUModifyIFSHandle), waive(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"))]
pub struct Files {}

fn main() {}
