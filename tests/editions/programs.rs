//! Unusual places for the attribute. All of this must compile, with warnings denied and in each edition: the
//! expansion has the same meaning in every place.
#![allow(clippy::all, reason = "what stands around the attribute is odd")]

/// Constants, which turn a binding of the same name into a comparison.
pub mod constants {
    #![allow(non_upper_case_globals, dead_code)]
    macro_rules! constants {
        ($($name:ident)*) => { $(const $name: () = ();)* };
    }
    constants! {
        apc code context entry error event id message missing operation out proposed set socket stays table text thread
        transferred upcall upcalls value window wparam lparam this handle result f cell run name RUN __RUN
    }

    #[::wpu::wpu_provider(class = ifs, uses(
        WPUCloseEvent, WPUCreateEvent, WPUFDIsSet, WPUGetProviderPath, WPUModifyIFSHandle, WPUPostMessage,
        WPUQueryBlockingCallback, WPUQueueApc, WPUResetEvent, WPUSetEvent, WPUOpenCurrentThread, WPUCloseThread,
    ), waives(WPUCloseSocketHandle = "none"))]
    pub struct Ifs;

    pub fn uses() {
        _ = (IfsUpcalls::create_event, IfsUpcalls::fd_is_set, IfsUpcalls::get_provider_path);
        _ = (IfsUpcalls::modify_ifs_handle, IfsUpcalls::post_message);
        _ = |handed: IfsUpcalls| handed.query_blocking_callback(1, |_| ());
        _ = (IfsUpcalls::queue_apc, IfsUpcalls::reset_event, IfsUpcalls::set_event);
        _ = IfsUpcalls::open_current_thread;
    }
}

/// Unit structs, which are also patterns.
pub mod unit_structs {
    #![allow(non_camel_case_types, dead_code)]
    macro_rules! unit_structs {
        ($($name:ident)*) => { $(struct $name;)* };
    }
    unit_structs! {
        apc code context entry error event id message missing operation out proposed set socket stays table text thread
        transferred upcall upcalls value window wparam lparam this handle result f cell run name RUN
    }

    #[::wpu::wpu_provider(class = non_ifs, uses(
        WPUCreateSocketHandle, WPUQuerySocketHandleContext, WPUPostMessage, WPUCompleteOverlappedRequest, WPUQueueApc,
        WPUQueryBlockingCallback, WPUFDIsSet, WPUGetProviderPath,
    ))]
    pub struct NonIfs;

    pub fn uses() {
        _ = (NonIfsUpcalls::create_socket_handle, NonIfsUpcalls::query_socket_handle_context);
        _ = (
            NonIfsUpcalls::post_message,
            NonIfsUpcalls::complete_overlapped_request,
            NonIfsUpcalls::queue_apc,
        );
        _ = (NonIfsUpcalls::fd_is_set, NonIfsUpcalls::get_provider_path);
        _ = |handed: NonIfsUpcalls| handed.query_blocking_callback(1, |_| ());
    }
}

/// Statics, which a binding cannot shadow.
pub mod statics {
    #![allow(non_upper_case_globals, dead_code)]
    macro_rules! statics {
        ($($name:ident)*) => { $(static $name: u8 = 0;)* };
    }
    statics! {
        apc code context entry error event id message missing operation out proposed set socket stays table text thread
        transferred upcall upcalls value window wparam lparam this handle result f cell run name RUN
    }

    #[::wpu::wpu_provider(class = non_ifs, kit = base, uses(WPUCreateSocketHandle, WPUCompleteOverlappedRequest),
        waives(WPUGetProviderPath = "no layer below"))]
    pub struct Base(pub BaseUpcalls);

    pub fn uses() {
        _ = (BaseUpcalls::create_socket_handle, BaseUpcalls::complete_overlapped_request);
    }
}

/// Modules and types with common names.
pub mod namesakes {
    #![allow(dead_code, non_camel_case_types)]
    macro_rules! types {
        ($($name:ident)*) => { $(pub enum $name {})* };
    }
    mod core {}
    mod std {}
    mod alloc {}
    mod wpu {}
    mod wpu_sys {}
    mod __private {}
    types! { Option Result Some None Ok Err Clone Copy Debug Sized Send Iterator Provider WithKit Upcalls Run Cell Table }
    types! { UpcallSet Declaration Waiver Class Platform Formatter PhantomData String Vec Box Event SocketHandle K T Self_ }
    types! { bool char u8 u16 u32 u64 usize i8 i16 i32 i64 isize f32 f64 str }

