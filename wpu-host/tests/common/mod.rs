//! Makes upcalls through the raw table, as a provider in C does.

#![allow(dead_code)] // Each test uses the part it needs.

use std::ptr::NonNull;
use wpu_host::{Entry, Host};
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

/// The content of the error location before a call.
pub(crate) const UNTOUCHED: i32 = -77;

/// The table of a host, with a function for each upcall.
#[derive(Clone, Copy)]
pub(crate) struct Provider(pub(crate) WSPUPCALLTABLEEX);

pub(crate) type Answer<T> = Result<T, WsaError>;

/// Creates a host with one entry, and a provider of that entry.
pub(crate) fn host() -> (Host, Provider, u32) {
    let host = Host::new().expect("a free slot");
    let entry = host.add_entry(Entry::new(GUID { Data1: 1, ..GUID::ZERO }, "provider.dll"));
    let provider = Provider(host.table_ex());
    (host, provider, entry.id())
}

/// The function pointers of a table, for comparison.
pub(crate) fn functions(table: WSPUPCALLTABLEEX) -> [*const (); 16] {
    // SAFETY: a table is a `repr(C)` struct of sixteen nullable function pointers, which have the size of
    // `*const ()`.
    unsafe { std::mem::transmute(table) }
}

/// Makes a call with an error location, which must hold an error code exactly if the call failed.
fn ask<T: Copy + PartialEq>(failure: T, call: impl FnOnce(*mut i32) -> T) -> Answer<T> {
    let mut errno = UNTOUCHED;
    let answer = call(&raw mut errno);
    if answer == failure {
        assert_ne!(errno, UNTOUCHED, "a failure without an error code");
        return Err(WsaError::new(errno));
    }
    assert_eq!(errno, UNTOUCHED, "the error location was written on success");
    Ok(answer)
}

/// Makes a call that returns 0 or `SOCKET_ERROR`, as `ask` does.
fn status(call: impl FnOnce(*mut i32) -> i32) -> Answer<()> {
    ask(SOCKET_ERROR, call).map(|answer| assert_eq!(answer, 0))
}

/// Makes a call that returns `TRUE` or `FALSE`, as `ask` does.
fn truth(call: impl FnOnce(*mut i32) -> i32) -> Answer<()> {
    ask(FALSE, call).map(|answer| assert_eq!(answer, TRUE))
}

// SAFETY of all calls below: the table is a host's, so that its functions can be called at any time with any
// values. The pointers point to locals, or the calling test guarantees their validity.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Provider {
    pub(crate) fn close_event(&self, event: WSAEVENT) -> Answer<()> {
        truth(|errno| unsafe { self.0.lpWPUCloseEvent.unwrap()(event, errno) })
    }

    pub(crate) fn close_socket_handle(&self, socket: SOCKET) -> Answer<()> {
        status(|errno| unsafe { self.0.lpWPUCloseSocketHandle.unwrap()(socket, errno) })
    }

    pub(crate) fn create_event(&self) -> Answer<WSAEVENT> {
        ask(WSA_INVALID_EVENT, |errno| unsafe { self.0.lpWPUCreateEvent.unwrap()(errno) })
    }

    pub(crate) fn create_socket_handle(&self, entry: u32, context: usize) -> Answer<SOCKET> {
        ask(INVALID_SOCKET, |errno| unsafe { self.0.lpWPUCreateSocketHandle.unwrap()(entry, context, errno) })
    }

    pub(crate) fn fd_is_set(&self, socket: SOCKET, set: &mut fd_set) -> bool {
        unsafe { self.0.lpWPUFDIsSet.unwrap()(socket, set) != 0 }
    }

    /// Returns the result, the buffer and the length after the call.
    pub(crate) fn get_provider_path(&self, id: GUID, space: i32) -> (Answer<()>, Vec<u16>, i32) {
        let mut buffer = vec![0xFFFF; usize::try_from(space).unwrap_or(0)];
        let mut length = space;
        let answer = status(|errno| unsafe {
            let buffer = buffer.as_mut_ptr();
            self.0.lpWPUGetProviderPath.unwrap()(&raw const id, buffer, &raw mut length, errno)
        });
        (answer, buffer, length)
    }

    pub(crate) fn modify_ifs_handle(&self, entry: u32, proposed: SOCKET) -> Answer<SOCKET> {
        ask(INVALID_SOCKET, |errno| unsafe { self.0.lpWPUModifyIFSHandle.unwrap()(entry, proposed, errno) })
    }

    pub(crate) fn post_message(&self, window: HWND, message: u32, wparam: usize, lparam: isize) -> bool {
        unsafe { self.0.lpWPUPostMessage.unwrap()(window, message, wparam, lparam) != FALSE }
    }

    pub(crate) fn query_blocking_callback(&self, entry: u32) -> Answer<(LPBLOCKINGCALLBACK, usize)> {
        let (mut callback, mut context) = (None, 0);
        status(|errno| unsafe {
            let (callback, context) = (&raw mut callback, &raw mut context);
            self.0.lpWPUQueryBlockingCallback.unwrap()(entry, callback, context, errno)
        })?;
        Ok((callback, context))
    }

    pub(crate) fn query_socket_handle_context(&self, socket: SOCKET) -> Answer<usize> {
        let mut context = 0;
        status(|errno| unsafe {
            self.0.lpWPUQuerySocketHandleContext.unwrap()(socket, &raw mut context, errno)
        })?;
        Ok(context)
    }

    pub(crate) fn queue_apc(
        &self,
        thread: &WSATHREADID,
        routine: extern "system" fn(usize),
        context: usize,
    ) -> Answer<()> {
        let mut thread = *thread;
        status(|errno| unsafe {
            self.0.lpWPUQueueApc.unwrap()(&raw mut thread, Some(routine), context, errno)
        })
    }

    pub(crate) fn reset_event(&self, event: WSAEVENT) -> Answer<()> {
        truth(|errno| unsafe { self.0.lpWPUResetEvent.unwrap()(event, errno) })
    }

    pub(crate) fn set_event(&self, event: WSAEVENT) -> Answer<()> {
        truth(|errno| unsafe { self.0.lpWPUSetEvent.unwrap()(event, errno) })
    }

    pub(crate) fn open_current_thread(&self) -> Answer<WSATHREADID> {
        let mut thread = WSATHREADID::ZERO;
        status(|errno| unsafe { self.0.lpWPUOpenCurrentThread.unwrap()(&raw mut thread, errno) })?;
        Ok(thread)
    }

    pub(crate) fn close_thread(&self, thread: &WSATHREADID) -> Answer<()> {
        let mut thread = *thread;
        status(|errno| unsafe { self.0.lpWPUCloseThread.unwrap()(&raw mut thread, errno) })
    }

    pub(crate) fn complete(
        &self,
        socket: SOCKET,
        operation: *mut WSAOVERLAPPED,
        error: u32,
        transferred: u32,
    ) -> Answer<()> {
        status(|errno| unsafe {
            let complete = self.0.lpWPUCompleteOverlappedRequest.unwrap();
            complete(socket, operation, error, transferred, errno)
        })
    }
}

/// Makes the same upcall through the exported function.
pub(crate) fn complete_by_name(socket: SOCKET, operation: *mut WSAOVERLAPPED, error: u32) -> Answer<()> {
    status(|errno| {
        // SAFETY: as above.
        unsafe { wpu_host::WPUCompleteOverlappedRequest(socket, operation, error, 1, errno) }
    })
}

pub(crate) fn non_null<T>(pointer: *mut T) -> NonNull<T> {
    NonNull::new(pointer).expect("a pointer that is not null")
}
