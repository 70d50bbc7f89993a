//! A host links a provider that no `export!` names in this form.
use wpu::prelude::*;

#[wpu_provider(class = ifs, waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUModifyIFSHandle, WPUPostMessage,
    WPUQueryBlockingCallback = "none"))]
pub struct Vsock;

fn main() {
    let _ = wpu_host::Module::linked::<Vsock, _>();
}