    #[::wpu::wpu_provider(class = ifs, uses(WPUModifyIFSHandle, WPUFDIsSet, WPUQueryBlockingCallback, WPUPostMessage, WPUCreateEvent),
        waives(WPUCloseSocketHandle, WPUGetProviderPath = "none"))]
    pub struct Files;

    pub fn uses() {
        _ = (FilesUpcalls::modify_ifs_handle, FilesUpcalls::fd_is_set);
        _ = |handed: FilesUpcalls| handed.query_blocking_callback(1, |_| ());
        _ = (FilesUpcalls::post_message, FilesUpcalls::create_event);
        _ = <Files as ::wpu::Provider>::upcalls;
    }
}

/// Macros with the names of standard macros.
pub mod macros {
    #![allow(unused_macros)]
    macro_rules! macros {
        ($($name:ident)*) => { $(macro_rules! $name { ($d:tt) => { ::core::compile_error! { "not this one" } }; })* };
    }
    macros! { debug_assert assert panic matches compile_error concat stringify unreachable write format vec provider wpu }

    #[::wpu::wpu_provider(class = ifs, uses(WPUModifyIFSHandle, WPUFDIsSet),
        waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "none"))]
    pub struct Files;

    pub fn uses() {
        _ = (FilesUpcalls::modify_ifs_handle, FilesUpcalls::fd_is_set);
    }
}

/// Blanket traits, whose methods by value take precedence over methods by reference.
pub mod traits {
    #![allow(dead_code)]
    macro_rules! methods {
        ($($name:ident)*) => {
            pub trait Everywhere: Sized {
                $(fn $name(self) -> ::core::convert::Infallible {
                    ::core::panic!("not this one")
                })*
            }
        };
    }
    methods! {
        new cell iter into_iter filter collect clone fmt write_str create_event set_event modify_ifs_handle gate upcalls
        of find contains with start clean_up eq len is_empty
    }
    impl<T> Everywhere for T {}

    #[::wpu::wpu_provider(class = non_ifs, kit = base, uses(WPUCreateEvent, WPUSetEvent, WPUCompleteOverlappedRequest),
        waives(WPUGetProviderPath = "none"))]
    pub struct Base;

    pub fn uses() {
        _ = (BaseUpcalls::create_event, BaseUpcalls::set_event, BaseUpcalls::complete_overlapped_request);
    }
}

/// Structs with the names of items in the expansion.
pub mod struct_names {
    #![allow(non_camel_case_types)]
    macro_rules! struct_named {
        ($module:ident $name:ident) => {
            pub mod $module {
                #[::wpu::wpu_provider(class = non_ifs, kit = base, waives(WPUGetProviderPath = "no layer below"))]
                pub struct $name;
            }
        };
    }
    struct_named!(a RUN);
    struct_named!(b missing);
    struct_named!(d r#type);
    struct_named!(e entry);
    struct_named!(f Upcalls);
    struct_named!(g Provider);
    struct_named!(h u32);
    struct_named!(i core);
    struct_named!(j wpu);
    struct_named!(k r#async);

    #[::wpu::wpu_provider(class = non_ifs, kit = base, waives(WPUGetProviderPath = "no layer below"))]
    pub struct r#match;
    pub type Handle = matchUpcalls;
}

/// Deprecated structs.
pub mod deprecated {
    #[::wpu::wpu_provider(class = ifs, uses(WPUModifyIFSHandle),
        waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "none"))]
    #[deprecated]
    pub struct Behind;

    #[deprecated(since = "1.0.0", note = "take the other one")]
    #[::wpu::wpu_provider(class = non_ifs, kit = base, waives(WPUGetProviderPath = "no layer below"))]
    pub struct Before {
        pub field: u8,
    }

    #[cfg_attr(all(), deprecated(note = "gone"))]
    #[::wpu::wpu_provider(class = non_ifs, kit = base, waives(WPUGetProviderPath = "no layer below"))]
    pub struct Conditional;

    #[deprecated]
    pub mod module {
        #[::wpu::wpu_provider(class = non_ifs, kit = base, waives(WPUGetProviderPath = "no layer below"))]
        pub struct Inside;
    }

    pub fn uses() {
        _ = BehindUpcalls::modify_ifs_handle;
    }
}

/// Attributes of the struct and of its fields.
pub mod attributes {
    #[must_use]
    #[non_exhaustive]
    #[derive(Debug, Clone, Copy)]
    #[wpu::wpu_provider(class = non_ifs, kit = base, waives(WPUGetProviderPath = "no layer below"))]
    #[derive(PartialEq, Eq)]
    #[cfg_attr(all(), derive(Hash))]
    #[cfg_attr(all(), repr(C))]
    #[doc(hidden)]
    pub struct Base {
        #[cfg(any())]
        pub gone: Missing,
        #[cfg(all())]
        #[cfg_attr(all(), allow(missing_docs))]
        pub here: u8,
        pub upcalls: [BaseUpcallsKey; 0],
    }

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub struct BaseUpcallsKey;

