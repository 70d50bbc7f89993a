//! All mistakes that the macro can find, at once: one error for each, in reading order.
use wpu::prelude::*;

#[wpu_provider(
    class = ifs, class = non_ifs platform = linux,
    usess(WPUModifyIfsHandle, WPUPostMessage, WPUPostMessage),
    waives[WPUCreateSocketHandle, WPUSetEvent = "", WPUPostMessage = 3, WPUNone = "x",, WPUGetProviderPath],
    crate = 4, uses(= "x"),
)]
enum Files {
    Upcalls(FilesUpcalls),
}

fn main() {
    let Files::Upcalls(upcalls) = Files::Upcalls(Files::upcalls());
    _ = upcalls.modify_ifs_handle(1, 2);
}
