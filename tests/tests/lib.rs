//! Macros that the tests in `tests/` use from another crate. This package exists only for those tests.

/// Defines a provider whose attribute is written in this crate.
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

/// Defines a provider that is written in this crate completely.
#[macro_export]
macro_rules! whole_provider {
    () => {
        $crate::provider!(pub Whole);
    };
}