    #[cfg(any())]
    #[wpu::wpu_provider(class = non_ifs, kit = base, waives(WPUGetProviderPath = "no layer below"))]
    pub struct Base;

    #[cfg(all())]
    #[wpu::wpu_provider(class = non_ifs, kit = base, waives(WPUGetProviderPath = "no layer below"))]
    #[cfg(not(any()))]
    pub struct Twice(#[cfg(any())] pub Missing, #[cfg(all())] pub u8)
    where
        u8: Copy;

    #[expect(dead_code, reason = "never made")]
    #[wpu::wpu_provider(class = non_ifs, kit = base, waives(WPUGetProviderPath = "no layer below"))]
    struct Expected(u8);
}

/// Every visibility of the struct.
pub mod visibilities {
    macro_rules! visible {
        ($($module:ident $visibility:vis),*) => {
            $(pub mod $module {
                #[::wpu::wpu_provider(class = non_ifs, kit = base, waives(WPUGetProviderPath = "no layer below"))]
                $visibility struct Base;
                pub fn uses() {
                    _ = Base;
                    _ = <Base as ::wpu::Provider>::upcalls;
                }
            })*
        };
    }
    visible!(a, b pub, c pub(crate), d pub(self), e pub(super), f pub(in crate::programs));

    pub fn function() {
        #[wpu::wpu_provider(class = ifs, uses(WPUModifyIFSHandle),
            waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "none"))]
        struct Local;
        _ = Local;
        _ = LocalUpcalls::modify_ifs_handle;
        let closure = || {
            #[wpu::wpu_provider(class = non_ifs, kit = base, waives(WPUGetProviderPath = "no layer below"))]
            struct Local;
            _ = Local;
        };
        closure();
    }

    pub struct Method;
    impl Drop for Method {
        fn drop(&mut self) {
            #[wpu::wpu_provider(class = non_ifs, kit = base, waives(WPUGetProviderPath = "no layer below"))]
            struct Local;
            _ = Local;
        }
    }

    pub const CONSTANT: usize = {
        #[wpu::wpu_provider(class = non_ifs, kit = base, waives(WPUGetProviderPath = "no layer below"))]
        struct Local;
        ::core::mem::size_of::<Local>()
    };
}

/// Written by a macro of another crate.
pub mod elsewhere {
    wpu_tests::provider!(pub Files);

    pub fn uses() {
        _ = FilesUpcalls::modify_ifs_handle;
    }
}

/// Entry points among all these names. None is exported, since three crates have these entry points.
pub mod exports {
    #![allow(non_upper_case_globals, non_camel_case_types, dead_code, unused_macros)]
    macro_rules! constants {
        ($($name:ident)*) => { $(const $name: () = ();)* };
    }
    macro_rules! types {
        ($($name:ident)*) => { $(pub enum $name {})* };
    }
    macro_rules! macros {
        ($($name:ident)*) => { $(macro_rules! $name { ($d:tt) => { ::core::compile_error! { "not this one" } }; })* };
    }
    constants! { version data entry table functions providers start_up condition }
    types! { u16 i32 usize bool Starter Exported Instance Fixed Pair NotSame WSPDATA Option Result Ok }
    macros! { assert concat stringify export cfg_attr }
    mod core {}
    mod std {}
    mod wpu {}
    pub trait Same: Sized {
        const SAME: ::core::primitive::bool = true;
        fn of(self) {}
        fn new(self) {}
    }
    impl<T> Same for T {}

    #[::wpu::wpu_provider(class = non_ifs, kit = base, waives(WPUGetProviderPath = "no layer below"))]
    pub struct One;
    #[::wpu::wpu_provider(class = ifs, waives(WPUModifyIFSHandle, WPUCloseSocketHandle, WPUGetProviderPath,
        WPUPostMessage, WPUQueryBlockingCallback = "none"))]
    pub struct Other;

    macro_rules! started {
        ($($provider:ident)*) => {
            $(impl ::wpu::Lifecycle for $provider {
                fn start(_: &::wpu::Start<'_>) -> ::core::result::Result<Self, ::wpu::WsaError> {
                    ::core::result::Result::Ok($provider)
                }
            }
            impl ::wpu::ServiceProvider for $provider {})*
        };
    }
    started! { One Other }

    ::wpu::export!(One, Other; san; any());

    pub mod inner {
        ::wpu::export!(super::One; any());
    }

    pub fn function() {
        ::wpu::export!(One; any());
        _ = WSPStartup;
    }
}
