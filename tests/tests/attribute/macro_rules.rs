//! Written by another macro.
#![deny(warnings)]
pub(crate) use wpu as reached;

macro_rules! files {
    ($vis:vis $name:ident, $class:ident, $used:ident, $reason:literal $(, $more:ident)*) => {
        #[reached::wpu_provider(
            class = $class,
            uses($used, WPUFDIsSet),
            waives(WPUCloseSocketHandle, WPUPostMessage $(, $more)* = $reason),
            crate = $crate::attribute::macro_rules::reached,
        )]
        $vis struct $name {}
    };
}

files!(pub Files, ifs, WPUModifyIFSHandle, "not needed", WPUGetProviderPath, WPUQueryBlockingCallback);

pub(crate) fn main() {
    let _ = (FilesUpcalls::modify_ifs_handle, FilesUpcalls::fd_is_set);
}
