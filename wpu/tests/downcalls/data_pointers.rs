//! Pointers of a client that are null or misaligned where they must not be: each function that moves data reports
//! them, and writes nothing.

use crate::common::host::{self, Scripted};
use std::ptr::{null, null_mut, without_provenance_mut};
use wpu::ffi::{
    LPWSAOVERLAPPED_COMPLETION_ROUTINE, WSABUF, WSAOVERLAPPED, WSAPROTOCOL_INFOW, WSATHREADID, WSPDATA,
    WSPPROC_TABLE, WSPUPCALLTABLEEX, sockaddr,
};
use wpu::prelude::*;

static TABLE: WSPUPCALLTABLEEX = WSPUPCALLTABLEEX::of::<Scripted>();

/// Moves no bytes, with success.
#[wpu_provider(
    class = non_ifs,
    kit = requests,
    waives(
        WPUCloseSocketHandle, WPUCreateSocketHandle, WPUQuerySocketHandleContext, WPUPostMessage,
        WPUQueryBlockingCallback, WPUGetProviderPath = "its sockets are numbers without meaning",
    ),
)]
struct Idle {}

impl Lifecycle for Idle {
    fn start(_: &Start<'_>) -> Result<Self, WsaError> {
        Ok(Self {})
    }
}

wpu::export!(Idle; san; any());

impl ServiceProvider for Idle {
    fn recv(&self, _: SOCKET, _: u32, _: Request<'_>) -> Result<Progress<Received>, WsaError> {
        Ok(Progress::Done(Received { bytes: 0, flags: 1 }))
    }

    fn recv_from(&self, _: SOCKET, _: u32, _: Request<'_>) -> Result<Progress<Received>, WsaError> {
        Ok(Progress::Done(Received { bytes: 0, flags: 1 }))
    }

    fn send(&self, _: SOCKET, _: u32, _: Request<'_>) -> Result<Progress<u32>, WsaError> {
        Ok(Progress::Done(0))
    }

    fn send_to(&self, _: SOCKET, _: u32, _: Request<'_>) -> Result<Progress<u32>, WsaError> {
        Ok(Progress::Done(0))
    }

    fn get_overlapped_result(
        &self,
        _: SOCKET,
        _: ClientMut<'_, WSAOVERLAPPED>,
        _: bool,
    ) -> Result<Outcome<Transferred>, WsaError> {
        Ok(Outcome::Done(Transferred { bytes: 0, flags: 1 }))
    }
}

/// The functions.
const FUNCTIONS: [&str; 5] = ["WSPRecv", "WSPRecvFrom", "WSPSend", "WSPSendTo", "WSPGetOverlappedResult"];

unsafe extern "system" fn routine(_: u32, _: u32, _: *mut WSAOVERLAPPED, _: u32) {}

/// The arguments, of which each function takes those that it has.
#[derive(Clone, Copy)]
struct Arguments {
    buffers: *mut WSABUF,
    count: *mut u32,
    flags: *mut u32,
    overlapped: *mut WSAOVERLAPPED,
    routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE,
    thread: *const WSATHREADID,
    errno: *mut i32,
}

/// Whether the call succeeds.
fn call(procs: &WSPPROC_TABLE, function: &str, with: Arguments) -> bool {
    const THERE: &str = "a full table";
    let Arguments { buffers, count, flags, overlapped, routine, thread, errno } = with;
    let (nobody, no_length) = (null_mut::<sockaddr>(), null_mut());
    match function {
        "WSPRecv" => {
            let recv = procs.lpWSPRecv.expect(THERE);
            // SAFETY: each pointer is null, misaligned, or one to a local.
            0 == unsafe { recv(5, buffers, 1, count, flags, overlapped, routine, thread, errno) }
        }
        "WSPRecvFrom" => {
            let recv = procs.lpWSPRecvFrom.expect(THERE);
            // SAFETY: as above.
            let answer = unsafe {
                recv(5, buffers, 1, count, flags, nobody, no_length, overlapped, routine, thread, errno)
            };
            answer == 0
        }
        "WSPSend" => {
            let send = procs.lpWSPSend.expect(THERE);
            // SAFETY: as above.
            0 == unsafe { send(5, buffers, 1, count, 0, overlapped, routine, thread, errno) }
        }
        "WSPSendTo" => {
            let send = procs.lpWSPSendTo.expect(THERE);
            // SAFETY: as above.
            0 == unsafe { send(5, buffers, 1, count, 0, nobody, 0, overlapped, routine, thread, errno) }
        }
        _ => {
            let result = procs.lpWSPGetOverlappedResult.expect(THERE);
            // SAFETY: as above.
            0 != unsafe { result(5, overlapped, count, 0, flags, errno) }
        }
    }
}

