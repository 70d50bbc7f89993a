//! `export!`: which providers a library has, and the entries by which a host starts them.

/// Two types, to be compared.
#[doc(hidden)]
#[derive(Debug)]
pub struct Pair<One, Other>(std::marker::PhantomData<fn() -> (One, Other)>);

impl<Same> Pair<Same, Same> {
    /// Whether they are the same. Where this does not apply, [`NotSame`] does.
    pub const __SAME: bool = true;
}

/// The answer for two types that differ.
#[doc(hidden)]
pub trait NotSame {
    /// Whether they are the same.
    const __SAME: bool = false;
}

impl<One, Other> NotSame for Pair<One, Other> {}

/// Makes `WSPStartup` for the providers of a DLL, and exports it under the undecorated name that Ws2_32 looks for.
///
/// `export!(A, B)` is for a DLL with two; the catalog entry decides which is started. Both in one, `export!(A, Base<A>)`,
/// is refused: they share their upcalls, and only one of them could be started.
///
/// ```standalone_crate
/// # use wpu::prelude::*;
/// # #[wpu_provider(class = ifs, uses(WPUModifyIFSHandle), waives(
/// #     WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "example"))]
/// # pub struct Vsock { entry: u32 }
/// impl Lifecycle for Vsock {
///     fn start(start: &Start<'_>) -> Result<Self, WsaError> {
///         Ok(Self { entry: start.entry().dwCatalogEntryId })
///     }
/// }
/// impl ServiceProvider for Vsock {
///     fn socket(
///         &self, _family: i32, _kind: i32, _protocol: i32,
///         _info: Option<ClientRef<'_, WSAPROTOCOL_INFOW>>, _group: u32, _flags: u32,
///     ) -> Result<SOCKET, WsaError> {
///         # fn file_handle() -> SOCKET { 4 }
///         Self::upcalls().modify_ifs_handle(self.entry, file_handle())
///     }
/// }
/// wpu::export!(Vsock);
/// # fn main() {}
/// ```
///
/// # Several libraries in one program
///
/// The name can be exported once in a program. Where a library may become a part of one, as a dependency of
/// a test or of a library that bundles several, say when it is exported, as in `#[cfg(…)]`:
///
/// ```standalone_crate
/// # #![allow(unexpected_cfgs)]
/// # use wpu::prelude::*;
/// # #[wpu_provider(class = ifs, uses(), waives(WPUModifyIFSHandle,
/// #     WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "example"))]
/// # pub struct Vsock;
/// # impl Lifecycle for Vsock { fn start(_: &Start<'_>) -> Result<Self, WsaError> { Ok(Self) } }
/// # impl ServiceProvider for Vsock {}
/// wpu::export!(Vsock; feature = "export");
/// # fn main() {}
/// ```
///
/// with a feature that is on unless a dependent switches it off:
///
/// ```toml
/// [features]
/// default = ["export"]
/// export = []
/// ```
///
/// A dependent does so with `default-features = false`. Cargo builds the members of a workspace together, each dependency with
/// every feature that any of them asks for; so a crate that links several such libraries is no member of a workspace in which
/// others ask for them as they are, or is built alone (`cargo test --package …`).
///
/// The function is there in any case, as the public `WSPStartup` of the module that `export!` stands in. A host that is part of
/// the program finds it by the provider's type, as `wpu_host::Module::linked` does.
///
/// # System area networks
///
/// `export!(A; san)` also makes `WSPStartupEx`, which the switch of system area networks calls, and
/// `export!(A; san; feature = "export")` says when both are exported.
#[macro_export]
macro_rules! export {
    ($($provider:ty),+ $(,)?) => {
        $crate::__export!(plain; all(); $($provider),+);
    };
    ($($provider:ty),+ $(,)?; san) => {
        $crate::__export!(san; all(); $($provider),+);
    };
    ($($provider:ty),+ $(,)?; san; $condition:meta) => {
        $crate::__export!(san; $condition; $($provider),+);
    };
    ($($provider:ty),+ $(,)?; $condition:meta) => {
        $crate::__export!(plain; $condition; $($provider),+);
    };
}

