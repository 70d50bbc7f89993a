//! Under the strictest lints.
#![forbid(unsafe_code, dead_code, unused, missing_docs, unreachable_pub, rust_2018_idioms)]
#![deny(warnings, missing_copy_implementations, missing_debug_implementations, unused_qualifications)]
#![deny(single_use_lifetimes, trivial_casts, unused_import_braces, unused_lifetimes, unused_results, unnameable_types)]
use wpu::prelude::*;

#[wpu_provider(class = ifs, uses(WPUModifyIFSHandle, WPUSetEvent, WPUCreateEvent), waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"))]
struct Files(FilesUpcalls);

pub(crate) fn main() {
    let files = Files(Files::upcalls());
    let _ = files.0.modify_ifs_handle(1, 2);
    let _ = files.0.create_event().and_then(|event| files.0.set_event(event.borrowed()));
}