/// Makes an argument wrong in one way.
type Spoil = fn(&mut Arguments);

/// The wrong arguments, and the functions that take them.
const SPOILS: [(&str, &[&str], Spoil); 9] = [
    ("null buffers", &["WSPRecv", "WSPRecvFrom", "WSPSendTo"], |with| with.buffers = null_mut()),
    ("misaligned buffers", &["WSPRecv", "WSPRecvFrom", "WSPSendTo"], |with| {
        with.buffers = with.buffers.wrapping_byte_add(1);
    }),
    ("null flags", &["WSPRecv", "WSPRecvFrom", "WSPGetOverlappedResult"], |with| with.flags = null_mut()),
    ("misaligned flags", &["WSPRecv", "WSPRecvFrom", "WSPGetOverlappedResult"], |with| {
        with.flags = with.flags.wrapping_byte_add(1);
    }),
    ("a misaligned structure", &FUNCTIONS, |with| with.overlapped = with.overlapped.wrapping_byte_add(1)),
    ("no thread", &["WSPRecv", "WSPRecvFrom", "WSPSend", "WSPSendTo"], |with| with.thread = null()),
    ("a misaligned thread", &["WSPRecv", "WSPRecvFrom", "WSPSend", "WSPSendTo"], |with| {
        with.thread = with.thread.wrapping_byte_add(1);
    }),
    ("no structure", &["WSPGetOverlappedResult"], |with| with.overlapped = null_mut()),
    ("no count", &["WSPGetOverlappedResult"], |with| with.count = null_mut()),
];

#[test]
fn wrong_pointers_are_reported_and_right_ones_are_not() {
    let _checks = wpu_evidence::checked([
        "WSPGetOverlappedResult.lpOverlapped.not-null",
        "WSPGetOverlappedResult.lpcbTransfer.not-null",
        "WSPGetOverlappedResult.lpdwFlags.not-null",
        "WSPRecv.lpBuffers.not-null",
        "WSPRecv.lpFlags.not-null",
        "WSPRecv.lpOverlapped.aligned",
        "WSPRecv.lpThreadId.not-null",
        "WSPRecvFrom.lpBuffers.not-null",
        "WSPRecvFrom.lpFlags.not-null",
        "WSPRecvFrom.lpOverlapped.aligned",
        "WSPRecvFrom.lpThreadId.not-null",
        "WSPSendTo.lpBuffers.not-null",
        "WSPSendTo.lpOverlapped.aligned",
        "WSPSendTo.lpThreadId.not-null",
    ]);
    let entry = WSAPROTOCOL_INFOW { dwCatalogEntryId: 1001, ..WSAPROTOCOL_INFOW::ZERO };
    let (mut data, mut procs) = (WSPDATA::ZERO, WSPPROC_TABLE::ZERO);
    let (to_data, to_procs) = (&raw mut data, &raw mut procs);
    // SAFETY: all pointers point to locals, and the table is callable for the lifetime of the process.
    let code = unsafe { WSPStartupEx(0x0202, to_data, &raw const entry, &raw const TABLE, to_procs) };
    assert_eq!(code, 0);
    let nothing: (&str, &[&str], Spoil) = ("nothing", &FUNCTIONS, |_| ());
    for (what, functions, spoil) in SPOILS.into_iter().chain([nothing]) {
        for function in functions {
            let mut bytes = [0xee; 4];
            let mut buffers = [WSABUF { len: 4, buf: bytes.as_mut_ptr() }];
            let (mut count, mut flags, mut errno) = (77, 78, 0);
            let mut structure = WSAOVERLAPPED::ZERO;
            let thread = WSATHREADID { ThreadHandle: without_provenance_mut(8), Reserved: 1 };
            let mut with = Arguments {
                buffers: buffers.as_mut_ptr(),
                count: &raw mut count,
                flags: &raw mut flags,
                overlapped: &raw mut structure,
                routine: Some(routine),
                thread: &raw const thread,
                errno: &raw mut errno,
            };
            spoil(&mut with);
            let succeeds = call(&procs, function, with);
            assert_eq!(succeeds, what == "nothing", "{function}: {what}");
            if !succeeds {
                assert_eq!((errno, count, flags), (WsaError::WSAEFAULT.code(), 77, 78), "{function}: {what}");
                assert!(bytes == [0xee; 4] && host::queued().is_empty(), "{function}: {what}");
            }
            host::wait_alertably();
        }
    }
    let clean_up = procs.lpWSPCleanup.expect("a full table");
    let mut errno = 0;
    // SAFETY: the errno is a local.
    assert_eq!(unsafe { clean_up(&raw mut errno) }, 0);
}
