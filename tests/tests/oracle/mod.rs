//! Compares C declarations of another crate with those of the bindings, at compile time.
//!
//! Two crates never have the same structures. So each type of the other crate is translated: integers and
//! pointers stay, and structures become those of the same name in the bindings, whose layouts are compared.

#![allow(unused_macros, reason = "each oracle uses what the other crate has")]

use std::marker::PhantomData;

/// A type of another crate, translated to the structures of the bindings.
pub trait Spelled {
    /// The translated type.
    type Ours;
}

macro_rules! stay {
    ($($ty:ty),*) => { $(impl Spelled for $ty { type Ours = $ty; })* };
}

stay!((), u8, u16, u32, u64, usize, i16, i32, isize, core::ffi::c_void);

impl<T: Spelled> Spelled for *const T {
    type Ours = *const T::Ours;
}

impl<T: Spelled> Spelled for *mut T {
    type Ours = *mut T::Ours;
}

impl<T: Spelled, const N: usize> Spelled for [T; N] {
    type Ours = [T::Ours; N];
}

impl<T: Spelled> Spelled for Option<T> {
    type Ours = Option<T::Ours>;
}

macro_rules! functions {
    ($($($param:ident)*;)*) => {
        $(impl<R: Spelled, $($param: Spelled),*> Spelled for unsafe extern "system" fn($($param),*) -> R {
            type Ours = unsafe extern "system" fn($($param::Ours),*) -> R::Ours;
        }
        impl<R: Shaped, $($param: Shaped),*> Shaped for unsafe extern "system" fn($($param),*) -> R {
            type Shape = unsafe extern "system" fn($($param::Shape),*) -> R::Shape;
        })*
    };
}

functions! {
    ; A; A B; A B C; A B C D; A B C D E; A B C D E F; A B C D E F G; A B C D E F G H; A B C D E F G H I;
    A B C D E F G H I J; A B C D E F G H I J K;
}

/// A type without what C and the metadata may say differently: whether a pointer is to constant data, and whether
/// an id is a pointer or an integer.
pub trait Shaped {
    /// The type with an integer for each pointer.
    type Shape;
}

macro_rules! shapes_stay {
    ($($ty:ty => $shape:ty),*) => { $(impl Shaped for $ty { type Shape = $shape; })* };
}

shapes_stay!(() => (), u8 => u8, u16 => u16, u32 => u32, i32 => i32, usize => usize, isize => usize);

impl<T> Shaped for *const T {
    type Shape = usize;
}

impl<T> Shaped for *mut T {
    type Shape = usize;
}

impl<T: Shaped> Shaped for Option<T> {
    type Shape = Option<T::Shape>;
}

/// The shape of a type.
pub const fn shape<T: Shaped>(_: PhantomData<T>) -> PhantomData<T::Shape> {
    PhantomData
}

/// The type of a field, translated.
pub const fn their_field<S, T: Spelled>(_: fn(&S) -> &T) -> PhantomData<T::Ours> {
    PhantomData
}

/// The type of a field.
pub const fn our_field<S, T>(_: fn(&S) -> &T) -> PhantomData<T> {
    PhantomData
}

macro_rules! items {
    ($($name:ident: $($param:ident)*;)*) => {
        $(
            /// The pointer type of a function with this many parameters, translated.
            #[allow(dead_code, reason = "each oracle uses what the other crate has")]
            pub const fn $name<R: Spelled, $($param: Spelled),*>(
                _: unsafe extern "system" fn($($param),*) -> R,
            ) -> PhantomData<Option<unsafe extern "system" fn($($param::Ours),*) -> R::Ours>> {
                PhantomData
            }
        )*
    };
}

items! { takes_2: A B; takes_4: A B C D; takes_5: A B C D E; takes_6: A B C D E F; takes_7: A B C D E F G; }

/// Signatures in which only constness and the types of ids may differ.
macro_rules! shapes {
    ($theirs:ident: $($name:ident),* $(,)?) => {
        /// The compared signatures.
        pub const SHAPES: &[&str] = &[$(stringify!($name)),*];
        const _: () = { $(same(shape(PhantomData::<ffi::$name>), shape(PhantomData::<$theirs::$name>));)* };
    };
}

/// Compiles if both types are the same.
pub const fn same<T>(_: PhantomData<T>, _: PhantomData<T>) {}

/// Structures: size, alignment, and the offset and type of each field. Fields after `=>` may have another
/// type, for the given reason.
macro_rules! structures {
    ($theirs:ident: $($their:ident as $our:ident { $($field:ident),* $(,)? } $(=> $reason:literal { $($loose:ident),* $(,)? })?)*) => {
        /// The compared structures.
        pub const STRUCTURES: &[&str] = &[$(stringify!($our)),*];
        $(
            impl Spelled for $theirs::$their {
                type Ours = ffi::$our;
            }
            const _: () = {
                assert!(size_of::<$theirs::$their>() == size_of::<ffi::$our>());
                assert!(align_of::<$theirs::$their>() == align_of::<ffi::$our>());
                $(
                    assert!(offset_of!($theirs::$their, $field) == offset_of!(ffi::$our, $field));
                    same(their_field(|of: &$theirs::$their| &of.$field), our_field(|of: &ffi::$our| &of.$field));
                )*
                $($(assert!(offset_of!($theirs::$their, $loose) == offset_of!(ffi::$our, $loose), $reason);)*)?
            };
        )*
    };
}

