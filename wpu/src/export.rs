//! The macro `export!`: names the providers of a library and defines its entry points.

/// A pair of types whose equality is computed.
#[doc(hidden)]
#[derive(Debug)]
pub struct Pair<One, Other>(std::marker::PhantomData<fn() -> (One, Other)>);

impl<Same> Pair<Same, Same> {
    /// Whether the types are equal. If this impl does not apply, [`NotSame`] does.
    pub const __SAME: bool = true;
}

/// The default for two types that differ.
#[doc(hidden)]
pub trait NotSame {
    /// Whether the types are equal.
    const __SAME: bool = false;
}

impl<One, Other> NotSame for Pair<One, Other> {}

/// Defines `WSPStartup` for the providers of a DLL, and exports it under the undecorated name that Ws2_32
/// looks up.
///
/// `export!(A, B)` is for a DLL with two providers; the catalog entry decides which one is started.
/// `export!(A, Base<A>)` is refused: the two share their upcalls, and only one of them could be started.
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
///     fn socket(&self, _params: SocketParams<'_>) -> Result<SOCKET, WsaError> {
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
/// The name can be exported once in a program. If a library may become a part of a program, as a dependency
/// of a test or of a library that bundles several, state the condition for the export, as in `#[cfg(…)]`:
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
/// with a feature that is on by default:
///
/// ```toml
/// [features]
/// default = ["export"]
/// export = []
/// ```
///
/// A dependent switches it off with `default-features = false`. Cargo builds the members of a workspace
/// together, and each dependency with every feature that any member enables. A crate that links several such
/// libraries must therefore not be a member of a workspace in which others depend on them with default
/// features, or must be built alone (`cargo test --package …`).
///
/// The function exists in any case, as the public `WSPStartup` of the module that contains `export!`. A host
/// in the same program finds it by the provider's type, as `wpu_host::Module::linked` does.
///
/// # System area networks
///
/// `export!(A; san)` also defines `WSPStartupEx`, which the switch for system area networks calls.
/// `export!(A; san; feature = "export")` states the condition for both exports.
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

/// The expansion of [`export!`]. It must work beside any other items: the names that it binds are reserved
/// for this library, since a constant of the same name would turn a binding into a comparison, and types and
/// macros are reached through the library. Lints ignore it, as it comes from another crate.
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

        /// `WSPStartup`, through which a host starts the providers of this library.
        ///
        /// # Safety
        ///
        /// The caller keeps the contract of `WSPStartup`.
        // SAFETY: no other item of a provider has this name, which is the one that Ws2_32 looks up.
        #[cfg_attr($condition, unsafe(no_mangle))]
        pub unsafe extern "system" fn WSPStartup(
            __wpu_version: $crate::__private::core::primitive::u16,
            __wpu_data: *mut $crate::ffi::WSPDATA,
            __wpu_entry: *const $crate::ffi::WSAPROTOCOL_INFOW,
            __wpu_table: $crate::ffi::WSPUPCALLTABLE,
            __wpu_functions: *mut $crate::ffi::WSPPROC_TABLE,
        ) -> $crate::__private::core::primitive::i32 {
            // SAFETY: the host keeps the contract of `WSPStartup`: the pointers are valid during the call,
            // and the functions in the table can be called for as long as the process may make upcalls.
            unsafe {
                $crate::__private::start_up(
                    __wpu_version, __wpu_data, __wpu_entry, &__wpu_table, __wpu_functions, __WPU_STARTERS,
                )
            }
        }

        $(const _: () = {
            /// A type that only the compiler's inference can name.
            pub struct __WpuPlace;
            // SAFETY: the entry point is defined here over a provider in safe code, so it keeps the contract
            // of its documentation.
            unsafe impl $crate::__private::Exports<$crate::ffi::WSPStartupFn, __WpuPlace> for $provider {
                const ENTRY: $crate::ffi::WSPStartupFn = WSPStartup;
            }
        };)+
    };
    (san; $condition:meta; $($provider:ty),+) => {
        $crate::__export!(plain; $condition; $($provider),+);

        /// `WSPStartupEx`, through which the switch for system area networks starts the providers of this
        /// library.
        ///
        /// # Safety
        ///
        /// The caller keeps the contract of `WSPStartupEx`.
        // SAFETY: no other item of a provider has this name, which is the one that the switch looks up.
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
            /// A type that only the compiler's inference can name.
            pub struct __WpuPlace;
            // SAFETY: as for `WSPStartup`.
            unsafe impl $crate::__private::Exports<$crate::ffi::WSPStartupExFn, __WpuPlace> for $provider {
                const ENTRY: $crate::ffi::WSPStartupExFn = WSPStartupEx;
            }
        };)+
    };
}

/// Checks that each provider is exported in one form. Providers without the attribute may share the plain
/// `Upcalls` type, so their check is made at start-up.
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
