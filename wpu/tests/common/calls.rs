//! One call of each upcall in safe form, with its arguments and results.

use super::host::{Words, hooked};
use std::ptr::{NonNull, without_provenance_mut};
use wpu_sys::ffi::{DWORD_PTR, GUID, WSAOVERLAPPED, WSATHREADID, fd_set};
use wpu_sys::{Apc, EventRef, Failed, FdSet, Operation, ThreadId, Upcalls, WsaError};

/// The result for the caller.
pub(crate) type Outcome = Result<Words, Failure>;

/// The failure of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// With an error code.
    Code(WsaError),
    /// Without an error code: this upcall has none.
    Unnamed,
}

impl From<WsaError> for Failure {
    fn from(code: WsaError) -> Self {
        Self::Code(code)
    }
}

impl From<Failed> for Failure {
    fn from(Failed: Failed) -> Self {
        Self::Unnamed
    }
}

/// An upcall.
pub(crate) struct Call {
    pub(crate) upcall: &'static str,
    /// Calls it with fixed arguments.
    pub(crate) make: fn(Upcalls) -> Outcome,
    /// The arguments that the host must receive.
    pub(crate) sent: &'static [usize],
    /// A result of the host, which the caller must receive.
    pub(crate) answer: &'static [usize],
    /// The caller's result if the host fails with a code.
    pub(crate) failed: fn(WsaError) -> Outcome,
    /// The caller's result if the host reports success and writes nothing.
    pub(crate) unwritten: Result<&'static [usize], WsaError>,
}

/// Values with bits at every position, even, and different from each other.
pub(crate) const SOCKET: usize = usize::MAX / 5 * 2;
const EVENT: usize = usize::MAX / 17 * 2;
const THREAD: usize = usize::MAX / 15 * 4;
const CONTEXT: usize = !0xf0;
const ENTRY: u32 = 0x8765_4321;
const OFFSET: u32 = 0xfedc_ba98;

/// The id of a client's thread.
pub(crate) const THREAD_ID: WSATHREADID =
    WSATHREADID { ThreadHandle: without_provenance_mut(THREAD), Reserved: CONTEXT };

/// The id of the provider below.
const BELOW: GUID =
    GUID { Data1: 0x89ab_cdef, Data2: 0x4567, Data3: 0x0123, Data4: [1, 2, 3, 4, 5, 6, 7, 8] };