/// What [`export!`] expands to. Around it anything can stand: what it binds has names that are the library's own,
/// since a constant of the same name would make a comparison of it, and types and macros are reached through the library.
/// Lints leave it alone, as it comes from another crate.
#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    (plain; $condition:meta; $($provider:ty),+) => {
        const _: () = {
            use $crate::__private::NotSame as _;
            $crate::__export_once!($($provider),+);
        };

        static __WPU_STARTERS: &[$crate::__private::Starter] = &[$({
            struct __WpuExport;
            impl $crate::__private::Exported for __WpuExport {
                type Provider = $provider;
                const INSTANCE: $crate::__private::Fixed<$crate::__private::Instance<$provider>> = {
                    static __WPU_INSTANCE: $crate::__private::Instance<$provider> = $crate::__private::Instance::new();
                    $crate::__private::Fixed::new(&__WPU_INSTANCE)
                };
            }
            $crate::__private::Starter::of::<__WpuExport>()
        }),+];

        /// `WSPStartup`, by which a host starts the providers of this library.
        ///
        /// # Safety
        ///
        /// The caller keeps to the documentation of `WSPStartup`.
        // SAFETY: no other item of a provider has this name, which is the one that Ws2_32 looks for.
        #[cfg_attr($condition, unsafe(no_mangle))]
        pub unsafe extern "system" fn WSPStartup(
            __wpu_version: $crate::__private::core::primitive::u16,
            __wpu_data: *mut $crate::ffi::WSPDATA,
            __wpu_entry: *const $crate::ffi::WSAPROTOCOL_INFOW,
            __wpu_table: $crate::ffi::WSPUPCALLTABLE,
            __wpu_functions: *mut $crate::ffi::WSPPROC_TABLE,
        ) -> $crate::__private::core::primitive::i32 {
            // SAFETY: the host keeps to the documentation of `WSPStartup`: the pointers are good during the
            // call, and what the table holds can be called as long as the process may make upcalls.
            unsafe {
                $crate::__private::start_up(
                    __wpu_version, __wpu_data, __wpu_entry, &__wpu_table, __wpu_functions, __WPU_STARTERS,
                )
            }
        }

        $(const _: () = {
            /// The compiler finds it; no one else can name it.
            pub struct __WpuPlace;
            // SAFETY: the entry is made here, over a provider in safe code: it keeps the contract of its documentation.
            unsafe impl $crate::__private::Exports<$crate::ffi::WSPStartupFn, __WpuPlace> for $provider {
                const ENTRY: $crate::ffi::WSPStartupFn = WSPStartup;
            }
        };)+
    };
    (san; $condition:meta; $($provider:ty),+) => {
        $crate::__export!(plain; $condition; $($provider),+);

        /// `WSPStartupEx`, by which the switch of system area networks starts the providers of this library.
        ///
        /// # Safety
        ///
        /// The caller keeps to the documentation of `WSPStartupEx`.
        // SAFETY: no other item of a provider has this name, which is the one that the switch looks for.
        #[cfg_attr($condition, unsafe(no_mangle))]
        pub unsafe extern "system" fn WSPStartupEx(
            __wpu_version: $crate::__private::core::primitive::u16,
            __wpu_data: *mut $crate::ffi::WSPDATA,
            __wpu_entry: *const $crate::ffi::WSAPROTOCOL_INFOW,
            __wpu_table: *const $crate::ffi::WSPUPCALLTABLEEX,
            __wpu_functions: *mut $crate::ffi::WSPPROC_TABLE,
        ) -> $crate::__private::core::primitive::i32 {
            // SAFETY: as for `WSPStartup`.
            unsafe {
                $crate::__private::start_up(
                    __wpu_version, __wpu_data, __wpu_entry, __wpu_table, __wpu_functions, __WPU_STARTERS,
                )
            }
        }

        $(const _: () = {
            /// The compiler finds it; no one else can name it.
            pub struct __WpuPlace;
            // SAFETY: as for `WSPStartup`.
            unsafe impl $crate::__private::Exports<$crate::ffi::WSPStartupExFn, __WpuPlace> for $provider {
                const ENTRY: $crate::ffi::WSPStartupExFn = WSPStartupEx;
            }
        };)+
    };
}

/// Each provider is exported in one form. Providers without the attribute may have the plain `Upcalls`,
/// which says nothing; for them start-up looks.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_once {
    ($only:ty) => {};
    ($first:ty, $($other:ty),+) => {
        $($crate::__private::core::assert!(
            !$crate::__private::Pair::<
                <$first as $crate::Provider>::Upcalls,
                <$other as $crate::Provider>::Upcalls,
            >::__SAME
                || $crate::__private::Pair::<<$first as $crate::Provider>::Upcalls, $crate::Upcalls>::__SAME,
            "{}",
            $crate::__private::core::concat!(
                "`", $crate::__private::core::stringify!($first), "` and `", $crate::__private::core::stringify!($other),
                "` are the same provider and share its upcalls: export only one of them",
            ),
        );)+
        $crate::__export_once!($($other),+);
    };
}
