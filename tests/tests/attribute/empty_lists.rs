//! An empty `uses` list, every upcall waived, and keys in an unusual order.
use wpu::prelude::*;

#[wpu_provider(
    waives(WPUCloseSocketHandle, WPUGetProviderPath = r"a", WPUModifyIFSHandle, WPUQueryBlockingCallback = r#"b"#,),
    platform = win9x, uses(), class = ifs,
)]
pub struct Files;

pub(crate) fn main() {}
