//! Macros of another crate, as the tests in `tests/` see them. Otherwise this package exists for them alone.

/// Makes a provider, all of whose attribute is written here.
#[macro_export]
macro_rules! provider {
    ($visibility:vis $name:ident) => {
        #[::wpu::wpu_provider(
            class = ifs,
            uses(WPUModifyIFSHandle),
            waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here"),
        )]
        $visibility struct $name;
    };
}

/// Makes a provider that is written here, from the first token to the last.
#[macro_export]
macro_rules! whole_provider {
    () => {
        $crate::provider!(pub Whole);
    };
}
