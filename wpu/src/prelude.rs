//! The items that nearly every provider uses: `use wpu::prelude::*;`.

#[cfg(feature = "macros")]
pub use crate::wpu_provider;
#[cfg(feature = "provider")]
#[doc(no_inline)]
pub use crate::{
    Address, Bytes, ClientMut, ClientRef, Condition, ConnectParams, EntryPoint, FdSetMut, Gather, Layer,
    Lifecycle, OutBuf, Outcome, PendingRequest, Progress, Received, Request, Scatter, ServiceProvider,
    SocketParams, Start, Text, Transfer, Transferred,
};
#[doc(no_inline)]
pub use crate::{
    Apc, BlockingHook, Event, EventRef, Failed, FdSet, OpenThread, Operation, Overlapped, Provider, Refused,
    SocketHandle, ThreadId, WideString, Window, WsaError, apc,
};
pub use wpu_sys::ffi::{GUID, SOCKET, WSAPROTOCOL_INFOW};
