//! Hand-written tables of faulty hosts, as they exist: the result that they report differs from what they do.

use wpu_sys::ffi::{
    BOOL, DWORD, DWORD_PTR, FALSE, GUID, HWND, INVALID_SOCKET, LPARAM, LPBLOCKINGCALLBACK, LPWSAUSERAPC,
    NO_ERROR, SOCKET, SOCKET_ERROR, TRUE, UINT, WCHAR, WPARAM, WSA_INVALID_EVENT, WSAEVENT, WSAOVERLAPPED,
    WSATHREADID, WSPUPCALLTABLEEX, fd_set,
};

/// The behaviour of all stubs of a table.
pub(crate) trait Manner: 'static {
    /// Whether they report success.
    const SUCCEEDS: bool;
    /// The value that they write to the errno variable.
    const ERRNO: Option<i32>;
}

/// Reports success and writes nothing, as the stubs of `ReactOS` do.
pub(crate) struct SilentSuccess;

/// Reports failure without an error code.
pub(crate) struct SilentFailure;

/// Reports success together with an error code, as a stub of Wine does.
pub(crate) struct NoisySuccess;

impl Manner for SilentSuccess {
    const SUCCEEDS: bool = true;
    const ERRNO: Option<i32> = None;
}

impl Manner for SilentFailure {
    const SUCCEEDS: bool = false;
    const ERRNO: Option<i32> = None;
}

impl Manner for NoisySuccess {
    const SUCCEEDS: bool = true;
    const ERRNO: Option<i32> = Some(10022);
}

/// Defines a function for each slot: its parameters, its result type, and its two results.
macro_rules! stubs {
    ($(
        $slot:ident($($name:ident: $type:ty),*; $($errno:ident)?) -> $result:ty: $success:expr, $failure:expr;
    )*) => {
        /// A table of stubs.
        pub(crate) const fn table<M: Manner>() -> WSPUPCALLTABLEEX {
            WSPUPCALLTABLEEX {
                $($slot: {
                    unsafe extern "system" fn stub<M: Manner>(
                        $($name: $type,)* $($errno: *mut i32)?
                    ) -> $result {
                        // SAFETY: the caller passes a writable errno location.
                        $(M::ERRNO.map(|code| unsafe { $errno.write(code) });)?
                        if M::SUCCEEDS { $success } else { $failure }
                    }
                    Some(stub::<M>)
                },)*
            }
        }
    };
}

stubs! {
    lpWPUCloseEvent(_event: WSAEVENT; errno) -> BOOL: TRUE, FALSE;
    lpWPUCloseSocketHandle(_socket: SOCKET; errno) -> i32: NO_ERROR, SOCKET_ERROR;
    lpWPUCreateEvent(; errno) -> WSAEVENT: WSA_INVALID_EVENT, WSA_INVALID_EVENT;
    lpWPUCreateSocketHandle(_entry: DWORD, _context: DWORD_PTR; errno) -> SOCKET: 0, INVALID_SOCKET;
    lpWPUFDIsSet(_socket: SOCKET, _set: *const fd_set;) -> i32: 0, 0;
    lpWPUGetProviderPath(_id: *const GUID, _path: *mut WCHAR, _length: *mut i32; errno) -> i32:
        NO_ERROR, SOCKET_ERROR;
    lpWPUModifyIFSHandle(_entry: DWORD, proposed: SOCKET; errno) -> SOCKET: proposed, INVALID_SOCKET;
    lpWPUPostMessage(_window: HWND, _message: UINT, _wparam: WPARAM, _lparam: LPARAM;) -> BOOL: TRUE, FALSE;
    lpWPUQueryBlockingCallback(
        _entry: DWORD, _hook: *mut LPBLOCKINGCALLBACK, _context: *mut DWORD_PTR; errno
    ) -> i32: NO_ERROR, SOCKET_ERROR;
    lpWPUQuerySocketHandleContext(_socket: SOCKET, _context: *mut DWORD_PTR; errno) -> i32:
        NO_ERROR, SOCKET_ERROR;
    lpWPUQueueApc(_thread: *const WSATHREADID, _routine: LPWSAUSERAPC, _context: DWORD_PTR; errno) -> i32:
        NO_ERROR, SOCKET_ERROR;
    lpWPUResetEvent(_event: WSAEVENT; errno) -> BOOL: TRUE, FALSE;
    lpWPUSetEvent(_event: WSAEVENT; errno) -> BOOL: TRUE, FALSE;
    lpWPUOpenCurrentThread(_thread: *mut WSATHREADID; errno) -> i32: NO_ERROR, SOCKET_ERROR;
    lpWPUCloseThread(_thread: *const WSATHREADID; errno) -> i32: NO_ERROR, SOCKET_ERROR;
    lpWPUCompleteOverlappedRequest(
        _socket: SOCKET, _operation: *mut WSAOVERLAPPED, _error: DWORD, _transferred: DWORD; errno
    ) -> i32: NO_ERROR, SOCKET_ERROR;
}
