//! Nothing used, everything waived, no key in its usual place.
use wpu::prelude::*;

#[wpu_provider(
    waives(WPUCloseSocketHandle, WPUGetProviderPath = r"a", WPUModifyIFSHandle, WPUQueryBlockingCallback = r#"b"#,),
    platform = win9x, uses(), class = ifs,
)]
pub struct Files;

pub(crate) fn main() {}