/// The calls in table order.
pub(crate) static CALLS: [Call; 16] = [
    Call {
        upcall: "WPUCloseEvent",
        make: |upcalls| nothing(upcalls.close_event(event())),
        sent: &[EVENT],
        answer: &[],
        failed: with_code,
        unwritten: Ok(&[]),
    },
    Call {
        upcall: "WPUCloseSocketHandle",
        make: |upcalls| nothing(upcalls.close_socket_handle(SOCKET)),
        sent: &[SOCKET],
        answer: &[],
        failed: with_code,
        unwritten: Ok(&[]),
    },
    Call {
        upcall: "WPUCreateEvent",
        make: |upcalls| Ok(vec![upcalls.create_event()?.into_raw().addr()]),
        sent: &[],
        answer: &[EVENT],
        failed: with_code,
        // This upcall fails by returning no event.
        unwritten: Err(WsaError::WSASYSCALLFAILURE),
    },
    Call {
        upcall: "WPUCreateSocketHandle",
        make: |upcalls| Ok(vec![upcalls.create_socket_handle(ENTRY, CONTEXT)?.into_raw()]),
        sent: &[ENTRY as usize, CONTEXT],
        answer: &[SOCKET],
        failed: with_code,
        unwritten: Err(WsaError::WSASYSCALLFAILURE),
    },
    Call {
        upcall: "WPUFDIsSet",
        make: |upcalls| Ok(vec![upcalls.fd_is_set(SOCKET, FdSet::new(&set()).expect("two")).into()]),
        sent: &[SOCKET, 1, SOCKET],
        answer: &[1],
        failed: |_| Ok(vec![0]),
        unwritten: Ok(&[0]),
    },
    Call {
        upcall: "WPUGetProviderPath",
        make: |upcalls| {
            let path = upcalls.get_provider_path(&BELOW)?;
            Ok(path.units().iter().copied().map(usize::from).collect())
        },
        sent: &[0x89ab_cdef, 0x4567, 0x0123, 1, 2, 3, 4, 5, 6, 7, 8],
        // C:\, a character beyond eight bits, and one beyond sixteen.
        answer: &[0x43, 0x3a, 0x5c, 0x20ac, 0xd83d, 0xde00],
        failed: with_code,
        unwritten: Err(WsaError::WSASYSCALLFAILURE),
    },
    Call {
        upcall: "WPUModifyIFSHandle",
        make: |upcalls| Ok(vec![upcalls.modify_ifs_handle(ENTRY, SOCKET)?]),
        sent: &[ENTRY as usize, SOCKET],
        answer: &[SOCKET + 1],
        failed: with_code,
        unwritten: Ok(&[SOCKET]),
    },
    Call {
        upcall: "WPUPostMessage",
        make: |upcalls| {
            let window = without_provenance_mut(EVENT);
            upcalls.post_message(wpu_sys::Window::from_raw(window), ENTRY, SOCKET, -2)?;
            Ok(Vec::new())
        },
        sent: &[EVENT, ENTRY as usize, SOCKET, usize::MAX - 1],
        answer: &[],
        failed: |_| Err(Failure::Unnamed),
        unwritten: Ok(&[]),
    },
    Call {
        upcall: "WPUQueryBlockingCallback",
        make: |upcalls| {
            upcalls.query_blocking_callback(ENTRY, |hook| assert!(hook.is_none_or(|hook| hook.call())))?;
            Ok(hooked())
        },
        sent: &[ENTRY as usize],
        answer: &[CONTEXT],
        failed: with_code,
        unwritten: Ok(&[]),
    },
    Call {
        upcall: "WPUQuerySocketHandleContext",
        make: |upcalls| Ok(vec![upcalls.query_socket_handle_context(SOCKET)?]),
        sent: &[SOCKET],
        answer: &[CONTEXT],
        failed: with_code,
        unwritten: Ok(&[0]),
    },
    Call {
        upcall: "WPUQueueApc",
        make: |upcalls| nothing(upcalls.queue_apc(thread(), noop()).map_err(|refused| refused.error)),
        sent: &[THREAD, CONTEXT, SOCKET],
        answer: &[],
        failed: with_code,
        unwritten: Ok(&[]),
    },
    Call {
        upcall: "WPUResetEvent",
        make: |upcalls| nothing(upcalls.reset_event(event())),
        sent: &[EVENT],
        answer: &[],
        failed: with_code,
        unwritten: Ok(&[]),
    },
    Call {
        upcall: "WPUSetEvent",
        make: |upcalls| nothing(upcalls.set_event(event())),
        sent: &[EVENT],
        answer: &[],
        failed: with_code,
        unwritten: Ok(&[]),
    },
    Call {
        upcall: "WPUOpenCurrentThread",
        make: |upcalls| {
            let raw = upcalls.open_current_thread()?.into_raw();
            Ok(vec![raw.ThreadHandle.addr(), raw.Reserved])
        },
        sent: &[],
        answer: &[THREAD, CONTEXT],
        failed: with_code,
        unwritten: Err(WsaError::WSASYSCALLFAILURE),
    },
    Call {
        upcall: "WPUCloseThread",
        make: |upcalls| nothing(upcalls.close_thread(thread())),
        sent: &[THREAD, CONTEXT],
        answer: &[],
        failed: with_code,
        unwritten: Ok(&[]),
    },
    Call {
        upcall: "WPUCompleteOverlappedRequest",
        make: complete,
        sent: &[SOCKET, OFFSET as usize, ENTRY as usize, u32::MAX as usize],
        answer: &[],
        failed: with_code,
        unwritten: Ok(&[]),
    },
];

fn nothing(answer: Result<(), WsaError>) -> Outcome {
    answer?;
    Ok(Vec::new())
}

fn with_code(code: WsaError) -> Outcome {
    Err(Failure::Code(code))
}

fn event() -> EventRef<'static> {
    EventRef::from_raw(without_provenance_mut(EVENT)).expect("not null")
}

fn thread() -> ThreadId<'static> {
    // SAFETY: the hosts of these tests do not dereference a pointer in it.
    unsafe { ThreadId::from_raw(THREAD_ID) }.expect("not zero")
}

fn set() -> fd_set {
    let mut set = fd_set { fd_count: 2, ..fd_set::ZERO };
    set.fd_array[..3].copy_from_slice(&[1, SOCKET, 3]);
    set
}

/// An APC that hosts may accept and never run.
fn noop() -> Apc {
    unsafe extern "system" fn noop(_: DWORD_PTR) {}
    // SAFETY: the routine does nothing, so it can be called at any time.
    unsafe { Apc::from_raw(noop, SOCKET) }
}

fn complete(upcalls: Upcalls) -> Outcome {
    let mut structure = WSAOVERLAPPED { Offset: OFFSET, ..WSAOVERLAPPED::ZERO };
    // SAFETY: the structure outlives the call, after which none of these hosts accesses it.
    let operation = unsafe { Operation::from_raw(NonNull::from(&mut structure)) };
    let completed = upcalls.complete_overlapped_request(SOCKET, operation, ENTRY, u32::MAX);
    nothing(completed.map_err(|refused| refused.error))
}
