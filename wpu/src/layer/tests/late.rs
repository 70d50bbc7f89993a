//! A provider below, written in C, that uses the arguments of a request late: before it completes the
//! request, after the layer's last clean-up, or never.

use super::ask::Ask;
use super::stand::{Stand, Started};
use crate::layer::sys::ffi::{
    LPWSAOVERLAPPED_COMPLETION_ROUTINE, SOCKET, SOCKET_ERROR, WSABUF, WSAOVERLAPPED, WSATHREADID,
    WSPPROC_TABLE, sockaddr,
};
use crate::layer::sys::{
    Class, CompletionVtable, Gather, Procs, Progress, Request, RequestBuffers, Serve, ServiceProvider,
    WsaError,
};
use std::sync::Mutex;

/// The arguments of a pending request.
#[derive(Clone, Copy)]
struct Late {
    buffer: WSABUF,
    count: *mut u32,
    address: (*const u8, usize),
    overlapped: *mut WSAOVERLAPPED,
    routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE,
}

// SAFETY: the caller that passed the request down keeps all of its memory, for any thread.
unsafe impl Send for Late {}

/// All pending requests, so that requests that are never completed are not leaked.
static LATE: Mutex<Vec<Late>> = Mutex::new(Vec::new());

impl Late {
    fn last() -> Self {
        *LATE.lock().expect("no panic").last().expect("it came down")
    }

    /// Reads the bytes to send and their address, and writes the count and the structure.
    fn work(self) -> (Vec<u8>, Vec<u8>) {
        // SAFETY: the caller that passed the request down keeps all of its memory.
        let bytes = |at: *const u8, len: usize| unsafe { std::slice::from_raw_parts(at, len) }.to_vec();
        // SAFETY: as above.
        unsafe { self.count.write(self.buffer.len) };
        // SAFETY: as above.
        unsafe { (*self.overlapped).InternalHigh = self.buffer.len as usize };
        (bytes(self.buffer.buf.cast(), self.buffer.len as usize), bytes(self.address.0, self.address.1))
    }

    /// Reports the completion.
    fn tell(self) {
        let routine = self.routine.expect("the layer's own");
        // SAFETY: the routine was passed together with this structure.
        unsafe { routine(0, self.buffer.len, self.overlapped, 0) };
    }
}

unsafe extern "system" fn send_to(
    _: SOCKET,
    buffers: *const WSABUF,
    _: u32,
    count: *mut u32,
    _: u32,
    to: *const sockaddr,
    len: i32,
    overlapped: *mut WSAOVERLAPPED,
    routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE,
    _: *const WSATHREADID,
    errno: *mut i32,
) -> i32 {
    // SAFETY: the array of buffers is readable during the call.
    let buffer = unsafe { buffers.read() };
    let address = (to.cast(), len.unsigned_abs() as usize);
    LATE.lock().expect("no panic").push(Late { buffer, count, address, overlapped, routine });
    // SAFETY: the caller passes a valid pointer.
    unsafe { errno.write(WsaError::WSA_IO_PENDING.code()) };
    SOCKET_ERROR
}

/// The other functions of the provider.
struct Others;

// SAFETY: it receives no requests, so it has no memory to keep.
unsafe impl Serve for Others {
    type Provider = Started;
    const COMPLETION: CompletionVtable =
        CompletionVtable { begin: |_| {}, tell: |_, _| {}, keep: |_, _| {}, release: |_, _| {}, end: || {} };
    const COMPLETES: bool = true;

    fn with<R>(_: impl FnOnce(&Started) -> Result<R, WsaError>) -> Result<R, WsaError> {
        Err(WsaError::WSAENETDOWN)
    }
}

fn stand() -> (Stand, SOCKET) {
    let stand = Stand::new(Class::NonIfs);
    let table = WSPPROC_TABLE { lpWSPSendTo: Some(send_to), ..WSPPROC_TABLE::serving::<Others>() };
    // SAFETY: the functions are part of this program, and keep their contracts.
    stand.base.state().below = unsafe { Procs::new(&table) };
    let socket = stand.socket();
    (stand, socket)
}

/// Sends other bytes than the client's to another address.
fn send(stand: &Stand, socket: SOCKET, ask: &mut Ask) -> Late {
    let lent = RequestBuffers { gather: Some(Gather::nothing()), ..RequestBuffers::NOTHING };
    let given = ask.given(socket, &lent);
    // SAFETY: the test keeps the structure until the end, and nothing else is lent.
    let request = unsafe { Request::new(&given, lent) };
    let request = request.with_gather(b"other".to_vec()).with_input(b"elsewhere".to_vec());
    assert!(matches!(stand.next.send_to(socket, 0, request), Ok(Progress::Pending(_))));
    Late::last()
}

fn sent() -> (Vec<u8>, Vec<u8>) {
    (b"other".to_vec(), b"elsewhere".to_vec())
}

#[test]
fn replaced_memory_lives_as_long_as_the_provider_below_may_use_it() {
    let (stand, socket) = stand();
    let mut ask = Ask::new();
    let late = send(&stand, socket, &mut ask);
    assert_eq!(late.work(), sent());
    late.tell();
    ask.end().expect("it has ended well");

    // The next request is never completed: the layer ends without it, and the provider still uses its
    // arguments.
    let mut ask = Ask::new();
    let late = send(&stand, socket, &mut ask);
    stand.next.cleanup().expect("it cleans up");
    assert_eq!(ask.end(), Err(WsaError::WSA_OPERATION_ABORTED));
    drop(stand);
    assert_eq!(late.work(), sent());

    // Another layer of the library is not affected, and the late completion is ignored.
    let (other, socket) = self::stand();
    let mut next = Ask::new();
    let fresh = send(&other, socket, &mut next);
    assert_ne!((fresh.overlapped, fresh.count), (late.overlapped, late.count));
    late.tell();
    assert!(!ask.has_ended() && !next.has_ended());
    assert_eq!((late.work(), fresh.work()), (sent(), sent()));
    fresh.tell();
    next.end().expect("it has ended well");
    other.next.cleanup().expect("it cleans up");
}
