//! Among items with common names.
#![allow(dead_code, non_camel_case_types)]
mod core {}
mod std {}
mod wpu {}
enum Result {}
enum Option {}
struct Upcalls;
static RUN: () = ();

#[::wpu::wpu_provider(class = ifs, uses(WPUModifyIFSHandle, WPUQueryBlockingCallback), waives(
    WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage = "not needed here",
))]
pub struct Cell {}

pub(crate) fn main() {
    let _ = CellUpcalls::modify_ifs_handle;
    let _ = |upcalls: CellUpcalls| upcalls.query_blocking_callback(1, |_| ());
}
