//! What nearly every provider names: `use wpu::prelude::*;`.

#[cfg(feature = "macros")]
pub use crate::wpu_provider;
pub use crate::{
    Apc, BlockingHook, EntryPoint, Event, EventRef, Failed, FdSet, OpenThread, Operation, Overlapped,
    Provider, Refused, SocketHandle, Start, ThreadId, WideString, WsaError, apc,
};
pub use wpu_sys::ffi::{GUID, SOCKET};