/// Function pointers that are the same, parameter by parameter.
macro_rules! signatures {
    ($theirs:ident: $($name:ident),* $(,)?) => {
        /// The signatures that are the same.
        pub const SIGNATURES: &[&str] = &[$(stringify!($name)),*];
        $(const _: fn(<$theirs::$name as Spelled>::Ours) -> ffi::$name = |theirs| theirs;)*
    };
}

/// Function pointers that differ in some types, which are named with the reason: ours first, then theirs.
macro_rules! signatures_but_for {
    ($theirs:ident: $($reason:literal {
        $($name:ident, $($param:ident = $our:ty, $their:ty),+: $form:ty;)*
    })*) => {
        /// The signatures that differ, each with the reason.
        pub const DIFFERENT: &[(&str, &str)] = &[$($((stringify!($name), $reason)),*),*];
        $($(const _: () = {
            type Form<$($param),+> = Option<$form>;
            const _: fn(ffi::$name) -> Form<$($our),+> = |ours| ours;
            const _: fn(<$theirs::$name as Spelled>::Ours) -> Form<$($their),+> = |theirs| theirs;
        };)*)*
        /// The stated differences that do not exist.
        pub fn needless() -> Vec<&'static str> {
            let differences = [$($($((stringify!($name), TypeId::of::<$our>() == TypeId::of::<$their>())),+),*),*];
            differences.into_iter().filter(|(_, equal)| *equal).map(|(name, _)| name).collect()
        }
    };
}

/// The slots of a table: the offset of each, and its signature.
macro_rules! slots {
    ($theirs:ident, $table:ident as $all:ident: $($slot:ident: $name:ident),* $(,)?) => {
        /// Each slot with the offset that the other crate gives it.
        pub const $all: &[(&str, usize)] = &[$((stringify!($slot), offset_of!($theirs::$table, $slot))),*];
        $(
            const _: () = assert!(offset_of!($theirs::$table, $slot) == offset_of!(ffi::$table, $slot));
            const _: fn(&$theirs::$table) -> &$theirs::$name = |table| &table.$slot;
            const _: fn(&ffi::$table) -> &ffi::$name = |table| &table.$slot;
        )*
    };
}

/// Every slot of both tables, in the order of the header.
macro_rules! every_slot {
    ($theirs:ident) => {
        slots! { $theirs, WSPUPCALLTABLE as SLOTS:
            lpWPUCloseEvent: LPWPUCLOSEEVENT,
            lpWPUCloseSocketHandle: LPWPUCLOSESOCKETHANDLE,
            lpWPUCreateEvent: LPWPUCREATEEVENT,
            lpWPUCreateSocketHandle: LPWPUCREATESOCKETHANDLE,
            lpWPUFDIsSet: LPWPUFDISSET,
            lpWPUGetProviderPath: LPWPUGETPROVIDERPATH,
            lpWPUModifyIFSHandle: LPWPUMODIFYIFSHANDLE,
            lpWPUPostMessage: LPWPUPOSTMESSAGE,
            lpWPUQueryBlockingCallback: LPWPUQUERYBLOCKINGCALLBACK,
            lpWPUQuerySocketHandleContext: LPWPUQUERYSOCKETHANDLECONTEXT,
            lpWPUQueueApc: LPWPUQUEUEAPC,
            lpWPUResetEvent: LPWPURESETEVENT,
            lpWPUSetEvent: LPWPUSETEVENT,
            lpWPUOpenCurrentThread: LPWPUOPENCURRENTTHREAD,
            lpWPUCloseThread: LPWPUCLOSETHREAD,
        }
        slots! { $theirs, WSPPROC_TABLE as FUNCTIONS:
            lpWSPAccept: LPWSPACCEPT,
            lpWSPAddressToString: LPWSPADDRESSTOSTRING,
            lpWSPAsyncSelect: LPWSPASYNCSELECT,
            lpWSPBind: LPWSPBIND,
            lpWSPCancelBlockingCall: LPWSPCANCELBLOCKINGCALL,
            lpWSPCleanup: LPWSPCLEANUP,
            lpWSPCloseSocket: LPWSPCLOSESOCKET,
            lpWSPConnect: LPWSPCONNECT,
            lpWSPDuplicateSocket: LPWSPDUPLICATESOCKET,
            lpWSPEnumNetworkEvents: LPWSPENUMNETWORKEVENTS,
            lpWSPEventSelect: LPWSPEVENTSELECT,
            lpWSPGetOverlappedResult: LPWSPGETOVERLAPPEDRESULT,
            lpWSPGetPeerName: LPWSPGETPEERNAME,
            lpWSPGetSockName: LPWSPGETSOCKNAME,
            lpWSPGetSockOpt: LPWSPGETSOCKOPT,
            lpWSPGetQOSByName: LPWSPGETQOSBYNAME,
            lpWSPIoctl: LPWSPIOCTL,
            lpWSPJoinLeaf: LPWSPJOINLEAF,
            lpWSPListen: LPWSPLISTEN,
            lpWSPRecv: LPWSPRECV,
            lpWSPRecvDisconnect: LPWSPRECVDISCONNECT,
            lpWSPRecvFrom: LPWSPRECVFROM,
            lpWSPSelect: LPWSPSELECT,
            lpWSPSend: LPWSPSEND,
            lpWSPSendDisconnect: LPWSPSENDDISCONNECT,
            lpWSPSendTo: LPWSPSENDTO,
            lpWSPSetSockOpt: LPWSPSETSOCKOPT,
            lpWSPShutdown: LPWSPSHUTDOWN,
            lpWSPSocket: LPWSPSOCKET,
            lpWSPStringToAddress: LPWSPSTRINGTOADDRESS,
        }
    };
}
