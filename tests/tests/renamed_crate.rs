//! The attribute with a renamed crate, and through a re-export.

mod inner {
    pub(crate) use ::upcalls as again;
}

#[upcalls::wpu_provider(class = ifs, crate = ::upcalls, uses(WPUModifyIFSHandle), waives(
    WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here",
))]
struct Files;

#[upcalls::wpu_provider(crate = crate::renamed_crate::inner::again, class = ifs, uses(WPUModifyIFSHandle), waives(
    WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here",
))]
struct MoreFiles;

#[test]
fn both_have_upcalls() {
    use upcalls::Provider;
    assert!(Files::upcalls().modify_ifs_handle(1, 2).is_err());
    assert!(MoreFiles::upcalls().modify_ifs_handle(1, 2).is_err());
}
